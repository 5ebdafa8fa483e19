// What can write: language models on this computer, and those of the user's own server.
import type { Backend, LanguageModels } from "../backend/backend";
import { problemOf, type Problem } from "./problem";

export class LanguageStore {
  known: LanguageModels | null = $state.raw(null);
  checking = $state(false);
  problem: Problem | null = $state(null);

  readonly models = $derived(this.known?.models ?? []);
  readonly nServer = $derived(this.models.filter((model) => model.source === "server").length);

  readonly #backend: Backend;
  #turn = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Something can write, or the user's own server could: what is wrong with that is said when it is asked.
   * Unknown counts as yes, so that nothing is refused too early. */
  get canWrite(): boolean {
    return this.known === null || this.models.length > 0 || this.known.default !== null || this.problem !== null;
  }

  async refresh(): Promise<void> {
    const turn = ++this.#turn;
    this.checking = true;
    try {
      const known = await this.#backend.languageModels();
      if (turn !== this.#turn) return;
      this.known = known;
      this.problem = known.server_problem ?? null;
    } catch (error) {
      if (turn === this.#turn) this.problem = problemOf(error);
    } finally {
      if (turn === this.#turn) this.checking = false;
    }
  }

  nameOf(id: string): string | null {
    return this.models.find((model) => model.id === id)?.title ?? null;
  }
}
