import { isMac } from "../state/shortcuts";

/** Keys as this system writes them. */
export const keysText = (keys: string[]): string =>
  isMac ? keys.map((key) => (key === "Mod" ? "⌘" : key)).join("") : keys.map((key) => (key === "Mod" ? "Ctrl" : key)).join(" + ");
