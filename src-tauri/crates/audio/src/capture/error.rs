use std::path::PathBuf;

/// Why nothing can be recorded, or not any more. Each message is a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The computer has no sound input at all: tell the user to connect one.
    #[error("No microphone or other sound input was found. Connect one and try again.")]
    NoDevice,
    /// Nothing here gives the computer's own sound: offer the microphone alone.
    #[error(
        "The computer's own sound cannot be recorded here: no loopback of a sound output was found. Record a microphone instead."
    )]
    NoSystemSound,
    /// The remembered device is not there: offer the list of those that are.
    #[error("There is no sound input “{id}” now. Connect it, or choose another one.")]
    UnknownDevice {
        /// The device's stable id.
        id: String,
    },
    /// The system forbids it: tell the user where to allow it.
    #[error(
        "The system does not let this program hear the sound input. Allow it in the system's privacy settings and try again."
    )]
    Denied,
    /// The device is there and cannot be opened: show why.
    #[error(
        "The sound input “{device}” cannot be opened ({reason}). Check that it is connected and that no other program holds it."
    )]
    Device {
        /// Its name.
        device: String,
        /// What the system said.
        reason: String,
    },
    /// There is too little room to begin: nothing was recorded.
    #[error("The disk of {} is nearly full. Free some space before you record.", path.display())]
    DiskFull {
        /// Where the recording would have gone.
        path: PathBuf,
    },
    /// A file of the recording cannot be read or written; what was written before stands.
    #[error("{} cannot be used ({source}). Check the disk and your rights there.", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is none that a recording left behind: leave it alone.
    #[error("{} is not the file of a recording.", path.display())]
    NotACapture {
        /// The file.
        path: PathBuf,
    },
    /// The thread of the recording ended by itself: what was written can be recovered.
    #[error("The recording ended unexpectedly. What was written is kept and can be recovered.")]
    Ended,
}
