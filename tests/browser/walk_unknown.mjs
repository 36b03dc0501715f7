// After a restore: what the store does not know is shown, and adopted, one and then all.
import assert from "node:assert/strict";
import { launch, open, signInByLink, seriousFlaws, walk, origin } from "./browser.mjs";

const browser = await launch();
const page = await open(browser);
const shown = (text) => page.getByText(text).first().waitFor();
const press = (name, within = page) => within.getByRole("button", { name, exact: true }).click();
const dialog = () => page.getByRole("dialog");
const rows = () => page.getByRole("region", { name: "Unknown certificates" }).getByRole("row");
const noFlaws = async (where) => assert.deepEqual(await seriousFlaws(page), [], where);

await walk([
  ["signing in", () => signInByLink(page, process.env.LINK)],
  ["the overview and the certificates tell of them", async () => {
    await shown("3 certificates of its CAs came by and are not in the store");
    await page.goto(`${origin}/#/a/demo/certificates`);
    await page.getByRole("link", { name: "Look at them" }).click();
    await page.getByRole("heading", { level: 1, name: "Unknown certificates" }).waitFor();
    await rows().nth(3).waitFor();
    assert.equal(await rows().filter({ hasText: "lost" }).count(), 3);
    await noFlaws("unknown certificates");
  }],
  ["one is adopted", async () => {
    await press("Adopt lost-1");
    await noFlaws("adopting");
    await dialog().getByLabel("Profile").selectOption("demo");
    await press("Adopt", dialog());
    await rows().filter({ hasText: "lost-1" }).waitFor({ state: "detached" });
    assert.equal(await rows().count(), 3);
  }],
  ["and all that are left", async () => {
    await press("Adopt all lost");
    await dialog().getByLabel("Profile").selectOption("demo");
    await press("Adopt all", dialog());
    await shown("None came by");
    await page.goto(`${origin}/#/a/demo/certificates`);
    await shown("lost-3");
    assert.equal(await page.getByRole("link", { name: "Look at them" }).count(), 0);
  }],
  ["nothing went wrong on the way", async () => assert.deepEqual(page.complaints, [])],
], page);
await browser.close();
