//! The inner loops, once for every processor and once more for each family of instructions that makes
//! them faster. Which are used is decided when a model is loaded.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
#[cfg(test)]
mod tests;

/// Outputs that a kernel computes side by side.
pub(crate) const WIDTH: usize = 32;
/// Inputs that a kernel takes at once: with a panel of so many weights for each output, what is needed
/// again and again fits into a first-level cache.
pub(crate) const DEPTH: usize = 256;

/// Values of one token or weights of one key, of which fewer may count.
pub(crate) type Row = [f32; DEPTH];

/// Of one input the weights for each of the outputs side by side.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Wide(pub [f32; WIDTH]);

/// One implementation of all inner loops.
pub(crate) struct Kernels {
    pub name: &'static str,
    /// Gives to each row of `out`, which begin `stride` apart, the product of a row of `rows` with a panel,
    /// which is at most as deep as the rows are long. What it is added to is a bias, else what `out` has.
    pub multiply: Multiply,
    /// The activation `x/2 * (1 + erf(x / sqrt(2)))`.
    pub gelu: fn(values: &mut [f32]),
    /// The largest of some values.
    pub largest: fn(values: &[f32]) -> f32,
    /// Turns values into the exponentials of what they are more than the largest, and returns their sum.
    pub exponentials: fn(values: &mut [f32], largest: f32) -> f32,
    /// Adds `other` to the values and brings them to a mean of zero and a variance of one, then to the
    /// norm's own.
    pub normalize: fn(values: &mut [f32], other: &[f32], norm: &Norm),
}

type Multiply = fn(rows: &[Row], panel: &[Wide], bias: Option<&Wide>, out: &mut [f32], stride: usize);

/// A layer norm (Ba et al. 2016, <https://arxiv.org/abs/1607.06450>).
pub(crate) struct Norm {
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
    pub epsilon: f32,
}

/// The fastest that this processor runs.
pub(crate) fn best() -> &'static Kernels {
    available().pop().unwrap_or(&portable::KERNELS)
}

/// All that this processor runs, the fastest last.
pub(crate) fn available() -> Vec<&'static Kernels> {
    let mut kernels = vec![&portable::KERNELS];
    #[cfg(target_arch = "x86_64")]
    {
        kernels.extend(avx2::kernels());
        kernels.extend(avx512::kernels());
    }
    kernels
}
