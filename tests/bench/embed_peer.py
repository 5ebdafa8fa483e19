"""An embedding model here and in ONNX Runtime, in turn, in one run.

    pip install "numpy<2" torch transformers safetensors onnx        (for export)
    python embed_peer.py export MODEL_FOLDER model.onnx
    pip install numpy onnxruntime tokenizers                         (for compare)
    python embed_peer.py compare MODEL_FOLDER model.onnx target/release/examples/embed_bench [THREADS [ROUNDS]]

Both get the same texts: 256 passages of about 128 tokens and 256 sentences of about 20. ONNX Runtime gets them in
batches of texts of about the same length, of the size that is fastest for it. Tokenizing counts on both sides.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def export(folder, out):
    import torch
    from safetensors.torch import load_file
    from transformers import AutoConfig, BertModel, XLMRobertaModel

    config = AutoConfig.from_pretrained(folder)
    model = {"bert": BertModel, "xlm-roberta": XLMRobertaModel}[config.model_type](config, add_pooling_layer=False)
    model.load_state_dict(load_file(f"{folder}/model.safetensors"), strict=False)
    model.eval()
    ids = torch.ones(2, 8, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    names = ["input_ids", "attention_mask"]
    torch.onnx.export(
        model, (ids, ids), out, opset_version=14, input_names=names, output_names=["hidden"],
        dynamic_axes={name: axes for name in [*names, "hidden"]},
    )  # fmt: skip


WORDS = """the board approved a new budget for next quarter after everyone had discussed what it would cost and who
should write to our customers before march because nobody wanted another late delivery of parts from one supplier while
other teams were waiting in vain to begin with their work on stairs doors windows engines trains rivers and maps""".split()


def texts(n_texts, n_words):
    """About so many words each; English words like these are a token each."""
    state = 1
    for i in range(n_texts):
        words = []
        for _ in range(n_words + i % 9 - 4):
            state = (state * 1664525 + 1013904223) % 2**32
            words.append(WORDS[(state >> 8) % len(WORDS)])
        yield " ".join(words)


def compare(folder, onnx, bench, n_threads="2", n_rounds="3"):
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(n_threads)
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])

    def embed(texts, n_together):
        encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
        vectors = [None] * len(texts)
        for start in range(0, len(order), n_together):
            batch = order[start : start + n_together]
            n_tokens = max(len(encoded[i]) for i in batch)
            ids = np.zeros((len(batch), n_tokens), np.int64)
            mask = np.zeros((len(batch), n_tokens), np.int64)
            for row, i in enumerate(batch):
                ids[row, : len(encoded[i])] = encoded[i]
                mask[row, : len(encoded[i])] = 1
            (hidden,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
            sums = (hidden * mask[..., None]).sum(1)
            for i, vector in zip(batch, sums / np.linalg.norm(sums, axis=1, keepdims=True)):
                vectors[i] = vector
        return np.array(vectors)

    kinds = {"passages": list(texts(256, 128)), "sentences": list(texts(256, 18))}
    for name, its in kinds.items():
        lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch(its)]
        print(f"{name}: {len(its)} texts of {sum(lengths) / len(its):.1f} tokens", flush=True)

    def seconds(its, n_together):
        started = time.perf_counter()
        embed(its, n_together)
        return time.perf_counter() - started

    best = {}
    for name, its in kinds.items():
        seconds(its, 32)
        tried = {n: seconds(its, n) for n in (8, 16, 32)}
        best[name] = min(tried, key=tried.get)
        print(name, "batches for ONNX Runtime:", {n: round(t, 3) for n, t in tried.items()}, flush=True)

    with tempfile.TemporaryDirectory() as home:
        paths = []
        for name, its in kinds.items():
            paths.append(Path(home) / f"{name}.txt")
            paths[-1].write_text("\n".join(its) + "\n")
        environment = os.environ | {"RAYON_NUM_THREADS": n_threads, "CANDLE_NUM_THREADS": n_threads}
        command = [bench, folder, *map(str, paths)]
        ours = subprocess.run([*command, "--vectors"], env=environment, capture_output=True, check=True).stdout
        ours = np.array(json.loads(ours))
        theirs = np.concatenate([embed(its, best[name]) for name, its in kinds.items()])
        print(f"largest difference between vectors: {abs(ours - theirs).max():.2e}", flush=True)

        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def round_here():
            process.stdin.write("\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        round_here()
        all_here, all_there = [], []
        for number in range(int(n_rounds)):
            here = round_here()
            there = [seconds(its, best[name]) for name, its in kinds.items()]
            all_here.append(here["seconds"])
            all_there.append(there)
            for name, ours, theirs in zip(kinds, here["seconds"], there):
                print(f"round {number + 1}, {name}: here {ours:.3f} s, ONNX Runtime {theirs:.3f} s", flush=True)
        for name, ours, theirs in zip(kinds, zip(*all_here), zip(*all_there)):
            ratio = sorted(theirs)[len(theirs) // 2] / sorted(ours)[len(ours) // 2]
            print(f"{name}: {ratio:.2f} times ONNX Runtime's speed, by medians")
        print("here:", {key: here[key] for key in ("load_ms", "peak_memory_mb", "n_threads")})
        process.stdin.close()
        process.wait()


{"export": export, "compare": compare}[sys.argv[1]](*sys.argv[2:])
