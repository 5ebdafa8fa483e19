//! The forward pass of sentence embedding models in 32-bit floats, on the processor: the encoders BERT
//! (Devlin et al. 2018, <https://arxiv.org/abs/1810.04805>) and XLM-RoBERTa (Conneau et al. 2019,
//! <https://arxiv.org/abs/1911.02116>).
//!
//! The tokens of many texts lie one after the other in one matrix, without padding: everything but
//! attention looks at tokens alone, and attention goes from text to text. [`Encoder`] runs the layers;
//! `config` and `weights` open the files with suspicion, `linear` multiplies with matrices that were
//! packed once, `kernels` has the inner loops.

mod attention;
mod config;
mod kernels;
mod linear;
mod model;
#[cfg(test)]
mod tests;
mod weights;

pub(crate) use config::{Architecture, Config};
pub(crate) use model::Encoder;
