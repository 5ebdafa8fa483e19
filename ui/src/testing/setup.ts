// What jsdom lacks and the page asks for.
import { vi } from "vitest";

vi.stubGlobal("matchMedia", (query: string) => ({
  matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {},
}));
