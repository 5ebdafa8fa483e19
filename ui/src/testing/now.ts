/** Noon of a Wednesday, so that days have names and nothing happens at midnight. */
export const NOW = new Date("2026-11-25T12:00:00");

/** Sets the clock of this test's world to `NOW`, from where it goes on. */
export function beginAtNow() {
  const realNow = Date.now;
  const aheadMs = NOW.getTime() - realNow();
  const now = () => realNow() + aheadMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, at, asWhat) => Reflect.construct(target, at.length === 0 ? [now()] : at, asWhat) as Date,
    get: (target, key) => (key === "now" ? now : Reflect.get(target, key)) as unknown,
  });
}
