//! Holding an answer to a JSON Schema while it is written.
//!
//! `schema` compiles the schema, `matcher` follows the answer's bytes with `text` and `number` for its
//! strings and numbers, `tokens` finds the tokens that may come next, `closing` ends a value for which
//! the room gets short, and [`Constraint`] draws tokens with all of these.
//!
//! Answers are compact: one space after a comma or a colon at most, so no model gets lost in white
//! space. Members come in the order of `required`, then the optional ones that the model chooses.

mod closing;
mod constraint;
mod matcher;
mod number;
mod schema;
mod stack;
#[cfg(test)]
mod tests;
mod text;
mod tokens;

pub(crate) use constraint::{Constraint, Next};
pub(crate) use schema::Schema;
pub(crate) use tokens::TokenIndex;
