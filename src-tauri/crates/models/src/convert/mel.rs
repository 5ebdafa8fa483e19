//! The mel filter bank that Whisper was trained with: librosa's, normalised as in Slaney's Auditory
//! Toolbox, for 16 kHz and a 400-point transform.

use crate::header::ggml::N_FFT_BINS;

const SAMPLE_RATE_HZ: f64 = 16_000.0;
const N_FFT: f64 = 400.0;

/// Below this frequency the scale is linear, above it logarithmic.
const BREAK_HZ: f64 = 1_000.0;
const LINEAR_HZ_PER_MEL: f64 = 200.0 / 3.0;

/// `n_mels` rows of [`N_FFT_BINS`] weights. Rounded to 32 bits in the two places where librosa
/// does, so that the numbers are those of the published models.
pub(crate) fn filter_bank(n_mels: u32) -> Vec<f32> {
    let edges_hz = edges_hz(n_mels);
    let mut bank = Vec::with_capacity((n_mels * N_FFT_BINS) as usize);
    for edges in edges_hz.windows(3) {
        let &[low, middle, high] = edges else { continue };
        let area = 2.0 / (high - low);
        for bin in 0..N_FFT_BINS {
            let hz = f64::from(bin) * (SAMPLE_RATE_HZ / N_FFT);
            let rising = (hz - low) / (middle - low);
            let falling = (high - hz) / (high - middle);
            let weight = rising.min(falling).max(0.0) as f32;
            bank.push((f64::from(weight) * area) as f32);
        }
    }
    bank
}

/// Corners of the triangles, evenly spaced on the mel scale.
fn edges_hz(n_mels: u32) -> Vec<f64> {
    let break_mel = BREAK_HZ / LINEAR_HZ_PER_MEL;
    let log_step = 6.4_f64.ln() / 27.0;
    let top_mel = break_mel + (SAMPLE_RATE_HZ / 2.0 / BREAK_HZ).ln() / log_step;
    let step = top_mel / f64::from(n_mels + 1);
    (0..n_mels + 2)
        .map(|idx| {
            let mel = if idx == n_mels + 1 {
                top_mel
            } else {
                f64::from(idx) * step
            };
            if mel >= break_mel {
                BREAK_HZ * (log_step * (mel - break_mel)).exp()
            } else {
                LINEAR_HZ_PER_MEL * mel
            }
        })
        .collect()
}
