// Word differences, as the core tells them.
import type { DiffPart } from "../backend";

/** The longest common words stay; what stands between them was removed or added. */
export function wordDiff(original: string, proposed: string): DiffPart[] {
  const [a, b] = [original.match(/\S+\s*/g) ?? [], proposed.match(/\S+\s*/g) ?? []];
  const same = (i: number, j: number) => a[i]?.trim() === b[j]?.trim();
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = lengths[i];
      if (row) row[j] = same(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  const parts: DiffPart[] = [];
  const put = (kind: DiffPart["kind"], text: string) => {
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && same(i, j)) {
      put("same", b[j] ?? "");
      [i, j] = [i + 1, j + 1];
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) put("removed", a[i++] ?? "");
    else put("added", b[j++] ?? "");
  }
  return parts;
}
