"""SmolLM2-135M in plain numpy, from its GGUF file: where the texts in ../generate.rs come from.

    pip install numpy gguf tokenizers
    python smollm2.py FILE PROMPT...
"""

import sys

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

reader = GGUFReader(sys.argv[1])
weights = {t.name: dequantize(t.data, t.tensor_type).astype(np.float32) for t in reader.tensors}
tokens, merges, kinds = (reader.fields[f"tokenizer.ggml.{part}"].contents() for part in ("tokens", "merges", "token_type"))

tokenizer = Tokenizer(models.BPE({text: i for i, text in enumerate(tokens)}, [tuple(m.split(" ")) for m in merges]))
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.add_special_tokens([AddedToken(text, special=True) for text, kind in zip(tokens, kinds) if kind == 3])

HIDDEN, HEADS, KV_HEADS, HEAD_SIZE, LAYERS = 576, 9, 3, 64, 30
END = 2
# What the model's chat template says where nothing else is said.
SYSTEM = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"


def rms_norm(x, gain):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * gain


def rotate(x):
    """Pairs are neighbours: the converter to GGUF has permuted the rows."""
    angles = np.arange(x.shape[1])[:, None] / 100_000 ** (np.arange(0, HEAD_SIZE, 2) / HEAD_SIZE)
    even, odd, out = x[..., 0::2], x[..., 1::2], np.empty_like(x)
    out[..., 0::2] = even * np.cos(angles) - odd * np.sin(angles)
    out[..., 1::2] = even * np.sin(angles) + odd * np.cos(angles)
    return out


def logits(ids):
    n = len(ids)
    x = weights["token_embd.weight"][ids]
    mask = np.triu(np.full((n, n), -np.inf), 1)
    for layer in range(LAYERS):
        w = lambda name: weights[f"blk.{layer}.{name}.weight"].T
        heads = lambda y, n_heads: y.reshape(n, n_heads, HEAD_SIZE).transpose(1, 0, 2)
        h = rms_norm(x, w("attn_norm"))
        q = rotate(heads(h @ w("attn_q"), HEADS))
        k = rotate(heads(h @ w("attn_k"), KV_HEADS)).repeat(HEADS // KV_HEADS, 0)
        v = heads(h @ w("attn_v"), KV_HEADS).repeat(HEADS // KV_HEADS, 0)
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(HEAD_SIZE) + mask
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        x = x + (scores @ v).transpose(1, 0, 2).reshape(n, HIDDEN) @ w("attn_output")
        h = rms_norm(x, w("ffn_norm"))
        gate = h @ w("ffn_gate")
        x = x + (gate / (1 + np.exp(-gate)) * (h @ w("ffn_up"))) @ w("ffn_down")
    return rms_norm(x[-1], weights["output_norm.weight"]) @ weights["token_embd.weight"].T


for prompt in sys.argv[2:]:
    ids = tokenizer.encode(f"{SYSTEM}<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n").ids
    n_prompt = len(ids)
    while len(ids) < n_prompt + 64 and (best := int(logits(ids).argmax())) != END:
        ids.append(best)
    print(n_prompt, len(ids) - n_prompt, repr(tokenizer.decode(ids[n_prompt:])))
