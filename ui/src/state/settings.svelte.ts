// The settings in force, and what the page does about them itself: language and theme.
import type { AppInfo, Backend, Settings } from "../backend/backend";
import { locale, systemLocale } from "../i18n";
import { problemOf, type Problem } from "./problem";
import type { Toasts } from "./toasts.svelte";

export class SettingsStore {
  current: Settings | null = $state(null);
  info: AppInfo | null = $state(null);

  readonly #backend: Backend;
  readonly #toasts: Toasts;

  constructor(backend: Backend, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  async load(): Promise<void> {
    const [settings, info] = await Promise.all([this.#backend.settings(), this.#backend.appInfo()]);
    this.#take(settings);
    this.info = info;
  }

  /** Shows the change at once and takes it back where it cannot be kept, which is said by `fail`. */
  async change(patch: Partial<Settings>, fail = (problem: Problem) => this.#toasts.fail(problem)): Promise<void> {
    const before = this.current;
    if (!before) return;
    const wanted = { ...before, ...patch };
    this.#take(wanted);
    try {
      this.#take(await this.#backend.saveSettings($state.snapshot(wanted)));
    } catch (error) {
      this.#take(before);
      fail(problemOf(error));
    }
  }

  #take(settings: Settings): void {
    this.current = settings;
    locale.current = settings.interface_language === "system" ? systemLocale() : settings.interface_language;
    document.documentElement.lang = locale.current;
    document.documentElement.dataset["theme"] = settings.theme;
  }
}
