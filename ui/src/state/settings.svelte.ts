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
  /** What is in force, as far as the page was told. */
  #kept: Settings | null = null;
  /** Changes that are shown and not kept yet, the oldest first. */
  #waiting: Partial<Settings>[] = [];
  #saving: Promise<void> = Promise.resolve();

  constructor(backend: Backend, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  async load(): Promise<void> {
    const [settings, info] = await Promise.all([this.#backend.settings(), this.#backend.appInfo()]);
    this.#kept = settings;
    this.#show();
    this.info = info;
  }

  /** Shows the change at once and takes it back where it cannot be kept, which is said by `fail`. */
  async change(patch: Partial<Settings>, fail = (problem: Problem) => this.#toasts.fail(problem)): Promise<void> {
    if (!this.#kept) return;
    this.#waiting = [...this.#waiting, patch];
    this.#show();
    this.#saving = this.#saving.then(() => this.#save(patch, fail));
    await this.#saving;
  }

  /** All settings go together, so each change is made to what is in force and not to what may yet be refused. */
  async #save(patch: Partial<Settings>, fail: (problem: Problem) => void): Promise<void> {
    let problem: Problem | null = null;
    try {
      this.#kept = await this.#backend.saveSettings($state.snapshot({ ...this.#kept, ...patch } as Settings));
    } catch (error) {
      problem = problemOf(error);
    }
    this.#waiting = this.#waiting.filter((one) => one !== patch);
    this.#show();
    if (problem) fail(problem);
  }

  #show(): void {
    if (!this.#kept) return;
    const settings = Object.assign({ ...this.#kept }, ...this.#waiting) as Settings;
    this.current = settings;
    locale.current = settings.interface_language === "system" ? systemLocale() : settings.interface_language;
    document.documentElement.lang = locale.current;
    document.documentElement.dataset["theme"] = settings.theme;
  }
}
