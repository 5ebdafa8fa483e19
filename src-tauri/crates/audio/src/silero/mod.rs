//! Silero's voice activity network (version 6, 16 kHz), computed here.
//!
//! The graph is small: magnitudes of a Fourier transform, four convolutions, one LSTM cell, one
//! output. Running it by hand saves a runtime of many megabytes; the weights are 445 kB. Where they
//! come from and how they are laid out is in `weights.py`, their licence is in `LICENSE`.

use std::sync::{Arc, OnceLock};

use half::f16;
use half::slice::HalfFloatSliceExt;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples that one step takes: 32 ms at 16 kHz.
pub(crate) const STEP: usize = 512;

/// Samples of the step before that the network looks back at.
const CONTEXT: usize = 64;

/// Samples mirrored behind the step, to fill the last transform.
const MIRRORED: usize = 64;

const FFT: usize = 256;
const HOP: usize = 128;
const N_SPECTRA: usize = 4;
const N_BINS: usize = FFT / 2 + 1;
const HIDDEN: usize = 128;
const GATES: usize = 4 * HIDDEN;
const WIDE: usize = 128;
const NARROW: usize = 64;

static BYTES: &[u8] = include_bytes!("weights.bin");

/// A layer's weights, outputs innermost, and its bias.
struct Layer {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

struct Weights {
    conv: [Layer; 4],
    input: Vec<f32>,
    recurrent: Layer,
    output: Layer,
}

/// Takes numbers off the front of the file.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, n: usize) -> Vec<f32> {
        let (bytes, rest) = self.0.split_at(2 * n);
        self.0 = rest;
        let halves: Vec<f16> = bytes
            .chunks_exact(2)
            .map(|pair| f16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        halves.to_f32_vec()
    }

    fn layer(&mut self, n_weights: usize, n_out: usize) -> Layer {
        Layer {
            weights: self.take(n_weights),
            bias: self.take(n_out),
        }
    }
}

fn weights() -> &'static Weights {
    static WEIGHTS: OnceLock<Weights> = OnceLock::new();
    WEIGHTS.get_or_init(|| {
        let mut reader = Reader(BYTES);
        Weights {
            conv: [
                reader.layer(3 * N_BINS * WIDE, WIDE),
                reader.layer(3 * WIDE * NARROW, NARROW),
                reader.layer(2 * NARROW * NARROW, NARROW),
                reader.layer(NARROW * WIDE, WIDE),
            ],
            input: reader.take(WIDE * GATES),
            recurrent: reader.layer(HIDDEN * GATES, GATES),
            output: reader.layer(HIDDEN, 1),
        }
    })
}

/// `out += weightsᵀ · inputs`, four inputs at a time, so that sums stay in registers.
fn accumulate(out: &mut [f32], weights: &[f32], inputs: &[f32]) {
    let n_out = out.len();
    let fours = inputs.chunks_exact(4);
    let rest = fours.remainder();
    let n_whole = inputs.len() - rest.len();
    for (quad, rows) in fours.zip(weights.chunks_exact(4 * n_out)) {
        let [a, b, c, d] = *quad else { return };
        // After a rectifier whole groups are often zero.
        if a == 0.0 && b == 0.0 && c == 0.0 && d == 0.0 {
            continue;
        }
        let (row_a, rows) = rows.split_at(n_out);
        let (row_b, rows) = rows.split_at(n_out);
        let (row_c, row_d) = rows.split_at(n_out);
        let rows = row_a.iter().zip(row_b).zip(row_c.iter().zip(row_d));
        for (sum, ((wa, wb), (wc, wd))) in out.iter_mut().zip(rows) {
            *sum += (wa * a + wb * b) + (wc * c + wd * d);
        }
    }
    for (input, row) in rest.iter().zip(weights[n_whole * n_out..].chunks_exact(n_out)) {
        for (sum, weight) in out.iter_mut().zip(row) {
            *sum += weight * input;
        }
    }
}

fn rectify(values: &mut [f32]) {
    values.iter_mut().for_each(|value| *value = value.max(0.0));
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// A convolution over `inputs` (steps, each `n_in` wide), padded by one step of zeros on either
/// side, rectified.
fn convolve<const OUT: usize, const STEPS: usize>(
    layer: &Layer,
    inputs: &[f32],
    n_in: usize,
    stride: usize,
) -> [[f32; OUT]; STEPS] {
    let mut outputs = [[0.0; OUT]; STEPS];
    for (step_idx, output) in outputs.iter_mut().enumerate() {
        output.copy_from_slice(&layer.bias);
        for (tap_idx, weights) in layer.weights.chunks_exact(n_in * OUT).enumerate() {
            let source = (step_idx * stride + tap_idx).checked_sub(1);
            if let Some(input) = source.and_then(|source| inputs.chunks_exact(n_in).nth(source)) {
                accumulate(output, weights, input);
            }
        }
        rectify(output);
    }
    outputs
}

/// The network and what it remembers.
pub(crate) struct Silero {
    fft: Arc<dyn RealToComplex<f32>>,
    window: [f32; FFT],
    scratch: Vec<Complex<f32>>,
    /// Context, step, mirrored end.
    signal: [f32; CONTEXT + STEP + MIRRORED],
    hidden: [f32; HIDDEN],
    cell: [f32; HIDDEN],
}

impl Silero {
    /// A network that has heard nothing yet.
    pub(crate) fn new() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(FFT);
        let turn = |i: usize| i as f32 * std::f32::consts::TAU / FFT as f32;
        Self {
            scratch: fft.make_scratch_vec(),
            fft,
            window: std::array::from_fn(|i| 0.5 - 0.5 * turn(i).cos()),
            signal: [0.0; CONTEXT + STEP + MIRRORED],
            hidden: [0.0; HIDDEN],
            cell: [0.0; HIDDEN],
        }
    }

    /// Probability of speech in the next step.
    pub(crate) fn step(&mut self, samples: &[f32; STEP]) -> f32 {
        let weights = weights();
        self.signal.copy_within(STEP..STEP + CONTEXT, 0);
        self.signal[CONTEXT..CONTEXT + STEP].copy_from_slice(samples);
        let end = CONTEXT + STEP;
        for i in 0..MIRRORED {
            self.signal[end + i] = self.signal[end - 2 - i];
        }
        let spectra = self.spectra();
        let wide: [[f32; WIDE]; 4] = convolve(&weights.conv[0], spectra.as_flattened(), N_BINS, 1);
        let narrow: [[f32; NARROW]; 2] = convolve(&weights.conv[1], wide.as_flattened(), WIDE, 2);
        // Of the last two layers only those taps are left that meet anything but padding.
        let mut joined = [0.0; NARROW];
        joined.copy_from_slice(&weights.conv[2].bias);
        accumulate(&mut joined, &weights.conv[2].weights, narrow.as_flattened());
        rectify(&mut joined);
        let mut encoded = [0.0; WIDE];
        encoded.copy_from_slice(&weights.conv[3].bias);
        accumulate(&mut encoded, &weights.conv[3].weights, &joined);
        rectify(&mut encoded);
        self.remember(weights, &encoded);
        let mut output = weights.output.bias[0];
        for (hidden, weight) in self.hidden.iter().zip(&weights.output.weights) {
            output += hidden.max(0.0) * weight;
        }
        sigmoid(output)
    }

    /// Magnitudes of overlapping transforms.
    fn spectra(&mut self) -> [[f32; N_BINS]; N_SPECTRA] {
        let mut spectra = [[0.0; N_BINS]; N_SPECTRA];
        let mut bins = [Complex::default(); N_BINS];
        for (spectrum_idx, spectrum) in spectra.iter_mut().enumerate() {
            let part = &self.signal[spectrum_idx * HOP..spectrum_idx * HOP + FFT];
            let mut windowed: [f32; FFT] = std::array::from_fn(|i| part[i] * self.window[i]);
            // It fails only for buffers of the wrong length, and these are of the right one.
            let done = self
                .fft
                .process_with_scratch(&mut windowed, &mut bins, &mut self.scratch);
            debug_assert!(done.is_ok(), "the buffers fit the transform");
            for (magnitude, bin) in spectrum.iter_mut().zip(&bins) {
                *magnitude = bin.norm_sqr().sqrt();
            }
        }
        spectra
    }

    fn remember(&mut self, weights: &Weights, encoded: &[f32; WIDE]) {
        let mut gates = [0.0; GATES];
        gates.copy_from_slice(&weights.recurrent.bias);
        accumulate(&mut gates, &weights.input, encoded);
        accumulate(&mut gates, &weights.recurrent.weights, &self.hidden);
        for i in 0..HIDDEN {
            let [input, output, forget, new] = [0, 1, 2, 3].map(|gate| gates[gate * HIDDEN + i]);
            self.cell[i] = sigmoid(forget) * self.cell[i] + sigmoid(input) * new.tanh();
            self.hidden[i] = sigmoid(output) * self.cell[i].tanh();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ONNX Runtime makes of `short-en.wav` with the published file, every eighth step.
    const EXPECTED: [f32; 17] = [
        0.024, 0.001, 0.860, 0.726, 0.397, 0.974, 0.991, 0.990, 0.991, 0.870, 0.993, 0.991, 0.990, 0.989,
        0.992, 0.207, 0.028,
    ];

    #[test]
    fn the_published_network_gives_the_same_probabilities() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../tests/fixtures/short-en.wav"
        );
        let mut wav = hound::WavReader::open(path).expect("the fixture is there");
        let samples: Vec<f32> = wav
            .samples::<i16>()
            .map(|sample| f32::from(sample.expect("the fixture is whole")) / 32_768.0)
            .collect();
        let mut silero = Silero::new();
        let (steps, _) = samples.as_chunks::<STEP>();
        let found: Vec<f32> = steps.iter().map(|step| silero.step(step)).collect();
        for (found, expected) in found.iter().step_by(8).zip(EXPECTED) {
            assert!(
                (found - expected).abs() < 0.01,
                "{found} instead of {expected}: the network is computed wrongly"
            );
        }
    }

    #[test]
    fn the_weights_are_read_to_the_last_byte() {
        let weights = weights();
        let layers = weights.conv.iter().chain([&weights.recurrent, &weights.output]);
        let n: usize = layers.map(|layer| layer.weights.len() + layer.bias.len()).sum();
        assert_eq!(
            2 * (n + weights.input.len()),
            BYTES.len(),
            "the layout is that of weights.py"
        );
    }
}
