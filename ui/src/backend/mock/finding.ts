// Search by words and meaning, similar recordings, answers and the index, as the core would give them.
import {
  BackendError, type Answer, type AnswerPassage, type AnswerSentence, type AppEvent, type Backend, type FoundBy, type IndexReport,
  type Question, type SearchFilters, type SearchHit, type SearchQuery, type Segment, type Settings, type SnippetPart,
} from "../backend";
import { ANSWERS, MEANINGS, SIMILAR, type PassagePlace } from "./findingTexts";
import { pause, type MockModels } from "./models";
import type { Entry } from "./recordings";
import type { Scenario } from "./scenario";

export const EMBEDDING_MODEL = "multilingual-e5-small";
/** A search by meaning takes this long, and a word of an answer. */
const EMBEDDING_MS = 160;
const WORD_MS = 45;
const INDEXING_MS = 900;
const N_READ = 12;
const MAX_LETTERS = 500;

interface World {
  scenario: Scenario;
  models: MockModels;
  /** Without what is in the trash. */
  entries: () => readonly Entry[];
  settings: () => Settings;
  /** Id of the language model that writes. */
  answering: () => string | null;
  emit: (event: AppEvent) => void;
}

type Commands = Pick<Backend, "find" | "similar" | "ask" | "stopAsking" | "indexReport" | "updateIndex" | "rebuildIndex">;

export class MockFinding {
  #nWaiting = 0;
  #nFailed = 0;
  #asked = 0;

  constructor(private readonly world: World) {
    if (world.scenario.state !== "indexing") return;
    this.#nWaiting = 3;
    this.#nFailed = 1;
  }

  readonly commands: Commands = {
    find: async (query) => {
      if (query.text.length > MAX_LETTERS)
        throw new BackendError({ code: "invalid_input", message: `The search has more than ${MAX_LETTERS} characters. Use fewer words.` });
      if (query.mode !== "words") await this.#pause(EMBEDDING_MS);
      return this.#find(query);
    },
    similar: async (id, limit) => {
      if (this.#model() === null) return [];
      return (SIMILAR[id] ?? []).slice(0, limit).flatMap(([recording_id, similarity]) => {
        const known = this.#entry(recording_id)?.recording;
        return known ? [{ recording_id, title: known.title, created_at: known.created_at, similarity }] : [];
      });
    },
    ask: async (question, tell) => this.#ask(question, tell),
    stopAsking: async () => void (this.#asked += 1),
    indexReport: async () => this.#report(),
    updateIndex: async () => {
      this.#nWaiting += this.#nFailed;
      this.#nFailed = 0;
      void this.#index();
    },
    rebuildIndex: async () => {
      this.#nWaiting = this.world.entries().length;
      this.#nFailed = 0;
      void this.#index();
    },
  };

  #find({ text, mode, filters, limit }: SearchQuery) {
    const words = text.toLowerCase();
    const entries = this.world.entries().filter((entry) => fits(entry, filters));
    const byMeaning = mode !== "words" && this.#model() !== null;
    const near = byMeaning ? MEANINGS.filter(({ typed }) => typed.test(text)).flatMap(({ places }) => places) : [];
    const hits: SearchHit[] = [];
    const isNear = (id: number, idx: number) => near.some(([recordingId, first, last]) => recordingId === id && idx >= first && idx <= last);
    for (const { recording, segments } of entries) {
      const { id: recording_id, title, created_at } = recording;
      const hit = (place: Segment | null, found_by: FoundBy): SearchHit => ({
        recording_id, title, created_at, start_ms: place?.start_ms ?? null, end_ms: place?.end_ms ?? null, found_by,
        snippet: snippet(place?.text ?? title, words),
      });
      if (title.toLowerCase().includes(words) && filters.speaker === null) hits.push(hit(null, "words"));
      for (const [idx, segment] of segments.entries()) {
        if (filters.speaker !== null && segment.speaker?.toLowerCase() !== filters.speaker.toLowerCase()) continue;
        const [said, meant] = [segment.text.toLowerCase().includes(words), isNear(recording_id, idx)];
        if (said || meant) hits.push(hit(segment, said && meant ? "both" : said ? "words" : "meaning"));
      }
    }
    const order: Record<FoundBy, number> = { both: 0, words: 1, meaning: 2 };
    if (byMeaning) hits.sort((a, b) => order[a.found_by] - order[b.found_by]);
    const problem = mode !== "words" && !byMeaning ? "Search by meaning needs an embedding model, and none is installed." : null;
    return { hits: hits.slice(0, limit), by_meaning: byMeaning, problem };
  }

  async #ask(question: Question, tell: (sentences: AnswerSentence[]) => void): Promise<Answer | null> {
    const asked = ++this.#asked;
    const written = ANSWERS.find((one) => one.asked.test(question.text));
    const inScope = ([id]: PassagePlace) => question.recording_id === null || question.recording_id === id;
    const places = (written?.passages ?? this.#alike(question.text)).filter(inScope);
    const passages = places.flatMap((place) => this.#passage(place));
    const model = this.world.answering();
    await this.#pause(EMBEDDING_MS * 4);
    const answer: Answer = {
      question: question.text, sentences: [], passages, n_read: passages.length === 0 ? 0 : N_READ, model,
      nothing_found: passages.length === 0, is_cut: false,
    };
    if (asked !== this.#asked) return null;
    if (model === null || answer.nothing_found) return answer;
    const whole: [string, number[]][] = written && places.length === written.passages.length ? written.sentences : [[passages[0]?.text ?? "", [0]]];
    const done: AnswerSentence[] = [];
    for (const [text, on] of whole) {
      let far = "";
      for (const word of text.split(" ")) {
        far = far === "" ? word : `${far} ${word}`;
        tell([...done, { text: far, passages: [], is_supported: true }]);
        await this.#pause(WORD_MS);
        if (asked !== this.#asked) return null;
      }
      done.push({ text, passages: on, is_supported: on.length > 0 });
      tell([...done]);
    }
    return { ...answer, sentences: done };
  }

  /** Passages in which a word of the question is said. */
  #alike(text: string): PassagePlace[] {
    const words = text.toLowerCase().match(/[가-힣]{2,}|[a-z]{6,}/g) ?? [];
    return this.world.entries().flatMap(({ recording, segments }) =>
      segments.flatMap((segment, idx): PassagePlace[] =>
        words.some((word) => segment.text.toLowerCase().includes(word)) ? [[recording.id, idx, idx]] : [],
      ),
    ).slice(0, 5);
  }

  #passage([recording_id, first, last]: PassagePlace): AnswerPassage[] {
    const entry = this.#entry(recording_id);
    const said = entry?.segments.slice(first, last + 1) ?? [];
    const [begin, end] = [said[0], said.at(-1)];
    if (!entry || !begin || !end) return [];
    const { title, created_at } = entry.recording;
    const text = said.map((one) => one.text).join(" ");
    return [{ recording_id, title, created_at, start_ms: begin.start_ms, end_ms: end.end_ms, text, speaker: begin.speaker }];
  }

  #report(): IndexReport {
    const model = this.#model();
    const n_indexed = model === null ? 0 : Math.max(0, this.world.entries().length - this.#nWaiting - this.#nFailed);
    return {
      model, answering: this.world.answering(), n_indexed, n_waiting: model === null ? 0 : this.#nWaiting, n_failed: model === null ? 0 : this.#nFailed,
      n_passages: n_indexed * 4, problem: null,
    };
  }

  async #index(): Promise<void> {
    const { emit } = this.world;
    emit({ kind: "indexed", n_waiting: this.#nWaiting });
    while (this.#nWaiting > 0) {
      await this.#pause(INDEXING_MS);
      this.#nWaiting -= 1;
      emit({ kind: "indexed", n_waiting: this.#nWaiting });
    }
  }

  #model(): string | null {
    const installed = this.world.models.list().installed.filter((one) => one.kind === "embedding" && one.problem === null);
    const wanted = this.world.settings().embedding_model;
    return (installed.find((one) => one.id === wanted) ?? installed[0])?.id ?? null;
  }

  #entry = (id: number): Entry | undefined => this.world.entries().find(({ recording }) => recording.id === id);

  #pause = (ms: number): Promise<void> => pause(this.world.scenario.quick ? 0 : ms);
}

function fits({ recording }: Entry, { from, to, language, tags, title, recording_ids }: SearchFilters): boolean {
  return (
    (from === null || recording.created_at >= from) &&
    (to === null || recording.created_at <= to) &&
    (language === null || recording.language === language) &&
    tags.every((tag) => recording.tags.includes(tag)) &&
    (title === null || recording.title.toLowerCase().includes(title.toLowerCase())) &&
    (recording_ids.length === 0 || recording_ids.includes(recording.id))
  );
}

function snippet(text: string, words: string): SnippetPart[] {
  const at = text.toLowerCase().indexOf(words);
  if (at < 0) return [{ text, matched: false }];
  const parts = [
    { text: text.slice(0, at), matched: false },
    { text: text.slice(at, at + words.length), matched: true },
    { text: text.slice(at + words.length), matched: false },
  ];
  return parts.filter((part) => part.text !== "");
}
