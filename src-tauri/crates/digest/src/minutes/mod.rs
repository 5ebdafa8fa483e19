use recordroute_core::{CancellationToken, Generator, Minutes, MinutesSection, Segment};

use crate::{DigestError, Template};

/// What may be set for minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinutesOptions {
    /// The language to write in, as a code such as `ko`.
    pub language: String,
    /// The language of the transcript, as a code, where known. Where it differs from the one written
    /// in, words cannot be compared, and only cited segments bear a line out.
    pub transcript_language: Option<String>,
    /// The model's id, for the result.
    pub model: String,
    /// The most tokens of transcript that are read at once; the model's context may allow fewer.
    /// Small models overlook more in longer parts.
    pub max_part_tokens: usize,
}

impl Default for MinutesOptions {
    fn default() -> Self {
        Self {
            language: "en".to_owned(),
            transcript_language: None,
            model: String::new(),
            max_part_tokens: 3_000,
        }
    }
}

/// What the model is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinutesStage {
    /// It reads the transcript part by part.
    Reading,
    /// It chooses among more lines than the template wants.
    Condensing,
}

/// How far the minutes are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinutesProgress<'a> {
    /// 0.0..=1.0, never falling.
    pub fraction: f32,
    /// What is being done.
    pub stage: MinutesStage,
    /// What stands so far, in the template's order and without empty sections; lines may still be
    /// merged or give way to others.
    pub sections: &'a [MinutesSection],
}

/// Writes the minutes of a transcript; `None` where it was cancelled. Segments are cited by their
/// place in `segments`.
///
/// Every segment is read in exactly one part. A part that fails is tried again in halves and then
/// listed in [`Minutes::failed_parts`].
///
/// # Errors
/// [`DigestError::TooShort`] without asking the model, [`DigestError::NoRoom`],
/// [`DigestError::NothingRead`] where every part failed, and the model's own errors that would meet
/// every part.
pub fn minutes(
    _segments: &[Segment],
    _template: &Template,
    _options: &MinutesOptions,
    _generator: &mut dyn Generator,
    _cancel: &CancellationToken,
    _on_progress: &mut dyn FnMut(MinutesProgress<'_>),
) -> Result<Option<Minutes>, DigestError> {
    Err(DigestError::NothingRead(String::new()))
}
