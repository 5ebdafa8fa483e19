use recordroute_core::InferenceError;

/// Why nothing was written. What was cancelled is no error.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The transcript is empty or holds a word or two; no model was asked. Say so, and leave the
    /// recording as it is.
    #[error("The transcript is too short to write anything from it: it has fewer than {min_words} words.")]
    TooShort {
        /// What it would take.
        min_words: usize,
    },
    /// Not even one line fits into the model's context: choose a longer context or another model.
    #[error(
        "The model's context of {max_context_tokens} tokens is too short for this. Set a longer context, or choose another model."
    )]
    NoRoom {
        /// The context that the model has.
        max_context_tokens: usize,
    },
    /// The model failed at every part; the message has the reason of the first. Try again, or choose
    /// another model.
    #[error("The model could not read any part of the transcript. {0}")]
    NothingRead(String),
    /// The model proposed no title that the transcript bears out: keep the old one.
    #[error("The model found no title that fits what was said. Write one, or choose another model.")]
    NoTitle,
    /// The model failed; its message says what to do.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}
