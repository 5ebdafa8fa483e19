import { beforeEach, expect, test, vi } from "vitest";

import { mockBackend } from "../backend/mock";
import { longEntry } from "../backend/mock/recordings";
import { locale } from "../i18n";
import { withDays } from "../sidebar/rows";
import { NOW } from "../testing/now";
import { scenario } from "../testing/show";
import { indexAt, ReadingStore } from "./reading.svelte";
import { Toasts } from "./toasts.svelte";

beforeEach(() => {
  locale.current = "en";
});

test("the segment at a time is found among twelve thousand", () => {
  const { segments } = longEntry(1, NOW);
  expect(segments.length).toBe(12_000);
  for (const idx of [0, 1, 5_999, 11_999]) {
    const segment = segments[idx];
    expect(indexAt(segments, segment?.start_ms ?? -1), "its first millisecond is its own").toBe(idx);
  }
  expect(indexAt(segments, 0), "before anybody speaks").toBe(-1);
  expect(indexAt([], 5), "in an empty text").toBe(-1);
});

test("segments that come again replace what they were, and the rest stays", async () => {
  const backend = mockBackend(scenario(), NOW);
  const reading = new ReadingStore(backend);
  await reading.open(1);
  const n = reading.segments?.length ?? 0;
  const last = reading.segments?.at(-1);
  if (!last) throw new Error("the recording has no segments");
  reading.append(1, [{ ...last, text: "better" }]);
  expect(reading.segments?.length, "a resumed job repeats its last chunk").toBe(n);
  expect(reading.segments?.at(-1)?.text).toBe("better");
  reading.append(2, [{ ...last, text: "of another recording" }]);
  expect(reading.segments?.at(-1)?.text).toBe("better");
});

test("the next doubtful place comes round to the first again", async () => {
  const reading = new ReadingStore(mockBackend(scenario(), NOW));
  await reading.open(1);
  const order = [reading.nextDoubtful(), reading.nextDoubtful(), reading.nextDoubtful()];
  expect(order[0], "round again").toBe(order[2]);
  expect(order[0]).not.toBe(order[1]);
});

test("words are asked for once and belong to their segments", async () => {
  const backend = mockBackend(scenario(), NOW);
  const words = vi.spyOn(backend, "words");
  const reading = new ReadingStore(backend);
  await reading.open(1);
  await reading.loadWords(0, 5);
  await reading.loadWords(1, 4);
  expect(words, "what is known is not asked for").toHaveBeenCalledOnce();
  for (let idx = 0; idx <= 5; idx += 1)
    expect(reading.words.get(idx)?.map((word) => word.text).join(" ")).toBe(reading.segments?.[idx]?.text);
});

test("at most three toasts, and what is said twice stands once", () => {
  const toasts = new Toasts();
  for (const text of ["a", "b", "c", "d", "d"]) toasts.show(text);
  expect(toasts.list.map((toast) => toast.text)).toEqual(["b", "c", "d"]);
});

test("each day has one heading", () => {
  const { recording } = longEntry(1, NOW, 3);
  const rows = withDays([recording, { ...recording, id: 2 }, { ...recording, id: 3, created_at: "2026-11-24T10:00:00" }], NOW);
  expect(rows.map((row) => (row.kind === "day" ? row.text : row.key))).toEqual(["Today", 1, 2, "Yesterday", 3]);
});
