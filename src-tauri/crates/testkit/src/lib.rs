//! For tests only: a transcriber that is not one, synthetic audio, and throw-away homes.
//!
//! Fakes are for tests of orchestration (what happens when a worker dies, a job is cancelled, two
//! programs share a library). Whether speech is understood is tested with real models.

mod fake;
mod fake_writer;
mod home;
#[cfg(feature = "sound")]
mod hum;
mod synth;

pub use fake::{Behaviour, FakeTranscriber};
pub use fake_writer::FakeWriter;
pub use home::{Home, installed_models};
#[cfg(feature = "sound")]
pub use hum::Hum;
pub use synth::{tone, write_wav};
