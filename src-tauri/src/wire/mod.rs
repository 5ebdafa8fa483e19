//! The types that cross to the page: what it shows, and no more. `ui/src/backend/types.ts` is the
//! contract; each type here is its counterpart.

/// An enum of the engine as the page knows it, with the way there and back.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident = $domain:ty { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, specta::Type)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($variant),*
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value {
                    $(<$domain>::$variant => Self::$variant),*
                }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::$variant),*
                }
            }
        }
    };
}
pub(crate) use mirror;

mod adding;
mod jobs;
mod models;
mod program;
mod recordings;
mod settings;

pub use adding::{AddProgress, AddSummary, OnDuplicate};
pub use jobs::{Job, Progress, TranscribeChoice};
pub use models::{
    DownloadOutcome, ImportFrom, InstalledModel, ModelProgress, ModelWork, Models, Verification,
};
pub use program::{AppInfo, LibraryState, LogLine, Place};
pub use recordings::{Format, Listing, Recording, SearchHit, Segment, TagCount, Word};
pub use settings::{Settings, parse_language};

/// A path as the page shows it and gives it back.
pub fn shown(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}
