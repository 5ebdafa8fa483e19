import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { show } from "../testing/show";

afterEach(async () => {
  cleanup();
  // Menus and dialogs put things back a turn later.
  await new Promise((done) => setTimeout(done, 0));
});

const marked = () =>
  [...document.querySelectorAll<HTMLElement>("[data-transcript] li[data-marked]")].map((row) => Number(row.dataset["index"]));

/** The window of the tests has room for one of them. */
async function openMinutes() {
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.click(await screen.findByRole("tab", { name: "Minutes" }));
  return screen.findByRole("tabpanel", { name: "Minutes" });
}

const line = (panel: HTMLElement, words: RegExp) =>
  waitFor(() => {
    const found = [...panel.querySelectorAll<HTMLElement>("li[data-idx]")].find((one) => words.test(one.textContent ?? ""));
    const start = found?.querySelector<HTMLElement>("[data-line]");
    if (!found || !start) throw new Error(`no line says ${String(words)}`);
    return { found, start };
  });

test("a line of the minutes leads to the passages that it rests on", async () => {
  show();
  const panel = await openMinutes();
  const { start } = await line(panel, /9월 10일에 출시/);
  expect(start.textContent, "it says when that was").toMatch(/^0:22/);
  await fireEvent.click(start);
  expect(screen.getByRole("tab", { name: "Transcript" }).getAttribute("aria-selected"), "the text is seen").toBe("true");
  await waitFor(() => expect(marked(), "what was said about it is marked").toEqual([3, 5, 16]));
  await waitFor(() => expect(document.querySelector("[data-transcript] li[aria-current]")?.textContent).toMatch(/한 주 당겨서/));
});

test("both stand side by side where there is room, until they are put away", async () => {
  const width = vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(900);
  show();
  const panel = await screen.findByRole("region", { name: "Minutes" });
  expect(await screen.findByRole("region", { name: "Transcript" }), "the text beside them").toBeTruthy();
  expect(screen.queryByRole("tab", { name: "Minutes" }), "nothing to choose between").toBeNull();
  await fireEvent.click((await line(panel, /서버 용량/)).start);
  expect(marked()).toEqual([8]);
  await fireEvent.keyDown(window, { key: "m", code: "KeyM" });
  await waitFor(() => expect(screen.queryByRole("region", { name: "Minutes" })).toBeNull());
  expect(screen.getByRole("button", { name: "Minutes" }).getAttribute("aria-pressed")).toBe("false");
  width.mockRestore();
});

test("a line is changed in place, kept, and taken back", async () => {
  const backend = show();
  const save = vi.spyOn(backend, "saveMinutes");
  const panel = await openMinutes();
  const { start } = await line(panel, /서버 용량/);
  start.focus();
  await fireEvent.keyDown(start, { key: "e", code: "KeyE" });
  const field = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Text of the line" });
  await fireEvent.input(field, { target: { value: "서버 용량을 세 배로 늘린다." } });
  await fireEvent.input(screen.getByRole("textbox", { name: "Who" }), { target: { value: "한서준" } });
  await fireEvent.keyDown(field, { key: "Enter", isComposing: true });
  expect(field.isConnected, "Enter ends a syllable first").toBe(true);
  await fireEvent.keyDown(field, { key: "Enter" });
  await waitFor(() => expect(save).toHaveBeenCalledOnce());
  const changed = (await backend.minutes(1))[0];
  expect(changed?.edited, "the core knows who wrote it").toBe(true);
  expect(changed?.sections.flatMap((one) => one.items).find((one) => one.who === "한서준")?.segments, "it still rests on the same").toEqual([8]);
  await fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await line(panel, /서버 용량을 두 배로/);
});

test("a line that nothing bears out is marked in words as well, until its reader has changed it", async () => {
  const backend = show();
  const panel = await openMinutes();
  const { found } = await line(panel, /번역 비용/);
  const mark = found.querySelector("[data-unsupported]");
  expect(mark?.textContent?.replace(/\s+/g, " ")).toBe("번역 비용이 올해 예산을 넘을 수 있다. (Not found in the recordings)");
  expect(panel.querySelectorAll("[data-unsupported]").length, "no other is").toBe(1);
  const legend = "What is dotted was not found in the recordings.";
  expect(within(panel).getByText(legend), "what the dots mean").toBeTruthy();
  await fireEvent.click(mark as HTMLElement);
  await waitFor(() => expect(marked(), "it leads to what it cites, to be looked up").toEqual([9]));

  const again = await line(await openMinutes(), /번역 비용/);
  again.start.focus();
  await fireEvent.keyDown(again.start, { key: "e", code: "KeyE" });
  const field = await screen.findByRole("textbox", { name: "Text of the line" });
  await fireEvent.input(field, { target: { value: "번역 비용을 확인한다." } });
  await fireEvent.keyDown(field, { key: "Enter" });
  await waitFor(async () => {
    const risks = (await backend.minutes(1))[0]?.sections.find((one) => one.key === "risks")?.items;
    expect(risks?.at(-1), "what a reader wrote stands").toMatchObject({ text: "번역 비용을 확인한다.", is_supported: true });
  });
  expect(document.querySelector("[data-minutes] [data-unsupported]")).toBeNull();
  expect(screen.queryByText(legend), "nothing is left to explain").toBeNull();
});

test("minutes in another language than the recording say that they were translated", async () => {
  show();
  await openMinutes();
  expect(document.querySelector("[data-translated]"), "Korean ones of a Korean recording were not").toBeNull();
  cleanup();

  show({}, (backend) => {
    const minutes = backend.minutes.bind(backend);
    return { minutes: async (id) => (await minutes(id)).map((view) => ({ ...view, language: "en" })) };
  });
  const panel = await openMinutes();
  await waitFor(() => expect(panel.querySelector("[data-translated]")?.textContent).toMatch(/translated by the model/));
});

test("Escape takes back what was typed into a line", async () => {
  const backend = show();
  const save = vi.spyOn(backend, "saveMinutes");
  const panel = await openMinutes();
  const { start } = await line(panel, /서버 용량/);
  await fireEvent.keyDown(start, { key: "e", code: "KeyE" });
  const field = await screen.findByRole("textbox", { name: "Text of the line" });
  await fireEvent.input(field, { target: { value: "다른 말" } });
  await fireEvent.keyDown(field, { key: "Escape" });
  await line(panel, /서버 용량을 두 배로/);
  expect(save).not.toHaveBeenCalled();
});

test("a line is added and another deleted", async () => {
  const backend = show();
  const panel = await openMinutes();
  await line(panel, /서버 용량/);
  await fireEvent.click(within(panel).getByRole("button", { name: "Add a line: 할 일" }));
  const field = await screen.findByRole("textbox", { name: "Text of the line" });
  await fireEvent.input(field, { target: { value: "포스터를 주문한다." } });
  await fireEvent.keyDown(field, { key: "Enter" });
  await line(panel, /포스터를 주문/);
  const actions = async () => (await backend.minutes(1))[0]?.sections.find((one) => one.key === "actions")?.items ?? [];
  await waitFor(async () => expect((await actions()).at(-1)).toMatchObject({ text: "포스터를 주문한다.", segments: [] }));

  await fireEvent.click(within((await line(panel, /영어 도움말/)).found).getByRole("button", { name: "Edit the line" }));
  await fireEvent.click(await screen.findByRole("button", { name: "Delete the line" }));
  await waitFor(async () => expect((await actions()).map((one) => one.text).join(), "gone").not.toMatch(/도움말/));
  expect(screen.getByText("Line deleted"), "and said, with a way back").toBeTruthy();
});

test("an added line without words is no line", async () => {
  const backend = show();
  const save = vi.spyOn(backend, "saveMinutes");
  const panel = await openMinutes();
  await line(panel, /서버 용량/);
  await fireEvent.click(within(panel).getByRole("button", { name: "Add a line: 할 일" }));
  await fireEvent.keyDown(await screen.findByRole("textbox", { name: "Text of the line" }), { key: "Enter" });
  expect(panel.querySelectorAll("li[data-section=actions]").length, "the three that were there").toBe(3);
  expect(save).not.toHaveBeenCalled();
});

test("minutes stream in while they are written, and can be cancelled", async () => {
  const backend = show({ state: "minutes-writing", language: "ko" });
  await screen.findByRole("region", { name: "텍스트" });
  await fireEvent.click(await screen.findByRole("tab", { name: "회의록" }));
  const panel = await screen.findByRole("tabpanel", { name: "회의록" });
  backend.jobsMove.tick();
  await waitFor(() => expect(panel.querySelectorAll("[data-line]").length, "the first lines").toBeGreaterThan(0));
  const n = panel.querySelectorAll("[data-line]").length;
  expect(within(panel).getByRole("progressbar").getAttribute("aria-valuenow"), "how far it is").not.toBeNull();
  backend.jobsMove.tick();
  await waitFor(() => expect(panel.querySelectorAll("[data-line]").length, "more of them").toBeGreaterThan(n));
  const cancel = vi.spyOn(backend, "cancelJob");
  await fireEvent.click(within(panel).getByRole("button", { name: "취소" }));
  expect(cancel).toHaveBeenCalledOnce();
});

test("before it begins it says what it costs, and what was chosen is what is written", async () => {
  const backend = show();
  const make = vi.spyOn(backend, "makeMinutes");
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.click(await screen.findByRole("button", { name: /^할머니의 부산 이야기/ }));
  const panel = await openMinutes();
  expect(await within(panel).findByText(/Takes about/), "in time").toBeTruthy();
  await fireEvent.keyDown(within(panel).getByRole("combobox", { name: /^Kind/ }), { key: "Enter" });
  await fireEvent.pointerUp(await screen.findByRole("option", { name: "Interview" }));
  await fireEvent.click(within(panel).getByRole("button", { name: "Write the minutes" }));
  expect(make).toHaveBeenCalledWith(3, { template: "interview", model: "qwen3-1.7b", language: null });
  for (let turn = 0; turn < 6; turn += 1) backend.jobsMove.tick();
  expect(await within(panel).findByText(/Written by Qwen3 1\.7B/), "who wrote it").toBeTruthy();
});

test("minutes that the transcript left behind say so, and one button renews them", async () => {
  const backend = show({ state: "minutes-outdated" });
  const make = vi.spyOn(backend, "makeMinutes");
  const panel = await openMinutes();
  expect(await within(panel).findByText(/Renewing them replaces what you changed/)).toBeTruthy();
  await fireEvent.click(within(panel).getByRole("button", { name: "Renew" }));
  const [before] = await backend.minutes(1);
  expect(make, "by the same model").toHaveBeenCalledWith(1, { template: "meeting", model: before?.model, language: "ko" });
  for (let turn = 0; turn < 6; turn += 1) backend.jobsMove.tick();
  expect(await screen.findByText("The minutes were renewed"), "what the user had written can be had back").toBeTruthy();
  await waitFor(() => expect(within(panel).queryByText(/The transcript was changed/)).toBeNull());
});

test("a template of the user's own that cannot be used says so where one is chosen", async () => {
  const backend = show({ state: "minutes-outdated" });
  const { templates } = await backend.minutesTemplates();
  const problem = "The template /home/kim/standup.toml cannot be used. It is longer than 256 kB.";
  vi.spyOn(backend, "minutesTemplates").mockResolvedValue({ templates, problems: [problem] });
  const languages = vi.spyOn(backend, "languageModels");
  await openMinutes();
  const nBefore = languages.mock.calls.length;
  await fireEvent.click(await screen.findByRole("button", { name: /^New minutes/ }));
  expect(await screen.findByText(problem)).toBeTruthy();
  expect(languages.mock.calls.length, "a server may answer by now").toBeGreaterThan(nBefore);
});

test("what is missing is said with its times, and leads there", async () => {
  show({ state: "minutes-failed-part" });
  const panel = await openMinutes();
  expect(await within(panel).findByText("84% of the transcript is in these minutes")).toBeTruthy();
  const part = within(panel).getByRole("button", { name: /^0:56–1:/ });
  expect(part.parentElement?.textContent, "and why").toMatch(/is missing: There is too little memory/);
  await fireEvent.click(part);
  await waitFor(() => expect(marked()).toEqual([8, 9, 10]));
});

test("without a language model there are highlights, named so, and a way to a model", async () => {
  show({ state: "no-language-model" });
  const panel = await openMinutes();
  expect(await within(panel).findByText(/found without a language model/), "what they are").toBeTruthy();
  expect(within(panel).getByText("출시"), "key words").toBeTruthy();
  expect(within(panel).getByText("6 times")).toBeTruthy();
  expect(within(panel).queryByRole("button", { name: "Write the minutes" }), "nothing that cannot work").toBeNull();
  await fireEvent.click(within(panel).getByRole("button", { name: "Get a model" }));
  expect(await screen.findByRole("button", { name: "Download Qwen3 1.7B" })).toBeTruthy();
});

test("a failure says why and can be tried again", async () => {
  const backend = show({ state: "minutes-failed" });
  const retry = vi.spyOn(backend, "retryJob");
  const panel = await openMinutes();
  expect((await within(panel).findByRole("alert")).textContent).toMatch(/too little memory/);
  await fireEvent.click(within(panel).getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledOnce();
});

test("minutes are copied and exported in the form that is wanted", async () => {
  const backend = show();
  const write = vi.spyOn(backend, "exportMinutes");
  const panel = await openMinutes();
  await line(panel, /서버 용량/);
  await fireEvent.click(within(panel).getByRole("button", { name: "Copy the minutes" }));
  await waitFor(() => expect(backend.copied).toMatch(/## 결정 사항/));
  await fireEvent.keyDown(within(panel).getByRole("button", { name: "Export the minutes" }), { key: "Enter" });
  await fireEvent.click(await screen.findByRole("menuitem", { name: /Markdown/ }));
  await waitFor(() => expect(write).toHaveBeenCalledWith(1, "meeting", "md"));
});

test("a library that can only be read shows its minutes and offers nothing that writes", async () => {
  show({ state: "readonly" });
  const panel = await openMinutes();
  await line(panel, /서버 용량/);
  for (const name of [/^Edit/, /^Add a line/, /New minutes/]) expect(within(panel).queryByRole("button", { name })).toBeNull();
});

test("what a model wrote of an earlier text is renewed by one button", async () => {
  const backend = show();
  await screen.findByRole("region", { name: "Transcript" });
  await backend.makeTitle(1);
  const workOff = async () => {
    while ((await backend.jobs()).some((job) => job.state === "queued" || job.state === "running")) backend.jobsMove.tick();
  };
  await workOff();
  expect(await backend.outdated(1)).toEqual({ title: false, minutes: false });
  await backend.editSegment(1, 0, "Something else was said.");
  await screen.findByText("The text was changed after the title and the minutes were written.");
  const renewed = vi.spyOn(backend, "renew");
  await fireEvent.click(screen.getByRole("button", { name: "Renew" }));
  await waitFor(() => expect(renewed).toHaveBeenCalledWith(1));
  await workOff();
  expect(await backend.outdated(1)).toEqual({ title: false, minutes: false });
  await waitFor(() => expect(screen.queryByText(/The text was changed after/)).toBeNull());
});
