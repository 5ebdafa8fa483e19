// npm run dev: the window over a page that reloads itself. npm run build: installers for this system.
import { join } from "node:path";

import { needNpmPackages, needToolchains, root } from "./setup/project.mjs";
import { finish, status } from "./setup/run.mjs";
import { needSystemPackages } from "./setup/system.mjs";

finish(() => {
  const [command = "dev", ...rest] = process.argv.slice(2);
  needToolchains();
  needSystemPackages({ window: true });
  needNpmPackages();
  return status(process.execPath, [join(root, "node_modules/@tauri-apps/cli/tauri.js"), command, ...rest], { cwd: root });
});
