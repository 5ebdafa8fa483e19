//! What can be checked of a text without understanding it: which numbers and which negations it has.

mod english_numbers;
mod korean_numbers;
mod negations;
mod numbers;

pub(crate) use negations::Negations;
pub(crate) use numbers::Numbers;
