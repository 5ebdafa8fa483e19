// Which world the mock shows, from the address: `?state=busy&lang=ko&theme=dark`.
import type { InterfaceLanguage, Theme } from "../backend";

export const STATES = [
  "normal", "empty", "first-run", "damaged", "newer", "readonly", "busy", "failed", "long", "many", "nomodel",
  "recording", "recording-both", "paused", "no-signal", "clipping", "device-lost", "disk-low", "overrun", "no-device", "unfinished",
  "minutes-writing", "minutes-failed-part", "minutes-failed", "minutes-outdated", "no-language-model", "corrections", "correcting",
  "live", "live-loading", "live-behind", "live-ended", "live-no-model", "indexing",
] as const;

export type State = (typeof STATES)[number];

export interface Scenario {
  state: State;
  language: InterfaceLanguage;
  theme: Theme;
  /** Everything answers at once, for tests. */
  quick: boolean;
}

const isState = (value: string | null): value is State => STATES.some((state) => state === value);

export function scenarioFromAddress(search: string): Scenario {
  const query = new URLSearchParams(search);
  const [state, lang, theme] = [query.get("state"), query.get("lang"), query.get("theme")];
  return {
    state: isState(state) ? state : "normal",
    language: lang === "ko" || lang === "en" ? lang : "system",
    theme: theme === "light" || theme === "dark" ? theme : "system",
    quick: query.has("quick"),
  };
}
