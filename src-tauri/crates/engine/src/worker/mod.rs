//! Inference in a child process: the program starts itself again as `worker`, and the two talk
//! over the child's stdin and stdout. Native code that aborts takes only the child with it.

mod listen;
mod memory;
mod process;
mod protocol;
mod serve;

pub use memory::peak_memory_bytes;
pub use process::{WorkerCommand, WorkerError, WorkerProcess};
pub use protocol::{ListenRequest, Message, Request, TranscribeRequest};
pub use serve::{LoadTranscriber, serve};
