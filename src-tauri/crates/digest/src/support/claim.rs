//! What a sentence claims, taken apart into what can be looked up in a text.

use std::collections::HashSet;

use super::names::names;
use crate::checks::{Counted, Negations, Numbers};
use crate::words::{english, is_unspaced, korean, words};

/// Words with which an answer speaks of the passages themselves or says how sure it is, as lower-cased stems.
#[rustfmt::skip]
const SPEAKING: &[&str] = &[
    "accord", "attende", "describ", "discuss", "explain", "indicat", "mention", "not", "participant", "passag",
    "record", "speak", "speaker", "stat", "talk", "transcript",
    "구절", "녹음", "내용", "논의", "말씀", "발언", "설명", "언급", "참석자",
    "발생", "예상", "예정",
];

/// What `하다` and `되다` go on with where they stand alone and say nothing.
#[rustfmt::skip]
const GOING_ON: [char; 18] = [
    '고', '기', '며', '면', '지', '는', '던', '다', '니', '습', '여', '려', '도', '게', '었', '였', '어', '거',
];

/// Syllables that make a verb of a noun: 하다, 되다 and 시키다 in their forms.
const MAKING_VERBS: [char; 14] = [
    '하', '했', '해', '한', '할', '합', '함', '되', '됐', '돼', '된', '될', '됩', '됨',
];

/// A word that means something, in the form in which it is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Word {
    /// The stem of a word in letters with blanks between words.
    Stem(String),
    /// A Korean noun without particles, or the noun that a verb is made of; two syllables or more.
    Noun(String),
    /// A Korean verb or adjective, by how all its forms begin.
    Verb(Beginning),
    /// Two neighbouring letters of a script without blanks.
    Pair(char, char),
}

/// The first syllable without its final consonant, and the first consonant of the second: what `미루기로`
/// and `미뤘다`, `늘리다` and `늘렸다` share. The second is left out where the stem has one syllable.
pub(crate) type Beginning = (char, Option<char>);

impl Word {
    /// How much it tells. The forms of Korean verbs are many, and what they are looked up by is short.
    pub fn weight(&self) -> usize {
        match self {
            Self::Stem(_) | Self::Noun(_) => 2,
            Self::Verb(_) | Self::Pair(..) => 1,
        }
    }
}

/// What a sentence claims.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Each once.
    pub words: Vec<Word>,
    /// Each as often as it stands there.
    pub numbers: Vec<Counted>,
    /// Lower-cased.
    pub names: Vec<String>,
    pub negates: bool,
    /// The verb that a Korean sentence ends with.
    pub predicate: Option<Word>,
}

impl Claim {
    /// `text` is written in the language with this code.
    pub fn of(text: &str, language: &str) -> Self {
        Self {
            words: meaning(text),
            numbers: Counted::telling(text),
            names: names(text, language),
            negates: Negations::of(text).any(),
            predicate: predicate(text),
        }
    }

    /// Whether it has nothing that could be looked up.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.numbers.is_empty() && self.names.is_empty()
    }

    pub fn weight_of_words(&self) -> usize {
        self.words.iter().map(Word::weight).sum()
    }

    /// What must be there as it stands counts as much as a noun.
    pub fn weight(&self) -> usize {
        self.weight_of_words() + 2 * (self.names.len() + self.numbers.len())
    }
}

/// The words of a text that mean something, each once. Its numbers are none of them.
pub(super) fn meaning(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |word: Word| {
        if seen.insert(word.clone()) {
            found.push(word);
        }
    };
    for word in words(&Numbers::without(text)) {
        if word.chars().any(korean::is_hangul) {
            if let Some(word) = korean_word(&word) {
                add(word);
            }
        } else if word.chars().any(is_unspaced) {
            let letters: Vec<char> = word.chars().collect();
            for pair in letters.windows(2) {
                add(Word::Pair(pair[0], pair[1]));
            }
        } else {
            for part in word.split('-') {
                let stem = english::stem(part);
                let means = part.chars().nth(1).is_some()
                    && !english::is_stop_word(part)
                    && !english::is_stop_word(&stem)
                    && !SPEAKING.contains(&stem.as_str());
                if means {
                    add(Word::Stem(stem));
                }
            }
        }
    }
    found
}

fn korean_word(word: &str) -> Option<Word> {
    let stem = korean::stem(word);
    if korean::is_stop_word(word) || korean::is_stop_word(stem) || says_only_do(word) {
        return None;
    }
    if !stem.chars().any(korean::is_hangul) {
        // `api를`
        return stem
            .chars()
            .nth(1)
            .is_some()
            .then(|| Word::Stem(english::stem(stem)));
    }
    let noun = match made_of(word) {
        Some(noun) => noun,
        None if is_verb(word) => return beginning(word).map(Word::Verb),
        None => stem,
    };
    let means = noun.chars().nth(1).is_some() && !SPEAKING.contains(&noun);
    means.then(|| Word::Noun(noun.to_owned()))
}

/// The last word that means something, where it is a Korean verb.
fn predicate(text: &str) -> Option<Word> {
    let words = words(&Numbers::without(text));
    let mut meaning = words
        .iter()
        .rev()
        .filter_map(|word| Some((word, korean_word(word)?)));
    let (word, predicate) = meaning.next()?;
    (is_verb(word) || made_of(word).is_some()).then_some(predicate)
}

fn is_verb(word: &str) -> bool {
    // `로그인`, `디자인`: nouns that end like `중인`.
    if word.ends_with('인') && !word.ends_with("적인") {
        return false;
    }
    ["다", "며", "기로"].iter().any(|ending| word.ends_with(ending))
        || (korean::is_verb_like(word) && korean::without_particle(word).is_none())
}

/// Whether a word is a form of `하다` or `되다` alone.
fn says_only_do(word: &str) -> bool {
    let mut letters = word.chars();
    let (Some(first), Some(second)) = (letters.next(), letters.next()) else {
        return false;
    };
    match first {
        '하' | '했' | '되' | '됐' | '돼' | '됩' => GOING_ON.contains(&second),
        '한' | '합' => matches!(second, '다' | '니'),
        _ => false,
    }
}

/// The noun that a verb is made of: `결정` of `결정했습니다` and of `결정하기로`.
fn made_of(word: &str) -> Option<&str> {
    let (at, _) = word
        .char_indices()
        .skip(2)
        .find(|(_, c)| MAKING_VERBS.contains(c))?;
    Some(&word[..at])
}

/// How the forms of a Korean verb begin; `None` where a word begins with no syllable.
pub(super) fn beginning(word: &str) -> Option<Beginning> {
    const N_FINALS: u32 = 28;
    const N_VOWELS: u32 = 21;
    const FIRST: u32 = '가' as u32;
    /// Index of ㅆ among the final consonants: the mark of the past.
    const PAST: u32 = 20;
    let mut letters = word.chars();
    let first = letters.next().filter(|c| korean::is_hangul(*c))?;
    let offset = u32::from(first) - FIRST;
    let open = char::from_u32(FIRST + offset / N_FINALS * N_FINALS)?;
    if offset % N_FINALS == PAST {
        return Some((open, None));
    }
    let second = letters.next().filter(|c| korean::is_hangul(*c));
    let consonant = second.and_then(|c| {
        let initial = (u32::from(c) - FIRST) / (N_VOWELS * N_FINALS);
        char::from_u32(0x1100 + initial)
    });
    Some((open, consonant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_taken_apart() {
        let stem = |text: &str| Word::Stem(text.to_owned());
        let noun = |text: &str| Word::Noun(text.to_owned());
        assert_eq!(
            meaning("The speaker mentioned that 25 follow-up tests were planned."),
            [stem("follow"), stem("test"), stem("plan")],
            "neither numbers nor what speaks of the passages"
        );
        let korean = meaning("회의에서 예산을 5천만 원으로 확정하기로 했고 API를 미뤘습니다.");
        assert!(
            korean.starts_with(&[noun("회의"), noun("예산"), noun("확정")]),
            "nouns, also those in verbs: {korean:?}"
        );
        assert!(
            korean.contains(&stem("api")),
            "Latin letters in Korean: {korean:?}"
        );
        assert!(
            korean.iter().any(|word| matches!(word, Word::Verb(_))),
            "and verbs: {korean:?}"
        );
        assert_eq!(meaning("네, 그렇습니다. Yes."), [], "nothing is said by itself");
        assert_eq!(meaning("로그인"), [noun("로그인")], "not every ending is one");
        let predicate = |text: &str| Claim::of(text, "ko").predicate;
        assert_eq!(
            predicate("예산을 확정했습니다."),
            Some(noun("확정")),
            "what is done"
        );
        assert_eq!(predicate("출시는 9월입니다. 예산안"), None, "nothing is");
    }

    #[test]
    fn forms_of_a_verb_begin_alike() {
        for (a, b) in [
            ("미뤘습니다", "미루기로"),
            ("늘렸다", "늘리고"),
            ("줄었습니다", "줄어들"),
        ] {
            assert_eq!(beginning(a), beginning(b), "{a} and {b}");
        }
        assert_ne!(beginning("미뤘습니다"), beginning("늘렸다"), "others do not");
        assert_eq!(
            beginning("갔습니다"),
            Some(('가', None)),
            "a stem of one syllable"
        );
        assert_eq!(beginning("went"), None, "no Korean");
    }
}
