// A real Chromium that talks to a real node; what the console's tests share.
import { createRequire } from "node:module";

const from = createRequire(process.env.BROWSER_MODULES + "/");
const { chromium } = from("playwright-core");
const axePath = from.resolve("axe-core/axe.min.js");
const PATIENCE_MS = 30000;

export const origin = process.env.CONSOLE_URL;

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    // root may not use the sandbox; the host resolver keeps the browser from looking for anything but this node
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"],
  });
}

/** A page of its own session; what its console says stays in page.complaints. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: "reduce", acceptDownloads: true, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin }).catch(() => {});
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) page.complaints.push(message.text());
  });
  page.on("dialog", (dialog) => {
    page.complaints.push("a dialog: " + dialog.message());
    dialog.dismiss();
  });
  return page;
}

export async function signInByLink(page, link, password) {
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  if (password) {
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Set password" }).click();
  } else await page.getByRole("button", { name: /Later/ }).click();
  await page.getByRole("heading", { level: 1, name: /^(Overview|Welcome)$/ }).waitFor();
}

/** What axe finds serious or worse on the page as it stands. */
export async function seriousFlaws(page) {
  // the tests' own script is evaluated by the debugger, which the page's policy does not bind
  await page.evaluate(await (await import("node:fs/promises")).readFile(axePath, "utf8"));
  // what is scrolled half under the header is a smaller target than it is
  await page.evaluate(() => scrollTo(0, 0));
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** Runs named steps one after the other; the first that fails is told with its name and a picture. */
export async function walk(steps, page) {
  for (const [name, step] of steps) {
    try {
      await step();
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`FAILED ${name}: ${error.stack || error}`);
      const active = typeof page === "function" ? page() : page;
      if (active) {
        await active.screenshot({ path: process.env.FAILURE_PICTURE || "/dev/null", type: "png" }).catch(() => {});
        console.log("at", active.url(), "\n", (await active.locator("body").innerText().catch(() => "")).slice(0, 3000), "\n", active.complaints.join("\n"));
      }
      process.exitCode = 1;
      return;
    }
  }
}
