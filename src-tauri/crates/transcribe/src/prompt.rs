use recordroute_core::TranscribeOptions;
use whisper_rs::WhisperContext;

/// Tokens that whisper.cpp takes of a prompt: half of the text context.
const MAX_PROMPT_TOKENS: usize = 223;

/// The user's prompt and vocabulary as one text, as much of it as the model takes. The prompt comes
/// last, where it counts most; words of the vocabulary are taken in their order while they fit.
pub(crate) fn compose(context: &WhisperContext, options: &TranscribeOptions) -> Option<String> {
    let prompt = options.prompt.as_deref().map(clean).unwrap_or_default();
    let mut n_left = MAX_PROMPT_TOKENS.saturating_sub(n_tokens(context, &prompt));
    let mut words = Vec::new();
    for word in &options.vocabulary {
        let word = clean(word);
        // One more for the comma.
        let n_needed = n_tokens(context, &word) + 1;
        if word.is_empty() || n_needed > n_left {
            continue;
        }
        n_left -= n_needed;
        words.push(word);
    }
    let mut parts = Vec::new();
    if !words.is_empty() {
        parts.push(format!("{}.", words.join(", ")));
    }
    if !prompt.is_empty() {
        parts.push(prompt);
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// whisper.cpp takes a C string: NUL would end it, and line ends mean nothing to it.
fn clean(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    text.trim().to_owned()
}

fn n_tokens(context: &WhisperContext, text: &str) -> usize {
    // A text that the tokenizer refuses takes all the room, and is left out with that.
    context
        .tokenize(text, MAX_PROMPT_TOKENS * 8)
        .map_or(usize::MAX / 2, |tokens| tokens.len())
}
