//! Language models and sentence embeddings, by forward passes of its own on the processor.
//!
//! [`GgufGenerator`] runs language models from one GGUF file: `gguf` opens it with suspicion, `family`
//! compares what its header says with its tensors, `tokenizer` and `vocabulary` build the tokenizer
//! from its metadata, and `template` renders its chat template. For each prompt `context` lets `forward`,
//! which computes the model on the processor, read only what it has not read before; then `writing` writes
//! the answer: `sampler` draws its tokens, `grammar` holds them to a JSON Schema, and `answer` makes whole
//! characters without thoughts of them.
//!
//! [`BertEmbedder`] runs sentence embedding models from a folder with safetensors: it knows what a model
//! wants around a text and which tokens become its vector, and `encoder` computes them.
//!
//! Files are foreign: what does not fit is refused with a sentence. Too little memory may still abort,
//! which is why models are loaded in the worker process only. [Candle](https://docs.rs/candle-core) reads
//! headers of GGUF files.

mod answer;
mod context;
mod device;
mod embedder;
mod encoder;
mod error;
mod family;
mod file;
mod forward;
mod generator;
mod gguf;
mod grammar;
mod sampler;
mod speed;
mod template;
#[cfg(test)]
mod testing;
mod tokenizer;
mod vocabulary;
mod writing;

pub use device::thread_environment;
pub use embedder::BertEmbedder;
pub use generator::{GgufGenerator, LoadOptions};
pub use speed::measure_speed;
