//! What can be checked of a text without understanding it: which numbers and which negations it has.

mod counted;
mod english_numbers;
mod korean_numbers;
mod negations;
mod numbers;

pub(crate) use counted::Counted;
pub(crate) use negations::Negations;
pub(crate) use numbers::Numbers;
