use recordroute_engine::core as domain;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{Crossing, mirror_enum};

/// What a command that failed tells the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct CommandError {
    /// Where the page branches on it.
    pub code: ErrorCode,
    /// A sentence for the user.
    pub message: String,
}

mirror_enum! {
    /// Where the page branches on an error.
    ErrorCode = domain::ErrorCode {
        NotFound, UnsupportedMedia, NoAudio, ModelMissing, ModelInvalid, WorkerDied, DiskFull, ReadOnly,
        NewerLibrary, DamagedLibrary, Duplicate, OutOfMemory, InvalidInput, Other,
    }
}

impl CommandError {
    /// An error with the engine's sentence, as it makes sense in a window.
    pub fn new(code: domain::ErrorCode, sentence: &str) -> Self {
        Self {
            code: Crossing::cross(code),
            message: recordroute_engine::without_commands(sentence),
        }
    }

    /// For what should not happen.
    pub fn other(sentence: &str) -> Self {
        Self::new(domain::ErrorCode::Other, sentence)
    }
}

impl From<recordroute_engine::Error> for CommandError {
    fn from(error: recordroute_engine::Error) -> Self {
        Self::new(error.code(), &error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_crosses_to_the_page_as_code_and_sentence() {
        let error = CommandError::from(recordroute_engine::Error::Invalid("Type a word.".to_owned()));
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(
            json["code"], "invalid_input",
            "the page branches on this very word"
        );
        assert_eq!(
            json["message"], "Type a word.",
            "the engine's sentence is for the user as it is"
        );
    }

    #[test]
    fn nobody_is_sent_to_a_command_line() {
        let error = CommandError::from(recordroute_engine::Error::NoSpeechModel {
            advised: "whisper-base".to_owned(),
        });
        assert_eq!(
            error.message, "No speech model is installed.",
            "the window has a button for the rest"
        );
    }
}
