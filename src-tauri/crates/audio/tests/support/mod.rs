//! What the tests share: reading fixtures, writing WAV of any kind, finding a sound in another.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use recordroute_audio::{AudioError, Decoder};

/// Samples in a millisecond at 16 kHz.
pub const PER_MS: usize = 16;

/// A file of the repository's fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../tests/fixtures")
        .join(name)
}

/// What became of a file.
pub struct Decoded {
    pub samples: Vec<f32>,
    pub notice: Option<String>,
    pub damaged: bool,
}

impl Decoded {
    pub fn ms(&self) -> u64 {
        (self.samples.len() / PER_MS) as u64
    }

    pub fn rms(&self) -> f32 {
        rms(&self.samples)
    }
}

pub fn decode(path: &Path) -> Result<Decoded, AudioError> {
    let mut decoder = Decoder::open(path)?;
    let mut decoded = Decoded {
        samples: Vec::new(),
        notice: None,
        damaged: false,
    };
    while let Some(block) = decoder.next_block()? {
        assert_eq!(
            block.start_sample,
            decoded.samples.len() as u64,
            "blocks follow each other without gaps"
        );
        decoded.damaged |= block.damaged;
        decoded.samples.extend(block.samples);
    }
    assert!(
        decoded.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)),
        "samples are numbers within full scale, whatever the file holds"
    );
    decoded.notice = decoder.notice();
    Ok(decoded)
}

/// Decodes bytes that stand in a file of that name.
pub fn decode_bytes(name: &str, bytes: &[u8]) -> Result<Decoded, AudioError> {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("the test's file can be written");
    decode(&path)
}

/// The sentence that a refused file ends in.
pub fn refusal(name: &str, bytes: &[u8]) -> String {
    match decode_bytes(name, bytes) {
        Ok(decoded) => panic!("{name} was taken for {} ms of sound", decoded.ms()),
        Err(error) => error.to_string(),
    }
}

pub fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// By how many samples `found` comes later than `reference` (the shift at which they agree best,
/// of up to 80 ms either way), and how well they agree: 1.0 is the same sound.
pub fn lag(found: &[f32], reference: &[f32]) -> (isize, f32) {
    let norm = rms(found) * rms(reference) * found.len().min(reference.len()) as f32;
    let reach = (80 * PER_MS) as isize;
    (-reach..=reach)
        .map(|shift| {
            let (late, early) = (shift.max(0) as usize, (-shift).max(0) as usize);
            let pairs = found.iter().skip(late).zip(reference.iter().skip(early));
            let product: f32 = pairs.map(|(a, b)| a * b).sum();
            (shift, product / norm.max(f32::MIN_POSITIVE))
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .expect("there are shifts")
}

/// The header of a WAV file and its data; lengths are the true ones unless `claimed_len` says
/// otherwise.
pub struct Wav {
    pub tag: u16,
    pub n_channels: u16,
    pub rate_hz: u32,
    pub bits: u16,
    pub data: Vec<u8>,
    pub claimed_len: Option<u32>,
}

impl Wav {
    pub fn bytes(&self) -> Vec<u8> {
        let block = self.n_channels * self.bits.div_ceil(8);
        let len = self.claimed_len.unwrap_or(self.data.len() as u32);
        [
            b"RIFF".as_slice(),
            &len.saturating_add(36).to_le_bytes(),
            b"WAVEfmt ",
            &16u32.to_le_bytes(),
            &self.tag.to_le_bytes(),
            &self.n_channels.to_le_bytes(),
            &self.rate_hz.to_le_bytes(),
            &(self.rate_hz * u32::from(block)).to_le_bytes(),
            &block.to_le_bytes(),
            &self.bits.to_le_bytes(),
            b"data",
            &len.to_le_bytes(),
            &self.data,
        ]
        .concat()
    }
}

/// How one sample is written.
pub type Encode = fn(f32) -> Vec<u8>;

pub const ENCODINGS: &[(&str, u16, u16, Encode)] = &[
    ("8-bit", 1, 8, |s| vec![(s * 127.0 + 128.0) as u8]),
    ("16-bit", 1, 16, |s| {
        ((s * 32_767.0) as i16).to_le_bytes().to_vec()
    }),
    ("24-bit", 1, 24, |s| {
        ((s * 8_388_607.0) as i32).to_le_bytes()[..3].to_vec()
    }),
    ("32-bit", 1, 32, |s| {
        ((f64::from(s) * 2_147_483_647.0) as i32).to_le_bytes().to_vec()
    }),
    ("32-bit float", 3, 32, |s| s.to_le_bytes().to_vec()),
    ("64-bit float", 3, 64, |s| f64::from(s).to_le_bytes().to_vec()),
];

/// A second and a half of silence, but for a tone of 300 Hz at half scale from 0.5 to 1.0 s.
pub fn tone_wav(encoding: usize, rate_hz: u32, n_channels: u16) -> Wav {
    let (_, tag, bits, encode) = ENCODINGS[encoding];
    let n_frames = rate_hz as usize * 3 / 2;
    let mut data = Vec::new();
    for frame_idx in 0..n_frames {
        let t = frame_idx as f64 / f64::from(rate_hz);
        let tone = (t * 300.0 * std::f64::consts::TAU).sin() as f32 * 0.5;
        let sample = encode(if (0.5..1.0).contains(&t) { tone } else { 0.0 });
        for _ in 0..n_channels {
            data.extend(&sample);
        }
    }
    Wav {
        tag,
        n_channels,
        rate_hz,
        bits,
        data,
        claimed_len: None,
    }
}

/// First sample louder than a tenth of full scale.
pub fn onset(samples: &[f32]) -> usize {
    samples
        .iter()
        .position(|sample| sample.abs() > 0.1)
        .expect("there is a sound")
}
