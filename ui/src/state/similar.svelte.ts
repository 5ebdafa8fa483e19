// Recordings about the same as the one that is open.
import type { AppEvent, Backend, SimilarRecording } from "../backend/backend";

const MAX_SIMILAR = 5;

export class SimilarStore {
  list: SimilarRecording[] = $state.raw([]);
  shown = $state(false);

  readonly #backend: Backend;
  #id: number | null = null;
  #turn = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async openFor(id: number | null): Promise<void> {
    if (id === this.#id) return;
    this.#id = id;
    this.list = [];
    this.shown = false;
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const [id, turn] = [this.#id, ++this.#turn];
    if (id === null) return;
    // A recording without them is whole.
    const list = await this.#backend.similar(id, MAX_SIMILAR).catch(() => []);
    if (turn === this.#turn) this.list = list;
  }

  hear(event: AppEvent): void {
    if (event.kind === "indexed" && event.n_waiting === 0) void this.refresh();
  }
}
