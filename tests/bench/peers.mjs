// Side by side with other programs on the same weights, threads and files, in one run:
//
//   npm run bench:peers -- --model GGML_FILE --audio WAV --reference TXT [--language en] [--threads 2] [--runs 3]
//       [--whisper-cli PROGRAM] [--python PYTHON --ct2 FOLDER] [--recordroute PROGRAM]
//
// whisper-cli is whisper.cpp's own program with its default settings; PYTHON has faster-whisper, and FOLDER
// holds the same weights for it. The programs take turns, so that a machine whose speed drifts
// drifts for all of them; the ratios are those of the runs of one turn.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median, runOnce } from "./run.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    audio: { type: "string" },
    reference: { type: "string" },
    language: { type: "string", default: "en" },
    threads: { type: "string", default: "2" },
    runs: { type: "string", default: "3" },
    "whisper-cli": { type: "string" },
    python: { type: "string" },
    ct2: { type: "string" },
    recordroute: { type: "string", default: "recordroute" },
  },
});
for (const name of ["model", "audio", "reference"])
  if (!options[name]) throw new Error(`--${name} is missing`);

const folder = mkdtempSync(join(tmpdir(), "recordroute-peers-"));
const model = resolve(options.model);
const audio = resolve(options.audio);
const id = basename(model).replace(/\.bin$/, "");

/** Every program as it is used, text on standard output. */
const programs = {
  recordroute: [
    options.recordroute,
    ["transcribe", audio, "--no-save", "--model", id, "--models", dirname(model), "--library", join(folder, "library"),
      "--language", options.language, "--threads", options.threads],
  ],
};
if (options["whisper-cli"])
  programs["whisper-cli"] = [
    options["whisper-cli"],
    ["-m", model, "-f", audio, "-l", options.language, "-t", options.threads],
  ];
if (options.python)
  programs["faster-whisper"] = [
    options.python,
    [join(here, "faster_whisper_once.py"), resolve(options.ct2), audio, options.threads, options.language],
  ];

function score(text) {
  const path = join(folder, "transcript.txt");
  writeFileSync(path, text);
  const args = ["run", "-q", "-p", "recordroute-core", "--example", "error_rate", "--", resolve(options.reference), path];
  const done = spawnSync("cargo", args, { cwd: root, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`the transcript cannot be scored: ${done.stderr}`);
  return JSON.parse(done.stdout);
}

const runs = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
for (let turn = 0; turn < Number(options.runs); turn += 1)
  for (const [name, program] of Object.entries(programs)) {
    const run = runOnce(program, folder, { OMP_NUM_THREADS: options.threads });
    // whisper-cli puts times before each line; with -nt it would decode differently.
    const text = run.output.replace(/^\[[\d:.]+ --> [\d:.]+\]\s*/gm, "");
    runs[name].push({ ...run, ...score(text) });
    process.stderr.write(`${name}: ${run.wall.toFixed(1)} s\n`);
  }
rmSync(folder, { recursive: true, force: true });

const ours = runs.recordroute;
const table = Object.entries(runs).map(([name, its]) => ({
  program: name,
  wall_s: +median(its.map((run) => run.wall)).toFixed(1),
  cpu_s: +median(its.map((run) => run.cpu)).toFixed(1),
  // The largest process; RecordRoute's worker is one of its children.
  peak_mb: Math.round(median(its.map((run) => run.mb))),
  wer: +median(its.map((run) => run.wer)).toFixed(4),
  cer: +median(its.map((run) => run.cer)).toFixed(4),
  ratios_of_recordroute: its.map((run, turn) => +(ours[turn].wall / run.wall).toFixed(3)),
}));
process.stdout.write(`${JSON.stringify(table, null, 1)}\n`);
