// A language model in RecordRoute and in llama.cpp, side by side in one run on the same file and threads:
//
//   npm run bench:llm -- --model GGUF --llama-bench PROGRAM [--threads 2] [--runs 3]
//       [--prefill 512,2048,8192] [--decode-after 512,2048] [--recordroute PROGRAM]
//
// The programs take turns, so that a machine whose speed drifts drifts for both; each ratio is of the two
// runs of one turn. 1.0 is llama.cpp's; more is faster, and for memory larger.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { median, runOnce } from "./run.mjs";

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    "llama-bench": { type: "string" },
    threads: { type: "string", default: "2" },
    runs: { type: "string", default: "3" },
    prefill: { type: "string", default: "512,2048,8192" },
    "decode-after": { type: "string", default: "512,2048" },
    recordroute: { type: "string", default: "recordroute" },
  },
});
for (const name of ["model", "llama-bench"])
  if (!options[name]) throw new Error(`--${name} is missing`);

const folder = mkdtempSync(join(tmpdir(), "recordroute-llm-"));
const model = resolve(options.model);

function recordroute() {
  const args = ["bench", "--llm", "--json", "--model", basename(model).replace(/\.gguf$/, ""), "--models", dirname(model),
    "--threads", options.threads, "--prefill", options.prefill, "--decode-after", options["decode-after"]];
  const measured = JSON.parse(runOnce([options.recordroute, args], folder).output);
  const speeds = (kind, its) => its.map((at) => [`${kind} ${at.n_tokens}`, at.tokens_per_second]);
  return Object.fromEntries([
    ...speeds("prefill", measured.prefill),
    ...speeds("decode after", measured.decode),
    ["peak memory MB", measured.peak_memory_bytes / 1e6],
    ["load s", measured.load_ms / 1e3],
  ]);
}

function llama() {
  const common = ["-m", model, "-t", options.threads, "-r", "1", "-o", "json"];
  const reading = runOnce([options["llama-bench"], [...common, "-n", "0", "-p", options.prefill]], folder);
  const writing = runOnce([options["llama-bench"], [...common, "-p", "0", "-n", "32", "-d", options["decode-after"]]], folder);
  return Object.fromEntries([
    ...JSON.parse(reading.output).map((at) => [`prefill ${at.n_prompt}`, at.avg_ts]),
    ...JSON.parse(writing.output).map((at) => [`decode after ${at.n_depth}`, at.avg_ts]),
    ["peak memory MB", Math.max(reading.mb, writing.mb)],
  ]);
}

const ours = [];
const theirs = [];
for (let turn = 0; turn < Number(options.runs); turn += 1) {
  // Whoever begins changes from turn to turn.
  const order = [() => ours.push(recordroute()), () => theirs.push(llama())];
  for (const run of turn % 2 ? order.reverse() : order) run();
  process.stderr.write(`turn ${turn + 1} of ${options.runs}\n`);
}
rmSync(folder, { recursive: true, force: true });

const table = Object.keys(ours[0]).map((what) => ({
  what,
  recordroute: +median(ours.map((run) => run[what])).toFixed(2),
  llama_cpp: theirs[0][what] === undefined ? undefined : +median(theirs.map((run) => run[what])).toFixed(2),
  ratios: ours.map((run, turn) => +(run[what] / theirs[turn][what]).toFixed(3)).filter(Number.isFinite),
}));
process.stdout.write(`${JSON.stringify(table, null, 1)}\n`);
