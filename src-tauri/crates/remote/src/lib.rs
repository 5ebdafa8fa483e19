//! A language model behind an OpenAI-compatible server (Ollama, LM Studio, llama.cpp's server) on the
//! user's own machine or network: [`RemoteGenerator`] implements
//! [`Generator`](recordroute_core::Generator) over its streaming chat completions.
//!
//! What was said must not leave the user's network by mistake, so that only addresses of it are
//! connected to, whatever a name resolves to, and no redirect is followed. The server's answers are
//! untrusted: lines and bodies are limited, and what it says about an error is shortened and cleaned
//! before it is shown.
#![warn(missing_docs)]

mod generator;

pub use generator::{RemoteGenerator, RemoteModel, RemoteOptions};
