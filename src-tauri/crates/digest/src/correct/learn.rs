use std::collections::HashSet;

use recordroute_core::DiffKind;

use super::diff::diff;
use crate::likeness::letters_shared;
use crate::words::{english, korean, words};

/// Sounds of the replaced words that a name must share: a correction of a mishearing sounds alike.
const MIN_ALIKE: f32 = 0.4;
const MAX_WORDS: usize = 10;
const MAX_CHARS: usize = 40;

/// The names and terms that an accepted correction teaches, as they are spelled in the accepted text,
/// for the vocabulary. Changes of spacing, particles and everyday words teach nothing: learned are
/// words with capitals or digits inside a sentence, Latin letters within Korean, and Korean words that
/// are no verbs and whose stem was heard differently.
pub fn learned_words(original: &str, accepted: &str) -> Vec<String> {
    let known: HashSet<String> = words(original)
        .iter()
        .map(|word| bare(word).to_lowercase())
        .collect();
    let spaced = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let heard = spaced(original);
    let replaced: String = diff(original, accepted)
        .into_iter()
        .filter(|part| part.kind != DiffKind::Added)
        .map(|part| part.text)
        .collect();
    let starts = sentence_starts(accepted);
    let mut learned: Vec<String> = Vec::new();
    for (idx, word) in words(accepted).into_iter().enumerate() {
        let stem = bare(&word).to_owned();
        let folded = stem.to_lowercase();
        let is_new = !known.contains(&folded) && !heard.contains(&spaced(&folded));
        let n_chars = stem.chars().count();
        if !is_new || !(2..=MAX_CHARS).contains(&n_chars) || learned.contains(&stem) {
            continue;
        }
        let is_name = if stem.chars().any(korean::is_hangul) {
            !korean::is_stop_word(&stem) && !korean::is_verb_like(&stem) && !is_number(&stem)
        } else {
            is_latin_name(&stem, starts.contains(&idx), accepted)
        };
        if is_name && sounds_like_some(&stem, &replaced) {
            learned.push(stem);
        }
    }
    learned.truncate(MAX_WORDS);
    learned
}

fn bare(word: &str) -> &str {
    korean::stem(word.strip_suffix("'s").unwrap_or(word))
}

fn is_number(word: &str) -> bool {
    crate::checks::Numbers::of(word) != crate::checks::Numbers::default()
}

fn is_latin_name(word: &str, starts_sentence: bool, text: &str) -> bool {
    if !word.chars().any(char::is_alphabetic) || english::is_stop_word(&word.to_lowercase()) {
        return false;
    }
    let mut letters = word.chars();
    let first_is_capital = letters.next().is_some_and(char::is_uppercase);
    let inside = letters.any(|c| c.is_uppercase() || c.is_ascii_digit());
    // Every sentence begins with a capital; Korean has none, so that Latin letters in it are names.
    inside || (first_is_capital && !starts_sentence) || text.chars().any(korean::is_hangul)
}

/// Places of the words that begin a sentence.
fn sentence_starts(text: &str) -> HashSet<usize> {
    let mut starts = HashSet::new();
    let mut n_words = 0;
    for sentence in text.split_inclusive(['.', '?', '!']) {
        starts.insert(n_words);
        n_words += words(sentence).len();
    }
    starts
}

/// Whether one, two or three words in a row of the original sound like this one. Latin letters for
/// Korean sounds, or the reverse, cannot be compared and are believed.
fn sounds_like_some(word: &str, original: &str) -> bool {
    let has_hangul = |text: &str| text.chars().any(korean::is_hangul);
    let heard = words(original);
    if heard.iter().all(|other| has_hangul(other) != has_hangul(word)) {
        return true;
    }
    (1..=3).any(|n| {
        heard.windows(n).any(|run| {
            has_hangul(&run.concat()) != has_hangul(word) || letters_shared(&run.concat(), word) >= MIN_ALIKE
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_learned() {
        for (original, accepted, expected) in [
            (
                "we use cooper netties now",
                "We use Kubernetes now.",
                vec!["Kubernetes"],
            ),
            (
                "ask minsoo kim about it",
                "Ask Minsu Kim about it.",
                vec!["Minsu"],
            ),
            ("쿠버네티즈를 씁니다", "쿠버네티스를 씁니다", vec!["쿠버네티스"]),
            (
                "데이타베이스가 느려요",
                "데이터베이스가 느려요",
                vec!["데이터베이스"],
            ),
            ("김민숙 씨가 말했다", "김민석 씨가 말했다", vec!["김민석"]),
            ("깃허브에 올렸어요", "GitHub에 올렸어요", vec!["GitHub"]),
            ("the gpt for model", "The GPT4 model", vec!["GPT4"]),
        ] {
            assert_eq!(
                learned_words(original, accepted),
                expected,
                "{original} / {accepted}"
            );
        }
    }

    #[test]
    fn everyday_corrections_teach_nothing() {
        for (original, accepted) in [
            ("회의을 시작합니다", "회의를 시작합니다"),
            ("안녕 하세요", "안녕하세요"),
            ("그렇게하면 안되요", "그렇게 하면 안 돼요"),
            ("there going home", "They're going home."),
            ("its a test", "It's a test."),
            ("삼십 명", "30명"),
            ("", ""),
        ] {
            assert_eq!(
                learned_words(original, accepted),
                Vec::<String>::new(),
                "{original} / {accepted}"
            );
        }
    }
}
