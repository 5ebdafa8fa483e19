// What a search is narrowed to, as it is chosen: days where the core wants moments, a recording with its title.
import type { SearchFilters } from "../backend/backend";

/** A recording by its title, so that it can be named. */
export interface Named {
  id: number;
  title: string;
}

export interface Narrowing {
  /** Days such as `2026-11-25`; both count. */
  from: string | null;
  to: string | null;
  language: string | null;
  tags: string[];
  speaker: string | null;
  title: string | null;
  recording: Named | null;
}

export const WIDE: Narrowing = { from: null, to: null, language: null, tags: [], speaker: null, title: null, recording: null };

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The first or last moment of a day where the user is. */
function momentOf(day: string | null, time: string): string | null {
  if (day === null || !DAY.test(day)) return null;
  const moment = new Date(`${day}T${time}`);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}

export function filtersOf({ from, to, recording, ...plain }: Narrowing): SearchFilters {
  return {
    ...plain,
    from: momentOf(from, "00:00:00.000"),
    to: momentOf(to, "23:59:59.999"),
    recording_ids: recording === null ? [] : [recording.id],
  };
}

const ASKING_BEGIN = /^(who|whom|whose|what|when|where|why|which|how|did|does|do|is|are|was|were|can|could|should|will)\s+\S+\s+\S/i;
const ASKING_END = /[?？]$|(까|까요|나요|가요|는가|은가|인가|는지|은지|인지|일지|을지|할지|죠|냐|뭐야|누구야|언제야|어디야|무엇|알려 ?줘|알려 ?주세요|정리해 ?줘|요약해 ?줘)$/;
/** More are hardly typed to find them all in one place. */
const MAX_WORDS = 4;

/** Somebody wants an answer rather than a place. */
export function isQuestion(text: string): boolean {
  const plain = text.trim();
  return ASKING_BEGIN.test(plain) || ASKING_END.test(plain) || plain.split(/\s+/).length > MAX_WORDS;
}
