//! Sound from devices: a microphone, the computer's own sound, or both in one file.
//!
//! ```text
//! device ─ callback ─ ring (no lock) ─┐                    recorder thread
//!                                     ├─ place on the clock ─ WAV that grows ─ levels, status
//! device ─ callback ─ ring (no lock) ─┘
//! ```
//!
//! * [`devices`] lists what can be recorded; [`DeviceSource`] opens it.
//! * [`Recorder`] writes one source as it comes, or two as the channels "me" and "others".
//! * [`repair`] makes a file whole that a killed program left; [`CaptureLog`] says what happened.
//!
//! The clock of the computer is the recording's. One source is kept frame by frame; gaps are filled
//! with silence, so that times stay true. Two sources have two clocks, neither of them the
//! computer's: both are resampled by some hundredths of a percent to stay with it.

mod device;
mod error;
mod file;
mod levels;
mod log;
mod place;
mod priority;
#[cfg(target_os = "linux")]
mod pulse;
mod recorder;
mod resample;
mod ring;
mod source;
mod speakers;
mod tail;
mod timeline;
mod track;
mod writer;

pub use device::{Choice, DeviceSource, InputDevice, devices};
pub use error::CaptureError;
pub use file::{CaptureFormat, HEAD_BYTES, Repaired, measure, repair};
pub use levels::{LEVELS_PER_SECOND, Level, Levels};
pub use log::{CaptureLog, CaptureTrack, Gap, GapReason, Pause};
pub use recorder::{
    CaptureOptions, CaptureState, CaptureStatus, DeviceStatus, EndReason, Finished, FreeBytes, NO_SIGNAL_MS,
    Recorder,
};
pub use ring::{Faults, Inlet, Outlet, RING_SECONDS, ring};
pub use source::{InputKind, OpenSource, SampleWidth, Source, SourceFormat};
pub use speakers::ChannelLoudness;
pub(crate) use tail::Tail;
