import { expect, test } from "vitest";

import { clock, day } from "./format";
import { tables } from "./messages";
import { systemLocale } from "./preferences.svelte";

test("times in a recording have hours only where there are some", () => {
  expect(clock(7_999), "seconds are cut, not rounded: that second has not begun").toBe("0:07");
  expect(clock(3_723_000), "minutes under ten get a zero after hours").toBe("1:02:03");
});

test("a date that cannot be read is shown as it is", () => {
  expect(day("someday", "en"), "better than Invalid Date").toBe("someday");
});

test("the system's first language of ours is taken", () => {
  expect(systemLocale(["de-DE", "ko-KR", "en-US"]), "German is not ours, Korean comes before English").toBe("ko");
  expect(systemLocale(["kok-IN"]), "Konkani is not Korean").toBe("en");
});

test("no Korean text was forgotten in English", () => {
  const untranslated = Object.entries(tables.ko).filter(
    ([key, text]) => typeof text === "string" && key !== "appName" && !/[가-힣]/.test(text),
  );
  expect(untranslated, "every text but the name has Korean letters").toEqual([]);
});
