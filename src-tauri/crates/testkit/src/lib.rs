//! For tests only: a transcriber and a language model that are none, synthetic audio, a small
//! model server, and throw-away homes.
//!
//! Fakes are for tests of orchestration (what happens when a worker dies, a job is cancelled, two
//! programs share a library). Whether speech is understood is tested with real models.

mod fake;
mod fake_generator;
mod fake_writer;
mod home;
#[cfg(feature = "sound")]
mod hum;
mod model_server;
#[cfg(feature = "library")]
mod shelf;
mod synth;

pub use fake::{Behaviour, FakeTranscriber};
pub use fake_generator::{FakeGenerator, Reply};
pub use fake_writer::FakeWriter;
pub use home::{Home, installed_models};
#[cfg(feature = "sound")]
pub use hum::Hum;
pub use model_server::{ModelReply, ModelRequest, ModelServer, Step};
#[cfg(feature = "library")]
pub use shelf::{WrittenRecording, WrittenSegment};
pub use synth::{tone, write_wav};
