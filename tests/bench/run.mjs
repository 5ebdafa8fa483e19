// What the comparisons of this folder share: one measured run of a program, and medians.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Wall time, processor time and peak memory of one run, and what it wrote. `folder` takes notes. */
export function runOnce([program, args], folder, environment = {}) {
  const facts = join(folder, "facts");
  const began = process.hrtime.bigint();
  const done = spawnSync("/usr/bin/time", ["-f", "%e %U %S %M", "-o", facts, program, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, ...environment },
  });
  const wall = Number(process.hrtime.bigint() - began) / 1e9;
  if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr.slice(-2000)}`);
  const [, user, system, kib] = readFileSync(facts, "utf8").trim().split(/\s+/).map(Number);
  return { wall, cpu: user + system, mb: (kib * 1024) / 1e6, output: done.stdout };
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
