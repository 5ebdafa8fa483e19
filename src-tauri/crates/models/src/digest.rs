//! Digests that publishers state of their files, and hashing of files on the disk.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use recordroute_core::CancellationToken;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::error::{Halt, ModelsError};

/// A digest as a publisher states it. SHA-1 guards against damage only; it is taken where a
/// publisher states nothing better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256.
    Sha256([u8; 32]),
    /// SHA-1.
    Sha1([u8; 20]),
}

impl Digest {
    /// Reads 64 hexadecimal digits as SHA-256 and 40 as SHA-1.
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.len() {
            64 => decode_hex(text).map(Self::Sha256),
            40 => decode_hex(text).map(Self::Sha1),
            _ => None,
        }
    }

    /// Lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        match self {
            Self::Sha256(bytes) => encode_hex(bytes),
            Self::Sha1(bytes) => encode_hex(bytes),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Sha256(_) => "sha256",
            Self::Sha1(_) => "sha1",
        };
        write!(f, "{name}:{}", self.to_hex())
    }
}

impl FromStr for Digest {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let hex = text.split_once(':').map_or(text, |(_, hex)| hex);
        Self::from_hex(hex).ok_or(())
    }
}

/// Both digests of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) sha256: [u8; 32],
    sha1: [u8; 20],
}

impl Digests {
    pub(crate) fn matches(&self, stated: &Digest) -> bool {
        match stated {
            Digest::Sha256(bytes) => self.sha256 == *bytes,
            Digest::Sha1(bytes) => self.sha1 == *bytes,
        }
    }

    pub(crate) fn sha256_hex(&self) -> String {
        encode_hex(&self.sha256)
    }
}

/// Hashes what is fed to it. SHA-1 costs time and is computed only where it is asked for.
#[derive(Clone)]
pub(crate) struct Hasher {
    sha256: Sha256,
    sha1: Option<Sha1>,
}

impl Hasher {
    /// A hasher that can be compared with `stated`.
    pub(crate) fn for_digest(stated: Option<&Digest>) -> Self {
        Self {
            sha256: Sha256::new(),
            sha1: matches!(stated, Some(Digest::Sha1(_))).then(Sha1::new),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
    }

    pub(crate) fn finish(self) -> Digests {
        Digests {
            sha256: self.sha256.finalize().into(),
            sha1: self.sha1.map(|sha1| sha1.finalize().into()).unwrap_or_default(),
        }
    }
}

/// Feeds a whole file to `hasher`. `progress` is told the bytes of each block.
pub(crate) fn hash_file(
    path: &Path,
    hasher: &mut Hasher,
    cancel: &CancellationToken,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Halt> {
    let mut file = File::open(path).map_err(ModelsError::io("reading", path))?;
    let mut block = vec![0_u8; 1 << 20];
    loop {
        if cancel.is_cancelled() {
            return Err(Halt::Cancelled);
        }
        let n_bytes = file.read(&mut block).map_err(ModelsError::io("reading", path))?;
        let Some(bytes) = block.get(..n_bytes).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        hasher.update(bytes);
        progress(n_bytes as u64);
    }
}

fn encode_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0_u8; N];
    let mut digits = text.chars().map(|digit| digit.to_digit(16));
    for byte in &mut bytes {
        let (high, low) = (digits.next()??, digits.next()??);
        *byte = (high << 4 | low) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_by_their_length() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let digest = Digest::from_hex(empty).unwrap();
        assert_eq!(digest.to_hex(), empty, "what is read is written again");
        let hashed = Hasher::for_digest(Some(&digest)).finish();
        assert!(
            hashed.matches(&digest),
            "nothing hashes to the known digest of nothing"
        );
        let sha1 = Digest::from_hex("da39a3ee5e6b4b0d3255bfef95601890afd80709").unwrap();
        assert!(
            Hasher::for_digest(Some(&sha1)).finish().matches(&sha1),
            "some publishers state SHA-1 only"
        );
        assert!(
            !hashed.matches(&sha1),
            "a hasher that was not asked for SHA-1 must not agree by accident"
        );
        assert!(
            Digest::from_hex("zz").is_none(),
            "an ETag that is no digest is none"
        );
    }
}
