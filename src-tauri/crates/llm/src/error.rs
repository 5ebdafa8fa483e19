use std::fmt::Display;
use std::path::Path;

use recordroute_core::InferenceError;

/// The model's file is of no use; `reason` is the middle of a sentence without its full stop.
pub(crate) fn invalid_model(path: &Path, reason: impl Display) -> InferenceError {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    InferenceError::InvalidModel(format!(
        "The model “{name}” cannot be used: {reason}. Get it again, or choose another model."
    ))
}

/// The file cannot be opened or read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> InferenceError {
    let reason = match error.kind() {
        std::io::ErrorKind::NotFound => "its file is not there",
        std::io::ErrorKind::UnexpectedEof => "its file ends in the middle",
        _ => "its file cannot be read",
    };
    tracing::warn!(path = %path.display(), %error, "a model's file cannot be read");
    invalid_model(path, reason)
}

/// Computing failed with a loaded model.
pub(crate) fn failed(error: impl Display) -> InferenceError {
    tracing::warn!(%error, "a model failed while computing");
    InferenceError::Failed("The model failed while computing. Try again, or choose another model.".to_owned())
}
