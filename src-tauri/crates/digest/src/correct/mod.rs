use recordroute_core::{CancellationToken, Correction, FailedPart, Generator, Segment};

use crate::DigestError;

/// What became of a correction of a whole transcript.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrectionOutcome {
    /// Proposals in order of the segments, at most one each, all open; only those that change something.
    pub corrections: Vec<Correction>,
    /// Share of the segments that the model read with success, 0.0..=1.0.
    pub coverage: f32,
    /// What was not, and why.
    pub failed_parts: Vec<FailedPart>,
    /// Which prompts it was made with; changes whenever a prompt does.
    pub prompt_version: String,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// Proposes corrections of spelling, spacing and names; `None` where it was cancelled, and then what
/// was handed to `on_progress` stands. `vocabulary` are names and terms as they are to be spelled.
/// `on_progress` gets the share that is done and the proposals that are new since the last call.
///
/// # Errors
/// [`DigestError::TooShort`] without asking the model where there is no text,
/// [`DigestError::NothingRead`] where every part failed, and the model's own errors that would meet
/// every part.
pub fn correct(
    _segments: &[Segment],
    _vocabulary: &[String],
    _language: &str,
    _generator: &mut dyn Generator,
    _cancel: &CancellationToken,
    _on_progress: &mut dyn FnMut(f32, &[Correction]),
) -> Result<Option<CorrectionOutcome>, DigestError> {
    Err(DigestError::NothingRead(String::new()))
}

/// The names and terms that a correction teaches, as they are spelled in the accepted text, for the
/// vocabulary. Changes of spacing, particles and everyday words teach nothing.
pub fn learned_words(_original: &str, _accepted: &str) -> Vec<String> {
    Vec::new()
}
