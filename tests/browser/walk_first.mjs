// The first minutes: from the printed link to a device's certificate and its renewal, by what the screens say and nothing else.
import { readdir, mkdir, copyFile } from "node:fs/promises";
import assert from "node:assert/strict";
import { launch, open, signInByLink, seriousFlaws, walk, origin } from "./browser.mjs";
import { file, run } from "./client.mjs";

const { LINK: link, PROGRAMS: programs } = process.env;
const browser = await launch();
const page = await open(browser);
const press = (name, within = page) => within.getByRole("button", { name, exact: true }).click();
const desk = file("desk");

async function download(button) {
  const [taken] = await Promise.all([page.waitForEvent("download"), press(button)]);
  await taken.saveAs(`${desk}/${taken.suggestedFilename()}`);
}

/** Copies what the tab shows, as its button does, and runs it in a plain shell where the downloads are. */
async function doAsShown(client) {
  await page.getByRole("tab", { name: client, exact: true }).click();
  await page.getByRole("tabpanel").getByRole("button", { name: /^Copy/ }).last().click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  await run("sh", ["-e", "-c", text], { cwd: desk, env: { ...process.env, PATH: `${programs}:${process.env.PATH}` } });
}

const has = (name, subject) => run("openssl", ["verify", "-CAfile", "root.pem", "-untrusted", "issuing.pem", name], { cwd: desk })
  .then(() => run("openssl", ["x509", "-in", name, "-noout", "-subject"], { cwd: desk })).then(({ stdout }) => assert.match(stdout, subject));

await mkdir(desk);
await walk([
  ["the printed link signs in", () => signInByLink(page, link)],
  ["the overview leads to the profile", async () => {
    await page.getByRole("link", { name: "Issue the first certificate" }).click();
    await page.getByRole("link", { name: "demo", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "demo" }).waitFor();
    assert.deepEqual(await seriousFlaws(page), []);
  }],
  ["what the commands read is a click away", async () => {
    await download("Download root.pem");
    await download("Download issuing.pem");
    await page.getByRole("link", { name: "Get the passphrase" }).click();
    await press("Generate a passphrase");
    await download("Download as file");
    assert.deepEqual((await readdir(desk)).sort(), ["issuing.pem", "passphrase", "root.pem"]);
    await page.getByRole("tab", { name: "Enroll" }).click();
  }],
  ["curl and openssl as shown get a certificate", async () => {
    await doAsShown("curl and openssl");
    await has("device.crt", /my-device/);
  }],
  ["the request that was made is tried, without anything being issued", async () => {
    await page.goto(`${origin}/#/a/demo/profiles/demo/test`);
    await page.getByLabel("Or its file").setInputFiles(`${desk}/device.csr`);
    await press("Try");
    await page.getByText("It would get again what it has got").waitFor();
    await page.getByRole("list", { name: "Steps of the request" }).getByText("authentication").waitFor();
    await page.goto(`${origin}/#/a/demo/profiles/demo`);
    await page.getByRole("heading", { level: 1, name: "demo" }).waitFor();
  }],
  ["and renew it as shown", async () => {
    await copyFile(`${desk}/device.crt`, `${desk}/first.crt`);
    await doAsShown("curl: renew");
    await has("device.crt", /my-device/);
    assert.notEqual((await run("openssl", ["x509", "-in", "device.crt", "-noout", "-pubkey"], { cwd: desk })).stdout, (await run("openssl", ["x509", "-in", "first.crt", "-noout", "-pubkey"], { cwd: desk })).stdout);
  }],
  ["bestow as shown gets one too", async () => {
    for (const name of ["device.key", "device.crt"]) await run("rm", [name], { cwd: desk });
    await doAsShown("bestow");
    await has("device.crt", /my-device/);
  }],
  ["strongSwan as shown gets one too", async () => {
    if (!(await run("sh", ["-c", "command -v pki"]).catch(() => null))) return; // not everybody has it
    await doAsShown("strongSwan");
    await has("device.crt", /my-device/);
  }],
  ["the overview has nothing left to set up", async () => {
    await page.goto(`${origin}/#/a/demo/overview`);
    await page.getByText("valid certificates").waitFor();
    await page.locator(".number strong", { hasText: /^[1-9]/ }).first().waitFor();
    assert.equal(await page.getByText("Issue the first certificate").count(), 0);
    assert.deepEqual(page.complaints, []);
  }],
], page);
await browser.close();
