// The minutes of the open recording: as they are written, as they are kept, as the user changes them.
import type {
  AppEvent, FailedPart, Highlights, Job, MinutesChoice, MinutesFormat, MinutesItem, MinutesSection, MinutesTemplate, MinutesView,
} from "../backend/backend";
import { locale, m } from "../i18n";
import type { Host } from "./host";
import { problemOf, type Problem } from "./problem";

/** A line by its place. */
export interface LinePlace {
  section: string;
  idx: number;
}

export const HIGHLIGHTS = "highlights";

const emptyLine = (): MinutesItem => ({ text: "", who: null, when: null, segments: [], start_ms: 0, end_ms: 0, is_supported: true });

export class MinutesStore {
  views: MinutesView[] = $state.raw([]);
  templates: MinutesTemplate[] = $state.raw([]);
  highlights: Highlights | null = $state.raw(null);
  problem: Problem | null = $state(null);
  loaded = $state(false);
  draft: { jobId: number; template: string; sections: MinutesSection[] } | null = $state.raw(null);
  /** The line that is being changed. */
  editing: LinePlace | null = $state(null);
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
  /** What the user had written of what is being renewed, by job. */
  readonly #before = new Map<number, MinutesView>();

  constructor(host: Host) {
    this.#host = host;
  }

  async open(id: number | null): Promise<void> {
    if (id === this.#id) return;
    this.#id = id;
    this.views = [];
    this.highlights = null;
    this.draft = null;
    this.editing = null;
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
    try {
      const [views, templates] = await Promise.all([
        backend.minutes(id),
        this.templates.length > 0 ? this.templates : backend.minutesTemplates(),
      ]);
      if (turn !== this.#turn) return;
      this.templates = templates;
      // A line that is being written stays under the hands that write it.
      if (this.editing === null) this.views = views;
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      if (turn === this.#turn) this.problem = problemOf(error);
    }
  }

  /** Highlights take a moment of computing, so they are asked for when they are looked at. */
  async loadHighlights(): Promise<void> {
    const [id, { segments }] = [this.#id, this.#host.reading];
    if (id === null || !segments) return;
    try {
      const found = await this.#host.backend.highlights(id);
      if (id === this.#id) this.highlights = found;
    } catch (error) {
      if (id === this.#id) this.problem = problemOf(error);
    }
  }

  choose(what: string): void {
    this.#chosen = what;
    this.editing = null;
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
    const before = this.views.find((view) => view.template === choice.template);
    this.draft = null;
    this.#chosen = choice.template;
    const job = await this.#host.attempt(() => backend.makeMinutes(id, choice));
    if (typeof job === "number" && before?.edited) this.#before.set(job, before);
    await queue.refresh();
  }

  /** Writes anew what the transcript has left behind. */
  renew = (view: MinutesView) => this.make({ template: view.template, model: null, language: view.language });

  hear(event: AppEvent): void {
    if (event.kind === "minutes_draft" && event.recording_id === this.#id)
      this.draft = { jobId: event.job_id, template: event.template, sections: event.sections };
    else if (event.kind === "job_done" || event.kind === "job_failed" || event.kind === "job_cancelled") {
      if (this.draft?.jobId === event.job_id) this.draft = null;
      const before = this.#before.get(event.job_id);
      this.#before.delete(event.job_id);
      if (event.kind !== "job_done" || !before) return;
      const id = event.recording_id;
      this.#host.offerUndo(m.minutes_renewed(), () => this.#host.backend.saveMinutes(id, before.template, before.sections));
    }
  }

  addLine(view: MinutesView, key: string, title: string): void {
    const known = view.sections.find((section) => section.key === key);
    const order = this.templates.find((one) => one.id === view.template)?.sections.map((section) => section.key) ?? [];
    const sections = known ? view.sections : [...view.sections, { key, title, items: [] }];
    const added = sections
      .map((section) => (section.key === key ? { ...section, items: [...section.items, emptyLine()] } : section))
      .sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
    // Only on the screen; it is kept when something stands in it.
    this.#put({ ...view, sections: added });
    this.editing = { section: key, idx: known?.items.length ?? 0 };
  }

  edit(place: LinePlace): void {
    this.editing = place;
  }

  /** Ends the changing of a line; one without words is taken away. */
  async endEdit(view: MinutesView, place: LinePlace, line: MinutesItem | null): Promise<void> {
    this.editing = null;
    const known = view.sections.find((section) => section.key === place.section)?.items[place.idx];
    if (!known) return;
    const wanted = line ?? known;
    if (wanted.text.trim() === "") return this.deleteLine(view, place);
    if (wanted.text === known.text && wanted.who === known.who && wanted.when === known.when) return;
    // What a reader wrote is no model's invention.
    await this.#save(view, place, { ...wanted, is_supported: true }, known.text === "" ? m.minutes_line_added() : m.minutes_line_changed());
  }

  async deleteLine(view: MinutesView, place: LinePlace): Promise<void> {
    this.editing = null;
    const known = view.sections.find((section) => section.key === place.section)?.items[place.idx];
    if (known?.text !== "") return this.#save(view, place, null, m.minutes_line_deleted());
    this.#put({ ...view, sections: replaced(view.sections, place, null) });
  }

  copy = async (view: MinutesView) => {
    const id = this.#id;
    if (id !== null && (await this.#host.attempt(() => this.#host.backend.copyMinutes(id, view.template)))) this.#host.toasts.show(m.copied());
  };

  export = async (view: MinutesView, format: MinutesFormat) => {
    const id = this.#id;
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

  async #save(view: MinutesView, place: LinePlace, line: MinutesItem | null, done: string): Promise<void> {
    const [id, { backend }] = [this.#id, this.#host];
    if (id === null) return;
    // A line that was just added was never kept, so the way back leads to where it was not.
    const before = view.sections.map((one) => ({ ...one, items: one.items.filter((item) => item.text !== "") })).filter((one) => one.items.length > 0);
    const sections = replaced(view.sections, place, line);
    this.#put({ ...view, sections, edited: true });
    if (await this.#host.attempt(() => backend.saveMinutes(id, view.template, sections)))
      this.#host.offerUndo(done, () => backend.saveMinutes(id, view.template, before));
    else this.#put(view);
  }

  #put(view: MinutesView): void {
    this.views = this.views.map((one) => (one.template === view.template ? view : one));
  }
}

/** Without the line where it is none, and without a heading that nothing stands under. */
function replaced(sections: readonly MinutesSection[], { section: key, idx }: LinePlace, line: MinutesItem | null): MinutesSection[] {
  return sections
    .map((section) =>
      section.key === key ? { ...section, items: section.items.flatMap((item, at) => (at === idx ? (line ? [line] : []) : [item])) } : section,
    )
    .filter((section) => section.items.length > 0);
}
