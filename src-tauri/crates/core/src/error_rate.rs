use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How far a transcript is from what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRate {
    /// Fewest units that have to be replaced, inserted or deleted (Levenshtein distance).
    pub n_errors: usize,
    /// Units of the reference.
    pub n_reference_units: usize,
}

impl ErrorRate {
    /// Errors for each unit of the reference; above 1.0 where more was invented than was said. An
    /// empty reference gives 0.0 for an empty transcript and 1.0 for any other.
    pub fn rate(&self) -> f64 {
        match self.n_reference_units {
            0 if self.n_errors == 0 => 0.0,
            0 => 1.0,
            n => self.n_errors as f64 / n as f64,
        }
    }

    /// The rate over several texts: errors and units are added, so that long texts weigh more.
    pub fn plus(self, other: Self) -> Self {
        Self {
            n_errors: self.n_errors + other.n_errors,
            n_reference_units: self.n_reference_units + other.n_reference_units,
        }
    }
}

/// Word error rate. Both texts are normalised first: NFC, lower case, everything but letters, marks
/// and digits dropped (an apostrophe or hyphen joins what stands around it), white space between words.
///
/// ```
/// use recordroute_core::word_error_rate;
///
/// let rate = word_error_rate("And so, my fellow Americans:", "and so my fellow american");
/// assert_eq!((rate.n_errors, rate.n_reference_units), (1, 5), "punctuation and case do not count");
/// ```
pub fn word_error_rate(reference: &str, hypothesis: &str) -> ErrorRate {
    let reference = normalized(reference);
    let hypothesis = normalized(hypothesis);
    let reference: Vec<&str> = reference.split_whitespace().collect();
    let hypothesis: Vec<&str> = hypothesis.split_whitespace().collect();
    ErrorRate {
        n_errors: distance(&reference, &hypothesis),
        n_reference_units: reference.len(),
    }
}

/// Character error rate: as [`word_error_rate`], over characters and without white space, because
/// Korean is spaced in more than one right way.
///
/// ```
/// use recordroute_core::character_error_rate;
///
/// let rate = character_error_rate("회의를 시작하겠습니다.", "회의 를 시작 하겠읍니다");
/// assert_eq!((rate.n_errors, rate.n_reference_units), (1, 10), "blanks do not count, 습 and 읍 do");
/// ```
pub fn character_error_rate(reference: &str, hypothesis: &str) -> ErrorRate {
    let characters = |text: &str| -> Vec<char> {
        let text = normalized(text);
        text.chars().filter(|c| !c.is_whitespace()).collect()
    };
    let reference = characters(reference);
    let hypothesis = characters(hypothesis);
    ErrorRate {
        n_errors: distance(&reference, &hypothesis),
        n_reference_units: reference.len(),
    }
}

fn normalized(text: &str) -> String {
    let mut normalized = String::with_capacity(text.len());
    // Up and down again makes ß and ss, ς and σ the same, which lower case alone does not.
    let folded = text
        .nfc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfc();
    for c in folded {
        match c {
            '\'' | '’' | '-' | '‐' | '‑' => {}
            c if c.is_alphanumeric() || is_combining_mark(c) => normalized.push(c),
            _ => normalized.push(' '),
        }
    }
    normalized
}

/// Levenshtein distance in the memory of one row over the shorter side.
fn distance<T: Eq>(a: &[T], b: &[T]) -> usize {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut row: Vec<usize> = (0..=short.len()).collect();
    for (long_idx, from_long) in long.iter().enumerate() {
        let mut diagonal = long_idx;
        let mut left = long_idx + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, from_short) in row.iter_mut().skip(1).zip(short) {
            let replaced = diagonal + usize::from(from_long != from_short);
            diagonal = *cell;
            left = replaced.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rate: ErrorRate) -> (usize, usize) {
        (rate.n_errors, rate.n_reference_units)
    }

    #[test]
    fn each_kind_of_error_counts_once() {
        let wer = |hypothesis| counts(word_error_rate("one two three four", hypothesis));
        assert_eq!(wer("one two three four"), (0, 4), "the same text has no errors");
        assert_eq!(wer("one 2 three four"), (1, 4), "a replaced word");
        assert_eq!(wer("one three four"), (1, 4), "a missing word");
        assert_eq!(wer("one two and three four"), (1, 4), "an invented word");
        assert_eq!(wer(""), (4, 4), "silence instead of speech");
    }

    #[test]
    fn rates_at_the_edges_are_numbers() {
        assert_eq!(
            word_error_rate("", "").rate(),
            0.0,
            "nothing said, nothing written"
        );
        assert_eq!(word_error_rate("", "a b").rate(), 1.0, "all of it was invented");
        assert_eq!(
            word_error_rate("a", "x y z").rate(),
            3.0,
            "inventions may exceed the reference"
        );
    }

    #[test]
    fn writing_is_forgiven_and_words_are_not() {
        let cer = |a, b| counts(character_error_rate(a, b));
        assert_eq!(
            cer("회의", "\u{1112}\u{116c}\u{110b}\u{1174}"),
            (0, 2),
            "decomposed Korean is the same"
        );
        assert_eq!(
            counts(word_error_rate("Don't re-do it!", "dont redo it")),
            (0, 3),
            "apostrophes and hyphens join"
        );
        assert_eq!(
            counts(word_error_rate("3.5, 4", "3 5 4")),
            (0, 3),
            "signs part words"
        );
    }

    #[test]
    fn the_order_of_the_sides_changes_only_the_reference() {
        let forth = word_error_rate("a b c d e f", "b c x f");
        let back = word_error_rate("b c x f", "a b c d e f");
        assert_eq!(forth.n_errors, back.n_errors, "the distance is symmetric");
        assert_eq!(
            (forth.n_reference_units, back.n_reference_units),
            (6, 4),
            "the reference is the first"
        );
    }
}
