use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with models. Every message says what happened and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelsError {
    /// No model by that name is known or installed: show the message, offer the list.
    #[error("There is no model “{id}”{}. See “recordroute models list” for those there are.", did_you_mean(.suggestion))]
    Unknown {
        /// What was asked for.
        id: String,
        /// The nearest name there is.
        suggestion: Option<String>,
    },
    /// The model is in the catalogue but not on the disk: offer to download it.
    #[error("The model “{id}” is not installed. Get it with “recordroute models get {id}”.")]
    NotInstalled {
        /// The model's name.
        id: String,
    },
    /// An installed file is damaged or of another kind: offer to download it again.
    #[error("The model {} cannot be used: {reason}. Remove it and get it again.", .path.display())]
    Invalid {
        /// The file or folder.
        path: PathBuf,
        /// Half a sentence.
        reason: String,
    },
    /// What should be imported is not a model that this program takes: show the message.
    #[error("The import of {} is not possible: {reason}.", .path.display())]
    NotAModel {
        /// The file or folder.
        path: PathBuf,
        /// Half a sentence that says what it is and what would do.
        reason: String,
    },
    /// A model by that name is there already: ask before it is replaced.
    #[error("A model “{id}” is installed already. Remove it first, or give another name with --id.")]
    AlreadyInstalled {
        /// The name.
        id: String,
    },
    /// The disk has too little room: show the message.
    #[error(
        "The folder {} has {} free and the model needs {}. Free some room or choose another models folder.",
        .dir.display(), megabytes(*.free_bytes), megabytes(*.needed_bytes)
    )]
    NoRoom {
        /// The models folder.
        dir: PathBuf,
        /// Bytes needed.
        needed_bytes: u64,
        /// Bytes free.
        free_bytes: u64,
    },
    /// Another program is at the same model: wait, or try again.
    #[error("Another program is downloading or importing “{id}” right now. Wait until it is done.")]
    Busy {
        /// The model's name.
        id: String,
    },
    /// No source gave the file: show the message, offer to try again (a download that broke off goes
    /// on where it stopped).
    #[error("The model “{id}” could not be downloaded: {reason}. Check the connection and get it again.")]
    Download {
        /// The model's name.
        id: String,
        /// What each source did; half a sentence.
        reason: String,
    },
    /// The catalogue is wrong; only a changed catalogue can mend it.
    #[error("The model catalogue is wrong: {0}. Install the program again.")]
    Catalogue(String),
    /// Reading or writing failed: show the message.
    #[error("The system stopped {action} {}: {source}. Check the permissions and the disk.", .path.display())]
    Io {
        /// What was tried, such as `reading`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
}

impl ModelsError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn invalid(path: &Path, reason: impl Into<String>) -> Self {
        Self::Invalid {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    pub(crate) fn not_a_model(path: &Path, reason: impl Into<String>) -> Self {
        Self::NotAModel {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}

/// Why long work stopped early. Being cancelled is an outcome and no error, so that it is turned
/// into one at the public face.
#[derive(Debug)]
pub(crate) enum Halt {
    Cancelled,
    Failed(ModelsError),
}

impl From<ModelsError> for Halt {
    fn from(error: ModelsError) -> Self {
        Self::Failed(error)
    }
}

fn did_you_mean(suggestion: &Option<String>) -> String {
    suggestion
        .as_ref()
        .map(|name| format!(", did you mean “{name}”"))
        .unwrap_or_default()
}

fn megabytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{} MB", bytes.div_ceil(1_000_000)),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
