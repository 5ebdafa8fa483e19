// The queue of jobs as it moves.
import type { AppEvent, Backend, Job, JobKind, Progress } from "../backend/backend";
import { problemOf } from "./problem";
import type { Toasts } from "./toasts.svelte";

export class QueueStore {
  jobs: Job[] = $state.raw([]);
  progress: Record<number, Progress> = $state({});
  /** Ended jobs that were looked at and put away. */
  #putAway: Set<number> = $state.raw(new Set());

  readonly running = $derived(this.jobs.filter((job) => job.state === "running"));
  readonly waiting = $derived(this.jobs.filter((job) => job.state === "queued"));
  readonly ended = $derived(
    this.jobs.filter((job) => (job.state === "failed" || job.state === "cancelled") && !this.#putAway.has(job.id)),
  );
  readonly nOpen = $derived(this.running.length + this.waiting.length);
  readonly nFailed = $derived(this.ended.filter((job) => job.state === "failed").length);

  readonly #backend: Backend;
  readonly #toasts: Toasts;
  #turn = 0;

  constructor(backend: Backend, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  async refresh(): Promise<void> {
    const turn = ++this.#turn;
    const jobs = await this.#backend.jobs();
    if (turn === this.#turn) this.jobs = jobs;
  }

  /** The newest job of a recording that matters to its reader. */
  of(recordingId: number, kind: JobKind): Job | null {
    const own = this.jobs.filter((job) => job.recording_id === recordingId && job.kind === kind);
    return (
      own.find((job) => job.state === "running") ??
      own.find((job) => job.state === "queued") ??
      // What was done since mends what failed before.
      own.find((job) => job.state === "failed" && !this.#putAway.has(job.id) && !own.some((later) => later.state === "done" && later.id > job.id)) ??
      null
    );
  }

  cancel = (id: number) => this.#do(() => this.#backend.cancelJob(id));
  retry = (id: number) => this.#do(() => this.#backend.retryJob(id));
  move = (id: number, position: number) => this.#do(() => this.#backend.moveJob(id, position));

  putAway(id: number): void {
    this.#putAway = new Set([...this.#putAway, id]);
  }

  hear(event: AppEvent): void {
    switch (event.kind) {
      case "job_progress":
        this.progress[event.job_id] = event.progress;
        if (!this.running.some((job) => job.id === event.job_id)) void this.refresh();
        break;
      case "job_queued":
      case "job_done":
      case "job_failed":
      case "job_cancelled":
        delete this.progress[event.job_id];
        void this.refresh();
        break;
    }
  }

  async #do(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#toasts.fail(problemOf(error));
    }
    await this.refresh();
  }
}
