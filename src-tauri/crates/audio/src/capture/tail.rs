//! Reads a recording while it grows.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::file::{CaptureFormat, HEAD_BYTES};
use crate::AudioError;

/// Frames that are read at once at most.
const MAX_FRAMES: u64 = 48_000;

/// Follows the end of the file of a recording that another process writes, and never disturbs it.
#[derive(Debug)]
pub(crate) struct Tail {
    file: File,
    format: CaptureFormat,
    n_frames_read: u64,
    bytes: Vec<u8>,
}

impl Tail {
    /// Opens the file; reading begins so far in it, or at its end where it is shorter.
    pub fn open(path: &Path, start_ms: u64) -> Result<Self, AudioError> {
        let mut file = File::open(path)?;
        let mut head = Vec::with_capacity(HEAD_BYTES as usize);
        file.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
        let format = CaptureFormat::of_head(&head)
            .ok_or_else(|| AudioError::Damaged("its head is not that of a recording".to_owned()))?;
        let mut tail = Self {
            file,
            format,
            n_frames_read: 0,
            bytes: Vec::new(),
        };
        let start = start_ms.saturating_mul(u64::from(format.sample_rate_hz)) / 1_000;
        tail.n_frames_read = start.min(tail.n_frames()?);
        Ok(tail)
    }

    pub fn sample_rate_hz(&self) -> u32 {
        self.format.sample_rate_hz
    }

    /// Where reading has come to.
    pub fn position_ms(&self) -> u64 {
        self.format.duration_ms(self.n_frames_read)
    }

    /// Adds frames that were not read yet to `mono`; tells whether there may be more.
    pub fn read(&mut self, mono: &mut Vec<f32>) -> Result<bool, AudioError> {
        let frame_bytes = self.format.frame_bytes();
        let n_new = self.n_frames()?.saturating_sub(self.n_frames_read);
        let n_taken = n_new.min(MAX_FRAMES);
        if n_taken == 0 {
            return Ok(false);
        }
        self.file
            .seek(SeekFrom::Start(HEAD_BYTES + self.n_frames_read * frame_bytes))?;
        self.bytes.resize((n_taken * frame_bytes) as usize, 0);
        self.file.read_exact(&mut self.bytes)?;
        self.format.decode_mono(&self.bytes, mono);
        self.n_frames_read += n_taken;
        Ok(n_taken < n_new)
    }

    /// Whole frames in the file now.
    fn n_frames(&self) -> Result<u64, AudioError> {
        let n_bytes = self.file.metadata()?.len().saturating_sub(HEAD_BYTES);
        Ok(n_bytes / self.format.frame_bytes().max(1))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::file::CaptureFile;
    use super::super::source::SampleWidth;
    use super::*;

    #[test]
    fn frames_are_read_as_they_come_and_mixed() {
        for width in [SampleWidth::Bits16, SampleWidth::Bits24] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("growing.wav");
            let format = CaptureFormat {
                sample_rate_hz: 1_000,
                n_channels: 2,
                width,
            };
            let mut file = CaptureFile::create(&path, format).unwrap();
            let mut tail = Tail::open(&path, 0).unwrap();
            let mut mono = Vec::new();
            assert!(!tail.read(&mut mono).unwrap(), "nothing is there yet");
            file.append(&[0.5, -0.25, -1.0, -0.5], Duration::ZERO).unwrap();
            tail.read(&mut mono).unwrap();
            assert_eq!(
                mono,
                [0.125, -0.75],
                "each frame is the mean of its channels: {width:?}"
            );
            file.append(&[0.25, 0.25], Duration::ZERO).unwrap();
            tail.read(&mut mono).unwrap();
            assert_eq!(mono.len(), 3, "only what is new is read");
            assert_eq!(tail.position_ms(), 3, "and counted");
            assert_eq!(
                Tail::open(&path, 9_000).unwrap().position_ms(),
                3,
                "who begins later than its end begins at its end"
            );
            file.finish().unwrap();
            assert!(!tail.read(&mut mono).unwrap(), "its end adds nothing");
        }
    }
}
