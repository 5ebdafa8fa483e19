//! The file of a recording. From its first byte it is a WAV whose lengths are not known yet, so that
//! nothing has to be copied at the end, when the disk may be full, and so that a cut at any byte
//! leaves a readable file. The head keeps room for 64-bit lengths (RF64, EBU Tech 3306).
//!
//! Uncompressed: an encoder would hold back its last block when the program is killed, and writing
//! the file a second time as FLAC would need the space and the time just when the user stops.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::CaptureError;
use super::source::SampleWidth;

/// Bytes before the first sample.
pub const HEAD_BYTES: u64 = 80;

/// Largest file whose lengths fit into 32 bits.
const MAX_PLAIN_BYTES: u64 = u32::MAX as u64;

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureFormat {
    /// Frames a second.
    pub sample_rate_hz: u32,
    /// Interleaved channels.
    pub n_channels: u16,
    /// Bits of a sample.
    pub width: SampleWidth,
}

impl CaptureFormat {
    pub(crate) fn frame_bytes(&self) -> u64 {
        self.width.n_bytes() as u64 * u64::from(self.n_channels)
    }

    /// Whole frames in so many bytes, as milliseconds.
    pub fn duration_ms(&self, n_frames: u64) -> u64 {
        n_frames * 1_000 / u64::from(self.sample_rate_hz.max(1))
    }

    fn head(&self, n_data_bytes: Option<u64>) -> Vec<u8> {
        let block = self.frame_bytes() as u32;
        let bits = self.width.n_bytes() as u16 * 8;
        let file_bytes = n_data_bytes.map(|bytes| bytes + bytes % 2 + HEAD_BYTES - 8);
        let is_wide = file_bytes.is_some_and(|bytes| bytes > MAX_PLAIN_BYTES);
        let short = |bytes: Option<u64>| {
            if is_wide {
                u32::MAX
            } else {
                bytes.unwrap_or(0) as u32
            }
        };
        let mut head = Vec::with_capacity(HEAD_BYTES as usize);
        head.extend_from_slice(if is_wide { b"RF64" } else { b"RIFF" });
        head.extend_from_slice(&short(file_bytes).to_le_bytes());
        head.extend_from_slice(b"WAVE");
        head.extend_from_slice(if is_wide { b"ds64" } else { b"JUNK" });
        head.extend_from_slice(&28_u32.to_le_bytes());
        let (file_bytes, data_bytes) = match is_wide {
            true => (file_bytes.unwrap_or(0), n_data_bytes.unwrap_or(0)),
            false => (0, 0),
        };
        head.extend_from_slice(&file_bytes.to_le_bytes());
        head.extend_from_slice(&data_bytes.to_le_bytes());
        head.extend_from_slice(&(data_bytes / self.frame_bytes().max(1)).to_le_bytes());
        head.extend_from_slice(&0_u32.to_le_bytes());
        head.extend_from_slice(b"fmt ");
        head.extend_from_slice(&16_u32.to_le_bytes());
        head.extend_from_slice(&1_u16.to_le_bytes());
        head.extend_from_slice(&self.n_channels.to_le_bytes());
        head.extend_from_slice(&self.sample_rate_hz.to_le_bytes());
        head.extend_from_slice(&(self.sample_rate_hz * block).to_le_bytes());
        head.extend_from_slice(&(block as u16).to_le_bytes());
        head.extend_from_slice(&bits.to_le_bytes());
        head.extend_from_slice(b"data");
        head.extend_from_slice(&short(n_data_bytes).to_le_bytes());
        head
    }

    pub(crate) fn of_head(head: &[u8]) -> Option<Self> {
        let u16_at = |at: usize| Some(u16::from_le_bytes(head.get(at..at + 2)?.try_into().ok()?));
        let is_ours = matches!(head.get(..4)?, b"RIFF" | b"RF64")
            && matches!(head.get(12..16)?, b"JUNK" | b"ds64")
            && head.get(48..52)? == b"fmt "
            && head.get(72..76)? == b"data";
        let format = Self {
            sample_rate_hz: u32::from_le_bytes(head.get(60..64)?.try_into().ok()?),
            n_channels: u16_at(58)?,
            width: match u16_at(70)? {
                16 => SampleWidth::Bits16,
                24 => SampleWidth::Bits24,
                _ => return None,
            },
        };
        (is_ours && format.n_channels > 0 && format.sample_rate_hz > 0).then_some(format)
    }

    /// Samples as the file holds them.
    pub(crate) fn encode(&self, samples: &[f32], bytes: &mut Vec<u8>) {
        // The factors are those by which devices' integers became floats: 16 bits come back exactly.
        match self.width {
            SampleWidth::Bits16 => {
                for sample in samples {
                    let value = (sample * 32_768.0).round() as i16;
                    bytes.extend_from_slice(&value.to_le_bytes());
                }
            }
            SampleWidth::Bits24 => {
                for sample in samples {
                    let value = (sample * 8_388_608.0).round().clamp(-8_388_608.0, 8_388_607.0) as i32;
                    bytes.extend(value.to_le_bytes().into_iter().take(3));
                }
            }
        }
    }

    /// Adds the frames of whole `bytes`, their channels mixed by their mean, to `mono`.
    pub(crate) fn decode_mono(&self, bytes: &[u8], mono: &mut Vec<f32>) {
        let gain = 1.0 / f32::from(self.n_channels.max(1));
        let sample = |bytes: &[u8]| match *bytes {
            [low, high] => f32::from(i16::from_le_bytes([low, high])) / 32_768.0,
            // Read as the upper bytes of 32 bits, so that the sign is where it belongs.
            [low, middle, high] => i32::from_le_bytes([0, low, middle, high]) as f32 / 2_147_483_648.0,
            _ => 0.0,
        };
        let frames = bytes.chunks_exact(self.frame_bytes().max(1) as usize);
        mono.extend(frames.map(|frame| {
            let samples = frame.chunks_exact(self.width.n_bytes()).map(sample);
            samples.sum::<f32>() * gain
        }));
    }
}

/// A recording that grows.
#[derive(Debug)]
pub(crate) struct CaptureFile {
    path: PathBuf,
    file: File,
    format: CaptureFormat,
    n_data_bytes: u64,
    synced_at: Instant,
    bytes: Vec<u8>,
}

impl CaptureFile {
    /// Begins a new file; one that is there is never written over.
    pub fn create(path: &Path, format: CaptureFormat) -> Result<Self, CaptureError> {
        let io = |source| CaptureError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(io)?;
        file.write_all(&format.head(None))
            .and_then(|()| file.sync_all())
            .map_err(io)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            format,
            n_data_bytes: 0,
            synced_at: Instant::now(),
            bytes: Vec::new(),
        })
    }

    /// Appends interleaved frames. They are with the system at once, and on the disk within a second.
    pub fn append(&mut self, samples: &[f32], sync_every: Duration) -> io::Result<()> {
        self.bytes.clear();
        self.format.encode(samples, &mut self.bytes);
        self.file.write_all(&self.bytes)?;
        self.n_data_bytes += self.bytes.len() as u64;
        if self.synced_at.elapsed() >= sync_every {
            self.file.sync_data()?;
            self.synced_at = Instant::now();
        }
        Ok(())
    }

    /// Frames that were appended.
    pub fn n_frames(&self) -> u64 {
        self.n_data_bytes / self.format.frame_bytes()
    }

    /// Writes the lengths. After a full disk the half frame at the end goes.
    pub fn finish(self) -> Result<Repaired, CaptureError> {
        drop(self.file);
        repair(&self.path)
    }
}

/// A file that has its lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repaired {
    /// What is in it.
    pub format: CaptureFormat,
    /// Whole frames.
    pub n_frames: u64,
}

/// Makes a file that was cut anywhere whole: what is left of a frame at the end goes, the lengths are
/// written. Does the same again where it was done.
pub fn repair(path: &Path) -> Result<Repaired, CaptureError> {
    let io = |source| CaptureError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
    let Repaired { format, n_frames } = look(&file, path)?;
    let n_data_bytes = n_frames * format.frame_bytes();
    let mend = |file: &mut File| {
        file.set_len(HEAD_BYTES + n_data_bytes)?;
        if n_data_bytes % 2 == 1 {
            // Chunks have even lengths; this byte is not counted.
            file.seek(SeekFrom::End(0))?;
            file.write_all(&[0])?;
        }
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&format.head(Some(n_data_bytes)))?;
        file.sync_all()
    };
    mend(&mut file).map_err(io)?;
    Ok(Repaired { format, n_frames })
}

/// Looks at a file that may still grow, without changing it.
pub fn measure(path: &Path) -> Result<Repaired, CaptureError> {
    let file = File::open(path).map_err(|source| CaptureError::Io {
        path: path.to_owned(),
        source,
    })?;
    look(&file, path)
}

/// The format and the whole frames of an open file.
fn look(file: &File, path: &Path) -> Result<Repaired, CaptureError> {
    let io = |source| CaptureError::Io {
        path: path.to_owned(),
        source,
    };
    let mut head = Vec::with_capacity(HEAD_BYTES as usize);
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(io)?;
    let format = CaptureFormat::of_head(&head).ok_or_else(|| CaptureError::NotACapture {
        path: path.to_owned(),
    })?;
    let n_bytes = file.metadata().map_err(io)?.len().saturating_sub(HEAD_BYTES);
    Ok(Repaired {
        format,
        n_frames: n_bytes / format.frame_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMAT: CaptureFormat = CaptureFormat {
        sample_rate_hz: 16_000,
        n_channels: 2,
        width: SampleWidth::Bits24,
    };

    fn written(dir: &Path, format: CaptureFormat, samples: &[f32]) -> PathBuf {
        let path = dir.join("a.wav");
        let mut file = CaptureFile::create(&path, format).unwrap();
        file.append(samples, Duration::ZERO).unwrap();
        path
    }

    fn decoded(path: &Path) -> Vec<f32> {
        let mut decoder = crate::Decoder::open(path).unwrap();
        let mut samples = Vec::new();
        while let Some(block) = decoder.next_block().unwrap() {
            samples.extend(block.samples);
        }
        samples
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_cut_at_any_byte_costs_no_whole_frame(n_kept in 0_u64..(80 + 6 * 500)) {
            let dir = tempfile::tempdir().unwrap();
            let samples: Vec<f32> = (0..1_000).map(|idx| idx as f32 / 1_024.0).collect();
            let path = written(dir.path(), FORMAT, &samples);
            OpenOptions::new().write(true).open(&path).unwrap().set_len(n_kept).unwrap();
            match repair(&path) {
                Err(error) => prop_assert!(n_kept < HEAD_BYTES, "only without a head there is nothing: {error}"),
                Ok(repaired) => {
                    prop_assert_eq!(repaired.n_frames, n_kept.saturating_sub(HEAD_BYTES) / 6, "every whole frame is kept");
                    prop_assert_eq!(repaired.format, FORMAT, "and what it is");
                    prop_assert_eq!(repair(&path).unwrap(), repaired, "a second time changes nothing");
                    let mut reader = hound::WavReader::open(&path).unwrap();
                    for (idx, sample) in reader.samples::<i32>().enumerate() {
                        prop_assert_eq!(sample.unwrap(), idx as i32 * 8_192, "every sample is what it was");
                    }
                }
            }
        }
    }

    #[test]
    fn sixteen_bits_come_back_exactly() {
        let values: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let floats: Vec<f32> = values.iter().map(|value| f32::from(*value) / 32_768.0).collect();
        let format = CaptureFormat {
            width: SampleWidth::Bits16,
            ..FORMAT
        };
        let mut bytes = Vec::new();
        format.encode(&floats, &mut bytes);
        let back: Vec<i16> = bytes
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        assert_eq!(back, values, "the device's own values are in the file");
    }

    #[test]
    fn a_file_is_readable_while_it_grows_and_after() {
        let dir = tempfile::tempdir().unwrap();
        let tone: Vec<f32> = (0..32_000).map(|idx| (idx as f32 * 0.01).sin() * 0.5).collect();
        let path = written(dir.path(), FORMAT, &tone);
        let growing = decoded(&path);
        assert_eq!(growing.len(), 16_000, "a second of two channels");
        repair(&path).unwrap();
        assert_eq!(decoded(&path), growing, "the lengths change nothing");
    }

    #[test]
    fn beyond_four_gigabytes_lengths_have_64_bits() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), FORMAT, &[0.5; 600]);
        // The rest is a hole: the file takes no room.
        let n_frames = 5_000_000_000 / 6;
        OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(80 + n_frames * 6)
            .unwrap();
        assert_eq!(repair(&path).unwrap().n_frames, n_frames, "nothing is cut off");
        assert!(
            std::fs::File::open(&path).is_ok_and(|mut file| {
                let mut name = [0; 4];
                file.read_exact(&mut name).is_ok() && &name == b"RF64"
            }),
            "it says so in its name"
        );
        let info = crate::probe(&path).unwrap();
        assert_eq!(
            info.duration_ms,
            Some(n_frames * 1_000 / 16_000),
            "and is read in full length"
        );
    }
}
