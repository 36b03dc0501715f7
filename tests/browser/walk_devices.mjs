// A fleet on a profile's list, made on screen: its codes are given out, and real clients enroll by them.
import { readFile, writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import assert from "node:assert/strict";
import { launch, open, signInByLink, seriousFlaws, walk, origin } from "./browser.mjs";
import { device, deviceUntil, file, keepCertificate, makeRequest, withPassphrase } from "./client.mjs";

const browser = await launch();
const page = await open(browser);
const shown = (text) => page.getByText(text).first().waitFor();
const press = (name, within = page) => within.getByRole("button", { name, exact: true }).click();
const dialog = () => page.getByRole("dialog");
const row = (text) => page.getByRole("region", { name: "Devices", exact: true }).getByRole("row").filter({ hasText: text });
const go = async (path, heading) => {
  await page.goto(`${origin}/#/a/demo/${path}`);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
};
const noFlaws = async (where) => assert.deepEqual(await seriousFlaws(page), [], where);
const codes = {};
// what guesses from a hundred addresses do
const lockCode = (serial) => execFileSync("python3", ["-c", `import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=20) as store:
    store.execute("UPDATE device_code SET locked_at = 1790000000 WHERE device_id = (SELECT id FROM device WHERE identity = ?)", (sys.argv[2],))`, process.env.STORE, serial]);

await walk([
  ["signing in", () => signInByLink(page, process.env.LINK)],
  ["a profile that admits registered devices by code", async () => {
    await go("profiles/+new", "New profile");
    await page.getByLabel("Name", { exact: true }).fill("fleet");
    await page.getByRole("radio", { name: /A code of its own/ }).check();
    await page.getByLabel("Admitted are").selectOption("registered");
    await page.getByLabel("Wrong guesses an address has").fill("2");
    await page.getByLabel("Live certificates of one subject").fill("1");
    await page.getByLabel("Renewal", { exact: true }).selectOption("any-time");
    await noFlaws("wizard");
    await press("Create profile");
    await page.getByRole("heading", { level: 1, name: "fleet" }).waitFor();
    await page.getByRole("tab", { name: "Settings" }).click();
    await shown("registered ones only; 1 live certificate for each subject");
  }],
  ["the empty list teaches", async () => {
    await page.getByRole("link", { name: "its list of devices" }).click();
    await page.getByRole("heading", { name: "There is no device on this list" }).waitFor();
    await shown("bestowctl device import fleet.csv --profile fleet");
    await noFlaws("empty list");
  }],
  ["a device is added with the keyboard alone", async () => {
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.name);
    const tabTo = async (wanted) => {
      for (let i = 0; i < 60 && (await focused()) !== wanted; i += 1) await page.keyboard.press("Tab");
      assert.equal(await focused(), wanted);
    };
    await tabTo("Add a device");
    await page.keyboard.press("Enter");
    await dialog().waitFor();
    await tabTo("identity");
    await page.keyboard.type("SN-0009");
    await page.keyboard.press("Enter");
    await row("SN-0009").waitFor();
    await tabTo("SN-0009");
    await page.keyboard.press("Enter");
    await shown("On the list, and has no certificate yet.");
    await tabTo("Remove");
    await page.keyboard.press("Enter");
    await tabTo("typed");
    await page.keyboard.type("remove");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "There is no device on this list" }).waitFor();
  }],
  ["a device is added, and not twice", async () => {
    await press("Add a device");
    await dialog().getByLabel("Serial number or fingerprint").fill("SN-0001");
    await dialog().getByLabel("Name", { exact: true }).fill("gate-1.example");
    await noFlaws("adding");
    await press("Add", dialog());
    await row("SN-0001").getByText("registered").waitFor();
    await press("Add a device");
    await dialog().getByLabel("Serial number or fingerprint").fill("sn-0001");
    await press("Add", dialog());
    await dialog().getByRole("alert").getByText("is on the list").waitFor();
    await press("Cancel", dialog());
  }],
  ["a list is shown as it was understood, before it is imported", async () => {
    await writeFile(file("fleet.csv"), "serial,name,remark,code\nSN-0001,gate-1.example,,\nSN-0002,gate-2.example,\"hall 3, north\",\nSN-0003,,,83K2-99QX-T4\n,no-serial,,\n");
    await press("Import a list");
    await dialog().getByLabel("File").setInputFiles(file("fleet.csv"));
    await shown("2 devices are new, 1 on the list already, 1 code set, 1 line is refused");
    await dialog().getByRole("region", { name: "Refused lines" }).getByText("5", { exact: true }).waitFor();
    await dialog().getByRole("region", { name: "Devices in the list" }).getByText("hall 3, north").waitFor();
    await noFlaws("import");
    assert.equal(await row("SN-0002").count(), 0, "nothing is entered yet");
    await press("Import", dialog());
    await dialog().getByText("2 devices added").waitFor();
    await press("Done", dialog());
    await row("SN-0002").getByText("hall 3, north").waitFor();
    await row("SN-0003").waitFor();
  }],
  ["a list without a column that is known is refused in words", async () => {
    await press("Import a list");
    await dialog().getByLabel("Or paste the list").fill("colour\nred");
    await dialog().getByRole("alert").getByText("colour").waitFor();
    await press("Cancel", dialog());
  }],
  ["codes are made, and downloaded", async () => {
    await press("Make codes");
    await press("Make codes", dialog());
    await shown("2 codes made.");
    await noFlaws("codes");
    const [download] = await Promise.all([page.waitForEvent("download"), press("Download as CSV", dialog())]);
    await download.saveAs(file("codes.csv"));
    for (const line of (await readFile(file("codes.csv"))).toString().trim().split("\n").slice(1)) {
      const [name, code] = line.split(",");
      codes[name] = code;
    }
    assert.deepEqual(Object.keys(codes).sort(), ["SN-0001", "SN-0002"], "the third has one from elsewhere");
    await press("Done", dialog());
    await press("Make codes");
    await press("Make codes", dialog());
    await shown("Nothing was made.");
    await press("Done", dialog());
  }],
  ["who is not on the list stays outside, a registered device enrolls by its code", async () => {
    await makeRequest("gate-1", "/CN=gate-1.example/serialNumber=SN-0001");
    assert.equal(await deviceUntil(200, "fleet/simpleenroll", "gate-1.csr", ...(await withPassphrase(codes["SN-0001"], "SN-0001"))), 200);
    await keepCertificate("gate-1");
    await makeRequest("stranger", "/CN=stranger/serialNumber=SN-9999");
    assert.equal(await device("fleet/simpleenroll", "stranger.csr", ...(await withPassphrase("not-a-code-of-anybody", "SN-9999"))), 401);
    await go("devices?profile=fleet&state=enrolled", "Devices");
    await row("SN-0001").getByText("enrolled").waitFor();
    await page.getByRole("link", { name: "SN-0001" }).click();
    await page.getByRole("heading", { level: 1, name: "gate-1.example" }).waitFor();
    await shown("all its uses are spent");
    await noFlaws("device");
    await page.getByRole("link", { name: /CN=gate-1.example/ }).click();
    await page.getByRole("heading", { level: 1, name: "gate-1.example" }).waitFor();
    await shown("A device certificate for gate-1.example");
  }],
  ["suspended it renews nothing, and the steps say so; resumed it does", async () => {
    await go("devices?profile=fleet", "Devices");
    await page.getByRole("button", { name: "Suspend SN-0001" }).click();
    await row("SN-0001").getByText("suspended").waitFor();
    const own = ["--cert", file("gate-1.crt"), "--key", file("gate-1.key")];
    assert.equal(await deviceUntil(403, "fleet/simplereenroll", "gate-1.csr", ...own), 403);
    await go("enrollments", "Enrollments");
    await page.locator(".event.refused", { hasText: "The device is suspended" }).first().getByRole("button", { name: /Details/ }).click();
    await dialog().getByRole("list", { name: "Steps of the request" }).getByRole("listitem").filter({ hasText: "refused" }).getByText("device", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await go("devices?profile=fleet", "Devices");
    await page.getByRole("button", { name: "Resume SN-0001" }).click();
    await row("SN-0001").getByText("enrolled").waitFor();
    assert.equal(await deviceUntil(200, "fleet/simplereenroll", "gate-1.csr", ...own), 200);
  }],
  ["wrong guesses are counted, and a locked code is unlocked on screen", async () => {
    await makeRequest("gate-2", "/CN=gate-2.example/serialNumber=SN-0002");
    const wrong = await withPassphrase("a-wrong-guess-at-it", "SN-0002");
    for (let i = 0; i < 2; i += 1) assert.equal(await device("fleet/simpleenroll", "gate-2.csr", ...wrong), 401);
    await go("devices/SN-0002?profile=fleet", "gate-2.example");
    await shown("good");
    lockCode("SN-0002");
    await page.reload();
    await shown("locked after wrong guesses");
    assert.equal(await device("fleet/simpleenroll", "gate-2.csr", ...(await withPassphrase(codes["SN-0002"], "SN-0002"))), 401);
    await press("Unlock the code");
    await shown("0 of 1");
    await page.waitForFunction(() => !document.body.innerText.includes("locked after"));
    assert.equal(await deviceUntil(200, "fleet/simpleenroll", "gate-2.csr", ...(await withPassphrase(codes["SN-0002"], "SN-0002"))), 200);
  }],
  ["a code for one device takes the old one's place", async () => {
    await go("devices?profile=fleet", "Devices");
    await page.getByLabel("Serial number or fingerprint").fill("sn-0003");
    await press("Find");
    await shown("On the list, and has no certificate yet.");
    await press("New code");
    await dialog().getByLabel("They end after").fill("2d");
    await press("Make it", dialog());
    const code = await dialog().getByRole("row").filter({ hasText: "SN-0003" }).locator("code").innerText();
    await press("Done", dialog());
    await shown("by the node");
    await makeRequest("gate-3", "/CN=SN-0003/serialNumber=SN-0003");
    assert.equal(await device("fleet/simpleenroll", "gate-3.csr", ...(await withPassphrase("83K2-99QX-T4", "SN-0003"))), 401);
    assert.equal(await device("fleet/simpleenroll", "gate-3.csr", ...(await withPassphrase(code, "SN-0003"))), 200, (await readFile(file("answer"))).toString());
  }],
  ["it is taken off the list after its word was typed", async () => {
    await press("Remove");
    await dialog().getByLabel("Type remove to confirm").fill("remove");
    await press("Remove", dialog());
    await page.getByRole("heading", { level: 1, name: "Devices" }).waitFor();
    await row("SN-0002").waitFor();
    assert.equal(await row("SN-0003").count(), 0);
    await noFlaws("list");
  }],
  ["who is not there is told of in words", async () => {
    await page.getByLabel("Serial number or fingerprint").fill("SN-4711");
    await press("Find");
    await page.getByRole("alert").getByText("SN-4711").waitFor();
    assert.deepEqual(page.complaints, []);
  }],
  ["it fits a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ["devices?profile=fleet", "devices/SN-0001?profile=fleet"]) {
      await page.goto(`${origin}/#/a/demo/${path}`);
      await page.getByText("SN-0001").first().waitFor();
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, path);
      await noFlaws(path);
    }
  }],
], page);
await browser.close();
