import { fireEvent, waitFor } from "@testing-library/svelte";

/** A row of the transcript, as soon as it is on the screen. */
export const row = (idx: number) =>
  waitFor(() => {
    const found = document.querySelector<HTMLElement>(`[data-transcript] li[data-index="${idx}"]`);
    if (!found) throw new Error(`no row ${idx}`);
    return found;
  });

/** Presses a key wherever one is. */
export const press = (code: string, more: object = {}) =>
  fireEvent.keyDown(window, { key: code.replace("Key", "").toLowerCase(), code, ...more });
