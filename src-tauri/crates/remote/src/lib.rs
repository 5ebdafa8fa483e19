//! A language model behind an OpenAI-compatible server (Ollama, LM Studio, llama.cpp's server) on the
//! user's own machine or network: [`RemoteGenerator`] implements
//! [`Generator`](recordroute_core::Generator) over its streaming chat completions.
//!
//! What was said must not leave the user's network by mistake, so that only addresses of it are
//! connected to, whatever a name resolves to, no proxy is asked and no redirect is followed. The
//! server's answers are untrusted: lines and bodies are limited, and what it says about an error is
//! shortened and cleaned before it is shown.
//!
//! `address` decides where may be connected to, `http` makes requests that can be cancelled, `request`
//! and `event` are the words of the protocol.
//!
//! Its methods block on a runtime of their own: call them off any async runtime.
#![warn(missing_docs)]

mod address;
mod answer;
mod error;
mod event;
mod generator;
mod http;
mod models;
mod request;

pub use generator::{RemoteGenerator, RemoteOptions};
pub use models::RemoteModel;
