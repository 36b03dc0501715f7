// CAs that come from elsewhere, that go elsewhere, and that take each other's place; openssl is the other side.
import { readFile, writeFile } from "node:fs/promises";
import assert from "node:assert/strict";
import { launch, open, signInByLink, seriousFlaws, walk, origin } from "./browser.mjs";
import { device, deviceUntil, est, file, keepCertificate, makeRequest, run, withPassphrase } from "./client.mjs";

const browser = await launch();
const page = await open(browser);
const shown = (text) => page.getByText(text).first().waitFor();
const press = (name, within = page) => within.getByRole("button", { name, exact: true }).click();
const dialog = () => page.getByRole("dialog");
const text = async (name) => (await readFile(file(name))).toString();
const go = async (path, heading) => {
  await page.goto(`${origin}/#/a/demo/${path}`);
  await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
};
const noFlaws = async (where) => assert.deepEqual(await seriousFlaws(page), [], where);
const passphrase = (await text("passphrase")).trim();

const openssl = (...arguments_) => run("openssl", arguments_);
const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];

async function makeOfflineRoot() {
  await openssl("req", "-x509", ...ec, "-subj", "/O=Acme/CN=Offline Root", "-days", "7300", "-keyout", file("offline.key"), "-out", file("offline.pem"), "-addext", "keyUsage=critical,keyCertSign,cRLSign");
  await writeFile(file("issuing.ext"), "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n");
}

async function signOffline(csr, out) {
  await openssl("x509", "-req", "-in", file(csr), "-CA", file("offline.pem"), "-CAkey", file("offline.key"), "-days", "3650", "-extfile", file("issuing.ext"), "-out", file(out));
  return (await text(out)) + (await text("offline.pem"));
}

async function download(button, name) {
  const [taken] = await Promise.all([page.waitForEvent("download"), press(button)]);
  await taken.saveAs(file(name));
}

await walk([
  ["signing in", () => signInByLink(page, process.env.LINK)],
  ["a CA is requested from an offline root", async () => {
    await makeOfflineRoot();
    await go("cas", "CAs");
    await press("Request elsewhere");
    await dialog().getByLabel("Name", { exact: true }).fill("Plant");
    await dialog().getByLabel("Subject").fill("CN=Plant Issuing,O=Acme");
    await noFlaws("request");
    await press("Make key and request", dialog());
    await page.getByRole("heading", { level: 1, name: "Plant" }).waitFor();
    await shown("waiting for its certificate");
    await download("Download the request", "plant.csr");
    const { stdout } = await openssl("req", "-in", file("plant.csr"), "-noout", "-subject", "-verify");
    assert.match(stdout, /Plant Issuing/);
    await noFlaws("waiting");
  }],
  ["a certificate of another key is refused in words", async () => {
    await page.getByLabel("Certificate, and all above it").fill(await text("offline.pem"));
    await page.getByRole("region", { name: "Certificates in it" }).getByText("CN=Offline Root").first().waitFor();
    await press("Take it in");
    await page.getByRole("alert").getByText("No certificate in the file is of the key that the request was made for").waitFor();
  }],
  ["its certificate is shown as understood, and taken in", async () => {
    await page.getByLabel("Certificate, and all above it").fill(await signOffline("plant.csr", "plant.pem"));
    await page.getByRole("region", { name: "Certificates in it" }).getByText("CN=Plant Issuing").first().waitFor();
    await noFlaws("arrival");
    await press("Take it in");
    await shown("An issuing CA below a CA elsewhere");
    await go("cas", "CAs");
    await page.getByRole("row", { name: /Plant Issuing/ }).getByText("active").waitFor();
  }],
  ["a device gets a certificate that openssl verifies up to the offline root", async () => {
    await page.goto(`${origin}/#/a/demo/profiles/demo/edit`);
    await page.getByLabel("Issued by").selectOption("Plant");
    await press("Save as a new version");
    await page.waitForURL(/profiles\/demo$/);
    await makeRequest("offline-1", "/CN=offline-1");
    for (let i = 0; i < 50; i += 1) {
      assert.equal(await device("demo/simpleenroll", "offline-1.csr", ...(await withPassphrase(passphrase))), 200);
      await keepCertificate("offline-1");
      if ((await openssl("x509", "-in", file("offline-1.crt"), "-noout", "-issuer")).stdout.includes("Plant Issuing")) break;
      await makeRequest("offline-1", "/CN=offline-1");
    }
    await openssl("verify", "-x509_strict", "-CAfile", file("offline.pem"), "-untrusted", file("plant.pem"), file("offline-1.crt"));
  }],
  ["it is renewed elsewhere too", async () => {
    await go("cas/Plant", "Plant");
    await press("Renew");
    await press("Make the request", dialog());
    await shown("A renewal waits for its certificate");
    await download("Download the request", "again.csr");
    await page.getByLabel("Certificate, and all above it").fill(await signOffline("again.csr", "again.pem"));
    await page.getByRole("region", { name: "Certificates in it" }).waitFor();
    const before = await page.locator(".facts code").nth(1).innerText();
    await press("Take it in");
    await page.getByText("A renewal waits").waitFor({ state: "detached" });
    await page.waitForFunction((old) => document.querySelectorAll(".facts code")[1]?.textContent !== old, before);
  }],
  ["a request is cancelled after its name was typed", async () => {
    await press("Renew");
    await press("Make the request", dialog());
    await press("Cancel the request");
    await dialog().getByLabel("Type Plant to confirm").fill("Plant");
    await press("Cancel it", dialog());
    await page.getByText("A renewal waits").waitFor({ state: "detached" });
    await shown("An issuing CA below a CA elsewhere");
  }],
  ["a PKCS#12 is imported, a wrong passphrase is told", async () => {
    await openssl("req", "-x509", ...ec, "-subj", "/CN=Old Plant CA", "-days", "900", "-keyout", file("old.key"), "-out", file("old.pem"), "-addext", "keyUsage=critical,keyCertSign,cRLSign");
    await openssl("pkcs12", "-export", "-inkey", file("old.key"), "-in", file("old.pem"), "-passout", "pass:twelve characters", "-out", file("old.p12"));
    await go("cas", "CAs");
    await press("Import");
    await dialog().getByLabel("Name", { exact: true }).fill("Old Plant");
    await dialog().getByLabel("Certificate, chain and key").setInputFiles(file("old.p12"));
    await dialog().getByLabel("Passphrase of the file").fill("not that one");
    await noFlaws("import");
    await press("Import", dialog());
    await dialog().getByRole("alert").waitFor();
    assert.equal(await dialog().getByLabel("Name", { exact: true }).inputValue(), "Old Plant", "what was typed stays");
    await dialog().getByLabel("Passphrase of the file").fill("twelve characters");
    await press("Import", dialog());
    await page.getByRole("row", { name: /CN=Old Plant CA/ }).getByText("active").waitFor();
  }],
  ["a CA comes as PEM: without its key it is refused, with an encrypted one taken", async () => {
    await openssl("req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:twelve characters", "-subj", "/CN=Older Plant CA", "-days", "900", "-keyout", file("older.key"), "-out", file("older.pem"), "-addext", "keyUsage=critical,keyCertSign,cRLSign");
    await writeFile(file("older-both.pem"), (await text("older.pem")) + (await text("older.key")));
    await press("Import");
    await dialog().getByLabel("Name", { exact: true }).fill("Older Plant");
    await dialog().getByLabel("Certificate, chain and key").setInputFiles(file("older.pem"));
    await press("Import", dialog());
    await dialog().getByRole("alert").waitFor();
    await dialog().getByLabel("Certificate, chain and key").setInputFiles(file("older-both.pem"));
    await dialog().getByLabel("Passphrase of the file").fill("twelve characters");
    await press("Import", dialog());
    await page.getByRole("row", { name: /CN=Older Plant CA/ }).getByText("active").waitFor();
  }],
  ["what a CA signs with is changed", async () => {
    await page.getByRole("link", { name: "Older Plant", exact: true }).click();
    await shown("rsa-2048, in a file of the node");
    await shown("rsa-sha256");
    await press("Change what it signs with");
    await noFlaws("signature");
    assert.equal(await dialog().getByLabel("Signs with").locator("option", { hasText: "ecdsa" }).count(), 0, "only what its key can");
    await dialog().getByLabel("Signs with").selectOption("rsa-pss-sha384");
    await press("Save", dialog());
    await shown("rsa-pss-sha384");
  }],
  ["names that are words of the console's addresses have their pages", async () => {
    for (const name of ["new", "edit", "test"]) {
      await go(`profiles/${name}`, name);
      await shown("/.well-known/est/");
    }
    await go("profiles/+new", "New profile");
  }],
  ["somebody else's CA is shown first, then signed", async () => {
    await openssl("req", "-new", ...ec, "-subj", "/O=Partner/CN=Partner CA", "-keyout", file("partner.key"), "-out", file("partner.csr"), "-addext", "subjectKeyIdentifier=hash");
    await go("cas/Demo%20Root", "Demo Root");
    await press("Sign another's CA");
    await press("Show it first", dialog());
    await dialog().getByRole("alert").getByText("A request is needed").waitFor();
    await dialog().getByLabel("The other CA's request").fill(await text("partner.csr"));
    await dialog().getByLabel("Only for these names").fill("dns:partner.example");
    await press("Show it first", dialog());
    await dialog().getByText("Nothing is signed yet").waitFor();
    await dialog().getByText("dns:partner.example").waitFor();
    await noFlaws("preview");
    await press("Cancel", dialog());
    assert.equal(await dialog().getByLabel("Only for these names").inputValue(), "dns:partner.example", "what was typed stays");
    await press("Show it first", dialog());
    await dialog().getByLabel("Type sign to confirm").fill("sign");
    await press("Sign it", dialog());
    const [taken] = await Promise.all([page.waitForEvent("download"), press("Download with its chain", dialog())]);
    await taken.saveAs(file("partner.pem"));
    await press("Done", dialog());
    const { stdout } = await openssl("x509", "-in", file("partner.pem"), "-noout", "-subject", "-ext", "nameConstraints,basicConstraints");
    assert.match(stdout, /Partner CA[^]*pathlen:0[^]*partner\.example/);
    await openssl("verify", "-x509_strict", "-CAfile", file("ca.pem"), file("partner.pem"));
  }],
  ["a root is renewed: the same key, a later end", async () => {
    const end = () => page.locator(".facts > div", { hasText: /^Ends/ }).locator("dd").innerText();
    const before = await end();
    await press("Renew");
    await dialog().getByLabel("Valid for").fill("25y");
    await press("Renew", dialog());
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.waitForFunction((old) => ![...document.querySelectorAll(".facts dd")].some((e) => e.textContent === old), before);
    assert.ok((await end()) > before);
  }],
  ["a rollover begins, and nothing is issued from the new CA yet", async () => {
    await go("cas/Plant", "Plant");
    await go("cas/Demo%20Issuing", "Demo Issuing");
    await page.getByRole("link", { name: "Roll over" }).click();
    await page.getByRole("heading", { level: 1, name: "Roll over Demo Issuing" }).waitFor();
    await noFlaws("rollover start");
    await press("Begin");
    await page.getByRole("heading", { name: /Devices learn of it/ }).waitFor();
    await shown("Demo Issuing 2");
    await noFlaws("rollover");
  }],
  ["a device that fetches cacerts is counted", async () => {
    await makeRequest("roller", "/CN=roller");
    assert.equal(await device("rolling/simpleenroll", "roller.csr", ...(await withPassphrase(passphrase))), 200);
    await keepCertificate("roller");
    const fetched = page.getByRole("progressbar", { name: "Devices that fetched it, by their certificate" });
    for (let i = 0; ; i += 1) {
      await run("curl", ["--silent", "--cacert", file("ca.pem"), "--cert", file("roller.crt"), "--key", file("roller.key"), "--output", file("cacerts"), `${est}/rolling/cacerts`]);
      await press("Refresh");
      await page.waitForTimeout(200);
      if ((await fetched.count()) && Number(await fetched.getAttribute("value")) >= 1) break;
      assert.ok(i < 50, "the fetch is counted");
    }
  }],
  ["the profiles switch, and the device renews into the new CA", async () => {
    await press("Switch 2 profiles");
    await shown("demo-tls, rolling issue from Demo Issuing 2");
    await makeRequest("rolled", "/CN=roller");
    assert.equal(await deviceUntil(200, "rolling/simplereenroll", "rolled.csr", "--cert", file("roller.crt"), "--key", file("roller.key")), 200);
    await page.waitForFunction(() => document.querySelector('progress[aria-label="Devices that have a certificate of the new CA"]'));
    for (let i = 0; i < 50; i += 1) {
      await press("Refresh");
      await page.waitForTimeout(200);
      if (Number(await page.getByRole("progressbar", { name: "Devices that have a certificate of the new CA" }).getAttribute("value")) >= 1) return;
    }
    assert.fail("the renewal is counted");
  }],
  ["it is finished after its name was typed, and the old CA is retired", async () => {
    await press("Finish");
    await dialog().getByLabel("Type Demo Issuing to confirm").fill("Demo Issuing");
    await press("Finish", dialog());
    await shown("Finished ");
    await noFlaws("finished");
    await go("cas", "CAs");
    await page.getByRole("region", { name: "Rollovers" }).getByText("finished").waitFor();
    await page.getByRole("region", { name: "CAs" }).getByRole("row", { name: /Demo Issuing retired/ }).waitFor();
  }],
  ["it fits a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ["cas", "cas/Plant", "cas/Demo%20Issuing/rollover", "cas/Demo%20Root/rollover"]) {
      await page.goto(`${origin}/#/a/demo/${path}`);
      await page.locator("main h1").waitFor();
      await page.waitForFunction(() => !document.body.innerText.includes("Loading…"));
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, path);
      await noFlaws(path);
    }
    assert.deepEqual(page.complaints, []);
  }],
], page);
await browser.close();
