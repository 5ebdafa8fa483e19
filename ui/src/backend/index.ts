import type { Backend } from "./backend";
import { tauriBackend } from "./tauri";

/** The window's process where there is one; in a plain browser a library in memory. */
export async function chooseBackend(): Promise<Backend> {
  if ("__TAURI_INTERNALS__" in window) return tauriBackend;
  const { browserBackend } = await import("./mock");
  return browserBackend();
}
