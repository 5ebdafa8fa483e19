//! What is written from a transcript, as pure logic over a [`Generator`]: [`minutes`] by templates,
//! [`correct`]ions as proposals, a [`title`], the [`answer`] to a question; and [`highlights`] without any
//! model. Nothing in here reads a file, opens a connection or waits.
//!
//! A model's answer is material, not truth. What holds whatever it answers is checked mechanically:
//! an item cites only segments of the part that was read, keys come from the template only, who and
//! when must have been said, lengths are limited, a stretch that was not read with success is listed as
//! failed and not counted, and a sentence of an answer or a line of minutes that what it cites does not bear
//! out is marked.
//!
//! `parts` lays a transcript into the model's context, `prompt` renders the files in `prompts/`,
//! `ask` gets JSON out of the model, `partial` reads it while it is written and `cited` what it cites,
//! `words`, `language` and `likeness` know words, their language and how near two texts are, `checks`
//! which numbers and negations a text has, and `support` how much of a sentence a text bears out.
#![warn(missing_docs)]

mod answer;
mod ask;
mod checks;
mod cited;
mod clean;
mod correct;
mod error;
mod estimate;
#[cfg(test)]
mod fake;
mod highlights;
mod language;
mod likeness;
mod minutes;
mod partial;
mod parts;
mod prompt;
mod support;
mod template;
mod title;
mod words;

pub use answer::{answer, standalone};
pub use correct::{CorrectionOutcome, correct, learned_words};
pub use error::DigestError;
pub use estimate::{TokenEstimate, estimate_tokens, rough_tokens};
pub use highlights::highlights;
pub use language::spoken_language;
pub use minutes::{MinutesOptions, MinutesProgress, minutes};
pub use template::{Localized, SectionTemplate, Template, TemplateError};
pub use title::title;

#[cfg(doc)]
use recordroute_core::Generator;
