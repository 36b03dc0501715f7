// Pictures of every screen: light and dark, desktop and phone.
import { mkdir, readFile } from "node:fs/promises";
import { launch, open, signInByLink, seriousFlaws, origin } from "./browser.mjs";

const folder = process.env.PICTURES;
const [link, serial, held] = [process.env.LINK, process.env.SERIAL, process.env.HELD];
const screens = {
  overview: "overview", certificates: "certificates", unknown: "certificates/unknown", certificate: `certificates/${serial}`, enrollments: "enrollments", approvals: "approvals", approval: `approvals/${held}`, profiles: "profiles",
  "profile-new": "profiles/+new", profile: "profiles/demo", "profile-edit": "profiles/demo/edit", "profile-test": "profiles/demo/test", cas: "cas", ca: "cas/Demo%20Issuing", "ca-waiting": "cas/Plant%203", rollover: "cas/Plants/rollover", "rollover-start": "cas/Demo%20Issuing/rollover", trust: "trust", ra: "ra", revocation: "revocation",
  devices: "devices?profile=fleet", device: "devices/SN-0005?profile=fleet", "devices-none": "devices?profile=gateways", audit: "audit", access: "access", system: "system", me: "me",
};
/** What is seen after a few steps on a screen. */
const behind = {
  trace: ["enrollments", async (page) => {
    await page.locator(".event.refused", { hasText: "does not accept this type of key" }).first().getByRole("button", { name: /Details/ }).click();
    await page.getByRole("list", { name: "Steps of the request" }).waitFor();
  }],
};
const press = (page, name) => page.getByRole("button", { name, exact: true }).first().click();
Object.assign(behind, {
  "ra-rotate": ["ra", (page) => press(page, "Rotate")],
  "ca-request": ["cas", (page) => press(page, "Request elsewhere")],
  "ca-signature": ["cas/Demo%20Issuing", (page) => press(page, "Change what it signs with")],
  "ca-import": ["cas", (page) => press(page, "Import")],
  "ca-sign": ["cas/Demo%20Root", async (page) => {
    await press(page, "Sign another's CA");
    await page.getByLabel("The other CA's request").fill(await readFile(process.env.PARTNER_CSR, "utf8"));
    await page.getByLabel("Only for these names").fill("dns:partner.example");
    await press(page, "Show it first");
    await page.getByText("Nothing is signed yet").waitFor();
  }],
  "device-import": ["devices?profile=fleet", async (page) => {
    await press(page, "Import a list");
    await page.getByLabel("Or paste the list").fill("serial,name,remark,code\nSN-0001,gate-1.plant.example,,\nSN-0021,gate-21.plant.example,\"hall 3, north\",83K2-99QX-T4\n,nameless,,");
    await page.getByText("This is what was understood").waitFor();
  }],
  "device-codes": ["devices?profile=gateways", async (page) => {
    await press(page, "Make codes");
    await page.getByLabel("For", { exact: true }).selectOption("anybody");
    await page.getByRole("dialog").getByRole("button", { name: "Make codes" }).click();
    await page.getByText("10 codes made").waitFor();
  }],
});
const looks = [];
for (const colorScheme of ["light", "dark"])
  for (const [device, viewport] of [["desktop", { width: 1280, height: 800 }], ["phone", { width: 360, height: 740 }]]) looks.push({ name: `${device}-${colorScheme}`, colorScheme, viewport });

await mkdir(folder, { recursive: true });
const browser = await launch();
const first = await open(browser);
await first.goto(origin);
await first.getByRole("heading", { name: "Sign in" }).waitFor();
await signInByLink(first, link);
const storageState = await first.context().storageState();
let flaws = 0;
const only = process.argv.slice(2);

for (const { name, ...options } of looks) {
  const page = await open(browser, { ...options, storageState });
  const stranger = await open(browser, options);
  await stranger.goto(origin);
  await stranger.getByRole("heading", { name: "Sign in" }).waitFor();
  await stranger.screenshot({ path: `${folder}/sign-in-${name}.png` });
  await stranger.close();
  for (const [screen, [path, steps]] of Object.entries({ ...Object.fromEntries(Object.entries(screens).map(([name, path]) => [name, [path]])), ...behind })) {
    if (only.length && !only.includes(screen)) continue;
    await page.goto(`${origin}/#/a/${screen === "empty" ? "other" : "demo"}/${path}`);
    await page.reload();
    await page.locator("main h1").waitFor();
    await page.waitForFunction(() => !document.body.innerText.includes("Loading…"));
    await steps?.(page);
    await page.waitForTimeout(150);
    await page.screenshot({ path: `${folder}/${screen}-${name}.png`, fullPage: !steps });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) console.log(`${screen} ${name}: ${wide} pixels too wide`), (flaws += 1);
    for (const flaw of await seriousFlaws(page)) console.log(`${screen} ${name}: ${flaw}`), (flaws += 1);
  }
  for (const complaint of page.complaints) console.log(`${name}: ${complaint}`), (flaws += 1);
  await page.close();
}
await browser.close();
console.log(`${flaws} flaws`);
process.exitCode = flaws ? 1 : 0;
