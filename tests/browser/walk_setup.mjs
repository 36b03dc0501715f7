// From an empty node to a device with a certificate, by the console and by other people's clients alone.
import { createHmac } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import assert from "node:assert/strict";
import { launch, open, signInByLink, seriousFlaws, walk, origin } from "./browser.mjs";
import { device, deviceUntil, est, file, keepCertificate, makeRequest, run, withPassphrase } from "./client.mjs";

const { LINK: link } = process.env;
const password = "a long enough password";

const browser = await launch();
let page = await open(browser);
const shown = (text) => page.getByText(text).first().waitFor();
const press = (name, within = page) => within.getByRole("button", { name, exact: true }).click();
const dialog = () => page.getByRole("dialog");
const go = async (path, heading) => {
  await page.mouse.move(0, 0); // under the pointer the list of enrollments stands still
  await page.goto(`${origin}/#/a/acme/${path}`);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
};
const noFlaws = async (where) => assert.deepEqual(await seriousFlaws(page), [], where);

/** RFC 6238, as an authenticator has it. */
function oneTimePassword(base32) {
  const bits = [...base32.replace(/[=\s]/g, "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  return String((digest.readUInt32BE(digest[19] & 15) & 0x7fffffff) % 1000000).padStart(6, "0");
}

async function makeMakersCas() {
  for (const name of ["maker-1", "maker-2"]) {
    await run("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", `/CN=${name} CA`, "-days", "3650", "-keyout", file(`${name}.key`), "-out", file(`${name}.pem`),
      "-addext", "keyUsage=critical,keyCertSign,cRLSign"]);
    await run("openssl", ["crl2pkcs7", "-nocrl", "-certfile", file(`${name}.pem`), "-out", file(`${name}.p7b`)]);
  }
  return (await readFile(file("maker-1.p7b"))).toString() + "\nand the other one:\n" + (await readFile(file("maker-2.p7b"))).toString();
}

let passphrase;

await walk([
  ["a wrong link is refused in words", async () => {
    await page.goto(`${origin}/#/link/${"0".repeat(64)}`);
    await press("Sign in");
    await shown("the link was used, has ended, or never was");
  }],
  ["the printed link signs in, and a first password is chosen", async () => {
    await signInByLink(page, link, password);
    await page.reload();
    await page.getByRole("heading", { name: "Welcome" }).waitFor();
    await noFlaws("welcome");
  }],
  ["an account", async () => {
    await page.getByLabel("Name of the account").fill("acme");
    await press("Create account");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await shown("0 of 6");
    await noFlaws("checklist");
  }],
  ["a root and an issuing CA", async () => {
    await page.getByRole("link", { name: "Create a CA" }).click();
    await press("Create the root CA");
    await noFlaws("dialog");
    await dialog().getByLabel("Name", { exact: true }).fill("Acme Root");
    await dialog().getByLabel("Subject").fill("not a name");
    await press("Create", dialog());
    await dialog().getByRole("alert").waitFor();
    assert.equal(await dialog().getByLabel("Name", { exact: true }).inputValue(), "Acme Root", "what was typed stays");
    await dialog().getByLabel("Subject").fill("CN=Acme Root");
    await dialog().getByLabel("Trust it").uncheck();
    await press("Create", dialog());
    await page.getByRole("link", { name: "Acme Root" }).waitFor();
    await press("Create a CA");
    await dialog().getByLabel("Name", { exact: true }).fill("Acme Issuing");
    await dialog().getByLabel("Subject").fill("CN=Acme Issuing,O=Acme");
    await dialog().getByLabel("Valid for").fill("5y");
    await press("Create", dialog());
    await page.getByRole("link", { name: "Acme Issuing" }).waitFor();
  }],
  ["the root's certificate is downloaded", async () => {
    await page.getByRole("link", { name: "Acme Root" }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), press("Download")]);
    await download.saveAs(file("root.pem"));
    assert.match((await readFile(file("root.pem"))).toString(), /BEGIN CERTIFICATE/);
  }],
  ["the node's certificate", async () => {
    await go("system", "System");
    await press("Issue it");
    await dialog().getByLabel("Host names and addresses").fill("localhost 127.0.0.1");
    await press("Issue", dialog());
    await shown("CN=localhost");
  }],
  ["a profile by the wizard", async () => {
    await go("profiles/+new", "New profile");
    await noFlaws("wizard");
    await page.getByLabel("Name", { exact: true }).fill("sensors");
    await page.getByLabel("Renewal", { exact: true }).selectOption("any-time");
    await press("Create profile");
    await page.getByRole("heading", { level: 1, name: "sensors" }).waitFor();
    await shown(`${est}/sensors`);
    await press("Generate a passphrase");
    passphrase = await page.getByRole("status").locator("code").first().innerText();
    assert.match(passphrase, /^[a-z0-9-]{20,}$/);
  }],
  ["addresses are shown as they are understood", async () => {
    await go("trust", "EST Authentication");
    await page.getByLabel("Addresses", { exact: true }).fill("143.11.129.0/255");
    await shown("143.11.129.0 – 143.11.129.255");
    await press("Allow");
    await page.getByRole("region", { name: "Allowed addresses" }).getByText("143.11.129.0/255").waitFor();
    await page.getByLabel("Address", { exact: true }).fill("143.11.129.7");
    await press("Ask");
    await shown("Yes: 143.11.129.7 is let in");
    await page.getByLabel("Address", { exact: true }).fill("127.0.0.1");
    await press("Ask");
    await shown("No: 127.0.0.1 is refused");
    await page.getByLabel("Addresses", { exact: true }).fill("143.11.129.0/24");
    await page.getByRole("button", { name: /CIDR block/ }).click();
    await shown("already allowed");
  }],
  ["CAs are pasted, and shown before they are saved", async () => {
    await page.getByLabel("Certificates", { exact: true }).fill(await makeMakersCas());
    const preview = page.getByRole("region", { name: "What was understood" });
    await preview.getByText("CN=maker-1 CA").waitFor();
    await preview.getByText("CN=maker-2 CA").waitFor();
    assert.equal(await page.getByRole("region", { name: "Trusted CAs" }).getByText("maker-1").count(), 0);
    await noFlaws("trust preview");
    await press("Trust 2 CAs");
    await page.getByRole("region", { name: "Trusted CAs" }).getByText("CN=maker-1 CA").waitFor();
    await page.getByLabel("Certificates", { exact: true }).fill((await readFile(file("maker-1.key"))).toString());
    await shown("The text holds a private key; nothing was read or kept");
    await page.getByLabel("Certificates", { exact: true }).fill("");
  }],
  ["a refusal is explained, and its remedy mends it", async () => {
    await go("enrollments", "Enrollments");
    await shown("● live");
    await makeRequest("sensor-1", "/CN=sensor-1");
    const status = await device("sensors/simpleenroll", "sensor-1.csr", ...(await withPassphrase(passphrase)));
    assert.equal(status, 403);
    await shown("The request came from an address that the account does not list");
    await page.getByRole("button", { name: "Allow 127.0.0.1" }).first().click();
    await shown("Allowed; the next request from there is let in");
    await noFlaws("enrollments");
  }],
  ["the refusal tells its steps", async () => {
    await page.locator(".event.refused").first().getByRole("button", { name: /Details/ }).click();
    const steps = dialog().getByRole("list", { name: "Steps of the request" }).getByRole("listitem");
    await steps.filter({ hasText: "address" }).first().getByText("refused").waitFor();
    assert.equal(await steps.count(), 7);
    assert.equal(await steps.getByText("not reached").count(), 5);
    await noFlaws("steps");
    await page.keyboard.press("Escape");
  }],
  ["a device enrolls with curl and appears live", async () => {
    for (let i = 0; ; i += 1) {
      const status = await device("sensors/simpleenroll", "sensor-1.csr", ...(await withPassphrase(passphrase)));
      if (status === 200) break;
      assert.ok(status === 403 && i < 50, `the list reaches the doors: ${status}`);
      await new Promise((done) => setTimeout(done, 100));
    }
    await keepCertificate("sensor-1");
    await page.getByRole("button", { name: /^Pause \(\d+ new\)$/ }).waitFor(); // while the pointer is on the list, it stands still
    await page.mouse.move(0, 0);
    await page.locator(".event.issued", { hasText: "CN=sensor-1" }).first().waitFor();
    await page.locator(".event.issued").first().getByRole("button", { name: /Details/ }).click();
    await dialog().getByRole("link", { name: "CN=sensor-1" }).click();
    await page.getByRole("heading", { level: 1, name: "sensor-1" }).waitFor();
  }],
  ["it renews with its certificate", async () => {
    await makeRequest("renewed", "/CN=sensor-1");
    assert.equal(await device("sensors/simplereenroll", "renewed.csr", "--cert", file("sensor-1.crt"), "--key", file("sensor-1.key")), 200);
    await keepCertificate("renewed");
  }],
  ["the viewer tells everything of a certificate", async () => {
    await go("certificates?subject=sensor-1", "Certificates");
    await page.getByRole("link", { name: "sensor-1" }).first().click();
    await shown("A device certificate for sensor-1");
    await shown("Acme Issuing");
    for (const [tab, text] of [["Extensions", "clientAuth"], ["PEM", "BEGIN CERTIFICATE"], ["History", "Issued"], ["Check", "openssl verify"], ["Fields", "SHA-256 fingerprint"]]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByRole("tabpanel").getByText(text).first().waitFor();
      await noFlaws(tab);
    }
  }],
  ["revoked, its renewal fails on screen", async () => {
    await press("Revoke");
    await dialog().getByLabel("Reason").selectOption("keyCompromise");
    await dialog().getByLabel("Type revoke to confirm").fill("yes");
    await press("Revoke", dialog());
    await shown("That is not what stands above");
    await dialog().getByLabel("Type revoke to confirm").fill("revoke");
    await press("Revoke", dialog());
    await shown("It was revoked on");
    await go("enrollments", "Enrollments");
    await makeRequest("again", "/CN=sensor-1");
    for (let i = 0; i < 50 && (await device("sensors/simplereenroll", "again.csr", "--cert", file("renewed.crt"), "--key", file("renewed.key"))) === 200; i += 1) await new Promise((done) => setTimeout(done, 100));
    await page.locator(".event.refused", { hasText: "The client certificate is revoked" }).first().waitFor();
  }],
  ["an RA certificate is downloaded and used", async () => {
    await go("ra", "RA certificates");
    await press("Enroll an RA certificate");
    await dialog().getByLabel("Name", { exact: true }).fill("plant-3");
    await dialog().getByLabel("Passphrase of the PKCS#12 file").fill("twelve characters");
    await dialog().getByLabel("every profile").check();
    await press("Enroll", dialog());
    const [download] = await Promise.all([page.waitForEvent("download"), press("Download PKCS#12", dialog())]);
    await download.saveAs(file("ra.p12"));
    await press("Done", dialog());
    await shown("every profile");
    await page.goto(`${origin}/#/a/acme/profiles/sensors/edit`);
    await page.getByRole("radio", { name: /Either of them/ }).check();
    await press("Save as a new version");
    await page.waitForURL(/profiles\/sensors$/);
    await writeFile(file("p12.conf"), `cert = "${file("ra.p12")}:twelve characters"\ncert-type = "P12"\n`, { mode: 0o600 });
    await makeRequest("for-another", "/CN=meter-7");
    let status;
    for (let i = 0; i < 50 && (status = await device("sensors/simpleenroll", "for-another.csr", "--config", file("p12.conf"))) !== 200; i += 1) await new Promise((done) => setTimeout(done, 100));
    assert.equal(status, 200, (await readFile(file("answer"))).toString());
    await go("certificates", "Certificates");
    await page.getByLabel("Search", { exact: true }).fill("meter");
    await press("Search");
    await page.waitForURL(/text=meter/);
    await page.getByRole("link", { name: "meter-7" }).waitFor();
    await page.waitForFunction(() => ![...document.querySelectorAll("a")].some((link) => link.textContent.includes("sensor-1"))); // the list before the search showed both
  }],
  ["an RA certificate is rotated: both hold, until the old one is ended", async () => {
    await go("ra", "RA certificates");
    await press("Rotate");
    await noFlaws("rotate");
    await dialog().getByLabel("Passphrase of the PKCS#12 file").fill("short");
    await press("Rotate", dialog());
    await dialog().getByRole("alert").waitFor();
    await dialog().getByLabel("Passphrase of the PKCS#12 file").fill("twelve characters");
    await press("Rotate", dialog());
    await dialog().getByText(/The old certificate holds until .*in 6 days/).waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), press("Download PKCS#12", dialog())]);
    await download.saveAs(file("ra-2.p12"));
    await press("Done", dialog());
    await shown(/The old one.*ends/);
    await noFlaws("rotated");
    await writeFile(file("p12-2.conf"), `cert = "${file("ra-2.p12")}:twelve characters"\ncert-type = "P12"\n`, { mode: 0o600 });
    const speaks = (conf, name, wanted) => deviceUntil(wanted, "sensors/simpleenroll", `${name}.csr`, "--config", file(conf));
    for (const name of ["meter-8", "meter-9", "meter-10", "meter-11"]) await makeRequest(name, `/CN=${name}`);
    assert.equal(await speaks("p12-2.conf", "meter-8", 200), 200, "the successor");
    assert.equal(await speaks("p12.conf", "meter-9", 200), 200, "the old one, within its overlap");
    await press("End it now");
    await page.getByText(/The old one.*ends/).waitFor({ state: "detached" });
    assert.equal(await speaks("p12.conf", "meter-10", 403), 403, "the old one, ended");
    assert.equal(await speaks("p12-2.conf", "meter-11", 200), 200, "the successor still");
    await go("enrollments", "Enrollments");
    await page.locator(".event.refused", { hasText: "The client certificate is revoked" }).first().waitFor();
  }],
  ["versions show what changed", async () => {
    await go("profiles/sensors", "sensors");
    await page.getByRole("tab", { name: "Versions" }).click();
    await page.getByRole("region", { name: "What version 2 changed" }).getByText("either").waitFor();
  }],
  ["a profile is tried without a device", async () => {
    await go("profiles/sensors/test", "Try this profile");
    await press("Try");
    await shown("A request is needed");
    await page.getByLabel("Or its file").setInputFiles(file("for-another.der"));
    await press("Try");
    await shown("Step by step");
    await noFlaws("test");
  }],
  ["several are revoked at once, their number typed", async () => {
    await go("certificates?profile=sensors&state=valid", "Certificates");
    const boxes = page.getByRole("checkbox", { name: /^Choose / });
    await boxes.first().waitFor();
    const count = await boxes.count();
    await press("Choose all shown");
    await page.getByRole("button", { name: new RegExp(`^Revoke ${count} certificate`) }).click();
    await dialog().getByLabel(`Type ${count} to confirm`).fill(String(count));
    await press("Revoke", dialog());
    await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
  }],
  ["the audit log is whole", async () => {
    await go("audit", "Audit log");
    await press("Verify the log");
    await shown("unbroken");
  }],
  ["the keyboard alone reaches every screen", async () => {
    await go("overview", "Overview");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Control+k");
    await dialog().getByRole("combobox").fill("revocat");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Revocation" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Revocation" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  }],
  ["a second account's administrator sees none of it", async () => {
    await go("access", "Accounts & access");
    await press("Create an account");
    await dialog().getByLabel("Name", { exact: true }).fill("other");
    await press("Create", dialog());
    await page.getByRole("link", { name: "other" }).first().waitFor();
    await page.goto(`${origin}/#/a/other/access`);
    await press("Add an administrator");
    await dialog().getByLabel("Name", { exact: true }).fill("eve");
    await dialog().getByLabel("Role", { exact: true }).selectOption("owner");
    await press("Create", dialog());
    const evesLink = await dialog().getByRole("status").locator("code").innerText();
    assert.deepEqual(page.complaints, []);
    page = await open(browser);
    await signInByLink(page, evesLink);
    await page.goto(`${origin}/#/a/acme/certificates`);
    await page.getByRole("heading", { name: "Nothing issued yet" }).waitFor();
    for (const path of ["overview", "profiles", "cas", "trust", "ra", "audit", "access", "enrollments", "system"]) {
      await page.goto(`${origin}/#/a/acme/${path}`);
      await page.locator("main h1").waitFor();
      await page.waitForFunction(() => !document.body.innerText.includes("Loading…"));
      const text = await page.locator("body").innerText();
      for (const secret of ["sensor", "Acme", "maker-1", "plant-3", "143.11"]) assert.ok(!text.includes(secret), `${path} shows ${secret}`);
    }
  }],
  ["the password signs in, and a wrong one does not", async () => {
    page = await open(browser);
    await page.goto(origin);
    await page.getByLabel("Name", { exact: true }).fill("first");
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    await press("Sign in");
    await shown("Signing in failed");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await press("Sign in");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    assert.deepEqual(page.complaints, []);
  }],
  ["a second factor is switched on, and asked for", async () => {
    await page.goto(`${origin}/#/a/acme/me`);
    const card = page.locator("section.card", { hasText: "Second factor" });
    await card.getByLabel("Present password").fill(password);
    await press("Switch it on", card);
    const secret = await card.getByRole("status").locator("code").innerText();
    await press("Sign out");
    assert.equal(await page.getByLabel("One-time password").count(), 0, "nobody is asked who has none");
    await page.getByLabel("Name", { exact: true }).fill("first");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await press("Sign in");
    await page.getByLabel("One-time password").fill(oneTimePassword(secret));
    await press("Sign in");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await press("Sign out");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.deepEqual(page.complaints, []);
  }],
], () => page);
await browser.close();
