// Pictures of every view in both languages and themes, into tests/output/page/.
// `npm run screenshots -- recording queue` takes only those.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, openPage } from "./browser.mjs";
import { messages } from "./messages.mjs";
import { root, serve } from "./serve.mjs";
import { LANGUAGES, show, THEMES, VIEWS } from "./views.mjs";

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const views = wanted.length > 0 ? VIEWS.filter((view) => wanted.includes(view.name)) : VIEWS;
const folder = join(root, "tests/output/page");
mkdirSync(folder, { recursive: true });

const server = await serve();
const browser = await launch();
let n = 0;
for (const language of LANGUAGES)
  for (const theme of THEMES) {
    const { context, page } = await openPage(browser);
    for (const view of views) {
      await show(page, server.address, view, language, theme, messages);
      await page.screenshot({ path: join(folder, `${view.name}-${language}-${theme}.png`) });
      n += 1;
    }
    await context.close();
  }
// A window at 200 % zoom is a page of half its size; a narrow one shows one column.
for (const language of LANGUAGES) {
  const zoomed = await openPage(browser, { width: 590, height: 380, deviceScaleFactor: 2 });
  for (const view of views.filter(({ name }) => ["recording", "settings-models", "first-run", "queue", "record-choosing", "record-clipping", "record-strip", "minutes", "corrections", "minutes-make"].includes(name))) {
    await show(zoomed.page, server.address, { ...view, ...(view.name === "recording" ? { go: openFirst } : {}) }, language, "light", messages);
    await zoomed.page.screenshot({ path: join(folder, `zoom-${view.name}-${language}.png`) });
    n += 1;
  }
  await zoomed.context.close();
}
await browser.close();
server.stop();
process.stdout.write(`${n} pictures in tests/output/page\n`);

async function openFirst(page) {
  await page.locator("[data-recording]").first().click();
}
