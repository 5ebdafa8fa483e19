//! What happened while recording, beside the sound: a small file of JSON next to it, replaced as a
//! whole at each change.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::CaptureError;
use super::file::CaptureFormat;
use super::source::InputKind;

/// What one channel, or all channels of one device, hear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureTrack {
    /// What is heard.
    pub kind: InputKind,
    /// Name of the device at the beginning.
    pub device: String,
    /// Who is heard, where two devices share a file: `me` or `others`.
    pub label: Option<String>,
}

/// A stretch without sound of a device; it is silence in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Which of the devices.
    pub track: usize,
    /// Where it begins.
    pub start_ms: u64,
    /// Where it ends; none while it lasts.
    pub end_ms: Option<u64>,
    /// Why.
    pub reason: GapReason,
}

/// Why sound is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The device went away or gave nothing any more.
    DeviceLost,
    /// The computer was too busy: frames were lost before they could be written.
    Overrun,
}

/// Time that passed and is not in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Where in the recording.
    pub at_ms: u64,
    /// How long; none while it lasts.
    pub length_ms: Option<u64>,
    /// The computer slept; else the user wanted it.
    pub asleep: bool,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureLog {
    /// Version of this form; readers ignore what they do not know.
    pub version: u32,
    /// What the file holds.
    pub format: CaptureFormat,
    /// When it began, milliseconds since 1970.
    pub started_at_unix_ms: u64,
    /// The devices, in order of their channels.
    pub tracks: Vec<CaptureTrack>,
    /// In order of their beginning.
    pub pauses: Vec<Pause>,
    /// In order of their beginning.
    pub gaps: Vec<Gap>,
    /// Frames that were lost because the computer was too busy.
    pub n_frames_lost: u64,
    /// The newest device of each track, where it changed.
    pub changed_devices: Vec<String>,
}

impl CaptureLog {
    /// Where it lies for the file of a recording.
    pub fn path_for(audio: &Path) -> PathBuf {
        audio.with_extension("json")
    }

    /// Replaces what was written; a cut leaves the old or the new one.
    pub fn save(&self, audio: &Path) -> Result<(), CaptureError> {
        let path = Self::path_for(audio);
        let partial = path.with_extension("json.part");
        let write = || {
            let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::from)?;
            let mut file = std::fs::File::create(&partial)?;
            file.write_all(&text)?;
            file.sync_data()?;
            std::fs::rename(&partial, &path)
        };
        write().map_err(|source| CaptureError::Io {
            path: path.clone(),
            source,
        })
    }

    /// What is written for a recording; none where there is nothing readable, which costs no sound.
    pub fn load(audio: &Path) -> Option<Self> {
        let bytes = std::fs::read(Self::path_for(audio)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Whether each channel is a device of its own, with the label of who is heard there.
    pub fn is_labelled(&self) -> bool {
        self.tracks.len() == 2 && self.tracks.iter().all(|track| track.label.is_some())
    }

    /// What should be known about the sound: where, and a sentence.
    pub fn notices(&self) -> Vec<(u64, String)> {
        let mut notices = Vec::new();
        let away = self.gaps.iter().filter(|gap| gap.reason == GapReason::DeviceLost);
        for gap in away {
            let device = self
                .tracks
                .get(gap.track)
                .map_or("The device", |track| track.device.as_str());
            let from = clock(gap.start_ms);
            let sentence = match gap.end_ms {
                Some(end_ms) => format!("{device} was away from {from} to {}.", clock(end_ms)),
                None => format!("{device} was away from {from} on."),
            };
            notices.push((gap.start_ms, sentence));
        }
        if self.n_frames_lost > 0 {
            let is_overrun = |gap: &&Gap| gap.reason == GapReason::Overrun;
            let at_ms = self.gaps.iter().find(is_overrun).map_or(0, |gap| gap.start_ms);
            let lost_ms = self.format.duration_ms(self.n_frames_lost);
            let sentence = format!("{lost_ms} ms were lost because the computer was too busy.");
            notices.push((at_ms, sentence));
        }
        for pause in self.pauses.iter().filter(|pause| pause.asleep) {
            let sentence = format!("The computer slept at {}.", clock(pause.at_ms));
            notices.push((pause.at_ms, sentence));
        }
        notices
    }
}

fn clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
