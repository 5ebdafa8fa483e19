use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// What is compared when text is looked for: NFC, without difference of case, every run of white
/// space one blank. Idempotent.
pub fn fold(text: &str) -> String {
    // Nearly all text is composed and caseless (Korean) or ASCII; thousands of segments are folded
    // in one search.
    let composed = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    };
    let mut folded = String::with_capacity(composed.len());
    let mut is_simple = true;
    for word in composed.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        for c in word.chars() {
            if let Some(folded_char) = simple_fold(c) {
                folded.push(folded_char);
            } else {
                is_simple = false;
                folded.extend(full_fold(c));
            }
        }
    }
    if is_simple {
        return folded;
    }
    // Folding can leave a pair that composes; text and query get the same.
    folded.nfc().collect()
}

/// The folded form of characters that need no table.
fn simple_fold(c: char) -> Option<char> {
    match c {
        '\0'..='\x7F' => Some(c.to_ascii_lowercase()),
        // Kana, Han and Korean syllables have no case.
        '\u{3000}'..='\u{9FFF}' | '가'..='힣' => Some(c),
        _ => None,
    }
}

/// Up and down again makes ß and ss, ς and σ the same, which lower case alone does not.
fn full_fold(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

/// Folded text that remembers where its characters came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// The folded text.
    pub text: String,
    /// For each character of `text`: where it begins there and in the original, in bytes, and where
    /// its original ends.
    origins: Vec<(usize, Range<usize>)>,
}

impl Folded {
    /// Folds text that is in NFC already, as everything in the library is.
    pub fn new(original: &str) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut origins = Vec::with_capacity(original.len());
        let mut after_blank = false;
        for (at, c) in original.char_indices() {
            let origin = at..at + c.len_utf8();
            if c.is_whitespace() {
                if !after_blank {
                    origins.push((text.len(), origin));
                    text.push(' ');
                }
                after_blank = true;
                continue;
            }
            after_blank = false;
            for folded in full_fold(c) {
                origins.push((text.len(), origin.clone()));
                text.push(folded);
            }
        }
        Self { text, origins }
    }

    /// Where in the original the bytes `range` of [`Folded::text`] came from, in bytes between characters.
    pub fn origin(&self, range: Range<usize>) -> Range<usize> {
        let start_idx = self
            .origins
            .partition_point(|(at, _)| *at <= range.start)
            .saturating_sub(1);
        let end_idx = self
            .origins
            .partition_point(|(at, _)| *at < range.end)
            .saturating_sub(1);
        match (self.origins.get(start_idx), self.origins.get(end_idx)) {
            (Some((_, first)), Some((_, last))) => first.start..last.end.max(first.start),
            _ => 0..0,
        }
    }
}

/// Characters that the index knows: letters and digits, and everything beyond ASCII that is no white space.
fn is_indexed(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_whitespace())
}

/// Stands for a blank in the index, whose tokenizer parts at real ones.
const BLANK: char = '␣';

/// What the index holds of folded text, blanks between them: all runs of one, two and three
/// characters inside words, and at each blank the characters before and after it, for phrases.
pub(crate) fn grams(folded: &str) -> String {
    let mut grams = String::with_capacity(folded.len() * 8);
    for joint in joints(folded) {
        grams.push_str(&joint);
        grams.push(' ');
    }
    for run in folded.split(|c| !is_indexed(c)).filter(|run| !run.is_empty()) {
        let bounds: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
        for n_chars in 1..=3 {
            for window in bounds.windows(n_chars + 1) {
                if let [start, .., end] = window
                    && let Some(gram) = run.get(*start..*end)
                {
                    grams.push_str(gram);
                    grams.push(' ');
                }
            }
        }
    }
    grams
}

/// The characters on both sides of each blank, as they are in the index.
fn joints(folded: &str) -> impl Iterator<Item = String> {
    folded.match_indices(' ').filter_map(|(at, blank)| {
        let before = folded.get(..at)?.chars().next_back().filter(|c| is_indexed(*c))?;
        let after = folded
            .get(at + blank.len()..)?
            .chars()
            .next()
            .filter(|c| is_indexed(*c))?;
        Some(String::from_iter([before, BLANK, after]))
    })
}

/// Whether a folded word can be looked for: it needs a character that is not ASCII punctuation.
pub fn is_searchable(word: &str) -> bool {
    word.chars().any(is_indexed)
}

/// Most runs of characters that are looked up for one word; the text itself is compared afterwards.
const MAX_GRAMS: usize = 24;

/// A full-text query for segments in which the folded `word` may occur: what [`grams`] made of every
/// text that holds it. Empty where it has no letter, digit or other character that is indexed. Only
/// such characters get into the query, in quotes, so that none is taken for an operator.
pub(crate) fn query(word: &str) -> String {
    let mut terms: Vec<String> = Vec::new();
    let mut add = |gram: &str| {
        let term = format!("\"{gram}\"");
        if terms.len() < MAX_GRAMS && !terms.contains(&term) {
            terms.push(term);
        }
    };
    joints(word).for_each(|joint| add(&joint));
    for run in word.split(|c| !is_indexed(c)).filter(|run| !run.is_empty()) {
        let chars: Vec<char> = run.chars().collect();
        for window in chars.windows(chars.len().min(3)) {
            add(&String::from_iter(window));
        }
    }
    terms.join(" AND ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_form_and_white_space_do_not_count() {
        assert_eq!(fold("  HELLO \n\t World "), "hello world", "case and white space");
        assert_eq!(
            fold("\u{1112}\u{116c}\u{110b}\u{1174}"),
            "회의",
            "macOS gives Korean decomposed"
        );
        assert_eq!(
            fold("Straße ΟΔΟΣ"),
            fold("STRASSE οδοσ"),
            "letters that fold to others"
        );
    }

    #[test]
    fn words_become_runs_of_three_characters() {
        assert_eq!(query("meet"), "\"mee\" AND \"eet\"", "a long word is its runs");
        assert_eq!(query("회의"), "\"회의\"", "a short word is looked up whole");
        assert_eq!(
            query(&fold("a\" OR *")),
            "\"a\" AND \"or\"",
            "signs of the query language are left out"
        );
        assert_eq!(
            query("a b"),
            "\"a␣b\" AND \"a\" AND \"b\"",
            "in a phrase the words stand side by side"
        );
        assert_eq!(query("?!"), "", "signs alone cannot be looked up");
    }

    proptest! {
        #[test]
        fn every_part_of_a_text_is_in_its_index(text in "\\PC{0,40}|[가-힣 a-zA-Z.]{0,40}", from in 0..40_usize, n in 1..12_usize) {
            let folded = fold(&text);
            let word: String = folded.chars().skip(from).take(n).collect();
            let grams = grams(&folded);
            let indexed: HashSet<&str> = grams.split(' ').collect();
            for term in query(&word).split(" AND ").filter(|term| !term.is_empty()) {
                prop_assert!(
                    indexed.contains(term.trim_matches('"')),
                    "{term} of {word:?} is not in the index of {folded:?}"
                );
            }
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text), "what is folded is folded");
        }

        #[test]
        fn origins_are_pieces_of_the_original(text in "\\PC{0,30}", from in 0..30_usize, n in 1..10_usize) {
            let folded = Folded::new(&text);
            let bounds: Vec<usize> = folded.text.char_indices().map(|(at, _)| at).chain([folded.text.len()]).collect();
            if let (Some(start), Some(end)) = (bounds.get(from), bounds.get(from + n)) {
                let origin = folded.origin(*start..*end);
                let piece = text.get(origin.clone());
                prop_assert!(piece.is_some(), "{origin:?} cuts a character of {text:?}");
                let again = Folded::new(piece.unwrap_or_default()).text;
                prop_assert!(
                    again.contains(&folded.text[*start..*end]),
                    "{again:?} lacks {:?}", &folded.text[*start..*end]
                );
            }
        }
    }
}
