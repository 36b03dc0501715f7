// What devices and operators may write into names is text on every screen, and nothing else (threat CO-13).
import assert from "node:assert/strict";
import { launch, open, signInByLink, seriousFlaws, walk, origin } from "./browser.mjs";

const { LINK: link, ACCOUNT: account, SERIAL: serial, CA: ca, PROFILE: profile, HELD: held } = process.env;
const screens = ["overview", "certificates", `certificates/${serial}`, "enrollments", "approvals", `approvals/${held}`, "profiles", `profiles/${encodeURIComponent(profile)}`, `profiles/${encodeURIComponent(profile)}/edit`,
  "profiles/+new", `devices?profile=${encodeURIComponent(profile)}`, `devices/SN-HOSTILE?profile=${encodeURIComponent(profile)}`, "cas", `cas/${encodeURIComponent(ca)}`, `cas/${encodeURIComponent(ca)}/rollover`, "trust", "ra", "revocation", "audit", "access", "system", "me"];

const browser = await launch();
const page = await open(browser, { viewport: { width: 360, height: 740 } });
let marks = 0;

const innocent = async (where) => {
  assert.deepEqual(page.complaints, [], where);
  assert.equal(await page.evaluate(() => window.owned), undefined, where);
  const foreign = await page.evaluate(() => [...document.querySelectorAll("script, iframe, object, embed, base, link, svg script, [onerror], [onload], [onclick], a[href^='javascript:' i]")]
    .filter((e) => !(e.matches("script[src^='./main.'], link[rel='icon'], link[rel='stylesheet']") && e.closest("head"))).map((e) => e.outerHTML));
  assert.deepEqual(foreign, [], where);
};

await walk([
  ["signing in", () => signInByLink(page, link)],
  ...screens.map((path) => [`names are text at ${path}`, async () => {
    await page.goto(`${origin}/#/a/${encodeURIComponent(account)}/${path}`);
    await page.locator("main h1").waitFor();
    await page.waitForFunction(() => !document.body.innerText.includes("Loading…"));
    for (const tab of await page.getByRole("tablist").first().getByRole("tab").all()) {
      await tab.click();
      await innocent(path);
    }
    marks += (await page.locator("body").innerText()).includes("<img src=x") ? 1 : 0;
    await innocent(path);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "it fits 360 pixels");
    assert.deepEqual(await seriousFlaws(page), [], path);
  }]),
  ["names are text in a request's steps", async () => {
    await page.goto(`${origin}/#/a/${encodeURIComponent(account)}/enrollments`);
    const details = page.getByRole("button", { name: /^Details/ });
    await details.first().waitFor();
    for (let i = 0; i < Math.min(3, await details.count()); i += 1) {
      await details.nth(i).click();
      await page.getByRole("list", { name: "Steps of the request" }).waitFor();
      await innocent(`steps ${i}`);
      assert.deepEqual(await seriousFlaws(page), []);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
  }],
  ["the hostile names were there to be shown", async () => assert.ok(marks >= 4, `${marks} screens`)],
  ["addresses that lead nowhere", async () => {
    for (const path of ["a/%3Cimg%20src=x%20onerror=owned=1%3E/overview", "a/x/%3Cscript%3E", "link/%3Cimg src=x onerror=owned=1%3E", `a/${encodeURIComponent(account)}/certificates?subject=%3Cimg%20src=x%20onerror=owned=1%3E`,
      `a/${encodeURIComponent(account)}/profiles/%3Cimg%20src=x%20onerror=owned=1%3E`, "%E0%A4%A", "//evil.example/"]) {
      await page.goto(`${origin}/#/${path}`);
      await page.locator("main").first().waitFor();
      await innocent(path);
      assert.ok(page.url().startsWith(origin), page.url());
    }
  }],
], page);
await browser.close();
