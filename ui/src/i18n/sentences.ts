// The sentences of the core in Korean. The core speaks English, also in what it has stored; `{0}` stands for
// what it puts in. A sentence is found by its English form, part by part.
import korean from "../../messages/engine.ko.json";
import { locale } from "./locale.svelte";

interface Rule {
  english: RegExp;
  korean: string;
  /** Others may follow it; what is no sentence must be all there is. */
  isSentence: boolean;
}

let rules: Rule[] | null = null;

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

function rulesOf(sentences: Record<string, string>): Rule[] {
  const plainLength = (text: string) => text.replace(/\{\d\}/g, "").length;
  // What says most comes first: a short one may be a part of a longer one.
  const inOrder = Object.entries(sentences).sort(([one], [other]) => plainLength(other) - plainLength(one));
  return inOrder.map(([english, text]) => {
    const parts = english.split(/\{\d\}/).map(escaped);
    return { english: new RegExp(`^${parts.join("(.+?)")}(?=\\s|$)`, "s"), korean: text, isSentence: /[.!?]$/.test(english) };
  });
}

/** In Korean, or null where a part of it is not known. */
export function inKorean(text: string): string | null {
  const wanted = text.trim();
  rules ??= rulesOf(korean);
  for (const rule of rules) {
    const found = rule.english.exec(wanted);
    if (!found) continue;
    const rest = wanted.slice(found[0].length);
    if (rest !== "" && !rule.isSentence) continue;
    const following = rest === "" ? "" : inKorean(rest);
    if (following === null) continue;
    const own = rule.korean.replace(/\{(\d)\}/g, (_, idx: string) => said(found[Number(idx) + 1] ?? "", "ko"));
    return following === "" ? own : `${own} ${following}`;
  }
  return null;
}

/** What the core said, in the language of the window as far as it is known. */
export function said(text: string, language = locale.current): string {
  return language === "ko" ? (inKorean(text) ?? text) : text;
}
