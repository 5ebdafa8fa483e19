use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use recordroute_core::SAMPLE_RATE_HZ;

use crate::AudioError;

/// A WAV of 16 bits, mono and 16 kHz: what the decoder gives, for players that cannot decode the
/// original.
pub struct SpeechWav {
    writer: hound::WavWriter<BufWriter<File>>,
}

impl SpeechWav {
    /// Begins the file; one that is there is replaced.
    pub fn create(path: &Path) -> Result<Self, AudioError> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE_HZ,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let writer = hound::WavWriter::create(path, spec).map_err(into_audio_error)?;
        Ok(Self { writer })
    }

    /// Adds samples.
    pub fn push(&mut self, samples: &[f32]) -> Result<(), AudioError> {
        for sample in samples {
            let scaled = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round();
            self.writer
                .write_sample(scaled as i16)
                .map_err(into_audio_error)?;
        }
        Ok(())
    }

    /// Writes the lengths; without it the file counts as cut short.
    pub fn finish(self) -> Result<(), AudioError> {
        self.writer.finalize().map_err(into_audio_error)
    }
}

fn into_audio_error(error: hound::Error) -> AudioError {
    match error {
        hound::Error::IoError(error) => AudioError::Io(error),
        other => AudioError::Io(std::io::Error::other(other.to_string())),
    }
}
