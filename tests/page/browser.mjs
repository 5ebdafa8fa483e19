// A Chromium that keeps to itself, and pages in it that report everything that goes wrong.
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));
  if (!executablePath) throw new Error("No Chromium was found. Install one, or name it in the variable CHROMIUM.");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
    ],
  });
}

/** A page with the frozen prototypes of the window; `troubles` gathers what the console complains of. */
export async function openPage(browser, { width = 1180, height = 760, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, reducedMotion: "reduce", locale: "en-GB", timezoneId: "Asia/Seoul", ...options,
  });
  const page = await context.newPage();
  const troubles = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  // The window freezes it, so that no script can change what all objects do.
  await page.addInitScript(() => Object.freeze(Object.prototype));
  return { context, page, troubles };
}

/** Waits until the page has drawn what it knows. */
export async function settle(page, ms = 250) {
  await page.waitForFunction(() => document.querySelector("main")?.textContent?.trim());
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(ms);
}
