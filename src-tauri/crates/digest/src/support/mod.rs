//! What a model's sentence claims, and how much of it a text says. Answers are held against passages with
//! it, and lines of minutes against segments.
//!
//! Words are compared by stems, numbers with what they count, names as they are written, and what is denied
//! with what is said. What is seen is a wrong number, name or time, and a sentence that is about something
//! else. What is not seen is one ordinary word in a long sentence that stands for another, nor who did what
//! to whom.

mod claim;
mod comparison;
mod ground;
mod names;
mod said;

pub(crate) use claim::{Claim, Word};
pub(crate) use comparison::{Comparison, is_share};
pub(crate) use ground::Ground;
pub(crate) use names::names;
pub(crate) use said::Said;
