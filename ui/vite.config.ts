import { paraglideVitePlugin } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { svelteTesting } from "@testing-library/svelte/vite";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [
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
  test: { environment: "jsdom", include: ["src/**/*.test.ts"], restoreMocks: true, setupFiles: ["src/testing/setup.ts"] },
});
