import { beforeEach, expect, test } from "vitest";

import { clock, day, duration, languageName, percent, size, speakerName, speed, spokenClock } from "./format";
import { locale, systemLocale } from "./locale.svelte";

beforeEach(() => {
  locale.current = "en";
});

test("times are read as clocks and heard as sentences", () => {
  expect([clock(7_999), clock(725_000), clock(3_723_000)], "hours only where there are some").toEqual(["0:07", "12:05", "1:02:03"]);
  expect(spokenClock(725_000)).toBe("12 min 5 s");
  locale.current = "ko";
  expect(spokenClock(3_723_000)).toBe("1시간 2분 3초");
});

test("waiting times are rough, and progress is never rounded up to done", () => {
  expect([duration(400), duration(29_600), duration(95_000), duration(3_600_000), duration(5_400_000)]).toEqual([
    "1 s", "30 s", "2 min", "1 h", "1 h 30 min",
  ]);
  expect([percent(0.419), percent(0.9999), percent(1)]).toEqual(["41%", "99%", "100%"]);
  expect(speed(6.21), "one digit while it is slow").toBe("6.2×");
});

test("sizes are decimal as the system's own", () => {
  expect([size(0), size(999), size(190_085_487), size(1_500_000_000), size(999_700_000)]).toEqual([
    "0 B", "999 B", "190 MB", "1.5 GB", "1.0 GB",
  ]);
});

test("days have the names that people use", () => {
  const now = new Date("2026-03-02T00:30:00");
  const at = (text: string) => day(new Date(text).toISOString(), now);
  expect(at("2026-03-01T23:59:00"), "half an hour ago, and yesterday").toBe("Yesterday");
  expect(at("2026-03-02T00:00:00")).toBe("Today");
  expect(at("2026-02-26T12:00:00"), "a day of this week has its weekday").toContain("Thursday");
  expect(at("2025-02-26T12:00:00"), "another year is named").toContain("2025");
  locale.current = "ko";
  expect(at("2026-03-01T23:59:00")).toBe("어제");
});

test("the system's languages decide, Konkani is not Korean", () => {
  expect(systemLocale(["fr-FR", "ko-KR", "en"])).toBe("ko");
  expect(systemLocale(["kok-IN"])).toBe("en");
  expect(languageName("ko")).toBe("Korean");
  expect(languageName("auto")).toBe("Detect");
});

test("the channels of the recorder are called as people call them", () => {
  expect([speakerName("me"), speakerName("others"), speakerName("Mara")]).toEqual(["Me", "Others", "Mara"]);
  locale.current = "ko";
  expect([speakerName("me"), speakerName("others")]).toEqual(["나", "상대"]);
});
