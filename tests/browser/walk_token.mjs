// CAs whose keys lie in the node's PKCS#11 token: one that was there already, and one that is made.
import assert from "node:assert/strict";
import { launch, open, signInByLink, seriousFlaws, walk, origin } from "./browser.mjs";
import { file } from "./client.mjs";

const browser = await launch();
const page = await open(browser);
const shown = (text) => page.getByText(text).first().waitFor();
const press = (name, within = page) => within.getByRole("button", { name, exact: true }).click();
const dialog = () => page.getByRole("dialog");
const go = async (path, heading) => {
  await page.goto(`${origin}/#/a/demo/${path}`);
  await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
};
const noFlaws = async (where) => assert.deepEqual(await seriousFlaws(page), [], where);

await walk([
  ["signing in", () => signInByLink(page, process.env.LINK)],
  ["the token and its keys are shown", async () => {
    await go("system", "System");
    await page.getByRole("region", { name: "Keys in the token" }).getByRole("row", { name: /ceremony/ }).getByText("none").waitFor();
    await noFlaws("system");
  }],
  ["a key of the token is taken up, another key's certificate is refused", async () => {
    await go("cas", "CAs");
    await press("Import");
    await dialog().getByLabel("Name", { exact: true }).fill("Ceremony");
    await dialog().getByLabel("The key is").selectOption("token");
    assert.equal(await dialog().getByLabel("Passphrase of the file").count(), 0, "a token has no file's passphrase");
    await noFlaws("import from the token");
    await dialog().getByLabel("Key in the token").selectOption({ label: "spare, p256, id 0c" });
    await dialog().getByLabel("Its certificate, and all above it").setInputFiles(file("bundle.pem"));
    await press("Import", dialog());
    await dialog().getByRole("alert").waitFor();
    await dialog().getByLabel("Key in the token").selectOption({ label: "ceremony, p256, id 0a0b" });
    await press("Import", dialog());
    await page.getByRole("row", { name: /CN=From The Token/ }).getByText("active").waitFor();
    await page.getByRole("link", { name: "Ceremony", exact: true }).click();
    await shown("p256, in the token");
  }],
  ["it is no longer offered", async () => {
    await go("cas", "CAs");
    await press("Import");
    await dialog().getByLabel("The key is").selectOption("token");
    assert.deepEqual(await dialog().getByLabel("Key in the token").locator("option").allInnerTexts(), ["spare, p256, id 0c"]);
    await press("Cancel", dialog());
  }],
  ["a CA's key is made in the token", async () => {
    await press("Create a CA");
    await dialog().getByLabel("Name", { exact: true }).fill("Vault");
    await dialog().getByLabel("Subject").fill("CN=Vault,O=Acme");
    await dialog().getByLabel("Signed by").selectOption("Demo Root");
    await dialog().getByLabel("The key lies").selectOption("token");
    await press("Create", dialog());
    await page.getByRole("link", { name: "Vault", exact: true }).click();
    await shown("p256, in the token");
    await noFlaws("ca");
    assert.deepEqual(page.complaints, []);
  }],
], () => page);
await browser.close();
