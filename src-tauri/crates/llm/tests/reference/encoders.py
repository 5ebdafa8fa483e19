"""Sentence vectors by transformers and PyTorch: where the numbers in ../fixtures come from.

    pip install "numpy<2" torch transformers safetensors tokenizers
    python encoders.py tiny ../fixtures
    python encoders.py vectors MODEL_FOLDER mean 256 ../fixtures/all-minilm-l6-v2.json
    python encoders.py vectors MODEL_FOLDER mean 512 ../fixtures/multilingual-e5-small.json "passage: "

`tiny` writes two small models with random weights and the vectors of some texts beside them: one with
XLM-RoBERTa's positions and its first token as vector, one a BERT of E5's kind, with a prefix before each text,
in floats of 16 bits. `vectors` writes those of a real model, with what is named last before each text.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoConfig, BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

TEXTS = [
    "This is an example sentence",
    "회의록을 정리했습니다.",
    "The budget was approved by the board.",
    "",
    "The quarterly report was discussed at length, and nobody wanted to decide. " * 40,
]


def vectors(folder, texts, pooling, max_tokens):
    config = AutoConfig.from_pretrained(folder)
    model = {"bert": BertModel, "xlm-roberta": XLMRobertaModel}[config.model_type](config, add_pooling_layer=False)
    weights = {name: value.float() for name, value in load_file(f"{folder}/model.safetensors").items()}
    missing = model.load_state_dict(weights, strict=False).missing_keys
    assert all(name.endswith("position_ids") or name.endswith("token_type_ids") for name in missing), missing
    model.eval()
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    found = []
    for text in texts:
        ids = torch.tensor([tokenizer.encode(text).ids])
        with torch.no_grad():
            hidden = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
        vector = hidden.mean(0) if pooling == "mean" else hidden[0]
        found.append((vector / vector.norm()).tolist())
    return found


def write_vectors(path, texts, vectors):
    rounded = [[float(f"{value:.6f}") for value in vector] for vector in vectors]
    lines = [json.dumps({"text": text, "vector": vector}, ensure_ascii=False) for text, vector in zip(texts, rounded)]
    Path(path).write_text("[\n" + ",\n".join(lines) + "\n]\n")


def tiny_tokenizer(folder):
    """Unigram with XLM-RoBERTa's special tokens, spelling most words letter by letter."""
    letters = sorted(set("".join(TEXTS) + "querypassage:") - {" "})
    words = ["▁", "▁the", "▁is", "▁was", "ing", "er", "▁query", "▁passage", "습니다"]
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = [(token, 0.0) for token in specials] + [(word, -2.0) for word in words] + [(it, -4.0) for it in letters]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(specials)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(f"{folder}/tokenizer.json", pretty=False)
    return len(pieces)


def tiny(folder, model_class, config_class, dtype, max_tokens, pooling, prefixes, **shape):
    folder.mkdir(parents=True, exist_ok=True)
    n_vocabulary = tiny_tokenizer(folder)
    config = config_class(vocab_size=n_vocabulary, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **shape)
    model = model_class(config, add_pooling_layer=False)
    generator = torch.Generator().manual_seed(7)
    for name, value in model.named_parameters():
        spread, middle = (0.1, 1.0) if name.endswith("LayerNorm.weight") else (0.3, 0.0)
        value.data = middle + spread * torch.randn(value.shape, generator=generator)
    weights = {name: value.detach().to(dtype).contiguous() for name, value in model.named_parameters()}
    save_file(weights, f"{folder}/model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(folder)

    write = lambda name, value: (folder / name).write_text(json.dumps(value, indent=2) + "\n")
    (folder / "1_Pooling").mkdir(exist_ok=True)
    modes = {"pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean"}
    write("1_Pooling/config.json", {"word_embedding_dimension": config.hidden_size, **modes})
    write("sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False})
    if prefixes:
        write("config_sentence_transformers.json", {"prompts": prefixes})
    for role in prefixes or ["passage"]:
        texts = [prefixes.get(role, "") + text for text in TEXTS]
        found = vectors(folder, texts, pooling, max_tokens)
        write_vectors(folder / f"{role}.json", TEXTS, found)


if sys.argv[1] == "tiny":
    out = Path(sys.argv[2])
    tiny(
        out / "tiny-xlm-roberta", XLMRobertaModel, XLMRobertaConfig, torch.float32, 300, "cls", {},
        hidden_size=40, num_attention_heads=5, num_hidden_layers=2, intermediate_size=72,
        max_position_embeddings=302, type_vocab_size=1, layer_norm_eps=1e-5,
    )  # fmt: skip
    tiny(
        out / "tiny-e5", BertModel, BertConfig, torch.float16, 50, "mean", {"query": "query: ", "passage": "passage: "},
        hidden_size=96, num_attention_heads=3, num_hidden_layers=1, intermediate_size=160,
        max_position_embeddings=64, type_vocab_size=2,
    )  # fmt: skip
else:
    _, _, folder, pooling, max_tokens, out, *prefix = sys.argv
    texts = ["".join([*prefix, text]) for text in TEXTS]
    write_vectors(out, TEXTS, vectors(folder, texts, pooling, int(max_tokens)))
