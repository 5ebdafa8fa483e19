// Files on their way into the library: dropped, chosen, opened with the program. What is refused is
// gathered in one list, and what is there already is asked about one by one or all at once.
import type { AddResult, Backend, OnDuplicate } from "../backend/backend";
import { problemOf, type Problem } from "./problem";

export type Duplicate = Extract<AddResult, { kind: "duplicate" }>;
export type Refused = Extract<AddResult, { kind: "refused" }>;
export type DuplicateAnswer = "again" | "show" | "add" | "skip";

export interface AddingHost {
  /** A file became a recording. */
  added(recordingId: number, first: boolean): void;
  show(recordingId: number): void;
  transcribeAgain(recordingId: number): Promise<void>;
  /** Everything is in. */
  finished(nAdded: number, stopped: boolean): void;
  failed(problem: Problem): void;
}

export class AddingStore {
  /** Files hang over the window. */
  dragging = $state(false);
  running = $state(false);
  nDone = $state(0);
  nTotal = $state(0);
  duplicates: Duplicate[] = $state.raw([]);
  refused: Refused[] = $state.raw([]);
  /** Why what was added does not wait in the queue, such as that no model is installed. */
  unqueued: Problem | null = $state(null);
  /** What waits for a model. */
  unqueuedIds: number[] = [];
  /** The list of what was refused is on the screen. */
  reportOpen = $state(false);

  readonly #backend: Backend;
  readonly #host: AddingHost;
  #waiting: { paths: string[]; onDuplicate: OnDuplicate }[] = [];

  constructor(backend: Backend, host: AddingHost) {
    this.#backend = backend;
    this.#host = host;
  }

  async choose(what: "files" | "folder"): Promise<void> {
    try {
      const paths = await (what === "files" ? this.#backend.chooseFiles() : this.#backend.chooseFolder());
      await this.add(paths);
    } catch (error) {
      this.#host.failed(problemOf(error));
    }
  }

  /** More files may come while some are being added: they wait for their turn. */
  async add(paths: string[], onDuplicate: OnDuplicate = "ask"): Promise<void> {
    this.dragging = false;
    if (paths.length === 0) return;
    this.#waiting.push({ paths, onDuplicate });
    if (this.running) return;
    this.running = true;
    this.unqueued = null;
    let [nAdded, stopped] = [0, false];
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
        this.nDone = 0;
        this.nTotal = next.paths.length;
        const [duplicates, refused]: [Duplicate[], Refused[]] = [[], []];
        const summary = await this.#backend.addPaths(next.paths, next.onDuplicate, (progress) => {
          this.nDone = progress.n_done;
          this.nTotal = progress.n_total;
          const result = progress.result;
          if (result?.kind === "duplicate") duplicates.push(result);
          else if (result?.kind === "refused") refused.push(result);
          else if (result?.kind === "added") {
            this.unqueued ??= result.problem;
            if (result.job_id === null) this.unqueuedIds.push(result.recording_id);
            this.#host.added(result.recording_id, nAdded++ === 0);
          }
        });
        stopped ||= summary.stopped;
        this.duplicates = [...this.duplicates, ...duplicates];
        this.refused = [...this.refused, ...refused];
      }
    } catch (error) {
      this.#host.failed(problemOf(error));
    }
    this.running = false;
    if (this.refused.length > 0) this.reportOpen = true;
    this.#host.finished(nAdded, stopped);
  }

  async stop(): Promise<void> {
    this.#waiting = [];
    await this.#backend.stopAdding().catch(() => {}); // It was done already.
  }

  /** Answers for the first duplicate, or for all of them. */
  async answer(answer: DuplicateAnswer, forAll: boolean): Promise<void> {
    const asked = forAll ? this.duplicates : this.duplicates.slice(0, 1);
    this.duplicates = forAll ? [] : this.duplicates.slice(1);
    const first = asked[0];
    if (!first) return;
    if (answer === "show") this.#host.show(first.recording_id);
    else if (answer === "again") for (const one of asked) await this.#host.transcribeAgain(one.recording_id);
    else if (answer === "add") await this.add(asked.map((one) => one.path), "add_again");
  }

  closeReport(): void {
    this.reportOpen = false;
    this.refused = [];
  }
}
