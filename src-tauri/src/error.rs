use recordroute_engine::core::ErrorCode as EngineCode;
use serde::Serialize;
use specta::Type;

/// What a command that failed tells the page.
#[derive(Debug, Clone, Serialize, Type)]
pub struct CommandError {
    /// Where the page branches on it.
    pub code: ErrorCode,
    /// A sentence for the user.
    pub message: String,
}

/// The engine's code as the page knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// It is not there any more: look the list up again.
    NotFound,
    /// The library cannot be opened; the message says what to do.
    Library,
    /// What was typed cannot be searched for or makes no sense.
    InvalidInput,
    /// Only shown.
    Other,
}

impl From<EngineCode> for ErrorCode {
    fn from(code: EngineCode) -> Self {
        match code {
            EngineCode::NotFound => Self::NotFound,
            EngineCode::NewerLibrary | EngineCode::DamagedLibrary => Self::Library,
            EngineCode::InvalidInput => Self::InvalidInput,
            EngineCode::UnsupportedMedia
            | EngineCode::NoAudio
            | EngineCode::ModelMissing
            | EngineCode::ModelInvalid
            | EngineCode::WorkerDied
            | EngineCode::DiskFull
            | EngineCode::ReadOnly
            | EngineCode::Duplicate
            | EngineCode::OutOfMemory
            | EngineCode::Other => Self::Other,
        }
    }
}

impl From<recordroute_engine::Error> for CommandError {
    fn from(error: recordroute_engine::Error) -> Self {
        Self {
            code: error.code().into(),
            message: error.to_string(),
        }
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
}
