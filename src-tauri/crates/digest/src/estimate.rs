use recordroute_core::Segment;

use crate::{MinutesOptions, Template};

/// What minutes would cost, before anything is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenEstimate {
    /// Parts that the transcript is read in.
    pub n_parts: usize,
    /// Tokens to read, with the prompts around each part.
    pub n_prompt_tokens: usize,
    /// Tokens to write, as it usually is.
    pub n_answer_tokens: usize,
}

/// Estimates what the minutes of these segments cost with a model of this context. `count_tokens`
/// counts a text's tokens; without a loaded model, [`rough_tokens`].
pub fn estimate_tokens(
    _segments: &[Segment],
    _template: &Template,
    _options: &MinutesOptions,
    _max_context_tokens: usize,
    _count_tokens: &dyn Fn(&str) -> usize,
) -> TokenEstimate {
    TokenEstimate {
        n_parts: 0,
        n_prompt_tokens: 0,
        n_answer_tokens: 0,
    }
}

/// About how many tokens a text has with the tokenizers of today. Only to tell how long something
/// will take; nothing is ever fitted into a context by it.
pub fn rough_tokens(_text: &str) -> usize {
    0
}
