import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { show } from "../testing/show";

afterEach(async () => {
  cleanup();
  // Menus and dialogs put things back a turn later.
  await new Promise((done) => setTimeout(done, 0));
});

const type = (words: string) => fireEvent.input(screen.getByRole("searchbox"), { target: { value: words } });
const results = () => screen.findByRole("navigation", { name: "Search results" });

test("what was found by meaning says so", async () => {
  show();
  await screen.findByRole("region", { name: "Transcript" });
  await type("river");
  const hit = await within(await results()).findByRole("button", { name: /By meaning.*On the inside it is slow/ });
  expect(hit.querySelector("mark"), "there are no words to mark").toBeNull();
  await fireEvent.click(hit);
  await waitFor(() => expect(document.querySelector("[data-transcript] li[aria-current]")?.textContent).toMatch(/On the inside/));
});

test("without an embedding model words are found, and it is said what is missing", async () => {
  show({ state: "nomodel" });
  await screen.findByRole("region", { name: "Transcript" });
  await type("river");
  expect(await within(await results()).findByText(/Search by meaning needs an embedding model/)).toBeTruthy();
  expect(within(await results()).getAllByRole("button", { name: /river/ }).length).toBeGreaterThan(1);
});

test("filters narrow the search and go one by one", async () => {
  const backend = show();
  const find = vi.spyOn(backend, "find");
  await screen.findByRole("region", { name: "Transcript" });
  await type("the");
  await fireEvent.click(screen.getByRole("button", { name: "Filters" }));
  // Nothing is laid out here, so that what floats counts as hidden.
  const form = await waitFor(() => {
    const found = document.querySelector<HTMLElement>("[data-popover-content]");
    if (!found) throw new Error("no filters");
    return found;
  });
  await fireEvent.click(within(form).getByText("Interviews"));
  await fireEvent.change(within(form).getByLabelText("Speaker"), { target: { value: " Me " } });
  await waitFor(() => expect(find.mock.calls.at(-1)?.[0].filters).toMatchObject({ tags: ["Interviews"], speaker: "me" }));
  await fireEvent.click(within(form).getByLabelText("Only in this recording"));
  await waitFor(() => expect(find.mock.calls.at(-1)?.[0].filters.recording_ids).toEqual([1]));
  await fireEvent.click(screen.getByRole("button", { name: "Remove the filter: Said by Me" }));
  await waitFor(() => expect(find.mock.calls.at(-1)?.[0].filters).toMatchObject({ tags: ["Interviews"], speaker: null }));
  expect(screen.getAllByRole("button", { name: /^Remove the filter/ }), "the others stay").toHaveLength(2);
});

test("similar recordings stand behind one line, and where there are none there is none", async () => {
  show();
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.click(await screen.findByRole("button", { name: /^Similar recordings/ }));
  const list = screen.getByRole("region", { name: "Similar recordings" });
  await fireEvent.click(within(list).getByRole("button", { name: /Design and engineering/ }));
  await screen.findByRole("heading", { level: 1, name: "Design and engineering, weekly" });
  await fireEvent.click(document.querySelector("[data-recording='9']") as HTMLElement);
  await screen.findByRole("heading", { level: 1, name: "Pilot episode: the sound of trains" });
  await waitFor(() => expect(screen.queryByRole("region", { name: "Similar recordings" })).toBeNull());
});
