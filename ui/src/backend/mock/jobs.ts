// A queue whose jobs move: stages, progress, segments as they come, and every way to end.
import { BackendError, type AppEvent, type CommandError, type Job, type JobKind, type Progress, type Segment } from "../backend";

export interface JobWork {
  segments: Segment[];
  totalMs: number;
  kind?: JobKind;
  /** Told how far it is, where it is not a transcription. */
  step?: (job: Job, fraction: number) => void;
}

const TICK_MS = 250;
/** Audio seconds a second. */
const SPEED = 6.2;
/** Steps of a job that is no transcription. */
const N_STEPS = 16;
const N_QUICK_STEPS = 4;

export class MockJobs {
  jobs: Job[] = [];
  #nextId = 1;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #work = new Map<number, JobWork>();
  readonly #told = new Map<number, number>();

  constructor(
    private readonly emit: (event: AppEvent) => void,
    private readonly stored: (recordingId: number, segments: Segment[]) => void,
    private readonly done: (job: Job) => void,
    private readonly speedUp = 1,
  ) {}

  add(recordingId: number, title: string, model: string, language: string, work: JobWork): Job {
    const job: Job = {
      id: this.#nextId++, kind: work.kind ?? "transcribe", recording_id: recordingId, title, state: "queued", stage: "waiting", model, language,
      done_ms: 0, n_attempts: 0, error: null, created_at: new Date().toISOString(), finished_at: null,
    };
    this.jobs.push(job);
    this.#work.set(job.id, work);
    this.emit({ kind: "job_queued", job_id: job.id, recording_id: recordingId });
    return job;
  }

  /** A job that has failed already. */
  addFailed(recordingId: number, title: string, model: string, error: CommandError, doneMs: number, work: JobWork): void {
    const job = this.add(recordingId, title, model, "auto", work);
    Object.assign(job, { state: "failed", error, done_ms: doneMs, n_attempts: 1, finished_at: new Date().toISOString() });
  }

  /** Work that was begun before the page was opened. */
  begin(job: Job, doneMs: number): void {
    job.state = "running";
    job.stage = "transcribing";
    job.done_ms = doneMs;
    this.#told.set(job.id, doneMs);
  }

  list(): Job[] {
    const order = { running: 0, queued: 1, failed: 2, cancelled: 2, done: 3 };
    return [...this.jobs].sort((a, b) => order[a.state] - order[b.state]).map((job) => ({ ...job }));
  }

  find(id: number): Job {
    const job = this.jobs.find((one) => one.id === id);
    if (!job) throw new BackendError({ code: "not_found", message: `There is no job number ${id}.` });
    return job;
  }

  cancel(id: number): void {
    const job = this.find(id);
    job.state = "cancelled";
    job.finished_at = new Date().toISOString();
    this.emit({ kind: "job_cancelled", job_id: id, recording_id: job.recording_id });
  }

  retry(id: number): void {
    const job = this.find(id);
    Object.assign(job, { state: "queued", stage: "waiting", error: null, finished_at: null });
    this.emit({ kind: "job_queued", job_id: id, recording_id: job.recording_id });
  }

  move(id: number, position: number): void {
    const waiting = this.jobs.filter((job) => job.state === "queued" && job.id !== id);
    const others = this.jobs.filter((job) => job.state !== "queued");
    waiting.splice(position, 0, this.find(id));
    this.jobs = [...others, ...waiting];
  }

  fail(job: Job, error: CommandError): void {
    Object.assign(job, { state: "failed", error, finished_at: new Date().toISOString() });
    this.emit({ kind: "job_failed", job_id: job.id, recording_id: job.recording_id, error });
  }

  start(): void {
    this.#timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  tick(): void {
    let job = this.jobs.find((one) => one.state === "running");
    if (!job) {
      job = this.jobs.find((one) => one.state === "queued");
      if (!job) return;
      Object.assign(job, { state: "running", stage: "loading_model", n_attempts: job.n_attempts + 1 });
      this.#tell(job, { stage: "loading_model", fraction: null, speed: null });
      return;
    }
    const work = this.#work.get(job.id);
    if (!work) return;
    job.stage = "transcribing";
    const isSpeech = job.kind === "transcribe";
    const byMs = isSpeech ? TICK_MS * SPEED * this.speedUp : work.totalMs / (this.speedUp > 1 ? N_QUICK_STEPS : N_STEPS);
    job.done_ms = Math.min(work.totalMs, job.done_ms + byMs);
    const fraction = job.done_ms / work.totalMs;
    work.step?.(job, fraction);
    const told = this.#told.get(job.id) ?? 0;
    const fresh = (isSpeech ? work.segments : []).filter((segment) => segment.end_ms > told && segment.end_ms <= job.done_ms);
    if (fresh.length > 0) {
      this.#told.set(job.id, fresh.at(-1)?.end_ms ?? told);
      this.stored(job.recording_id, fresh);
      this.emit({ kind: "segments", job_id: job.id, recording_id: job.recording_id, segments: fresh });
    }
    if (job.done_ms < work.totalMs) {
      this.#tell(job, { stage: isSpeech ? "transcribing" : "writing", fraction, speed: isSpeech ? SPEED : null });
      return;
    }
    Object.assign(job, { state: "done", stage: "finished", finished_at: new Date().toISOString() });
    this.done(job);
    this.emit({ kind: "job_done", job_id: job.id, recording_id: job.recording_id, notice: null });
  }

  #tell(job: Job, { stage, fraction, speed }: Pick<Progress, "stage" | "fraction" | "speed">): void {
    const total = this.#work.get(job.id)?.totalMs ?? 0;
    const progress: Progress = {
      stage, fraction, speed, audio_done_ms: job.done_ms, audio_total_ms: total,
      eta_ms: fraction === null ? null : (total - job.done_ms) / ((speed ?? SPEED / 2) * this.speedUp), device: "CPU (4 threads)",
    };
    this.emit({ kind: "job_progress", job_id: job.id, recording_id: job.recording_id, progress });
  }
}
