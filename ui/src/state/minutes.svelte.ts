// The minutes of the open recording: as they are written, as they are kept, as the user changes them.
import type {
  AppEvent, FailedPart, Highlights, Job, MinutesChoice, MinutesFormat, MinutesItem, MinutesSection, MinutesTemplate, MinutesView,
} from "../backend/backend";
import { locale, m } from "../i18n";
import type { Host } from "./host";
import { Latest } from "./latest";
import { problemOf, type Problem } from "./problem";

/** A line by its place. */
export interface LinePlace {
  section: string;
  idx: number;
}

/** A line that is being changed, and what is typed so far: what shows it may leave the screen meanwhile. */
export interface LineEdit extends LinePlace {
  template: string;
  text: string;
  who: string;
  when: string;
}

export const HIGHLIGHTS = "highlights";

const filled = (value: string) => (value.trim() === "" ? null : value.trim());

const emptyLine = (): MinutesItem => ({ text: "", who: null, when: null, segments: [], start_ms: 0, end_ms: 0, is_supported: true });

export class MinutesStore {
  views: MinutesView[] = $state.raw([]);
  templates: MinutesTemplate[] = $state.raw([]);
  /** Why a template of the user's own is not among them; sentences. */
  templateProblems: string[] = $state.raw([]);
  highlights: Highlights | null = $state.raw(null);
  problem: Problem | null = $state(null);
  highlightsProblem: Problem | null = $state(null);
  loaded = $state(false);
  draft: { jobId: number; template: string; sections: MinutesSection[] } | null = $state.raw(null);
  editing: LineEdit | null = $state(null);
  #chosen: string | null = $state(null);

  readonly job: Job | null = $derived.by(() => {
    const id = this.#host.reading.id;
    return id === null ? null : this.#host.queue.of(id, "minutes");
  });
  readonly writing = $derived(this.job?.state === "running" || this.job?.state === "queued");
  /** What is shown: a template's minutes, or the highlights. */
  readonly shown: string = $derived(
    this.#chosen === HIGHLIGHTS || this.views.some((view) => view.template === this.#chosen)
      ? (this.#chosen ?? HIGHLIGHTS)
      : (this.views[0]?.template ?? HIGHLIGHTS),
  );
  readonly view: MinutesView | null = $derived(this.views.find((view) => view.template === this.shown) ?? null);

  readonly #host: Host;
  #id: number | null = null;
  #turn = 0;
  readonly #highlightsAsked = new Latest();
  /** What is being kept. */
  #keeping: Promise<unknown> = Promise.resolve();
  /** What is being renewed, and of which recording, by job. */
  readonly #before = new Map<number, { id: number; view: MinutesView }>();

  constructor(host: Host) {
    this.#host = host;
  }

  async open(id: number | null): Promise<void> {
    if (id === this.#id) return;
    void this.endEdit();
    this.#turn += 1;
    this.#highlightsAsked.forget();
    // What is still being kept of another recording holds nothing up here.
    this.#keeping = Promise.resolve();
    this.#id = id;
    this.views = [];
    this.highlights = null;
    this.highlightsProblem = null;
    this.draft = null;
    this.problem = null;
    this.loaded = false;
    this.#chosen = null;
    if (id !== null) await this.refresh();
  }

  async refresh(): Promise<void> {
    const id = this.#id;
    if (id === null) return;
    const turn = ++this.#turn;
    const { backend } = this.#host;
    // Asked before, the answer would be of the minutes without it.
    await this.#keeping;
    if (turn !== this.#turn) return;
    try {
      const [views] = await Promise.all([backend.minutes(id), this.templates.length > 0 || this.#readTemplates()]);
      if (turn !== this.#turn) return;
      // A line that is being written stays under the hands that write it, unless its minutes were written anew.
      const edited = this.#viewOf(this.editing?.template);
      if (!edited || !views.some(({ template, created_at }) => template === edited.template && created_at === edited.created_at)) {
        this.editing = null;
        this.views = views;
      }
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      if (turn === this.#turn) this.problem = problemOf(error);
    }
  }

  /** Looks for templates that were added or changed meanwhile. */
  async lookForTemplates(): Promise<void> {
    await this.#host.attempt(() => this.#readTemplates());
  }

  async #readTemplates(): Promise<void> {
    const { templates, problems } = await this.#host.backend.minutesTemplates();
    this.templates = templates;
    this.templateProblems = problems;
  }

  /** Highlights take a moment of computing, so they are asked for when they are looked at. */
  async loadHighlights(): Promise<void> {
    const [id, { segments }] = [this.#id, this.#host.reading];
    if (id === null || !segments) return;
    this.highlightsProblem = null;
    try {
      await this.#highlightsAsked.ask(() => this.#host.backend.highlights(id), (found) => (this.highlights = found));
    } catch (error) {
      this.highlightsProblem = problemOf(error);
    }
  }

  choose(what: string): void {
    void this.endEdit();
    this.#chosen = what;
  }

  titleOf(template: string): string {
    return this.templates.find((one) => one.id === template)?.titles[locale.current] ?? template;
  }

  /** Headings of the template that nothing stands under. */
  missing(view: MinutesView): { key: string; title: string }[] {
    const language = view.language === "ko" ? "ko" : "en";
    const sections = this.templates.find((one) => one.id === view.template)?.sections ?? [];
    return sections
      .filter(({ key }) => !view.sections.some((section) => section.key === key))
      .map(({ key, title }) => ({ key, title: title[language] }));
  }

  async make(choice: MinutesChoice): Promise<void> {
    const { reading, language, backend, queue } = this.#host;
    const id = reading.id;
    if (id === null) return;
    if (!language.canWrite) return this.#host.askForLanguageModel();
    void this.endEdit();
    const before = this.#viewOf(choice.template);
    this.draft = null;
    this.#chosen = choice.template;
    const job = await this.#host.attempt(() => backend.makeMinutes(id, choice));
    if (typeof job === "number" && before) this.#before.set(job, { id, view: before });
    await queue.refresh();
  }

  /** Writes anew what the transcript has left behind, by the same model where it is still there. */
  renew = (view: MinutesView) => {
    const model = this.#host.language.models.find(({ id }) => id === view.model)?.id ?? null;
    return this.make({ template: view.template, model, language: view.language });
  };

  hear(event: AppEvent): void {
    if (event.kind === "minutes_draft" && event.recording_id === this.#id) {
      // What was typed is kept before what is being written comes into its place.
      void this.endEdit();
      this.draft = { jobId: event.job_id, template: event.template, sections: event.sections };
    } else if (event.kind === "job_done" || event.kind === "job_failed" || event.kind === "job_cancelled") {
      if (this.draft?.jobId === event.job_id) this.draft = null;
      const before = this.#before.get(event.job_id);
      // One that failed may be tried again as the same job.
      if (event.kind !== "job_done" || !before) return;
      this.#before.delete(event.job_id);
      if (before.view.edited) this.#offerUndo(m.minutes_renewed(), before.id, before.view.template, before.view.sections);
    }
  }

  addLine(key: string, title: string): void {
    void this.endEdit();
    const { view } = this;
    if (!view) return;
    const known = view.sections.find((section) => section.key === key);
    const order = this.templates.find((one) => one.id === view.template)?.sections.map((section) => section.key) ?? [];
    const sections = known ? view.sections : [...view.sections, { key, title, items: [] }];
    const added = sections
      .map((section) => (section.key === key ? { ...section, items: [...section.items, emptyLine()] } : section))
      .sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
    // Only on the screen; it is kept when something stands in it.
    this.#put({ ...view, sections: added });
    this.#begin(view, { section: key, idx: known?.items.length ?? 0 });
  }

  edit({ section, idx }: LinePlace): void {
    const line = itemsOf(this.view, section)[idx];
    void this.endEdit();
    // Another line that was being changed may have gone from before this one.
    const at = line ? itemsOf(this.view, section).indexOf(line) : -1;
    if (this.view && at >= 0) this.#begin(this.view, { section, idx: at });
  }

  /** Ends the changing of a line; one without words is taken away. */
  async endEdit(keep = true): Promise<void> {
    const edit = this.editing;
    this.editing = null;
    const view = this.#viewOf(edit?.template);
    const known = edit && itemsOf(view, edit.section)[edit.idx];
    if (!view || !known) return;
    const wanted = keep ? { ...known, text: edit.text.trim().replace(/\s+/g, " "), who: filled(edit.who), when: filled(edit.when) } : known;
    if (wanted.text === "") return this.#remove(view, edit);
    // What came meanwhile waited for this.
    if (wanted.text === known.text && wanted.who === known.who && wanted.when === known.when) return this.refresh();
    // What a reader wrote is no model's invention.
    await this.#save(view, edit, { ...wanted, is_supported: true }, known.text === "" ? m.minutes_line_added() : m.minutes_line_changed());
  }

  async deleteLine(place: LinePlace): Promise<void> {
    this.editing = null;
    if (this.view) await this.#remove(this.view, place);
  }

  copy = async (view: MinutesView) => {
    const id = this.#id;
    await this.#settled();
    if (id !== null && (await this.#host.attempt(() => this.#host.backend.copyMinutes(id, view.template)))) this.#host.toasts.show(m.copied());
  };

  export = async (view: MinutesView, format: MinutesFormat) => {
    const id = this.#id;
    await this.#settled();
    const path = id !== null && (await this.#host.attempt(() => this.#host.backend.exportMinutes(id, view.template, format)));
    if (typeof path === "string") this.#host.toasts.show(m.exported({ path }));
  };

  /** Marks what a line rests on; gives the time to play from. */
  follow(line: Pick<MinutesItem, "segments" | "start_ms">): number {
    const { reading } = this.#host;
    reading.marked = new Set(line.segments);
    reading.goTo(line.start_ms);
    return line.start_ms;
  }

  /** Marks what is missing. */
  followPart({ start_ms, end_ms }: FailedPart): number {
    const segments = this.#host.reading.segments ?? [];
    const inside = this.#host.reading.between(start_ms, end_ms);
    return this.follow({ segments: inside, start_ms: segments[inside[0] ?? -1]?.start_ms ?? start_ms });
  }

  #viewOf(template: string | undefined): MinutesView | null {
    return this.views.find((view) => view.template === template) ?? null;
  }

  #begin(view: MinutesView, place: LinePlace): void {
    const line = itemsOf(view, place.section)[place.idx] ?? emptyLine();
    // Going on from here, the way back of the whole would lead behind it.
    if (this.#id !== null) this.#host.toasts.dropUndo(this.#id, "minutes");
    this.editing = { ...place, template: view.template, text: line.text, who: line.who ?? "", when: line.when ?? "" };
  }

  async #remove(view: MinutesView, place: LinePlace): Promise<void> {
    if (itemsOf(view, place.section)[place.idx]?.text !== "") return this.#save(view, place, null, m.minutes_line_deleted());
    this.#put({ ...view, sections: replaced(view.sections, place, null) });
    await this.refresh();
  }

  async #settled(): Promise<void> {
    void this.endEdit();
    await this.#keeping;
  }

  /** One after the other, so that what was wanted last is what stays. */
  #keep(id: number, template: string, sections: MinutesSection[]): Promise<void> {
    const kept = this.#keeping.then(() => this.#host.backend.saveMinutes(id, template, sections));
    this.#keeping = kept.catch(() => {}); // Whoever asked is told.
    return kept;
  }

  #offerUndo(done: string, id: number, template: string, before: MinutesSection[]): void {
    this.#host.offerUndo(done, () => this.#keep(id, template, before), { kind: "minutes", recordingId: id });
  }

  async #save(view: MinutesView, place: LinePlace, line: MinutesItem | null, done: string): Promise<void> {
    const { template } = view;
    const id = this.#id;
    if (id === null) return;
    this.#host.toasts.dropUndo(id, "minutes");
    // A line that was just added was never kept, so the way back leads to where it was not.
    const before = view.sections.map((one) => ({ ...one, items: one.items.filter((item) => item.text !== "") })).filter((one) => one.items.length > 0);
    const sections = replaced(view.sections, place, line);
    const changed = { ...view, sections, edited: true };
    this.#put(changed);
    for (const [job, { id: of, view: known }] of this.#before)
      if (of === id && known.template === template) this.#before.set(job, { id, view: changed });
    if (await this.#host.attempt(() => this.#keep(id, template, sections))) this.#offerUndo(done, id, template, before);
    // Also where it could not be kept: nothing that is only here stays on the screen.
    if (id === this.#id) await this.refresh();
  }

  /** An answer that was asked for before knows nothing of it. */
  #put(view: MinutesView): void {
    this.#turn += 1;
    this.views = this.views.map((one) => (one.template === view.template ? view : one));
  }
}

const itemsOf = (view: MinutesView | null, key: string): MinutesItem[] => view?.sections.find((section) => section.key === key)?.items ?? [];

/** Without the line where it is none, and without a heading that nothing stands under. */
function replaced(sections: readonly MinutesSection[], { section: key, idx }: LinePlace, line: MinutesItem | null): MinutesSection[] {
  return sections
    .map((section) =>
      section.key === key ? { ...section, items: section.items.flatMap((item, at) => (at === idx ? (line ? [line] : []) : [item])) } : section,
    )
    .filter((section) => section.items.length > 0);
}
