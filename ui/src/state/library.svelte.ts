// The list of recordings: pages of it as they are scrolled to, a tag's, or what is in the trash.
import type { Backend, LibraryState, Recording, TagCount } from "../backend/backend";
import { Latest } from "./latest";
import { problemOf, type Problem } from "./problem";

const PAGE_SIZE = 200;

export class LibraryStore {
  state: LibraryState | null = $state(null);
  recordings: Recording[] | null = $state.raw(null);
  tags: TagCount[] = $state.raw([]);
  tag: string | null = $state(null);
  hasMore = $state(false);
  problem: Problem | null = $state(null);
  trashed: Recording[] | null = $state.raw(null);

  readonly #backend: Backend;
  #turn = 0;
  readonly #trashAsked = new Latest();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get readOnly(): boolean {
    return this.state?.kind === "read_only";
  }

  /** The library cannot be shown at all. */
  get closed(): boolean {
    return this.state !== null && this.state.kind !== "ready" && this.state.kind !== "read_only";
  }

  find(id: number | null): Recording | null {
    return this.recordings?.find((recording) => recording.id === id) ?? null;
  }

  async refresh(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const state = await this.#backend.libraryState();
      if (turn !== this.#turn) return;
      this.state = state;
      if (this.closed) return;
      const limit = Math.max(this.recordings?.length ?? 0, PAGE_SIZE);
      const [recordings, tags] = await Promise.all([
        this.#backend.recordings({ trashed: false, tag: this.tag, offset: 0, limit: limit + 1 }),
        this.#backend.tags(),
      ]);
      if (turn !== this.#turn) return;
      this.hasMore = recordings.length > limit;
      this.recordings = recordings.slice(0, limit);
      this.tags = tags;
      this.problem = null;
      // The last recording may have lost the tag that was asked for.
      if (this.tag !== null && !tags.some(({ name }) => name === this.tag)) await this.filter(null);
    } catch (error) {
      if (turn === this.#turn) this.problem = problemOf(error);
    }
  }

  async loadMore(): Promise<void> {
    if (!this.hasMore || !this.recordings) return;
    const known = this.recordings;
    try {
      const listing = { trashed: false, tag: this.tag, offset: known.length, limit: PAGE_SIZE + 1 };
      const more = await this.#backend.recordings(listing);
      // After another list it is looked at anew where its end is; a lookup of all of it is never given up for this.
      if (known !== this.recordings) return;
      this.hasMore = more.length > PAGE_SIZE;
      this.recordings = [...known, ...more.slice(0, PAGE_SIZE)];
    } catch (error) {
      if (known === this.recordings) this.problem = problemOf(error);
    }
  }

  async filter(tag: string | null): Promise<void> {
    this.tag = tag;
    this.recordings = null;
    await this.refresh();
  }

  async loadTrash(): Promise<void> {
    await this.#trashAsked.ask(
      () => this.#backend.recordings({ trashed: true, tag: null, offset: 0, limit: 10_000 }),
      (trashed) => (this.trashed = trashed),
    );
  }

  /** Shows a change before the library answers with it. */
  patch(id: number, change: Partial<Recording>): void {
    this.recordings =
      this.recordings?.map((recording) => (recording.id === id ? { ...recording, ...change } : recording)) ?? null;
  }

  remove(id: number): void {
    this.recordings = this.recordings?.filter((recording) => recording.id !== id) ?? null;
  }
}
