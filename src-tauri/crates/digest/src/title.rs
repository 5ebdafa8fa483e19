use recordroute_core::{CancellationToken, Generator, Segment};

use crate::DigestError;

/// A title of one line and at most 60 characters, in the language with this code; `None` where it was
/// cancelled.
///
/// # Errors
/// [`DigestError::TooShort`] without asking the model, [`DigestError::NoTitle`] where what it
/// proposed shares no word with the transcript, and the model's own errors.
pub fn title(
    _segments: &[Segment],
    _language: &str,
    _generator: &mut dyn Generator,
    _cancel: &CancellationToken,
) -> Result<Option<String>, DigestError> {
    Err(DigestError::NoTitle)
}
