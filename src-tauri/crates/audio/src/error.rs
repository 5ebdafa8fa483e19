use std::io;

/// Why a file cannot be turned into sound. Each message is a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The file has no bytes: tell the user to take another one.
    #[error("The file is empty; choose another one.")]
    Empty,
    /// The content is something else, whatever the name says: tell the user.
    #[error("The file is {what}, not audio or video; choose a recording.")]
    NotMedia {
        /// What it is, with its article, such as `a PDF document`.
        what: String,
    },
    /// A video without sound, or audio of no length: there is nothing to transcribe.
    #[error("{0}")]
    NoAudio(String),
    /// The container is understood, the codec in it is not: tell the user to convert it.
    #[error(
        "The sound is coded as {codec}, which cannot be decoded here; convert the file to WAV, FLAC, MP3, M4A (AAC-LC) or Opus first."
    )]
    UnsupportedCodec {
        /// The codec's usual name.
        codec: String,
    },
    /// The container or one of its parameters is not supported: tell the user to convert it.
    #[error(
        "The file is {format}, which cannot be read here; convert it to WAV, FLAC, MP3, M4A or Opus first."
    )]
    UnsupportedFormat {
        /// The format's usual name, with its article.
        format: String,
    },
    /// The disk or the network failed, or the file went away; what was decoded before stands.
    /// Tell the user to check the drive and to try again.
    #[error("The file cannot be read: {0}. Check that it is still there and try again.")]
    Io(#[from] io::Error),
    /// The file is of a known kind and broken beyond use.
    #[error("The file is damaged: {0}. Try to get another copy of it.")]
    Damaged(String),
}
