// How far the recordings are indexed for search by meaning.
import type { AppEvent, Backend, IndexReport } from "../backend/backend";
import { problemOf, type Problem } from "./problem";

export class MeaningStore {
  report: IndexReport | null = $state.raw(null);
  problem: Problem | null = $state(null);

  readonly #backend: Backend;
  #turn = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async refresh(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const report = await this.#backend.indexReport();
      if (turn !== this.#turn) return;
      this.report = report;
      this.problem = null;
    } catch (error) {
      if (turn === this.#turn) this.problem = problemOf(error);
    }
  }

  /** Tries again what failed. */
  update = () => this.#change(() => this.#backend.updateIndex());

  rebuild = () => this.#change(() => this.#backend.rebuildIndex());

  /** Nobody looks at it before it was asked for. */
  hear(event: AppEvent): void {
    if (event.kind === "indexed" && this.report !== null) void this.refresh();
  }

  async #change(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      await this.refresh();
    } catch (error) {
      this.problem = problemOf(error);
    }
  }
}
