// The language of the interface. The compiled messages ask for it each time they are read, so that a
// change is seen at once everywhere.
import { overwriteGetLocale } from "../gen/paraglide/runtime.js";

export type Locale = "en" | "ko";

/** The first language of the system that the program speaks. */
export function systemLocale(languages: readonly string[] = navigator.languages): Locale {
  for (const language of languages) {
    if (/^ko\b/i.test(language)) return "ko";
    if (/^en\b/i.test(language)) return "en";
  }
  return "en";
}

class LocaleState {
  current: Locale = $state(systemLocale());
}

export const locale = new LocaleState();

overwriteGetLocale(() => locale.current);
