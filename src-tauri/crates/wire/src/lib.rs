//! The types that cross to the page, counterparts of those in `ui/src/backend/types.ts`, and how the
//! engine's values become them: [`Crossing`]. The window's shell lists the commands and events that carry
//! them; nothing in here knows of a window.

mod adding;
mod crossing;
mod error;
mod finding;
mod jobs;
mod models;
mod program;
mod recorder;
mod recordings;
mod settings;
mod writing;

pub use adding::{AddProgress, AddSummary, OnDuplicate};
pub use crossing::Crossing;
pub(crate) use crossing::{mirror, mirror_enum, mirror_tagged};
pub use error::{CommandError, ErrorCode};
pub use finding::{
    Answer, AnswerPassage, AnswerSentence, Exchange, Found, FoundBy, IndexReport, Question, SearchFilters,
    SearchHit, SearchMode, SearchQuery, SimilarRecording,
};
pub use jobs::{Job, JobKind, Progress, TranscribeChoice};
pub use models::{DownloadOutcome, ImportFrom, InstalledModel, ModelProgress, Models, Verification};
pub use program::{AppInfo, LibraryState, LogLine, Place};
pub use recorder::{InputDevice, LiveFacts, LiveStatus, RecordChoice, Recorded, RecordingNote, Unfinished};
pub use recordings::{Format, Listing, Recording, Segment, TagCount, Word};
pub use settings::{Settings, parse_language};
pub use writing::{
    Correction, CorrectionState, Highlights, LanguageModels, MinutesChoice, MinutesEstimate, MinutesFormat,
    MinutesSection, MinutesTemplate, MinutesTemplates, MinutesView, Outdated,
};

/// A path as the page shows it and gives it back.
pub fn shown(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}
