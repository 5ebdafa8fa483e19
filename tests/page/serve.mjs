// Serves the built page as the window does: the same files under the same content security policy.
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const dist = join(root, "ui/dist");

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** The window's own policy; only where the sound comes from is another place: the mock makes it. */
function policy() {
  const { csp } = JSON.parse(readFileSync(join(root, "tauri.conf.json"), "utf8")).app.security;
  const inBrowser = { ...csp, "connect-src": "'self'", "media-src": "blob:" };
  return Object.entries(inBrowser).map(([what, from]) => `${what} ${from}`).join("; ");
}

/** Starts on a free port; answers with the address and a function that stops. */
export async function serve() {
  const csp = policy();
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname).replace(/^(\.\.[/\\])+/, "");
    const file = join(dist, path === "/" || path === "\\" ? "index.html" : path);
    if (path.endsWith("favicon.ico")) {
      response.writeHead(204).end();
      return;
    }
    if (!file.startsWith(dist) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-security-policy": csp,
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { address: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
