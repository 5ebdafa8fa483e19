import { tick } from "svelte";

import type { LinePlace } from "../state/minutes.svelte";

/** After a line was changed, or is gone, the keys go on where it is or beside where it was. */
export async function focusLine({ section, idx }: LinePlace): Promise<void> {
  await tick();
  const find = (selector: string) => document.querySelector<HTMLElement>(`[data-minutes] ${selector}`);
  const line = (at: number) => find(`[data-section="${section}"][data-idx="${at}"] [data-line]`);
  (line(idx) ?? line(idx - 1) ?? find(`[data-add="${section}"]`) ?? find("button"))?.focus();
}
