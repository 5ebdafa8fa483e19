// How the window looks to this user: kept in the web view, since it says nothing about the library.
import { tables, type Locale, type Messages } from "./messages";

export type Theme = "system" | "light" | "dark";

const read = (key: string) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // Storage may be switched off; the choice then lasts as long as the window.
  }
};

const write = (key: string, value: string) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As above.
  }
};

/** Korean where the system speaks Korean, else English. */
export function systemLocale(languages: readonly string[] = navigator.languages): Locale {
  for (const language of languages) {
    if (/^ko\b/i.test(language)) return "ko";
    if (/^en\b/i.test(language)) return "en";
  }
  return "en";
}

export class Preferences {
  #locale: Locale = $state("en");
  #theme: Theme = $state("system");

  constructor() {
    const [locale, theme] = [read("locale"), read("theme")];
    this.#locale = locale === "ko" || locale === "en" ? locale : systemLocale();
    this.#theme = theme === "light" || theme === "dark" ? theme : "system";
  }

  get locale(): Locale {
    return this.#locale;
  }

  set locale(locale: Locale) {
    this.#locale = locale;
    write("locale", locale);
  }

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    write("theme", theme);
  }

  /** The texts in the chosen language. */
  get text(): Messages {
    return tables[this.#locale];
  }
}

export const preferences = new Preferences();
