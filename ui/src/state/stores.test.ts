import { beforeEach, expect, test, vi } from "vitest";

import { BackendError, type InputDevice, type Models, type Recording, type Settings } from "../backend/backend";
import { mockBackend } from "../backend/mock";
import { longEntry } from "../backend/mock/recordings";
import { locale } from "../i18n";
import { withDays } from "../sidebar/rows";
import { held } from "../testing/held";
import { NOW } from "../testing/now";
import { scenario } from "../testing/show";
import { LibraryStore } from "./library.svelte";
import { ModelsStore } from "./models.svelte";
import { indexAt, N_FIRST, ReadingStore } from "./reading.svelte";
import { RecorderStore } from "./recorder.svelte";
import { SettingsStore } from "./settings.svelte";
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

test("of a long text the beginning is shown first, and a place in it waits for the whole", async () => {
  const backend = mockBackend(scenario({ state: "long" }), NOW);
  const [{ id } = { id: -1 }] = await backend.recordings({ trashed: false, tag: null, offset: 0, limit: 1 });
  const all = await backend.transcript(id, null);
  const rest = held<typeof all>();
  const asked = vi.spyOn(backend, "transcript").mockImplementation(async (_, most) => (most === null ? rest.promise : all.slice(0, most)));
  const reading = new ReadingStore(backend);
  const opened = reading.open(id);
  await vi.waitFor(() => expect(reading.segments).toEqual(all.slice(0, N_FIRST)));
  const late = all.at(-1)?.start_ms ?? -1;
  reading.goTo(late);
  expect([reading.whole, reading.cursor, reading.doubtful], "what needs the whole waits").toEqual([false, -1, []]);
  rest.give(all);
  await opened;
  expect(reading.segments, "then it is all there").toEqual(all);
  expect([reading.whole, reading.cursor, reading.doubtful.length > 0]).toEqual([true, all.length - 1, true]);
  await reading.refresh();
  expect(asked.mock.calls.map(([, most]) => most), "what is shown is not cut again").toEqual([N_FIRST, null, null]);
  reading.close();
  await reading.open(id, late);
  expect(asked.mock.lastCall, "who wants to see the end is not shown the beginning").toEqual([id, null]);
});

test("segments that come again replace what they were, and the rest stays", async () => {
  const backend = mockBackend(scenario(), NOW);
  const reading = new ReadingStore(backend);
  await reading.open(1);
  const n = reading.segments?.length ?? 0;
  const last = reading.segments?.at(-1);
  if (!last) throw new Error("the recording has no segments");
  const hear = (recording_id: number, text: string) =>
    reading.hear({ kind: "segments", job_id: 1, recording_id, segments: [{ ...last, text }] });
  hear(1, "better");
  expect(reading.segments?.length, "a resumed job repeats its last chunk").toBe(n);
  expect(reading.segments?.at(-1)?.text).toBe("better");
  hear(2, "of another recording");
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

const refused = () => new BackendError({ code: "invalid_input", message: "No." });

test("a setting that is refused takes no other with it", async () => {
  const backend = mockBackend(scenario(), NOW);
  const settings = new SettingsStore(backend, new Toasts());
  await settings.load();
  const first = held<Settings>();
  const save = vi.spyOn(backend, "saveSettings").mockReturnValueOnce(first.promise);
  const changes = [settings.change({ theme: "dark" }), settings.change({ notify: false })];
  expect(settings.current, "both are shown at once").toMatchObject({ theme: "dark", notify: false });
  first.refuse(refused());
  await Promise.all(changes);
  expect(save.mock.lastCall?.[0], "the second is asked for without the first").toMatchObject({ theme: "light", notify: false });
  expect(settings.current).toMatchObject({ theme: "light", notify: false });
});

test("a setting that is kept leaves a later one on the screen", async () => {
  const backend = mockBackend(scenario(), NOW);
  const settings = new SettingsStore(backend, new Toasts());
  await settings.load();
  const later = held<Settings>();
  const save = vi.spyOn(backend, "saveSettings").mockImplementationOnce(async (wanted) => wanted).mockReturnValueOnce(later.promise);
  const [first, second] = [settings.change({ notify: false }), settings.change({ theme: "dark" })];
  await first;
  expect(settings.current).toMatchObject({ theme: "dark", notify: false });
  later.give({ ...(save.mock.calls[0]?.[0] as Settings), theme: "dark" });
  await second;
  expect(settings.current).toMatchObject({ theme: "dark", notify: false });
});

test("how far a download is leaves no bar behind when it is told too late", async () => {
  const backend = mockBackend(scenario(), NOW);
  const models = new ModelsStore(backend, () => {});
  await models.refresh();
  let tell: Parameters<typeof backend.downloadModel>[1] = () => {};
  vi.spyOn(backend, "downloadModel").mockImplementation(async (_, wanted) => ((tell = wanted), "installed"));
  await models.download("whisper-tiny");
  tell({ id: "whisper-tiny", work: "download", fraction: 1, done_bytes: null, total_bytes: null, bytes_per_second: null, eta_ms: null, source: null });
  expect(models.work).toEqual({});
});

test("models are as the last question found them, whichever answer came first", async () => {
  const backend = mockBackend(scenario(), NOW);
  const models = new ModelsStore(backend, () => {});
  const [old, late] = [await backend.models(), held<Models>()];
  vi.spyOn(backend, "models").mockReturnValueOnce(late.promise).mockResolvedValueOnce({ ...old, advised: "new" });
  const asked = [models.refresh(), models.refresh()];
  await asked[1];
  late.give(old);
  await asked[0];
  expect(models.known?.advised).toBe("new");
});

test("the trash is as the last question found it", async () => {
  const backend = mockBackend(scenario(), NOW);
  const library = new LibraryStore(backend);
  const late = held<Recording[]>();
  vi.spyOn(backend, "recordings").mockReturnValueOnce(late.promise).mockResolvedValueOnce([]);
  const asked = [library.loadTrash(), library.loadTrash()];
  await asked[1];
  late.give([longEntry(1, NOW, 3).recording]);
  await asked[0];
  expect(library.trashed).toEqual([]);
});

test("more of the list does not stop a lookup of all of it", async () => {
  const backend = mockBackend(scenario({ state: "many" }), NOW);
  const library = new LibraryStore(backend);
  await library.refresh();
  const first = library.recordings?.[0] as Recording;
  await backend.rename(first.id, "renamed");
  const looked = library.refresh();
  await Promise.all([library.loadMore(), looked]);
  expect(library.recordings?.[0]?.title).toBe("renamed");
  const n = library.recordings?.length ?? 0;
  await library.loadMore();
  expect(library.recordings?.length, "and more of it comes").toBeGreaterThan(n);
});

test("sound inputs are as the last question found them", async () => {
  const backend = mockBackend(scenario(), NOW);
  const recorder = new RecorderStore(backend, { settings: () => null, stopped: () => {}, endedBecause: () => {}, failed: () => {} });
  const late = held<InputDevice[]>();
  vi.spyOn(backend, "inputDevices").mockReturnValueOnce(late.promise);
  const asked = [recorder.lookForDevices(), recorder.lookForDevices()];
  await asked[1];
  late.give([]);
  await asked[0];
  expect(recorder.microphones.length).toBeGreaterThan(0);
});

test("a note that is being typed when a recording is ended elsewhere goes with it, or stays", async () => {
  const backend = mockBackend(scenario({ state: "recording" }), NOW);
  const stopped = vi.fn();
  const recorder = new RecorderStore(backend, { settings: () => null, stopped, endedBecause: () => {}, failed: () => {} });
  const recorded = { recording_id: 1, duration_ms: 1, job_id: null, not_transcribed: null };
  vi.spyOn(backend, "addNote").mockRejectedValueOnce(new BackendError({ code: "other", message: "The disk is away." }));
  recorder.draft = " underlined ";
  await recorder.endedOutside(recorded);
  expect(recorder.draft, "what could not be kept is not thrown away").toBe("underlined");
  await recorder.endedOutside({ ...recorded, recording_id: 2 });
  expect(await backend.notes(2), "and is no note of another recording").toEqual([]);
  recorder.draft = "noted";
  await recorder.endedOutside({ ...recorded, recording_id: 2 });
  expect((await backend.notes(2)).map(({ text }) => text)).toEqual(["noted"]);
  expect([recorder.draft, stopped.mock.calls.length], "and every time the recording is shown").toEqual(["", 3]);
});

test("a recording that has ended is not followed by a late answer", async () => {
  const backend = mockBackend(scenario({ state: "recording" }), NOW);
  const recorder = new RecorderStore(backend, { settings: () => null, stopped: () => {}, endedBecause: () => {}, failed: () => {} });
  const following = recorder.follow();
  void recorder.endedOutside({ recording_id: 1, duration_ms: 1, job_id: null, not_transcribed: null });
  await following;
  expect(recorder.live).toBe(false);
});
