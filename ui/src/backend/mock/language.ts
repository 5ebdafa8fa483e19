// What a language model does in the mock: jobs that write, and the commands around them.
import {
  BackendError, type AppEvent, type Backend, type JobKind, type LanguageModels, type MinutesChoice, type Recording, type Settings,
} from "../backend";
import type { MockJobs } from "./jobs";
import { LANGUAGE_MODEL, type MockMinutes } from "./minutes";
import { TEMPLATES } from "./minutesTexts";
import type { MockModels } from "./models";
import type { Entry } from "./recordings";
import type { State } from "./scenario";

interface World {
  jobs: MockJobs;
  minutes: MockMinutes;
  models: MockModels;
  find: (id: number) => Entry;
  change: (id: number, patch: Partial<Recording>) => void;
  emit: (event: AppEvent) => void;
  mayWrite: () => void;
  settings: () => Settings;
}

/** Where Ollama listens; nothing answers at other places. */
const SERVER_PORT = "11434";

type Commands = Pick<
  Backend,
  | "minutes" | "makeMinutes" | "saveMinutes" | "minutesEstimate" | "minutesTemplates" | "exportMinutes" | "languageModels"
  | "highlights" | "corrections" | "makeCorrections" | "decideCorrections" | "editSegment" | "makeTitle"
  | "outdated" | "renew" | "learnedWords" | "forgetWord"
>;

export class MockLanguage {
  #learned = ["이지원", "한빛동", "Okonkwo"];

  constructor(private readonly world: World) {}

  /** Work that goes on, or went wrong, before the page was opened. */
  furnish(state: State): void {
    const { jobs } = this.world;
    // The one that is written is in the language of the window.
    const order = this.world.settings().interface_language === "en" ? [2, 1] : [1, 2];
    if (state === "minutes-writing")
      for (const [at, id] of order.entries()) {
        const template = id === 1 ? "meeting" : "interview";
        const job = jobs.find(this.#makeMinutes(id, { template, model: null, language: null }));
        if (at === 0) jobs.begin(job, this.#totalMs(id) * 0.2);
      }
    if (state === "minutes-failed")
      for (const id of [1, 2])
        jobs.fail(jobs.find(this.#makeMinutes(id, { template: "meeting", model: null, language: null })), {
          code: "out_of_memory", message: "There is too little memory for this model. Close other programs or choose a smaller model.",
        });
    if (state === "correcting") jobs.begin(jobs.find(this.#makeCorrections(1)), this.#totalMs(1) * 0.35);
  }

  readonly commands: Commands = {
    minutes: async (id) => this.world.minutes.views(id),
    makeMinutes: async (id, choice) => (this.world.mayWrite(), this.#needModel(), this.#makeMinutes(id, choice)),
    saveMinutes: async (id, template, sections) => {
      this.world.mayWrite();
      this.world.minutes.save(id, template, sections);
    },
    minutesEstimate: async (id, choice) => this.world.minutes.estimate(id, choice),
    minutesTemplates: async () => ({ templates: structuredClone(TEMPLATES), problems: [] }),
    exportMinutes: async (id, template, format) => `~/Documents/${this.world.find(id).recording.title}, ${template}.${format}`,
    languageModels: async () => this.models(),
    highlights: async (id) => this.world.minutes.highlights(id),
    corrections: async (id) => this.world.minutes.corrections(id),
    makeCorrections: async (id) => (this.world.mayWrite(), this.#needModel(), this.#makeCorrections(id)),
    decideCorrections: async (id, idxs, state) => {
      this.world.mayWrite();
      this.world.minutes.decide(id, idxs, state);
      this.world.change(id, {});
    },
    learnedWords: async () => [...this.#learned],
    forgetWord: async (word) => {
      this.world.mayWrite();
      this.#learned = this.#learned.filter((one) => one !== word);
    },
    editSegment: async (id, idx, text) => {
      this.world.mayWrite();
      this.world.minutes.edit(id, idx, text);
      this.world.change(id, {});
    },
    makeTitle: async (id) => (this.world.mayWrite(), this.#needModel(), this.#makeTitle(id)),
    outdated: async (id) => this.world.minutes.outdated(id),
    renew: async (id) => {
      this.world.mayWrite();
      this.#needModel();
      const { minutes } = this.world;
      const views = minutes.views(id).filter((view) => view.outdated && !view.edited);
      const jobs = views.map(({ template, language }) => this.#makeMinutes(id, { template, language, model: null }));
      return minutes.outdated(id).title ? [...jobs, this.#makeTitle(id)] : jobs;
    },
  };

  models(): LanguageModels {
    const { server_url, language_model } = this.world.settings();
    const models: LanguageModels["models"] = this.world.models
      .list()
      .installed.filter((one) => one.kind === "language" && one.problem === null)
      .map(({ id, name }) => ({ id, title: name, source: "installed" }));
    const found: LanguageModels = { models, default: null };
    if (server_url?.includes(SERVER_PORT))
      models.push({ id: "server:llama3.1:8b", title: "llama3.1:8b", source: "server" }, { id: "server:gemma3:12b", title: "gemma3:12b", source: "server" });
    else if (server_url !== null)
      found.server_problem = { code: "other", message: `Nothing answers at ${server_url}. Check the address and that the server runs.` };
    found.default = models.find((one) => one.id === language_model)?.id ?? models[0]?.id ?? null;
    return found;
  }

  textOf(id: number, template: string): string {
    const view = this.world.minutes.views(id).find((one) => one.template === template);
    return (view?.sections ?? [])
      .map((one) => [`## ${one.title}`, ...one.items.map((item) => `- ${item.text}`)].join("\n"))
      .join("\n\n");
  }

  #makeMinutes(id: number, choice: MinutesChoice): number {
    const { minutes, emit, change } = this.world;
    const view = minutes.write(id, choice);
    return this.#add(id, "minutes", (fraction, job_id) => {
      emit({ kind: "minutes_draft", job_id, recording_id: id, template: choice.template, sections: minutes.draft(view, fraction) });
      if (fraction < 1) return;
      minutes.keep(id, { ...view, created_at: new Date().toISOString() });
      change(id, {});
    });
  }

  #makeTitle(id: number): number {
    const { minutes, change } = this.world;
    return this.#add(id, "title", (fraction) => {
      if (fraction < 1) return;
      minutes.titled(id);
      change(id, { title: minutes.title(id) });
    });
  }

  #makeCorrections(id: number): number {
    return this.#add(id, "correct", (fraction) => {
      if (fraction >= 1) this.world.minutes.propose(id);
    });
  }

  #add(id: number, kind: JobKind, step: (fraction: number, jobId: number) => void): number {
    const { recording } = this.world.find(id);
    const work = { segments: [], totalMs: this.#totalMs(id), kind, step: (job: { id: number }, fraction: number) => step(fraction, job.id) };
    return this.world.jobs.add(id, recording.title, LANGUAGE_MODEL, "auto", work).id;
  }

  #needModel(): void {
    if (this.models().models.length > 0) return;
    throw new BackendError({ code: "model_missing", message: "No language model is installed. Download one, or name your own server." });
  }

  #totalMs = (id: number): number => this.world.find(id).recording.duration_ms ?? 1;
}
