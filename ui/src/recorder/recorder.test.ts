import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { BackendError, type LiveStatus } from "../backend/backend";
import { show } from "../testing/show";

afterEach(async () => {
  cleanup();
  await new Promise((done) => setTimeout(done, 0));
});

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
/** The screen of the recording; the sidebar has a button of the same name. */
const pane = () => screen.findByRole("article", { name: "New recording" });

test("a recording is begun, paused, noted, stopped, and then it is open", async () => {
  const backend = show();
  const begin = vi.spyOn(backend, "beginRecording");
  await press("Record");
  const title = await within(await pane()).findByRole("textbox", { name: "Title" });
  await fireEvent.input(title, { target: { value: "Talk with the neighbours" } });
  await press("Start recording");
  await screen.findByRole("button", { name: "Pause" });
  expect(begin.mock.calls[0]?.[0], "the system's microphone alone, which needs no name").toEqual({
    title: "Talk with the neighbours", device: null, system: false, transcribe: true, live: false,
  });
  await press("Pause");
  await screen.findByRole("button", { name: "Go on" });
  await press("Go on");
  await fireEvent.input(screen.getByRole("textbox", { name: "Note at this moment" }), { target: { value: "밑줄" } });
  await press("Add note");
  expect(await screen.findByText("밑줄"), "the note is on the screen").toBeTruthy();
  await fireEvent.input(screen.getByRole("textbox", { name: "Note at this moment" }), { target: { value: "half typed" } });
  await fireEvent.click(within(await pane()).getByRole("button", { name: "Stop" }));
  expect(await screen.findByRole("button", { name: "Talk with the neighbours" }), "its title heads the page").toBeTruthy();
  expect(await screen.findByText("밑줄"), "the note came along").toBeTruthy();
  expect(screen.getByText("half typed"), "as did the one that was being typed").toBeTruthy();
});

test("what was chosen is remembered, and one of both is always heard", async () => {
  const backend = show();
  const save = vi.spyOn(backend, "saveSettings");
  await press("Record");
  await fireEvent.click(await screen.findByRole("switch", { name: "The computer’s own sound" }));
  await waitFor(() => expect(save.mock.lastCall?.[0].record_system, "it is a setting").toBe(true));
  const begin = vi.spyOn(backend, "beginRecording");
  await press("Start recording");
  await waitFor(() =>
    expect(begin.mock.calls[0]?.[0], "beside the computer's sound the microphone is named").toMatchObject({
      device: "wasapi:built-in", system: true,
    }),
  );
  expect((await screen.findAllByRole("meter")).length, "each channel has its meter").toBe(2);
});

test("without a sound input the screen says what to do, and looks again", async () => {
  const backend = show({ state: "no-device" });
  await press("Record");
  expect(await screen.findByRole("heading", { name: "No sound input was found" }), "it is said").toBeTruthy();
  expect(screen.queryByRole("button", { name: "Start recording" }), "and nothing pretends that it could").toBeNull();
  backend.inputDevices = async () => [{ id: "usb", name: "USB", kind: "microphone", is_default: true }];
  await press("Look again");
  expect(await screen.findByRole("button", { name: "Start recording" }), "then it can begin").toBeTruthy();
});

test.each([
  ["no-signal", /No sound has come from the microphone/],
  ["clipping", /too loud and sounds distorted/],
  ["device-lost", /Microphone Array.* is gone/],
  ["disk-low", /812 MB are left/],
  ["overrun", /340 ms of sound were lost/],
] as const)("%s is said in a sentence, and to those who do not see it", async (state, sentence) => {
  show({ state });
  const said = await screen.findAllByText(sentence);
  expect(said.some((one) => one.getAttribute("role") === "status"), "in the live region").toBe(true);
  expect(said.length, "and on the screen").toBeGreaterThan(1);
});

test("a recording that ended by itself is kept, and it is said why", async () => {
  const backend = show({ state: "recording" });
  await screen.findByRole("button", { name: "Pause" });
  backend.recorder.end("disk_full");
  expect(await screen.findByText(/ended because the disk is nearly full/), "the reason").toBeTruthy();
  expect(await screen.findByRole("button", { name: "주민 설명회 준비 모임" }), "it is in the library and open").toBeTruthy();
});

test("elsewhere in the window a strip shows the recording and stops it", async () => {
  show({ state: "recording" });
  await press("Back to the library");
  const strip = (await screen.findAllByRole("region", { name: "Recording" })).find((one) => one.closest("main"));
  if (!strip) throw new Error("no strip in the main column");
  expect(within(strip).getByText("주민 설명회 준비 모임"), "which one").toBeTruthy();
  await fireEvent.click(within(strip).getByRole("button", { name: "Stop" }));
  await waitFor(() => expect(screen.queryAllByRole("region", { name: "Recording" }), "then it is gone").toEqual([]));
});

test("closing while recording asks, and keeps the recording first", async () => {
  const backend = show({ state: "recording" });
  await screen.findByRole("button", { name: "Pause" });
  const [stop, close] = [vi.spyOn(backend, "stopRecording"), vi.spyOn(backend, "closeWindow")];
  backend.emit({ kind: "close_asked", n_running: 1, recording: true });
  await press("Stop and close");
  await waitFor(() => expect(close, "the window closes").toHaveBeenCalledOnce());
  expect(stop.mock.invocationCallOrder[0], "after the recording is safe").toBeLessThan(close.mock.invocationCallOrder[0] ?? 0);
});

test("a recording that cannot be kept does not close the window", async () => {
  const backend = show({ state: "recording" }, () => ({
    stopRecording: async () => {
      throw new BackendError({ code: "disk_full", message: "The disk is full." });
    },
  }));
  await screen.findByRole("button", { name: "Pause" });
  const close = vi.spyOn(backend, "closeWindow");
  backend.emit({ kind: "close_asked", n_running: 0, recording: true });
  await press("Stop and close");
  expect(await screen.findByText("The disk is full."), "it is said").toBeTruthy();
  expect(close, "and the user decides").not.toHaveBeenCalled();
});

test("what another start left unfinished is offered, kept or put into the trash", async () => {
  const backend = show({ state: "unfinished" });
  const dialog = await screen.findByRole("dialog", { name: "2 recordings were not finished" });
  expect(within(dialog).getByText("47:11"), "how long it is").toBeTruthy();
  const discard = vi.spyOn(backend, "discardUnfinished");
  await fireEvent.click(within(dialog).getByRole("button", { name: "Discard: Interview with the ferryman" }));
  await waitFor(() => expect(discard).toHaveBeenCalledWith(4));
  await fireEvent.click(await screen.findByRole("button", { name: "Keep: 주간 회의" }));
  await waitFor(() => expect(screen.queryByRole("dialog"), "nothing is left to ask").toBeNull());
  expect(await screen.findByRole("button", { name: "주간 회의" }), "what was kept is open").toBeTruthy();
});

test("a page that is loaded again goes on with the recording", async () => {
  const told: ((status: LiveStatus) => void)[] = [];
  show({ state: "paused" }, (backend) => {
    const follow = backend.followRecording;
    return { followRecording: async (tell) => (told.push(tell), follow(tell)) };
  });
  expect(await screen.findByRole("button", { name: "Go on" }), "as it is").toBeTruthy();
  expect(screen.getByText("Ask Minseo for the floor plan"), "with its notes").toBeTruthy();
  expect(told.length, "watched once").toBe(1);
});

test("what is begun, ended or refused outside the window is shown in it", async () => {
  const backend = show();
  await screen.findByRole("button", { name: "Record" });
  backend.recorder.begin({ title: "Tray", device: null, system: false, transcribe: true, live: false }, () => {}, new Date());
  backend.emit({ kind: "recording_began" });
  expect((await screen.findAllByText("Tray")).length, "it is on the screen").toBeGreaterThan(0);
  const recorded = await backend.stopRecording();
  backend.emit({ kind: "recording_ended", recorded });
  expect(await screen.findByRole("button", { name: "Tray" }), "then it is open").toBeTruthy();
  backend.emit({ kind: "recording_failed", error: { code: "other", message: "No microphone or other sound input was found." } });
  expect(await screen.findByText(/No microphone or other sound input/), "what went wrong is said").toBeTruthy();
});

test("what is said appears line by line where it was wished for", async () => {
  const backend = show();
  const begin = vi.spyOn(backend, "beginRecording");
  await press("Record");
  await fireEvent.click(await screen.findByRole("switch", { name: "Live transcript" }));
  await press("Start recording");
  const log = await screen.findByRole("log", { name: "Live transcript" });
  expect(begin.mock.calls[0]?.[0].live, "it is wished for").toBe(true);
  expect(log.getAttribute("aria-live"), "and read out without interrupting").toBe("polite");
  backend.recorder.say([{ start_ms: 2_000, end_ms: 4_000, text: "안녕하세요.", doubtful: false }]);
  backend.recorder.say([{ start_ms: 5_000, end_ms: 9_000, text: null, doubtful: false }]);
  expect(await within(log).findByText("안녕하세요."), "with its text").toBeTruthy();
  expect(await within(log).findByText("Left out here up to 0:09"), "and what is left out is said").toBeTruthy();
});

test("without the wish there is no live transcript", async () => {
  show({ state: "recording" });
  await screen.findByRole("button", { name: "Pause" });
  await screen.findAllByRole("meter");
  expect(screen.queryByRole("log"), "and nothing pretends that there were").toBeNull();
});

test.each([
  ["live-loading", "Loading the speech model…"],
  ["live-behind", "18 s behind"],
  ["live-ended", /has ended. The recording goes on, and the full transcript follows after it\. .*signal 9/],
  ["live-no-model", /no speech model is installed/],
] as const)("the live transcript tells how it is: %s", async (state, sentence) => {
  show({ state });
  expect((await screen.findAllByText(sentence)).length, "in words").toBeGreaterThan(0);
  if (state !== "live-no-model") return;
  await press("Get a model");
  expect(await screen.findByRole("tab", { name: "Models", selected: true }), "with the way to a model").toBeTruthy();
});
