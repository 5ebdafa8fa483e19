use serde::{Deserialize, Serialize};

/// Errors on which a door branches; everything else is [`ErrorCode::Other`] and only shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No file, recording, job or model by that name.
    NotFound,
    /// The file cannot be read as audio or video.
    UnsupportedMedia,
    /// The file has no sound in it.
    NoAudio,
    /// The model is not installed.
    ModelMissing,
    /// The model's file is damaged or of another kind.
    ModelInvalid,
    /// The worker process died.
    WorkerDied,
    /// The disk has too little room.
    DiskFull,
    /// The library cannot be written.
    ReadOnly,
    /// The library was made by a newer version of the program.
    NewerLibrary,
    /// The library is damaged.
    DamagedLibrary,
    /// The same file is in the library already.
    Duplicate,
    /// Not enough memory for the model.
    OutOfMemory,
    /// What was given makes no sense.
    InvalidInput,
    /// Anything else.
    Other,
}
