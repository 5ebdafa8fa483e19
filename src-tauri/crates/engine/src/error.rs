use std::path::{Path, PathBuf};

use recordroute_audio::AudioError;
use recordroute_audio::capture::CaptureError;
use recordroute_core::{ErrorCode, InferenceError, JobId};
use recordroute_digest::DigestError;
use recordroute_models::ModelsError;
use recordroute_store::StoreError;

use crate::worker::WorkerError;

/// A use case failed; every message is a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library refused; show the sentence.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The models folder or a source of models refused; show the sentence.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// The search refused; show the sentence.
    #[error(transparent)]
    Search(#[from] recordroute_search::SearchError),
    /// The settings cannot be read or saved; show the sentence.
    #[error(transparent)]
    Settings(#[from] crate::SettingsError),
    /// Nothing can be recorded, or not any more; show the sentence.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// Nothing can be written from that transcript, or the model failed; show the sentence.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// The worker could not be started or died.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The worker refused a file or a model; the code says which way out to offer.
    #[error("{message}")]
    Refused {
        /// Where a program branches on it.
        code: ErrorCode,
        /// A sentence for the user.
        message: String,
    },
    /// A file that the user named cannot be read.
    #[error("{} cannot be read ({source}). Check that it exists and that you may open it.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("{} cannot be written ({source}). Check the free space and your rights there.", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// No speech model is installed: offer to download the advised one.
    #[error("No speech model is installed. Get one with `recordroute models get {advised}`.")]
    NoSpeechModel {
        /// The model that fits this machine.
        advised: String,
    },
    /// The model is of another kind than the job needs.
    #[error("{id} is no speech model. `recordroute models list` shows which are.")]
    NotASpeechModel {
        /// The model.
        id: String,
    },
    /// No language model is installed: offer highlights, which need none, and the list of models.
    #[error(
        "No language model is installed. Highlights can be had without one. Get one with `recordroute models get {advised}`, or see `recordroute highlights`."
    )]
    NoLanguageModel {
        /// The model that fits this machine.
        advised: String,
    },
    /// The model is of another kind than what writes.
    #[error("{id} is no language model. `recordroute models list` shows which are.")]
    NotALanguageModel {
        /// The model.
        id: String,
    },
    /// Search by meaning needs a model: offer to get one; words can be searched without.
    #[error(
        "Search by meaning needs an embedding model, and none is installed. Get one with `recordroute models get {advised}`, or search by words."
    )]
    NoEmbeddingModel {
        /// The model to get.
        advised: String,
    },
    /// The model is of another kind than what search by meaning needs.
    #[error("{id} is no embedding model. `recordroute models list` shows which are.")]
    NotAnEmbeddingModel {
        /// The model.
        id: String,
    },
    /// The recording was not transcribed yet: offer that first.
    #[error("There is no transcript yet. Transcribe the recording first.")]
    NoTranscript,
    /// The job is not in a state in which that can be done.
    #[error("Job {id} {state}. {advice}")]
    JobState {
        /// The job.
        id: JobId,
        /// What it is doing, as the rest of a sentence.
        state: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// What was given makes no sense; the sentence says what would.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// A file could not be read in a reasonable time.
    pub(crate) fn not_answering(path: &Path) -> Self {
        Self::Refused {
            code: ErrorCode::Other,
            message: format!(
                "{} does not answer. If it lies on a network drive, copy it to this computer first.",
                path.display()
            ),
        }
    }

    /// The code on which a door may branch.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Store(error) => error.code(),
            Self::Models(error) => models_error_code(error),
            Self::Search(_) | Self::Settings(_) | Self::JobState { .. } | Self::Invalid(_) => {
                ErrorCode::InvalidInput
            }
            Self::Capture(error) => capture_error_code(error),
            Self::Worker(_) => ErrorCode::WorkerDied,
            Self::Refused { code, .. } => *code,
            Self::Unreadable { source, .. } | Self::Unwritable { source, .. } => io_error_code(source),
            Self::NoSpeechModel { .. } | Self::NoLanguageModel { .. } | Self::NoEmbeddingModel { .. } => {
                ErrorCode::ModelMissing
            }
            Self::NotASpeechModel { .. }
            | Self::NotALanguageModel { .. }
            | Self::NotAnEmbeddingModel { .. } => ErrorCode::ModelInvalid,
            Self::NoTranscript => ErrorCode::InvalidInput,
            Self::Digest(error) => digest_error_code(error),
        }
    }
}

fn digest_error_code(error: &DigestError) -> ErrorCode {
    match error {
        DigestError::TooShort { .. } | DigestError::NoRoom { .. } => ErrorCode::InvalidInput,
        DigestError::NothingRead(_) | DigestError::NoTitle => ErrorCode::Other,
        DigestError::Inference(error) => inference_error_code(error),
    }
}

/// The code of a model's own error.
pub(crate) fn inference_error_code(error: &InferenceError) -> ErrorCode {
    match error {
        InferenceError::InvalidModel(_) => ErrorCode::ModelInvalid,
        InferenceError::OutOfMemory(_) => ErrorCode::OutOfMemory,
        InferenceError::Source(_) | InferenceError::Failed(_) => ErrorCode::Other,
    }
}

fn capture_error_code(error: &CaptureError) -> ErrorCode {
    match error {
        CaptureError::NoDevice | CaptureError::NoSystemSound | CaptureError::UnknownDevice { .. } => {
            ErrorCode::NotFound
        }
        CaptureError::DiskFull { .. } => ErrorCode::DiskFull,
        CaptureError::Io { source, .. } => io_error_code(source),
        CaptureError::Denied
        | CaptureError::Device { .. }
        | CaptureError::NotACapture { .. }
        | CaptureError::Ended => ErrorCode::Other,
    }
}

fn io_error_code(error: &std::io::Error) -> ErrorCode {
    match error.kind() {
        std::io::ErrorKind::NotFound => ErrorCode::NotFound,
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => ErrorCode::ReadOnly,
        _ => ErrorCode::Other,
    }
}

fn models_error_code(error: &ModelsError) -> ErrorCode {
    match error {
        ModelsError::NotInstalled { .. } | ModelsError::Unknown { .. } => ErrorCode::ModelMissing,
        ModelsError::NoRoom { .. } => ErrorCode::DiskFull,
        _ => ErrorCode::ModelInvalid,
    }
}

/// The code of a decoding error, as the worker reports it.
pub(crate) fn audio_error_code(error: &AudioError) -> ErrorCode {
    match error {
        AudioError::NoAudio(_) => ErrorCode::NoAudio,
        AudioError::Io(source) => io_error_code(source),
        _ => ErrorCode::UnsupportedMedia,
    }
}

/// An error's message without the sentences that name a command or a flag, for doors that offer a
/// button instead. A message that is nothing else stays.
pub fn without_commands(message: &str) -> String {
    const COMMANDS: [&str; 4] = ["`recordroute ", "“recordroute ", " --", "`--"];
    let kept: Vec<&str> = message
        .split_inclusive(". ")
        .filter(|sentence| !COMMANDS.iter().any(|command| sentence.contains(command)))
        .collect();
    match kept.concat().trim_end() {
        "" => message.to_owned(),
        kept => kept.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_for_the_command_line_are_left_out_elsewhere() {
        assert_eq!(
            without_commands("It crashed. Check it with `recordroute models verify`."),
            "It crashed.",
            "a window has a button for the rest"
        );
        assert_eq!(
            without_commands("Run `recordroute doctor`."),
            "Run `recordroute doctor`.",
            "a whole message is never lost"
        );
    }
}
