import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, type AST } from "svelte/compiler";
import { expect, test } from "vitest";

import en from "../../messages/en.json";
import ko from "../../messages/ko.json";
import { parityProblems, type Messages } from "./parity";

test("both languages say the same things with the same parameters", () => {
  expect(parityProblems(en as Messages, ko as Messages)).toEqual([]);
});

test("a missing text and a missing parameter are noticed", () => {
  expect(parityProblems({ a: "{n} files", b: "x" }, { a: "파일들" }), "the check itself works").toEqual([
    "a has {n} in English and {} in Korean",
    "b is missing in Korean",
  ]);
});

test("no Korean text was left in English", () => {
  const same = new Set(["app_name", "version_is", "key_name_delete", "$schema"]);
  const untranslated = Object.entries(ko).filter(([key, text]) => !same.has(key) && !/[가-힣]/.test(String(text)));
  expect(untranslated).toEqual([]);
});

const SPOKEN = new Set(["aria-label", "placeholder", "title", "alt", "label"]);

function literals(path: string): string[] {
  const found: string[] = [];
  const isText = (text: string) => /[A-Za-z가-힣]{2,}/.test(text);
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== "object" || node === null || !("type" in node)) return;
    const typed = node as AST.Text | AST.Attribute | { type: string };
    if (typed.type === "Text" && "data" in typed && isText(typed.data)) found.push(`${path}: “${typed.data.trim()}”`);
    if (typed.type === "Attribute" && "name" in typed) {
      if (SPOKEN.has(typed.name) && Array.isArray(typed.value))
        for (const part of typed.value) if (part.type === "Text" && isText(part.data)) found.push(`${path}: ${typed.name}=“${part.data}”`);
      return;
    }
    for (const [key, child] of Object.entries(node)) if (key !== "expression" && key !== "css") visit(child);
  };
  visit(parse(readFileSync(path, "utf8"), { modern: true }).fragment);
  return found;
}

test("no component has a text of its own", () => {
  const folder = join(import.meta.dirname, "..");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".svelte"));
  expect(paths.length, "the components were found").toBeGreaterThan(30);
  expect(paths.flatMap((path) => literals(join(folder, path)))).toEqual([]);
});
