// npm run icons: draws the icons that the bundles need out of the one master, icons/recordroute.svg.
import { copyFileSync } from "node:fs";
import { join } from "node:path";

import { needNpmPackages, root } from "./setup/project.mjs";
import { finish, run } from "./setup/run.mjs";

// tauri icon draws some fifty, most of them for phones and shops.
const KEPT = ["32x32.png", "128x128.png", "128x128@2x.png", "icon.icns", "icon.ico", "icon.png"];

finish(() => {
  needNpmPackages();
  const drawn = join(root, "gen/icons");
  const tauri = join(root, "node_modules/@tauri-apps/cli/tauri.js");
  run(process.execPath, [tauri, "icon", join(root, "icons/recordroute.svg"), "--output", drawn], { cwd: root });
  for (const name of KEPT) copyFileSync(join(drawn, name), join(root, "icons", name));
});
