"""Logits of a Whisper model in the CTranslate2 layout, by CTranslate2 itself in 32 bits: where the
numbers in ../conversion.rs come from.

    pip install faster-whisper
    python logits.py MODEL_FOLDER AUDIO LANGUAGE > NAME.json

LANGUAGE is that of a multilingual model, or "-" for a model that knows only English.
"""

import json
import sys

import ctranslate2
import numpy as np
from faster_whisper.audio import decode_audio
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import Tokenizer
from tokenizers import Tokenizer as Vocabulary

N_STEPS = 24
N_BEST = 5

folder, path, language = sys.argv[1:4]
model = ctranslate2.models.Whisper(folder, device="cpu", compute_type="float32", intra_threads=2)
samples = decode_audio(path)
features = FeatureExtractor(feature_size=80)(np.pad(samples, (0, 480_000 - len(samples))))[:, :3000]
vocabulary = Vocabulary.from_file(f"{folder}/tokenizer.json")
tokenizer = Tokenizer(vocabulary, language != "-", task="transcribe", language=language)
prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
result = model.generate(
    ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None])),
    [prompt],
    beam_size=1,
    max_length=len(prompt) + N_STEPS,
    suppress_tokens=[],
    suppress_blank=False,
    return_logits_vocab=True,
)[0]
steps = []
for token, logits in zip(result.sequences_ids[0], result.logits[0]):
    logits = np.array(logits).reshape(-1)
    best = np.argsort(-logits)[:N_BEST]
    steps.append({"token": token, "best": [[int(i), round(float(logits[i]), 3)] for i in best]})
json.dump({"prompt": prompt, "steps": steps}, sys.stdout, separators=(",", ":"))
print()
