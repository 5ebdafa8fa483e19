import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch, openPage } from "./browser.mjs";
import { messages } from "./messages.mjs";
import { root, serve } from "./serve.mjs";
import { LANGUAGES, show, THEMES, VIEWS } from "./views.mjs";
const axe = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
const names = process.argv.slice(2);
const views = VIEWS.filter((v) => names.some((n) => v.name.startsWith(n)));
const server = await serve(); const browser = await launch();
const src = readFileSync(join(root, "tests/page/run.mjs"), "utf8");
const grab = (name) => { const a = src.indexOf(`const ${name} = () =>`); return src.slice(a, src.indexOf(";\n\n", a) + 1); };
const sideways = new Function(grab("sideways") + "; return sideways();"), cutOff = new Function(grab("cutOff") + "; return cutOff();");
let n = 0;
for (const [width, height] of [[1180, 760], [590, 380], [320, 640]]) for (const language of LANGUAGES) for (const theme of width === 1180 ? THEMES : ["light"]) {
  const { context, page, troubles } = await openPage(browser, { width, height });
  page.setDefaultTimeout(8000);
  for (const view of views) {
    const where = `${view.name} ${language} ${theme} ${width}`;
    await show(page, server.address, view, language, theme, messages).catch((e) => console.log("FAILED", where, String(e).split("\n").slice(0, 3).join(" ")));
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const v of violations) console.log(where, v.id, v.help, v.nodes.slice(0, 3).map((x) => `${x.target.join(" ")} ${x.any?.[0]?.message ?? ""}`).join(" | "));
    for (const p of await page.evaluate(sideways)) console.log(where, "sideways", p);
    for (const p of await page.evaluate(cutOff)) console.log(where, "cut", p);
    for (const t of troubles.splice(0)) console.log(where, "console", t);
    if (width < 1000 && language === "ko") await page.screenshot({ path: join(root, `tests/output/page/n${width}-${view.name}.png`) });
    n += 1;
  }
  await context.close();
}
console.log(n, "looked at"); await browser.close(); server.stop();
