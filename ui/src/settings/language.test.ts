import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import type { LogLine } from "../backend/backend";
import type { State } from "../backend/mock/scenario";
import { held } from "../testing/held";
import { show } from "../testing/show";

afterEach(async () => {
  cleanup();
  await new Promise((done) => setTimeout(done, 0));
});

async function openSettings(state: State = "normal", tab = "Language model") {
  const backend = show({ state });
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.click(screen.getByRole("button", { name: "Settings" }));
  await fireEvent.click(await screen.findByRole("tab", { name: tab }));
  return { backend, dialog: screen.getByRole("dialog", { name: "Settings" }) };
}

test("a server of one's own is asked at once, and its models can be chosen", async () => {
  const { backend, dialog } = await openSettings("no-language-model");
  const save = vi.spyOn(backend, "saveSettings");
  await fireEvent.change(within(dialog).getByLabelText("Address"), { target: { value: " localhost:11434/v1/ " } });
  expect(await within(dialog).findByText("It answers and has 2 models.")).toBeTruthy();
  expect(save.mock.calls[0]?.[0].server_url, "as it can be asked").toBe("http://localhost:11434/v1");
  await fireEvent.keyDown(within(dialog).getByRole("combobox", { name: /^Model that writes/ }), { key: "Enter" });
  await fireEvent.pointerUp(await screen.findByRole("option", { name: /llama3\.1:8b.*On your own server/ }));
  await waitFor(() => expect(save.mock.calls.at(-1)?.[0].language_model).toBe("server:llama3.1:8b"));
});

test("a server that does not answer is said, and can be asked again", async () => {
  const { backend, dialog } = await openSettings();
  const ask = vi.spyOn(backend, "languageModels");
  await fireEvent.change(within(dialog).getByLabelText("Address"), { target: { value: "http://192.168.0.9:8080" } });
  expect(await within(dialog).findByText(/Nothing answers at http:\/\/192\.168\.0\.9:8080/)).toBeTruthy();
  await fireEvent.click(within(dialog).getByRole("button", { name: "Check again" }));
  expect(ask).toHaveBeenCalledTimes(2);
  await fireEvent.change(within(dialog).getByLabelText("Address"), { target: { value: "" } });
  await waitFor(() => expect(within(dialog).queryByText(/Nothing answers/), "no server, no complaint").toBeNull());
});

test("titles, minutes and corrections come by themselves where that is wanted", async () => {
  const { backend, dialog } = await openSettings();
  await fireEvent.click(within(dialog).getByRole("switch", { name: "Title by itself" }));
  await fireEvent.click(within(dialog).getByRole("switch", { name: "Minutes by themselves" }));
  await fireEvent.click(within(dialog).getByRole("switch", { name: "Corrections by themselves" }));
  await waitFor(async () =>
    expect(await backend.settings()).toMatchObject({ auto_title: true, auto_minutes: true, auto_correct: true }),
  );
});

test("the folder of templates is shown from where minutes are set up", async () => {
  const { backend, dialog } = await openSettings();
  const place = vi.spyOn(backend, "showPlace");
  await fireEvent.click(within(dialog).getByRole("button", { name: "Show the folder" }));
  expect(place).toHaveBeenCalledWith("templates");
});

test("what corrections taught is seen, and a wrong word is forgotten", async () => {
  const { backend, dialog } = await openSettings("normal", "Transcription");
  const [wrong, ...others] = await backend.learnedWords();
  await fireEvent.click(await within(dialog).findByRole("button", { name: `Forget ${wrong}` }));
  await waitFor(() => expect(within(dialog).queryByText(wrong ?? "")).toBeNull());
  expect(await backend.learnedWords()).toEqual(others);
});

test("the queue says what each job makes", async () => {
  show({ state: "minutes-writing" });
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.click(document.querySelector("[data-queue]") as HTMLElement);
  expect((await screen.findAllByText(/Writing the minutes/)).length, "the one that runs").toBeGreaterThan(0);
  expect(screen.getByText(/^Minutes · Qwen3 1\.7B/), "the one that waits").toBeTruthy();
});

test("how far the recordings are indexed is told as it goes, and what failed is tried again", async () => {
  const { backend, dialog } = await openSettings("indexing");
  expect(await within(dialog).findByText("5 recordings indexed · 3 waiting · 1 failed")).toBeTruthy();
  const update = vi.spyOn(backend, "updateIndex");
  await fireEvent.click(within(dialog).getByRole("button", { name: "Try again" }));
  expect(update).toHaveBeenCalledOnce();
  expect(await within(dialog).findByText("9 recordings indexed"), "until all are").toBeTruthy();
  await fireEvent.keyDown(within(dialog).getByRole("combobox", { name: /^Search by meaning/ }), { key: "Enter" });
  await fireEvent.pointerUp(await screen.findByRole("option", { name: "Multilingual E5 small" }));
  await waitFor(async () => expect((await backend.settings()).embedding_model).toBe("multilingual-e5-small"));
});

test("without an embedding model the way to one is shown", async () => {
  const { dialog } = await openSettings("nomodel");
  expect(await within(dialog).findByText(/Search by meaning needs an embedding model/)).toBeTruthy();
  const section = within(dialog).getByRole("region", { name: "Search by meaning" });
  await fireEvent.click(within(section).getByRole("button", { name: "Get a model" }));
  expect(await within(dialog).findByRole("heading", { name: "Embedding models" })).toBeTruthy();
});

test("asking whether to remove a model keeps the keys where they are", async () => {
  const { dialog } = await openSettings();
  await fireEvent.click(within(dialog).getByRole("tab", { name: "Models" }));
  const remove = await within(dialog).findByRole("button", { name: /^Remove Whisper base/ });
  remove.focus();
  await fireEvent.click(remove);
  const cancel = await within(dialog).findByRole("button", { name: "Cancel" });
  await waitFor(() => expect(document.activeElement, "at the way back").toBe(cancel));
  await fireEvent.click(cancel);
  await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toMatch(/^Remove Whisper base/));
});

test("the log is as the last look found it", async () => {
  const { backend, dialog } = await openSettings();
  await fireEvent.click(within(dialog).getByRole("tab", { name: "About and help" }));
  const log = await within(dialog).findByRole("log");
  await waitFor(() => expect(log.textContent).toMatch(/library opened/));
  const [late, look] = [held<LogLine[]>(), within(dialog).getByRole("button", { name: "Refresh" })];
  vi.spyOn(backend, "logs").mockReturnValueOnce(late.promise);
  await fireEvent.click(look);
  await fireEvent.click(look);
  late.give([]);
  await new Promise((done) => setTimeout(done, 0));
  expect(log.textContent).toMatch(/library opened/);
});
