// Recordings and transcripts out of the written texts, and a very long one.
import type { Recording, Segment, Word } from "../backend";
import { chance } from "./sound";
import { TALKS, type Line, type Talk } from "./texts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Time that a letter takes to say. */
const LETTER_MS = { ko: 150, en: 62 };

/** Speech at an ordinary pace with pauses between the lines. */
export function segmentsOf(lines: readonly (string | Line)[], language: "ko" | "en", seed: number, fromMs = 400): Segment[] {
  const random = chance(seed);
  let at = fromMs;
  return lines.map((entry) => {
    const line = typeof entry === "string" ? { text: entry } : entry;
    const end = at + 500 + line.text.length * LETTER_MS[language];
    const segment: Segment = {
      start_ms: Math.round(at),
      end_ms: Math.round(end),
      text: line.text,
      confidence: line.flags ? 0.48 : 0.86 + random() * 0.12,
      speaker: line.speaker ?? null,
      flags: line.flags ?? [],
    };
    at = end + 350 + random() * 900;
    return segment;
  });
}

/** The words share the segment's time by their length; some of a doubtful one are unsure. */
export function wordsOf(segment: Segment): Word[] {
  const texts = segment.text.split(" ");
  const nLetters = texts.reduce((sum, text) => sum + text.length + 1, 0);
  const random = chance(segment.start_ms + 7);
  let letters = 0;
  const at = () => Math.round(segment.start_ms + ((segment.end_ms - segment.start_ms) * letters) / nLetters);
  return texts.map((text) => {
    const start_ms = at();
    letters += text.length + 1;
    const unsure = segment.flags.includes("low_confidence") && random() < 0.4;
    return { start_ms, end_ms: at(), text, confidence: unsure ? 0.41 : 0.9 + random() * 0.09 };
  });
}

export interface Entry {
  recording: Recording;
  segments: Segment[];
}

export function entryOf(talk: Talk, id: number, now: Date): Entry {
  const segments = segmentsOf(talk.lines, talk.language, id);
  const created = new Date(now.getTime() - talk.daysAgo * DAY_MS);
  created.setHours(talk.hour, (id * 17) % 60, 0, 0);
  const duration_ms = (segments.at(-1)?.end_ms ?? 0) + 1_800;
  return {
    segments,
    recording: {
      id,
      title: talk.title,
      source: talk.source,
      bytes: duration_ms * 16,
      duration_ms,
      language: talk.language,
      model: "whisper-small-q5_1",
      device: "CPU (4 threads)",
      speed: 3.2 + (id % 5) * 0.7,
      notice: talk.notice ?? null,
      created_at: created.toISOString(),
      trashed_at: null,
      tags: [...talk.tags].sort(),
      n_segments: segments.length,
    },
  };
}

/** Ten hours of a hearing: the texts over and over, so that their sum is what a window has to bear. */
export function longEntry(id: number, now: Date, nSegments = 12_000): Entry {
  const lines: (string | Line)[] = TALKS.flatMap((talk) => talk.lines);
  const all = Array.from({ length: nSegments }, (_, idx): Line => {
    const entry = lines[idx % lines.length] ?? "";
    const line = typeof entry === "string" ? { text: entry } : entry;
    return { text: line.text, ...(idx % 97 === 5 ? { flags: ["low_confidence"] } : {}) };
  });
  const talk: Talk = {
    title: "공청회 전체 녹음, the whole hearing", source: "hearing.mp3", language: "ko", daysAgo: 0, hour: 11, tags: ["회의"], lines: all,
  };
  return entryOf(talk, id, now);
}

/** Thousands of recordings with nothing in them but a title. */
export function manyEntries(n: number, firstId: number, now: Date): Entry[] {
  return Array.from({ length: n }, (_, idx) => {
    const model = TALKS[idx % TALKS.length];
    const talk: Talk = {
      title: `${model?.title ?? ""} ${n - idx}`,
      source: `file-${n - idx}.mp3`,
      language: model?.language ?? "ko",
      daysAgo: 2 + Math.floor(idx / 3),
      hour: 9 + (idx % 9),
      tags: [],
      lines: (model?.lines ?? []).slice(0, 3),
    };
    return entryOf(talk, firstId + idx, now);
  });
}
