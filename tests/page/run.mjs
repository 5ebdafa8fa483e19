// The built page in Chromium: every view in both languages and themes under the window's own content
// security policy, checked by axe; no sideways scrolling at 200 % zoom; long lists; size of the bundle.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { launch, openPage, settle } from "./browser.mjs";
import { journeys } from "./journeys.mjs";
import { messages } from "./messages.mjs";
import { measureLong } from "./long.mjs";
import { dist, root, serve } from "./serve.mjs";
import { LANGUAGES, show, THEMES, VIEWS } from "./views.mjs";

const MAX_BUNDLE_BYTES = 400_000;
const axe = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
const failures = [];
const say = (text) => process.stdout.write(`${text}\n`);
const fail = (where, what) => {
  failures.push(`${where}: ${what}`);
  say(`  FAILED ${where}: ${what}`);
};

function bundleBytes() {
  const files = readdirSync(join(dist, "assets")).map((name) => join(dist, "assets", name));
  return [...files, join(dist, "index.html")].reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
}

async function checkAxe(page, where) {
  // The policy of the page allows no foreign script element; evaluating is the debugger's.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of violations) {
    const places = violation.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.any?.[0]?.message ?? ""}`);
    fail(where, `axe ${violation.id}: ${violation.help} [${places.join(" | ")}]`);
  }
}

const sideways = () =>
  [document.scrollingElement, ...document.querySelectorAll("main, aside, section, nav, [role=dialog]")]
    .filter((element) => {
      const style = element && getComputedStyle(element);
      return element && element.scrollWidth > element.clientWidth + 1 && style.overflowX !== "hidden" && style.overflowX !== "visible";
    })
    .map((element) => `${element.tagName} ${element.getAttribute("aria-label") ?? ""} ${element.scrollWidth} > ${element.clientWidth}`);

/** What stands out of the window to the right and can be seen. */
const cutOff = () =>
  [...document.querySelectorAll("button, input, textarea, h1, h2, h3, p")]
    .filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && !element.closest(".sr-only") && element.checkVisibility() && box.right > innerWidth + 1;
    })
    .map((element) => `${element.tagName} “${element.textContent?.trim().slice(0, 40)}”`);

async function everyView(browser, address) {
  for (const language of LANGUAGES)
    for (const theme of THEMES) {
      const { context, page, troubles } = await openPage(browser);
      for (const view of VIEWS) {
        const where = `${view.name} ${language} ${theme}`;
        await show(page, address, view, language, theme, messages).catch((error) => fail(where, String(error).split("\n")[0]));
        await checkAxe(page, where);
        const lang = await page.evaluate(() => document.documentElement.lang);
        if (lang !== language) fail(where, `the document says it is in “${lang}”`);
        for (const trouble of troubles.splice(0)) fail(where, `console: ${trouble}`);
      }
      await context.close();
    }
}

/** A window of 1180 × 760 at 200 % has room for half of that; 320 wide is what the guidelines ask for. */
async function zoomed(browser, address) {
  for (const [width, height] of [[590, 380], [320, 640]])
    for (const language of LANGUAGES) {
      const { context, page, troubles } = await openPage(browser, { width, height });
      for (const view of VIEWS) {
        if (["interview", "export-menu", "more-menu", "transcribe-again", "playing", "tooltip", "rate-menu"].includes(view.name)) continue;
        const where = `${view.name} ${language} ${width} px`;
        await show(page, address, view, language, "light", messages).catch((error) => fail(where, String(error).split("\n")[0]));
        for (const place of await page.evaluate(sideways)) fail(where, `scrolls sideways: ${place}`);
        for (const place of await page.evaluate(cutOff)) fail(where, `stands out of the window: ${place}`);
        if (view.name === "recording") {
          await page.locator("[data-recording]").first().click();
          await settle(page);
          for (const place of await page.evaluate(sideways)) fail(where, `scrolls sideways: ${place}`);
          for (const place of await page.evaluate(cutOff)) fail(where, `stands out of the window: ${place}`);
          await checkAxe(page, `${where}, opened`);
        }
        for (const trouble of troubles.splice(0)) fail(where, `console: ${trouble}`);
      }
      await context.close();
    }
}

const server = await serve();
const browser = await launch();
try {
  const bytes = bundleBytes();
  say(`bundle: ${(bytes / 1000).toFixed(0)} kB gzipped, with the library in memory that only a browser loads`);
  if (bytes > MAX_BUNDLE_BYTES) fail("bundle", `${bytes} bytes are more than ${MAX_BUNDLE_BYTES}`);
  const only = process.argv[2];
  if (!only || only === "long") await measureLong(browser, server.address, say, fail);
  if (!only || only === "journeys") await journeys(browser, server.address, messages, say, fail);
  if (!only || only === "views") await everyView(browser, server.address);
  if (!only || only === "zoom") await zoomed(browser, server.address);
} finally {
  await browser.close();
  server.stop();
}
if (failures.length > 0) {
  say(`${failures.length} failures`);
  process.exit(1);
}
say(`every view in ${LANGUAGES.length} languages and ${THEMES.length} themes: ok`);
