//! What sound comes from.

use std::any::Any;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::CaptureError;
use super::ring::{Faults, Outlet};

/// What is heard by an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// A microphone or line input.
    Microphone,
    /// What the computer plays: loopback of an output, or the monitor of a sink.
    System,
}

/// Bits that a device gives a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleWidth {
    /// 16 bits or fewer.
    Bits16,
    /// More, or floating point; 24 bits hold all that a converter gives.
    Bits24,
}

impl SampleWidth {
    /// Bytes of a sample in a file.
    pub fn n_bytes(self) -> usize {
        match self {
            Self::Bits16 => 2,
            Self::Bits24 => 3,
        }
    }
}

/// How a source delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFormat {
    /// Frames a second.
    pub sample_rate_hz: u32,
    /// Interleaved channels.
    pub n_channels: u16,
    /// Bits of a sample.
    pub width: SampleWidth,
}

/// An open source: it delivers until this is dropped.
pub struct OpenSource {
    /// How it delivers.
    pub format: SourceFormat,
    /// Its name, which may be another than before when a default device changed.
    pub name: String,
    /// Where the frames come out.
    pub outlet: Outlet,
    /// Where it says that something is wrong.
    pub faults: Arc<Faults>,
    /// What has to live for the sound to come; stays in the thread that opened it.
    pub stream: Box<dyn Any>,
}

/// Something that can be recorded, opened and, after it went away, opened again. The recorder does
/// that in its own thread.
pub trait Source: Send {
    /// What is heard by it.
    fn kind(&self) -> InputKind;

    /// Begins to deliver into a ring of [`super::ring`].
    fn open(&mut self) -> Result<OpenSource, CaptureError>;
}
