use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use crate::checks::{Negations, Numbers};
use crate::highlights::pieces;
use crate::support::names;
use crate::words::feature_set;

/// Two lines whose pairs of letters are shared to this degree say the same.
const NEAR: f32 = 0.8;

/// What is compared of a line, computed once.
#[derive(Debug, Clone)]
pub(crate) struct Likeness {
    /// Neighbouring letters, sorted, with repetitions.
    pairs: Vec<(char, char)>,
    pub features: HashSet<String>,
    numbers: Numbers,
    negations: Negations,
    names: Vec<String>,
}

impl Likeness {
    pub fn of(text: &str) -> Self {
        let letters: Vec<char> = text
            .nfc()
            .flat_map(char::to_lowercase)
            .filter(|c| c.is_alphanumeric())
            .collect();
        let mut pairs: Vec<(char, char)> = letters.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.sort_unstable();
        Self {
            pairs,
            features: feature_set(text),
            numbers: Numbers::of(text),
            negations: Negations::of(text),
            names: names(text, ""),
        }
    }

    /// Whether two lines say the same. Lines with different numbers or negations never do, nor do those
    /// that each name somebody or something else or have another word in one place, however much they
    /// share.
    pub fn is_near(&self, other: &Self) -> bool {
        if self.numbers != other.numbers || self.negations != other.negations {
            return false;
        }
        if self.names_more_than(other) && other.names_more_than(self) || self.says_otherwise(other) {
            return false;
        }
        if self.pairs.is_empty() || other.pairs.is_empty() {
            return self.pairs == other.pairs && self.features == other.features;
        }
        if dice(&self.pairs, &other.pairs) >= NEAR {
            return true;
        }
        let (small, large) = if self.features.len() <= other.features.len() {
            (&self.features, &other.features)
        } else {
            (&other.features, &self.features)
        };
        // The shorter says nothing that the longer does not.
        small.len() >= 4 && small.is_subset(large) && small.len() * 3 >= large.len() * 2
    }

    /// Whether it says all that another says, and more.
    pub fn is_fuller_than(&self, other: &Self) -> bool {
        self.features.len() > other.features.len() && other.features.is_subset(&self.features)
    }

    /// Whether a word stands where the other has another one, rather than another form of it.
    fn says_otherwise(&self, other: &Self) -> bool {
        let mut own = self.features.difference(&other.features);
        let others: Vec<&String> = other.features.difference(&self.features).collect();
        let is_form_of = |one: &String, other: &String| one.chars().next() == other.chars().next();
        !others.is_empty() && own.any(|word| !others.iter().any(|other| is_form_of(word, other)))
    }

    fn names_more_than(&self, other: &Self) -> bool {
        self.names.iter().any(|name| !other.names.contains(name))
    }
}

/// Small models say a sentence again and again until there is no more room. Each stands once, and the last,
/// which has no end, not at all.
pub(crate) fn without_loops(text: &str) -> String {
    let pieces = pieces(text);
    let mut kept: Vec<&str> = Vec::new();
    let mut likenesses: Vec<Likeness> = Vec::new();
    for piece in &pieces {
        let likeness = Likeness::of(piece);
        if !likenesses.iter().any(|known| known.is_near(&likeness)) {
            likenesses.push(likeness);
            kept.push(piece);
        }
    }
    let is_loop = kept.len() < pieces.len();
    let has_end = |piece: &&&str| piece.trim_end().ends_with(['.', '!', '?', '。', '！', '？']);
    if is_loop && kept.len() > 1 && kept.last().is_some_and(|last| !has_end(&last)) {
        kept.pop();
    }
    kept.concat().trim_end().to_owned()
}

/// Twice what is shared by two sorted lists, over their lengths.
fn dice(a: &[(char, char)], b: &[(char, char)]) -> f32 {
    let (mut at_a, mut at_b, mut n_shared) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.get(at_a), b.get(at_b)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => at_a += 1,
            std::cmp::Ordering::Greater => at_b += 1,
            std::cmp::Ordering::Equal => {
                (at_a, at_b, n_shared) = (at_a + 1, at_b + 1, n_shared + 1);
            }
        }
    }
    2.0 * n_shared as f32 / (a.len() + b.len()) as f32
}

/// How much of the letters of two texts is shared in order, 0.0..=1.0; white space, signs and case
/// make no difference. Korean syllables are taken apart, so that `되` and `돼` are near.
pub(crate) fn letters_shared(a: &str, b: &str) -> f32 {
    let letters = |text: &str| -> Vec<char> {
        text.nfd()
            .flat_map(char::to_lowercase)
            .filter(|c| c.is_alphanumeric() || is_jamo(*c))
            .collect()
    };
    let (a, b) = (letters(a), letters(b));
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    similar::get_diff_ratio(
        &similar::capture_diff_slices(similar::Algorithm::Myers, &a, &b),
        a.len(),
        b.len(),
    )
}

fn is_jamo(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x11FF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_inside_a_sentence_stands_once() {
        assert_eq!(
            without_loops("It is set in type. It is set in type. It is set in type. It is s…"),
            "It is set in type.",
            "what is broken off is left out"
        );
        assert_eq!(
            without_loops("회의는 5월에 합니다. 회의는 5월에 합니다."),
            "회의는 5월에 합니다.",
            "in Korean too"
        );
        for whole in [
            "Dr. Kim pays. Ann does not",
            "It costs 4.5 million, not 4 million",
            "5월입니다. 6월이 아닙니다.",
        ] {
            assert_eq!(without_loops(whole), whole, "what is no loop stays");
        }
    }

    fn is_near(a: &str, b: &str) -> bool {
        Likeness::of(a).is_near(&Likeness::of(b))
    }

    #[test]
    fn the_same_said_twice_is_found() {
        assert!(
            is_near("The launch moves to Friday.", "The launch is moved to Friday"),
            "small words differ"
        );
        assert!(
            is_near("출시를 금요일로 미룬다.", "출시를 금요일로 미룬다"),
            "a full stop says nothing"
        );
        assert!(
            !is_near("Launch on May 3.", "Launch on May 8."),
            "the number is the point"
        );
        assert!(
            !is_near("예산을 늘리기로 했다.", "예산을 늘리지 않기로 했다."),
            "the negation is the point"
        );
        for (one, other) in [
            (
                "We close the park for repairs.",
                "We close the market for repairs.",
            ),
            (
                "Minsu will send the contract to legal by Monday.",
                "Jisoo will send the contract to legal by Monday.",
            ),
            (
                "The next review is on Monday at the Seoul office.",
                "The next review is on Tuesday at the Seoul office.",
            ),
            (
                "다음 회의는 월요일 오전에 본사에서 하기로 했다",
                "다음 회의는 화요일 오전에 본사에서 하기로 했다",
            ),
            (
                "김민수가 금요일까지 계약서 초안을 보내기로 했다",
                "이지은이 금요일까지 계약서 초안을 보내기로 했다",
            ),
            (
                "마케팅팀이 다음 주까지 예산안을 정리해서 공유하기로 했다",
                "개발팀이 다음 주까지 예산안을 정리해서 공유하기로 했다",
            ),
        ] {
            assert!(
                !is_near(one, other),
                "who and when are the point: {one} / {other}"
            );
        }
        assert!(
            is_near(
                "Minsu says the draft contract goes to legal by Monday.",
                "The draft contract goes to legal by Monday."
            ),
            "one that says less says the same"
        );
        assert!(
            !is_near("Launch on Friday.", "Hire a designer."),
            "nothing is shared"
        );
    }

    #[test]
    fn sounds_that_are_near_are_near() {
        assert!(
            letters_shared("안돼요", "안 되요") > 0.7,
            "they sound the same: {}",
            letters_shared("안돼요", "안 되요")
        );
        assert!(letters_shared("네", "아니요") < 0.4, "these do not");
    }
}
