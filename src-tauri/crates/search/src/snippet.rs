use std::ops::Range;

use recordroute_store::Folded;
use serde::{Deserialize, Serialize};

/// A stretch of text around what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// The text without marks.
    pub text: String,
    /// The same text in pieces.
    pub parts: Vec<SnippetPart>,
}

/// A piece of a snippet. The pieces in a row are its text; so there are no positions, which each
/// door would count in another way: bytes, characters or UTF-16.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnippetPart {
    /// The text as it stands in the library.
    pub text: String,
    /// Whether it is what was looked for.
    pub matched: bool,
}

/// Characters that a snippet shows at most, beside the words that were found.
const MAX_CHARS: usize = 160;

/// Characters that are shown before the first word that was found, where the text is cut.
const LEAD_CHARS: usize = 40;

/// Shows `text` around the first place where one of the folded `words` stands.
pub(crate) fn snippet(text: &str, words: &[String]) -> Snippet {
    let parts = parts(text, words);
    Snippet {
        text: parts.iter().map(|part| part.text.as_str()).collect(),
        parts,
    }
}

fn parts(text: &str, words: &[String]) -> Vec<SnippetPart> {
    let found = found_ranges(text, words);
    let window = window(text, found.first());
    let mut parts: Vec<SnippetPart> = Vec::new();
    let mut push = |range: Range<usize>, matched: bool| {
        if let Some(text) = text.get(range).filter(|text| !text.is_empty()) {
            parts.push(SnippetPart {
                text: text.to_owned(),
                matched,
            });
        }
    };
    let mut at = window.start;
    for range in found {
        let range = range.start.max(at)..range.end.min(window.end);
        if range.start < range.end {
            push(at..range.start, false);
            push(range.clone(), true);
            at = range.end;
        }
    }
    push(at..window.end, false);
    if window.start > 0
        && let Some(first) = parts.first_mut()
    {
        first.text.insert(0, '…');
    }
    if window.end < text.len()
        && let Some(last) = parts.last_mut()
    {
        last.text.push('…');
    }
    parts
}

/// Where the words stand in the text, in bytes, in order and without overlaps.
fn found_ranges(text: &str, words: &[String]) -> Vec<Range<usize>> {
    let folded = Folded::new(text);
    let mut ranges: Vec<Range<usize>> = words
        .iter()
        .flat_map(|word| folded.text.match_indices(word.as_str()))
        .map(|(at, word)| folded.origin(at..at + word.len()))
        .collect();
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The bytes of `text` that are shown: all of a short one, else a stretch around `first`.
fn window(text: &str, first: Option<&Range<usize>>) -> Range<usize> {
    let mut bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let n_chars = bounds.len();
    if n_chars <= MAX_CHARS {
        return 0..text.len();
    }
    bounds.push(text.len());
    let first_idx = first.map_or(0, |range| bounds.partition_point(|at| *at < range.start));
    let start_idx = first_idx.saturating_sub(LEAD_CHARS).min(n_chars - MAX_CHARS);
    let end_idx = start_idx + MAX_CHARS;
    match (bounds.get(start_idx), bounds.get(end_idx)) {
        (Some(start), Some(end)) => *start..*end,
        _ => 0..text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        parts(text, &words)
            .iter()
            .map(|part| match part.matched {
                true => format!("[{}]", part.text),
                false => part.text.clone(),
            })
            .collect()
    }

    #[test]
    fn words_are_marked_as_they_stand_in_the_text() {
        assert_eq!(
            marked("The BUDGET for the Budgets.", &["budget"]),
            "The [BUDGET] for the [Budget]s.",
            "case is the text's own"
        );
        assert_eq!(
            marked("내일 회의를 합니다", &["회의", "내일"]),
            "[내일] [회의]를 합니다",
            "the particle is not marked"
        );
        assert_eq!(
            marked("next\n week", &["next week"]),
            "[next\n week]",
            "a phrase is found over a line break"
        );
        assert_eq!(
            marked("STRASSE straße", &["strasse"]),
            "[STRASSE] [straße]",
            "one letter for two is marked whole"
        );
        assert_eq!(
            marked("abcde", &["abc", "bcd"]),
            "[abcd]e",
            "overlapping words are one mark"
        );
    }

    #[test]
    fn long_text_is_cut_around_the_first_word() {
        let text = format!("{}바늘 {}", "건초 ".repeat(200), "더미 ".repeat(200));
        let shown = marked(&text, &["바늘"]);
        assert!(shown.contains("[바늘]"), "what was found is shown: {shown}");
        assert!(
            shown.starts_with('…') && shown.ends_with('…'),
            "both cuts are marked: {shown}"
        );
        assert!(shown.chars().count() < 170, "and it stays short: {shown}");
    }
}
