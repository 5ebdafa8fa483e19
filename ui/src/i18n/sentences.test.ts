import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";

import korean from "../../messages/engine.ko.json";
import { locale } from "./locale.svelte";
import { inKorean, said } from "./sentences";

afterEach(() => {
  locale.current = "en";
});

test("what the core says is Korean in a Korean window, with what it put in", () => {
  locale.current = "ko";
  expect(said("The file is empty; choose another one.")).toBe("빈 파일입니다. 다른 파일을 고르세요.");
  expect(said("The file is a PDF document, not audio or video; choose a recording."), "parts as well").toContain("(PDF 문서)");
  const notice =
    "The file ends in the middle; the first 12 min 3 s of 1 h 0 min 0 s could be read. The file is damaged in 2 places, which were replaced by silence.";
  expect(said(notice), "one sentence after the other").toBe(
    "파일이 중간에서 끝납니다. 1시간 0분 0초 가운데 처음 12분 3초까지 읽었습니다. 파일이 2곳에서 손상되어 그 자리를 무음으로 채웠습니다.",
  );
  expect(said("/data/회의 (1).wav cannot be read (Permission denied (os error 13)). Check that it exists and that you may open it."), "with brackets in it").toBe(
    "/data/회의 (1).wav을(를) 읽을 수 없습니다(Permission denied (os error 13)). 파일이 있는지, 열 권한이 있는지 확인하세요.",
  );
});

test("what is not known stays as it is", () => {
  locale.current = "ko";
  expect(said("Something new happened.")).toBe("Something new happened.");
  expect(inKorean("The file is empty; choose another one. Something new happened."), "not half of it").toBeNull();
});

test("an English window says it in English", () => {
  expect(said("The file is empty; choose another one.")).toBe("The file is empty; choose another one.");
});

const CORE = join(import.meta.dirname, "../../../src-tauri");
/** Doors, tools and engines that never speak to the page. */
const ELSEWHERE = /crates\/(cli|api|testkit|llm)\/|\/(doctor|bench|native_words|tests)\.rs$|\/src\/.*\/tests\//;

function sources(): string[] {
  const paths = readdirSync(CORE, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
  const ours = paths.filter((path) => /(^|\/)src\/.*\.rs$/.test(path) && !ELSEWHERE.test(`/${path}`));
  return ours.map((path) => {
    const code = readFileSync(join(CORE, path), "utf8").split("#[cfg(test)]")[0] ?? "";
    // Without comments, and without quotes that are letters.
    return code.replace(/^\s*\/\/.*$/gm, "").replace(/'"'/g, "''").replace(/\\\n\s*/g, "");
  });
}

const withoutNames = (text: string): string => text.replace(/\{[^}]*\}/g, "{}");

/** As `without_commands` of the core leaves them: the page has buttons instead. */
function withoutCommands(sentence: string): string {
  const kept = sentence.split(/(?<=\. )/).filter((part) => !/[`“]recordroute | --|`--/.test(part));
  return kept.join("").trimEnd() || sentence;
}

const literals = sources().flatMap((code) => [...code.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((found) => found[1] ?? ""));

function spoken(): string[] {
  return literals.filter((text) => /^[A-Z“{].* .*[.!?]$/s.test(text) && !/^\{[^}]*\}\.? ?\{?[^}]*\}?\.?$/.test(text));
}

test("every sentence of the core has a Korean one", () => {
  const sentences = spoken();
  expect(sentences.length, "the sentences were found").toBeGreaterThan(80);
  const known = new Set(Object.keys(korean).map(withoutNames));
  expect(sentences.map(withoutCommands).map(withoutNames).filter((sentence) => !known.has(sentence))).toEqual([]);
});

test("no Korean sentence is left of one that is gone", () => {
  const all = literals.map(withoutNames).join("\n");
  const gone = Object.keys(korean).filter((english) => {
    const plain = withoutNames(english).replace(/\.$/, "");
    return !all.includes(plain) && !plain.startsWith("Job {}");
  });
  expect(gone).toEqual([]);
});

test("each has the same things put in", () => {
  const places = (text: string) => [...new Set(text.match(/\{\d\}/g))].sort().join("");
  const odd = Object.entries(korean).filter(([english, text]) => {
    const missing = places(text).split("}").some((place) => place !== "" && !english.includes(place));
    return missing || !/[가-힣]/.test(text);
  });
  expect(odd).toEqual([]);
});
