use std::path::Path;

/// A sine at a moderate level, mono, in -1.0..=1.0.
pub fn tone(frequency_hz: f32, seconds: f32, sample_rate_hz: u32) -> Vec<f32> {
    let n_samples = (seconds * sample_rate_hz as f32) as usize;
    (0..n_samples)
        .map(|sample_idx| {
            let at = sample_idx as f32 / sample_rate_hz as f32;
            0.3 * (std::f32::consts::TAU * frequency_hz * at).sin()
        })
        .collect()
}

/// Writes mono samples as a 16-bit WAV file.
pub fn write_wav(path: &Path, samples: &[f32], sample_rate_hz: u32) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: sample_rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16)?;
    }
    writer.finalize()
}
