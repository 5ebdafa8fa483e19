import { paraglideVitePlugin } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { svelteTesting } from "@testing-library/svelte/vite";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

import { parityProblems, type Messages } from "./src/i18n/parity.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Stops the build where one language says more than the other. */
const messagesInBothLanguages = (): Plugin => ({
  name: "messages-in-both-languages",
  buildStart() {
    const read = (language: string) => JSON.parse(readFileSync(here(`./messages/${language}.json`), "utf8")) as Messages;
    const problems = parityProblems(read("en"), read("ko"));
    if (problems.length > 0) this.error(problems.join("\n"));
  },
});

export default defineConfig({
  plugins: [
    messagesInBothLanguages(),
    paraglideVitePlugin({
      project: here("./project.inlang"),
      outdir: here("./src/gen/paraglide"),
      // The page says which language it is; there is no server and no cookie.
      strategy: ["baseLocale"],
      emitReadme: false,
      emitPrettierIgnore: false,
    }),
    tailwindcss(),
    svelte({ configFile: here("./svelte.config.js") }),
    svelteTesting({ autoCleanup: false }),
  ],
  // The window asks for this very address; another port would show it nothing.
  server: { port: 1420, strictPort: true },
  clearScreen: false,
  build: {
    // The oldest web views that the window runs in: WebKitGTK 2.42 and WebView2.
    target: ["es2022", "safari16.4"],
    // An inlined font or image would need a wider content security policy.
    assetsInlineLimit: 0,
    emptyOutDir: true,
  },
  test: {
    environment: "jsdom", include: ["src/**/*.test.ts"], restoreMocks: true, setupFiles: ["src/testing/setup.ts"],
    // A busy machine is no fault of the page.
    testTimeout: 30_000,
  },
});
