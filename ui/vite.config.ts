import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte(), svelteTesting({ autoCleanup: false })],
  // The window asks for this very address; another port would show it nothing.
  server: { port: 1420, strictPort: true },
  clearScreen: false,
  build: {
    // The oldest web views that the window runs in: WebKitGTK 2.40 and WebView2.
    target: ["es2022", "safari16"],
    // An inlined font or image would need a wider content security policy.
    assetsInlineLimit: 0,
    emptyOutDir: true,
  },
  test: { environment: "jsdom", include: ["src/**/*.test.ts"], restoreMocks: true },
});
