use recordroute_core::{Segment, is_same_language};

use crate::ask::answer_tokens;
use crate::minutes::n_calls;
use crate::{MinutesOptions, Template, prompt};

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

/// Tokens of one item, and of a section without any.
const ITEM_TOKENS: usize = 25;
const SECTION_TOKENS: usize = 8;
/// Tokens of a list to choose from with the prompt around it, and of the choice.
const CHOICE_TOKENS: usize = 400;
const CHOSEN_TOKENS: usize = 25;
/// An item for so many tokens of talk.
const TOKENS_AN_ITEM: usize = 150;

/// Estimates what the minutes of these segments cost with a model of this context. `count_tokens`
/// counts a text's tokens; without a loaded model, [`rough_tokens`].
pub fn estimate_tokens(
    segments: &[Segment],
    template: &Template,
    options: &MinutesOptions,
    max_context_tokens: usize,
    count_tokens: &dyn Fn(&str) -> usize,
) -> TokenEstimate {
    // The brackets and the number before each line.
    const LINE_TOKENS: usize = 4;
    let n_talk: usize = segments
        .iter()
        .map(|segment| count_tokens(&segment.text) + LINE_TOKENS)
        .sum();
    let language = options
        .transcript_language
        .as_deref()
        .unwrap_or(&options.language);
    let system = prompt::minutes_system(template, language);
    let n_around = count_tokens(&system) + count_tokens(&prompt::minutes_part("", template, language));
    let n_answer = answer_tokens(max_context_tokens);
    let room = max_context_tokens
        .saturating_sub(n_around + n_answer)
        .min(options.max_part_tokens)
        .max(1);
    let n_parts = n_talk.div_ceil(room);
    let n_items = n_talk.div_ceil(TOKENS_AN_ITEM);
    let n_chosen = n_choices(n_items, segments, template);
    let n_items = n_items * ITEM_TOKENS;
    let n_written = n_items + n_parts * template.sections.len() * SECTION_TOKENS;
    // What is translated is read and written once more.
    let n_translated = if is_same_language(language, &options.language) {
        0
    } else {
        n_items
    };
    TokenEstimate {
        n_parts,
        n_prompt_tokens: n_talk + n_parts * n_around + n_chosen * CHOICE_TOKENS + n_translated,
        n_answer_tokens: n_written.min(n_parts * n_answer) + n_chosen * CHOSEN_TOKENS + n_translated,
    }
}

/// About how often the model is asked to choose among too many items, where each section has its share of
/// them.
fn n_choices(n_items: usize, segments: &[Segment], template: &Template) -> usize {
    let duration_ms = segments.last().map_or(0, |segment| segment.end_ms);
    let n_each = n_items / template.sections.len().max(1);
    let limits = template
        .sections
        .iter()
        .filter_map(|section| section.limit_for(duration_ms));
    limits.map(|limit| n_calls(n_each, limit)).sum()
}

/// About how many tokens a text has with the tokenizers of today. Only to tell how long something
/// will take; nothing is ever fitted into a context by it.
pub fn rough_tokens(text: &str) -> usize {
    // Quarters of a token: four letters of English are one, a syllable of Korean nearly one.
    let quarters: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 3 }).sum();
    quarters.div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::segment;

    #[test]
    fn a_longer_talk_costs_more() {
        let template = &Template::built_in()[0];
        let options = MinutesOptions::default();
        let talk = |n: usize| -> Vec<Segment> {
            (0..n)
                .map(|idx| segment(idx, "We should talk about the budget again next week."))
                .collect()
        };
        let estimate = |n: usize| estimate_tokens(&talk(n), template, &options, 4_096, &rough_tokens);
        assert_eq!(estimate(0).n_parts, 0, "nothing costs nothing");
        let (short, long) = (estimate(100), estimate(2_000));
        assert_eq!(short.n_parts, 1, "a few minutes fit at once: {short:?}");
        assert!(long.n_parts > 8, "two hours do not: {long:?}");
        assert!(
            long.n_prompt_tokens > 15 * short.n_prompt_tokens,
            "and the prompts around each part are read again: {long:?}"
        );
    }
}
