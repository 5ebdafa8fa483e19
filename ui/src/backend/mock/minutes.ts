// Minutes, highlights and corrections of the mock, and what becomes of them as the text changes.
import {
  BackendError, type Correction, type CorrectionState, type FailedPart, type Highlights, type MinutesChoice,
  type MinutesEstimate, type MinutesItem, type MinutesSection, type MinutesView, type Outdated,
} from "../backend";
import { wordDiff } from "./diff";
import { CORRECTIONS, FOUND_TITLES, KEY_WORDS, MINUTES, TEMPLATES, type WrittenLine } from "./minutesTexts";
import type { Entry } from "./recordings";
import type { State } from "./scenario";

export const LANGUAGE_MODEL = "qwen3-1.7b";
const N_HIGHLIGHTS = 5;
/** Text that this model reads in a second, roughly, in letters. */
const LETTERS_A_SECOND = 40;

export class MockMinutes {
  readonly #views = new Map<number, MinutesView[]>();
  readonly #corrections = new Map<number, Correction[]>();

  /** Of recordings whose title a model gave. */
  readonly #titles = new Map<number, { outdated: boolean }>();

  constructor(
    private readonly state: State,
    private readonly find: (id: number) => Entry,
    now: Date,
  ) {
    if (["empty", "first-run", "no-language-model", "nomodel", "minutes-writing", "minutes-failed"].includes(state)) return;
    for (const { recordingId, template, language } of MINUTES) {
      const view = this.write(recordingId, { template, model: LANGUAGE_MODEL, language });
      view.created_at = new Date(now.getTime() - 35 * 60_000).toISOString();
      if (state === "minutes-outdated") Object.assign(view, { outdated: true, edited: true });
      this.#views.set(recordingId, [view]);
    }
    if (state === "corrections") for (const id of [1, 2]) this.propose(id);
  }

  views = (id: number): MinutesView[] => structuredClone(this.#views.get(id) ?? []);

  keep(id: number, view: MinutesView): void {
    this.#views.set(id, [view, ...(this.#views.get(id) ?? []).filter((one) => one.template !== view.template)]);
  }

  save(id: number, template: string, sections: MinutesSection[]): void {
    const view = this.#views.get(id)?.find((one) => one.template === template);
    if (!view) throw new BackendError({ code: "not_found", message: "There are no such minutes any more." });
    Object.assign(view, { sections: structuredClone(sections), edited: true });
  }

  estimate(id: number, { model }: MinutesChoice): MinutesEstimate {
    const letters = this.find(id).segments.reduce((sum, one) => sum + one.text.length, 0);
    // A server was never timed.
    const seconds = model?.startsWith("server:") ? null : Math.max(8, Math.round(letters / LETTERS_A_SECOND));
    return { seconds, n_parts: Math.max(1, Math.ceil(letters / 6_000)) };
  }

  /** Minutes as a model would write them. */
  write(id: number, { template, model, language }: MinutesChoice): MinutesView {
    const { recording, segments } = this.find(id);
    const written = MINUTES.find((one) => one.recordingId === id && one.template === template);
    const wanted = language ?? recording.language ?? "en";
    const titles = TEMPLATES.find((one) => one.id === template)?.sections ?? [];
    const lines = written?.sections ?? this.#plain(id, titles.map((one) => one.key));
    const failed_parts = this.state === "minutes-failed-part" ? this.#failed(id) : [];
    const isMissing = (item: MinutesItem) => failed_parts.some((part) => item.start_ms < part.end_ms && item.end_ms > part.start_ms);
    const item = ({ text, who, when, on, invented }: WrittenLine): MinutesItem => ({
      text, who: who ?? null, when: when ?? null, segments: on,
      start_ms: segments[on[0] ?? 0]?.start_ms ?? 0, end_ms: segments[on.at(-1) ?? 0]?.end_ms ?? 0,
      is_supported: !invented,
    });
    const sections = lines.map(([key, all]): MinutesSection => {
      const title = titles.find((one) => one.key === key)?.title;
      return { key, title: title?.[wanted === "ko" ? "ko" : "en"] ?? key, items: all.map(item).filter((one) => !isMissing(one)) };
    });
    return {
      template, language: wanted, model: model ?? LANGUAGE_MODEL, coverage: failed_parts.length > 0 ? 0.84 : 1,
      created_at: new Date().toISOString(), took_ms: 74_000, outdated: false, edited: false,
      sections: sections.filter((one) => one.items.length > 0), failed_parts,
    };
  }

  /** What is written when a share of the work is done. */
  draft({ sections }: MinutesView, fraction: number): MinutesSection[] {
    let left = Math.floor(sections.reduce((sum, one) => sum + one.items.length, 0) * fraction);
    return sections
      .map((one) => {
        const items = one.items.slice(0, left);
        left -= items.length;
        return { ...one, items };
      })
      .filter((one) => one.items.length > 0);
  }

  highlights(id: number): Highlights {
    const { segments } = this.find(id);
    const plain = segments.map((one, segment_idx) => ({ ...one, segment_idx })).filter((one) => one.flags.length === 0);
    const best = [...plain].sort((a, b) => b.text.length - a.text.length).slice(0, N_HIGHLIGHTS);
    const sentences = best
      .map(({ segment_idx, start_ms, end_ms, text }, rank) => ({ segment_idx, start_ms, end_ms, text, score: 1 - rank * 0.11 }))
      .sort((a, b) => a.start_ms - b.start_ms);
    const counts = new Map<string, number>();
    for (const word of segments.flatMap((one) => one.text.match(/[가-힣]{2,}|[A-Za-z]{5,}/g) ?? [])) counts.set(word, (counts.get(word) ?? 0) + 1);
    const found = KEY_WORDS[id] ?? [...counts].sort(([, a], [, b]) => b - a).slice(0, 8);
    return { sentences, key_words: found.map(([text, n]) => ({ text, n })) };
  }

  corrections = (id: number): Correction[] => structuredClone(this.#corrections.get(id) ?? []);

  propose(id: number): void {
    const { segments } = this.find(id);
    const made = (CORRECTIONS[id] ?? []).flatMap(({ segment_idx, from, to, marks }): Correction[] => {
      const original = segments[segment_idx]?.text;
      if (!original?.includes(from)) return [];
      const proposed = original.replace(from, to);
      return [{ segment_idx, original, proposed, diff: wordDiff(original, proposed), marks, state: "open" }];
    });
    this.#corrections.set(id, made);
  }

  decide(id: number, idxs: number[], state: CorrectionState): void {
    for (const correction of this.#corrections.get(id) ?? []) {
      if (!idxs.includes(correction.segment_idx)) continue;
      correction.state = state;
      this.edit(id, correction.segment_idx, state === "accepted" ? correction.proposed : correction.original);
    }
  }

  /** Another text; what was heard is kept beside it, and what was made of it is outdated. */
  edit(id: number, idx: number, text: string): void {
    const segment = this.find(id).segments[idx];
    if (!segment) throw new BackendError({ code: "not_found", message: `There is no segment number ${idx}.` });
    if (segment.text === text) return;
    const heard = segment.original ?? segment.text;
    segment.original = heard === text ? null : heard;
    segment.text = text;
    for (const view of this.#views.get(id) ?? []) view.outdated = true;
    if (this.#titles.has(id)) this.#titles.set(id, { outdated: true });
  }

  outdated = (id: number): Outdated => ({
    title: this.#titles.get(id)?.outdated ?? false,
    minutes: this.views(id).some((view) => view.outdated && !view.edited),
  });

  titled(id: number): void {
    this.#titles.set(id, { outdated: false });
  }

  title = (id: number): string => FOUND_TITLES[id] ?? (this.find(id).segments[0]?.text ?? "").slice(0, 40);

  /** The middle of the recording went wrong. */
  #failed(id: number): FailedPart[] {
    const { segments } = this.find(id);
    const [first, last] = [segments[8], segments[10]];
    if (!first || !last) return [];
    const reason = "There is too little memory for this model. Close other programs or choose a smaller model.";
    return [{ start_ms: first.start_ms, end_ms: last.end_ms, reason }];
  }

  /** For what nobody wrote minutes of: its longest sentences, as they were said. */
  #plain(id: number, keys: string[]): [string, WrittenLine[]][] {
    const lines = this.highlights(id).sentences.map(({ text, segment_idx }) => ({ text, on: [segment_idx] }));
    return keys.slice(0, 2).map((key, idx) => [key, lines.filter((_, at) => (idx === 0 ? at < 1 : at >= 1))]);
  }
}
