// npm run screenshots: a picture of every view in both languages and themes, from a browser over made-up data,
// and on Linux the chief views of the real window. `npm run screenshots -- recording queue` takes only those of the page.
import { join } from "node:path";

import { WINDOW_FEATURES, buildPage, cargoBuild, needNpmPackages, needToolchains, root } from "./setup/project.mjs";
import { finish, run } from "./setup/run.mjs";
import { needSystemPackages } from "./setup/system.mjs";

finish(() => {
  const wanted = process.argv.slice(2);
  const node = (path, args) => run(process.execPath, [join(root, path), ...args], { cwd: root });
  needToolchains();
  needSystemPackages({ windowTests: true });
  needNpmPackages();
  buildPage();
  node("tests/page/screenshots.mjs", wanted);
  if (process.platform !== "linux" || wanted.length > 0) return;
  cargoBuild(["-p", "recordroute-cli", "-p", "recordroute-desktop", ...WINDOW_FEATURES, "--bins"]);
  node("tests/window/pictures.mjs", []);
});
