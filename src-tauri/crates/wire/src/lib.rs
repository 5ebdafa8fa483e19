//! The types that cross to a page, counterparts of those in `ui/src/backend/types.ts`: shapes of the
//! engine's values with plain numbers and texts, which [`Crossing`] makes of them field by field.

mod adding;
mod crossing;
mod error;
mod jobs;
mod models;
mod program;
mod recorder;
mod recordings;
mod settings;

pub use adding::{AddProgress, AddSummary, OnDuplicate};
pub use crossing::Crossing;
pub(crate) use crossing::{mirror, mirror_enum, mirror_tagged};
pub use error::{CommandError, ErrorCode};
pub use jobs::{Job, Progress, TranscribeChoice};
pub use models::{DownloadOutcome, ImportFrom, InstalledModel, ModelProgress, Models, Verification};
pub use program::{AppInfo, LibraryState, LogLine, Place};
pub use recorder::{InputDevice, LiveFacts, LiveStatus, RecordChoice, Recorded, RecordingNote, Unfinished};
pub use recordings::{Format, Listing, Recording, SearchHit, Segment, TagCount, Word};
pub use settings::{Settings, parse_language};

/// A path as the page shows it and gives it back.
pub fn shown(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}
