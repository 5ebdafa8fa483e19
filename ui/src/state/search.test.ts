import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { BackendError, type Found, type SearchHit, type SearchQuery } from "../backend/backend";
import { mockBackend } from "../backend/mock";
import { NOW } from "../testing/now";
import { scenario } from "../testing/show";
import { filtersOf, isQuestion, WIDE } from "./narrowing";
import { SearchStore } from "./search.svelte";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const hit = (title: string): SearchHit => ({
  recording_id: 1, title, created_at: "2026-11-25T01:00:00Z", start_ms: 0, end_ms: 1, found_by: "words", snippet: [],
});
const found = (...titles: string[]): Found => ({ hits: titles.map(hit), by_meaning: false, problem: null });

/** A search whose answers the test gives. */
function held() {
  const backend = mockBackend(scenario(), NOW);
  const asked: (SearchQuery & { answer: (found: Found) => void; fail: (error: unknown) => void })[] = [];
  vi.spyOn(backend, "find").mockImplementation((query) => new Promise((answer, fail) => asked.push({ ...query, answer, fail })));
  const search = new SearchStore(backend);
  const titles = () => search.hits?.map(({ title }) => title) ?? null;
  const turn = () => vi.advanceTimersByTimeAsync(1);
  return { search, asked, titles, turn };
}

test("words are looked for at once, and meaning when nobody types any more", async () => {
  const { search, asked } = held();
  for (const words of ["b", "br", "bri"]) {
    search.type(words);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked.map(({ text, mode }) => `${mode} ${text}`), "as one types").toEqual(["words b", "words br", "words bri"]);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked.map(({ mode }) => mode).filter((mode) => mode === "hybrid"), "once for all that was typed").toHaveLength(1);
});

test("an answer to an older search is dropped", async () => {
  const { search, asked, titles, turn } = held();
  search.type("a");
  await vi.advanceTimersByTimeAsync(300);
  search.type("ab");
  await vi.advanceTimersByTimeAsync(300);
  for (const old of asked.slice(0, 2)) old.answer(found("old"));
  await turn();
  expect(titles(), "only the newest question counts").toBeNull();
});

test("what is there stays until something better is there", async () => {
  const { search, asked, titles, turn } = held();
  search.type("a");
  await vi.advanceTimersByTimeAsync(300);
  asked[0]?.answer(found("by words"));
  await turn();
  expect([titles(), search.looking], "words are shown while meaning is looked for").toEqual([["by words"], true]);
  asked[1]?.answer(found("by words", "by meaning"));
  await turn();
  expect([titles(), search.looking]).toEqual([["by words", "by meaning"], false]);
  search.type("ab");
  await turn();
  expect(titles(), "no empty list in between").toEqual(["by words", "by meaning"]);
  search.clear();
  expect(titles()).toBeNull();
});

test("words that come after meaning do not take its place", async () => {
  const { search, asked, titles, turn } = held();
  search.type("a");
  await vi.advanceTimersByTimeAsync(300);
  asked[1]?.answer(found("both"));
  await turn();
  asked[0]?.answer(found("words"));
  await turn();
  expect(titles()).toEqual(["both"]);
});

test("what words have found is shown although meaning fails", async () => {
  const { search, asked, titles, turn } = held();
  search.type("a");
  await vi.advanceTimersByTimeAsync(300);
  asked[0]?.answer(found("by words"));
  await turn();
  asked[1]?.fail(new BackendError({ code: "worker_died", message: "The model's process stopped answering and was ended." }));
  await turn();
  expect([titles(), search.problem?.code, search.looking]).toEqual([["by words"], "worker_died", false]);
});

test("a filter searches anew, and days reach from their first to their last moment", async () => {
  const { search, asked } = held();
  search.type("a");
  await vi.advanceTimersByTimeAsync(300);
  search.narrow({ tags: ["회의"], from: "2026-11-24", to: "2026-11-25", recording: { id: 4, title: "Lecture" } });
  await vi.advanceTimersByTimeAsync(300);
  expect(asked).toHaveLength(4);
  expect(asked[3]?.filters).toEqual({
    from: new Date("2026-11-24T00:00:00").toISOString(), to: new Date("2026-11-25T23:59:59.999").toISOString(),
    language: null, tags: ["회의"], speaker: null, title: null, recording_ids: [4],
  });
  expect(filtersOf({ ...WIDE, from: "yesterday" }).from, "what is no day is no filter").toBeNull();
});

test("a question is known when it is seen", () => {
  for (const text of ["When is it?", "출시는 언제인가요", "누가 하기로 했나요", "일정 알려줘", "what did Mara say", "all that was said about the bridge"])
    expect(isQuestion(text), text).toBe(true);
  for (const text of ["river", "번역", "할머니", "영도 다리", "launch date", "출시 일정"]) expect(isQuestion(text), text).toBe(false);
});
