import { afterEach, expect, test } from "vitest";

import { errorText } from "./errors";
import { locale } from "./locale.svelte";

afterEach(() => {
  locale.current = "en";
});

test("in English the core's own sentence stands alone", () => {
  expect(errorText({ code: "disk_full", message: "The disk D: is full." })).toBe("The disk D: is full.");
});

test("in Korean the core's sentence is Korean", () => {
  locale.current = "ko";
  const message = "Another program is using the library. Try again in a moment.";
  expect(errorText({ code: "other", message })).toBe("다른 프로그램이 보관함을 쓰고 있습니다. 잠시 뒤에 다시 시도하세요.");
});

test("of what has no Korean form the trouble and its way out come first, the particulars after", () => {
  locale.current = "ko";
  const text = errorText({ code: "disk_full", message: "The disk D: is full." });
  expect(text, "Korean first").toMatch(/^디스크가 가득 찼습니다/);
  expect(text, "and what exactly it was").toContain("The disk D: is full.");
  expect(errorText({ code: "disk_full", message: "D: 디스크가 가득 찼습니다." }), "nothing is said twice").toBe("D: 디스크가 가득 찼습니다.");
  expect(errorText({ code: "other", message: "Odd." }), "no kind, no words of our own").toBe("Odd.");
});
