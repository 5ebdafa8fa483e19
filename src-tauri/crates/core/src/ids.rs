use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.trim().trim_start_matches('#').parse().map(Self)
            }
        }
    };
}

id!(
    /// A recording in one library; never given twice, also not after it was purged.
    RecordingId
);
id!(
    /// A job in one library's queue.
    JobId
);
id!(
    /// A tag in one library.
    TagId
);
id!(
    /// A recording that is being made, in one library's journal.
    CaptureId
);
