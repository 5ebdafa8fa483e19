use std::path::Path;

use recordroute_core::SAMPLE_RATE_HZ;

use crate::AudioError;

/// Writes mono samples at 16 kHz as 16-bit WAV.
pub fn write_wav_16k_mono(path: &Path, samples: &[f32]) -> Result<(), AudioError> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let into_audio_error = |error: hound::Error| match error {
        hound::Error::IoError(error) => AudioError::Io(error),
        other => AudioError::Io(std::io::Error::other(other.to_string())),
    };
    let mut writer = hound::WavWriter::create(path, spec).map_err(into_audio_error)?;
    for sample in samples {
        let scaled = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round();
        writer.write_sample(scaled as i16).map_err(into_audio_error)?;
    }
    writer.finalize().map_err(into_audio_error)
}
