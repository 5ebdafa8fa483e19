//! Speech to text by whisper.cpp: [`Whisper`] is the [`recordroute_core::Transcriber`].
//!
//! ```text
//! chunk (≤ 30 s) ─ whisper.cpp, one window ─ tokens ─ segments and words ─ guards ─ times of the recording
//! ```
//!
//! - `model_file`: refuses files that would make whisper.cpp abort.
//! - `lanes`: chunks are independent of each other, so several are decoded side by side; each lane
//!   has a state of its own and a share of the threads. Results are handed out in order.
//! - `window`: one call of whisper.cpp. A chunk is one window: timestamps of the model cut it into
//!   segments; when the model stops before the speech does, the rest is decoded as another window.
//! - `attempts`: what the model is unsure of or repeats is decoded again, with more freedom.
//! - `guards`: invented sentences are dropped or flagged.
//!
//! This crate runs in the worker process: what aborts in native code ends the worker, not the program.

mod abort;
mod attempts;
mod guards;
mod lanes;
mod language;
mod model_file;
mod pieces;
mod prompt;
mod repetition;
mod seams;
mod whisper;
mod window;
mod words;

pub use whisper::{LoadOptions, Whisper};
