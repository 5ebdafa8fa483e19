//! Words, and what of them says what a text is about.

pub(crate) mod english;
pub(crate) mod korean;

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

/// The words of a text as they stand, composed (NFC) and without the signs around them. An apostrophe
/// or a hyphen between letters, and a point or comma between digits, belong to the word.
pub(crate) fn words(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.nfc().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let (before, after) = (at.checked_sub(1).and_then(|at| chars.get(at)), chars.get(at + 1));
        let between = |is: fn(char) -> bool| before.is_some_and(|&c| is(c)) && after.is_some_and(|&c| is(c));
        let joins = match c {
            '\'' | '’' | '-' => between(char::is_alphabetic),
            '.' | ',' => between(|c| c.is_ascii_digit()),
            _ => c.is_alphanumeric(),
        };
        if joins {
            word.push(if c == '’' { '\'' } else { c });
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// How many words a text has; scripts without blanks count two letters as one.
pub(crate) fn count(text: &str) -> usize {
    words(text)
        .iter()
        .map(|word| {
            let n_unspaced = word.chars().filter(|&c| is_unspaced(c)).count();
            if n_unspaced == 0 {
                1
            } else {
                n_unspaced.div_ceil(2)
            }
        })
        .sum()
}

/// Letters of scripts that set no blanks between words: Chinese characters, kana, Thai, Lao, Khmer.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0x2_0000..=0x3_FFFF)
}

/// What a text is about: stems of words that are no stop words; of Korean stems and of scripts without
/// blanks every two neighbouring letters, so that a compound shares something with its parts.
pub(crate) fn features(text: &str) -> Vec<String> {
    let mut features = Vec::new();
    for word in words(text) {
        let word = word.to_lowercase();
        if word.chars().any(korean::is_hangul) {
            let stem = korean::stem(&word);
            if !korean::is_stop_word(&word) && !korean::is_stop_word(stem) {
                push_pairs(stem, &mut features);
            }
        } else if word.chars().any(is_unspaced) {
            push_pairs(&word, &mut features);
        } else if !english::is_stop_word(&word) && word.chars().count() > 1
            || word.chars().all(|c| c.is_ascii_digit())
        {
            features.push(english::stem(&word));
        }
    }
    features
}

/// The features, each once.
pub(crate) fn feature_set(text: &str) -> HashSet<String> {
    features(text).into_iter().collect()
}

fn push_pairs(word: &str, features: &mut Vec<String>) {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < 2 {
        return;
    }
    features.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_no_words() {
        assert_eq!(
            words("“Well,” it’s 3.5 - 1,000 first-class; 회의는?"),
            ["Well", "it's", "3.5", "1,000", "first-class", "회의는"],
            "what stands between letters or digits belongs to them"
        );
        assert_eq!(count("네."), 1, "one word");
        assert_eq!(count("今日は会議です"), 4, "no blanks, so by letters");
        assert_eq!(count(" … - "), 0, "signs alone say nothing");
    }

    #[test]
    fn particles_and_endings_do_not_hide_what_is_meant() {
        let shared = |a: &str, b: &str| !feature_set(a).is_disjoint(&feature_set(b));
        assert!(shared("예산을", "예산은 다음 주에"), "one noun, two particles");
        assert!(shared("데이터베이스", "데이터 베이스가"), "spacing differs");
        assert!(shared("meetings", "The meeting"), "number differs");
        assert!(
            !shared("그리고 그래서", "그리고 우리는"),
            "stop words are shared by everything"
        );
        assert!(!shared("the and of", "the and of"), "in English too");
    }
}
