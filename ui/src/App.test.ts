import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import App from "./App.svelte";
import { BackendError, type Backend } from "./backend/backend";
import { mockBackend } from "./backend/mock";
import { preferences } from "./lib/preferences.svelte";

beforeEach(() => {
  preferences.locale = "en";
  // jsdom lays nothing out.
  Element.prototype.scrollIntoView = vi.fn();
});

afterEach(cleanup);

const show = (backend: Backend = mockBackend()) => render(App, { props: { backend } });

function type(words: string) {
  const field = screen.getByRole("searchbox");
  (field as HTMLInputElement).value = words;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

test("the newest recording is open and doubtful passages say why", async () => {
  show();
  const transcript = await screen.findByRole("article");
  expect(await within(transcript).findByText("반갑습니다."), "the newest recording is the Korean one").toBeTruthy();
  const doubt = within(transcript).getByText(/Check this passage/);
  expect(doubt.textContent, "both reasons are said in words, not by colour only").toMatch(
    /no speech here · the model was unsure/,
  );
});

test("a search hit leads to the passage in another recording", async () => {
  show();
  await screen.findByText("반갑습니다.");
  type("bigger ROOM");
  const results = await screen.findByRole("navigation", { name: "Search results" });
  const hit = await within(results).findByRole("button", { name: /Library meeting.*1:00:00/ });
  expect(hit.querySelector("mark")?.textContent, "what was looked for is marked as it stands").toBe("bigger room");
  hit.click();
  const passage = await screen.findByText(/We have three topics/);
  expect(passage, "the other recording's transcript is shown").toBeTruthy();
  await waitFor(() => expect(Element.prototype.scrollIntoView, "the passage comes into sight").toHaveBeenCalled());
});

test("everything is said in the language that was chosen", async () => {
  show();
  await screen.findByText("반갑습니다.");
  preferences.locale = "ko";
  expect(await screen.findByPlaceholderText("지금까지 나눈 모든 말에서 찾기"), "the search field changes").toBeTruthy();
  expect(document.documentElement.lang, "screen readers choose their voice by this").toBe("ko");
});

test("an error's sentence is shown and trying again mends it", async () => {
  const working = mockBackend();
  const recordings = vi
    .fn<Backend["recordings"]>()
    .mockRejectedValueOnce(new BackendError({ code: "library", message: "The library is damaged." }))
    .mockImplementation((offset, limit) => working.recordings(offset, limit));
  show({ ...working, recordings });
  expect((await screen.findByRole("alert")).textContent, "the core's own sentence").toContain("The library is damaged.");
  screen.getByRole("button", { name: "Try again" }).click();
  expect(await screen.findByText("반갑습니다."), "the second attempt shows the library").toBeTruthy();
  expect(screen.queryByRole("alert"), "what is mended is not complained about").toBeNull();
});

test("progress appears while a recording is transcribed and goes when it is done", async () => {
  const backend = mockBackend();
  show(backend);
  await screen.findByText("반갑습니다.");
  backend.emit({ kind: "progress", recording_id: 1, stage: "transcribing", fraction: 0.419 });
  expect(await screen.findByText("Transcribing 41%"), "rounded down: 100% means done").toBeTruthy();
  backend.emit({ kind: "ended", recording_id: 1 });
  await waitFor(() => expect(screen.queryByRole("progressbar"), "done is done").toBeNull());
});

test("an empty library says how to begin", async () => {
  show(mockBackend({ recordings: [], transcripts: {} }));
  expect(await screen.findByText("No recordings yet"), "no blank window").toBeTruthy();
});
