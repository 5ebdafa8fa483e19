// Models: which there are, and what is being done with them. A download goes on while one looks around.
import type {
  Backend,
  CatalogueModel,
  InstalledModel,
  ModelProgress,
  Models,
  Verification,
} from "../backend/backend";
import { Latest } from "./latest";
import { problemOf, type Problem } from "./problem";

export class ModelsStore {
  known: Models | null = $state.raw(null);
  work: Record<string, ModelProgress> = $state({});
  problems: Record<string, Problem> = $state({});
  verified: Record<string, Verification> = $state({});
  importProblem: Problem | null = $state(null);

  readonly speech: InstalledModel[] = $derived(this.known?.installed.filter((model) => model.kind === "speech") ?? []);
  /** Those that find by meaning. */
  readonly embedding: InstalledModel[] = $derived(
    this.known?.installed.filter((model) => model.kind === "embedding" && model.problem === null) ?? [],
  );
  readonly advised: CatalogueModel | null = $derived(
    this.known?.catalogue.find((model) => model.id === this.known?.advised) ?? null,
  );
  readonly downloading: ModelProgress | null = $derived(
    Object.values(this.work).find((work) => work.work === "download") ?? null,
  );

  readonly #backend: Backend;
  readonly #asked = new Latest();
  /** Called when a model has come that was not there. */
  readonly #installed: () => void;

  constructor(backend: Backend, installed: () => void) {
    this.#backend = backend;
    this.#installed = installed;
  }

  async refresh(): Promise<void> {
    await this.#asked.ask(() => this.#backend.models(), (known) => (this.known = known));
  }

  nameOf(id: string): string {
    const model = this.known?.installed.find((one) => one.id === id) ?? this.known?.catalogue.find((one) => one.id === id);
    return model?.name ?? id;
  }

  /** A usable speech model is there. */
  get canTranscribe(): boolean {
    return this.speech.some((model) => model.problem === null);
  }

  async download(id: string): Promise<void> {
    delete this.problems[id];
    const total = this.known?.catalogue.find((model) => model.id === id)?.bytes ?? null;
    this.work[id] = {
      id, work: "download", fraction: null, done_bytes: null, total_bytes: total, bytes_per_second: null, eta_ms: null,
      source: null,
    };
    const outcome = await this.#guard(id, (tell) => this.#backend.downloadModel(id, tell));
    if (outcome === "installed") this.#installed();
  }

  async verify(id: string): Promise<void> {
    delete this.verified[id];
    const verification = await this.#guard(id, (tell) => this.#backend.verifyModel(id, tell));
    if (verification && verification.kind !== "cancelled") this.verified[id] = verification;
  }

  async import(from: "file" | "folder"): Promise<void> {
    this.importProblem = null;
    let imported = false;
    try {
      if (await this.#whileItRuns((tell) => this.#backend.importModel(from, tell))) imported = true;
    } catch (error) {
      this.importProblem = problemOf(error);
    }
    for (const [id, work] of Object.entries(this.work)) if (work.work === "import") delete this.work[id];
    await this.refresh();
    if (imported) this.#installed();
  }

  async remove(id: string): Promise<void> {
    await this.#guard(id, () => this.#backend.removeModel(id));
  }

  async cancel(id: string): Promise<void> {
    await this.#backend.cancelModelWork(id).catch(() => {}); // It has ended by itself meanwhile.
  }

  hear(progress: ModelProgress): void {
    this.work[progress.id] = progress;
  }

  /** How far it is may be told a moment after it has ended. */
  async #whileItRuns<T>(work: (tell: (progress: ModelProgress) => void) => Promise<T>): Promise<T> {
    let runs = true;
    try {
      return await work((progress) => {
        if (runs) this.hear(progress);
      });
    } finally {
      runs = false;
    }
  }

  async #guard<T>(id: string, work: (tell: (progress: ModelProgress) => void) => Promise<T>): Promise<T | null> {
    delete this.problems[id];
    try {
      return await this.#whileItRuns(work);
    } catch (error) {
      this.problems[id] = problemOf(error);
      return null;
    } finally {
      delete this.work[id];
      await this.refresh();
    }
  }
}
