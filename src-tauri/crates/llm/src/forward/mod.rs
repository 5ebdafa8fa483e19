//! The forward pass of the language models, on the processor. Weights stay packed in the mapped file;
//! what they are multiplied with is rounded to eight bits, once for each matrix, and the products are of
//! whole numbers.
//!
//! [`Model`] runs the layers of a chunk of tokens one after the other: `matmul` hands the rows of a matrix
//! to the threads of `threads`, `kernels` has the inner loops, `formats` and `panel` unpack weights,
//! `attention` looks back through `cache`, `rope` turns queries and keys by their places.

mod attention;
mod cache;
mod column;
mod features;
mod formats;
mod heads;
mod kernels;
mod matmul;
mod model;
mod norm;
mod panel;
mod rope;
#[cfg(test)]
mod tests;
mod threads;
mod weights;

pub(crate) use cache::Cache;
use candle_core::quantized::GgmlDType;
use formats::Format;
pub(crate) use kernels::exp;
pub(crate) use model::{CHUNK, Model};
pub(crate) use threads::Pool;

/// `n` weights out of the first bytes of a tensor; none where they are of a type that does not run here
/// or are cut.
pub(crate) fn dequantize(dtype: GgmlDType, bytes: &[u8], n: usize) -> Option<Vec<f32>> {
    let format = Format::from_dtype(dtype)?;
    let row = bytes.get(..n / format.block_len() * format.block_bytes())?;
    let mut values = vec![0.0; n];
    format.dequantize(row, &mut values);
    Some(values)
}
