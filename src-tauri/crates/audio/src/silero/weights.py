"""Writes weights.bin from Silero's published ONNX file: python3 weights.py silero_vad_v6.onnx

Everything as little-endian f16, one after the other, transposed so that outputs are innermost:
  conv0  [tap 3][in 129][out 128], bias [128]      conv1  [tap 3][in 128][out 64], bias [64]
  conv2  [tap 2][in 64][out 64],   bias [64]       conv3  [in 64][out 128],        bias [128]
  lstm   input [in 128][out 512], recurrent [in 128][out 512], bias [512]; gates in ONNX's order iofc
  output weight [128], bias [1]
Taps that only ever meet padding are left out. The first layer of the file is a Fourier transform
under a Hann window, which is computed instead.
"""
import sys

import numpy as np
import onnx
from onnx import numpy_helper

graph = onnx.load(sys.argv[1]).graph
tensors = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
lstm_w, lstm_r, lstm_b = (tensors[name] for name in next(n for n in graph.node if n.op_type == "LSTM").input[1:4])

n = np.arange(256)
hann = 0.5 - 0.5 * np.cos(2 * np.pi * n / 256)
turns = 2 * np.pi * np.outer(np.arange(129), n) / 256
basis = np.concatenate([np.cos(turns), -np.sin(turns)]) * hann
assert np.abs(tensors["encoder.feature_extractor.forward_basis_buffer"][:, 0] - basis).max() < 1e-4, "not a Fourier transform"

conv = [tensors[f"encoder.conv_layers.{i}.weight"].transpose(2, 1, 0) for i in range(4)]
bias = [tensors[f"encoder.conv_layers.{i}.bias"] for i in range(4)]
parts = [
    conv[0], bias[0], conv[1], bias[1], conv[2][1:], bias[2], conv[3][1], bias[3],
    lstm_w[0].T, lstm_r[0].T, lstm_b[0, :512] + lstm_b[0, 512:],
    tensors["decoder.conv1d.weight"], tensors["decoder.conv1d.bias"],
]
with open("weights.bin", "wb") as out:
    for part in parts:
        out.write(np.ascontiguousarray(part).astype("<f2").tobytes())
