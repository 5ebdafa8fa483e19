//! Inference in a child process: the program starts itself again as `worker`, and the two talk
//! over the child's stdin and stdout. Native code that aborts takes only the child with it.

mod embedder;
mod embedding;
mod generator;
mod language;
mod listen;
mod memory;
mod process;
mod protocol;
mod serve;

use std::time::Duration;

/// How often who waits for a worker looks at what else there is, such as a wish to stop.
pub(crate) const TICK: Duration = Duration::from_millis(100);

pub(crate) use embedder::WorkerEmbedder;
pub(crate) use generator::WorkerGenerator;
pub use memory::peak_memory_bytes;
pub use process::{WorkerCommand, WorkerError, WorkerProcess};
pub use protocol::{
    EmbeddingModel, EmbeddingTask, LanguageModel, LanguageTask, ListenRequest, Message, Request,
    TranscribeRequest,
};
pub use serve::{LoadModels, serve};
