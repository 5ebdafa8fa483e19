// A small library in memory: for developing the page in a browser and for its tests.
import type { Backend, LibraryEvent, Recording, SearchHit, Segment } from "./backend";

export interface MockLibrary {
  recordings: Recording[];
  transcripts: Record<number, Segment[]>;
}

const segment = (start_ms: number, end_ms: number, text: string, flags: Segment["flags"] = []): Segment => ({
  start_ms,
  end_ms,
  text,
  speaker: null,
  flags,
});

/** What the mock shows where nothing else is given. */
export const SAMPLE: MockLibrary = {
  recordings: [
    {
      id: 2,
      title: "모임",
      created_at: "2026-11-23T09:30:00.000Z",
      duration_ms: 17_300,
      language: "ko",
      model: "whisper-base",
      notice: null,
      n_segments: 4,
    },
    {
      id: 1,
      title: "Library meeting",
      created_at: "2026-11-20T14:05:00.000Z",
      duration_ms: 3_723_000,
      language: "en",
      model: "whisper-base",
      notice: "The file is cut short; what is there was transcribed.",
      n_segments: 4,
    },
  ],
  transcripts: {
    1: [
      segment(300, 3_400, "Good morning, and thank you all for coming."),
      segment(4_000, 6_200, "We have three topics for today."),
      segment(6_800, 11_000, "First, the new library will open on the second of May.", ["low_confidence"]),
      segment(3_600_500, 3_605_000, "Second, we need a bigger room for the meeting on Thursday."),
    ],
    2: [
      segment(300, 1_900, "반갑습니다."),
      segment(2_100, 4_000, "저는 한국 사람입니다."),
      segment(4_300, 6_800, "모임을 시작하겠습니다.", ["maybe_no_speech", "low_confidence"]),
      segment(7_000, 9_500, "모두 참석해 주세요."),
    ],
  },
};

export interface MockBackend extends Backend {
  /** Tells every listener, as the window's process would. */
  emit(event: LibraryEvent): void;
}

export function mockBackend(library: MockLibrary = SAMPLE): MockBackend {
  const listeners = new Set<(event: LibraryEvent) => void>();
  return {
    recordings: async (offset, limit) => library.recordings.slice(offset, offset + limit),
    transcript: async (recordingId) => library.transcripts[recordingId] ?? [],
    search: async (words, limit) => hits(library, words.trim().toLowerCase()).slice(0, limit),
    libraryInfo: async () => ({ path: "in memory", read_only: false }),
    listen: async (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    emit: (event) => {
      for (const tell of listeners) tell(event);
    },
  };
}

function hits(library: MockLibrary, words: string): SearchHit[] {
  const found: SearchHit[] = [];
  if (words === "") return found;
  const add = (recording: Recording, text: string, start_ms: number | null) => {
    const at = text.toLowerCase().indexOf(words);
    if (at < 0) return;
    found.push({
      recording_id: recording.id,
      title: recording.title,
      start_ms,
      snippet: [
        { text: text.slice(0, at), matched: false },
        { text: text.slice(at, at + words.length), matched: true },
        { text: text.slice(at + words.length), matched: false },
      ].filter((part) => part.text !== ""),
    });
  };
  for (const recording of library.recordings) {
    add(recording, recording.title, null);
    for (const { text, start_ms } of library.transcripts[recording.id] ?? []) add(recording, text, start_ms);
  }
  return found;
}
