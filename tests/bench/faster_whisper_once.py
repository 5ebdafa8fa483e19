"""One file through faster-whisper, int8 and with its voice activity filter; the text on stdout.

    python faster_whisper_once.py MODEL_FOLDER AUDIO THREADS LANGUAGE
"""

import sys

from faster_whisper import WhisperModel

folder, audio, threads, language = sys.argv[1:5]
model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=int(threads))
segments, _ = model.transcribe(audio, language=language, vad_filter=True)
for segment in segments:
    print(segment.text.strip(), flush=True)
