//! What was said around a place of the transcript, and whether it bears out a line of minutes.

use std::collections::{BTreeSet, HashSet};

use recordroute_core::{Segment, is_same_language};

use super::ground::folded;
use crate::language;
use crate::support::{Claim, Comparison, Ground, Said, Word, is_share};
use crate::words::korean;

/// So many segments before and behind one that is cited belong to what was said there.
const AROUND: usize = 2;
/// How words begin that deny by themselves.
#[rustfmt::skip]
const DENYING: &[&str] = &[
    "avoid", "cancel", "declin", "exclud", "fail", "lack", "non", "prevent", "refus", "reject", "skip", "stop", "un",
    "거절", "금지", "동결", "미달", "미정", "미흡", "반대", "배제", "보류", "부족", "불가", "불참", "불필요", "실패", "유지",
    "제외", "중단", "취소",
];

/// What segments are to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    BorneOut,
    /// They are about the same and say the contrary.
    Denied,
    Unsupported,
}

/// A transcript that minutes are written of, taken apart once.
pub(super) struct Transcript<'a> {
    pub segments: &'a [Segment],
    /// By segment.
    said: Vec<Said>,
    /// As they are compared.
    speakers: HashSet<String>,
    language: &'a str,
}

impl<'a> Transcript<'a> {
    /// `language` is the code of the one that is spoken.
    pub fn new(segments: &'a [Segment], language: &'a str) -> Self {
        let said = |one: &Segment| Said::of(&[&one.text, one.speaker.as_deref().unwrap_or_default()]);
        Self {
            segments,
            said: segments.iter().map(said).collect(),
            speakers: segments
                .iter()
                .filter_map(|one| one.speaker.as_deref().map(folded))
                .collect(),
            language,
        }
    }

    /// Whether a text is in the language that is spoken, as far as it tells.
    pub fn is_in_its_language(&self, text: &str) -> bool {
        is_same_language(self.language_of(text), self.language)
    }

    /// Whether a text is the name of who speaks, and nothing else.
    pub fn is_speaker(&self, text: &str) -> bool {
        self.speakers.contains(&folded(text))
    }

    fn language_of(&self, text: &str) -> &str {
        language::of_text(text, &[self.language])
    }

    /// What an item claims.
    pub fn claim(&self, text: &str) -> Claim {
        let mut claim = Claim::of(text, self.language_of(text));
        drop_doubtful_names(&mut claim, text);
        claim
    }

    /// What the words of a claim tell as far as they were said in these segments, and what they tell
    /// altogether.
    pub fn words_said(&self, claim: &Claim, segments: &BTreeSet<usize>) -> (usize, usize) {
        let is_said = |word: &&Word| segments.iter().any(|idx| self.said[*idx].has(word));
        let n_said = claim.words.iter().filter(is_said).map(Word::weight).sum();
        (n_said, claim.weight_of_words())
    }

    /// What these segments and those around them are to a claim; `enough` is the share of its words that
    /// they must have.
    pub fn verdict(&self, claim: &Claim, segments: &BTreeSet<usize>, enough: f32) -> Verdict {
        let grounds = self.around(segments);
        let all: Vec<usize> = (0..grounds.len()).collect();
        let compared = Comparison::new(claim.clone(), grounds.iter().collect());
        // What must be there as it stands counts as well: it is there.
        let n_exact = 2 * (claim.names.len() + claim.numbers.len());
        let (n_found, n) = compared.words_found(&all);
        let is_about = is_share((n_found + n_exact, n + n_exact), enough);
        if !is_about || !compared.has_names(&all) || !compared.missing_numbers(&all).is_empty() {
            Verdict::Unsupported
        } else if !denies_in_other_words(&compared, &all) && compared.is_denied(&all) {
            Verdict::Denied
        } else {
            Verdict::BorneOut
        }
    }

    /// What was said in these segments and around them, run by run.
    fn around(&self, segments: &BTreeSet<usize>) -> Vec<Ground> {
        let near = |idx: &usize| idx.saturating_sub(AROUND)..(idx + AROUND + 1).min(self.segments.len());
        let wider: BTreeSet<usize> = segments.iter().flat_map(near).collect();
        let mut runs: Vec<Vec<&Segment>> = Vec::new();
        let mut next = usize::MAX;
        for idx in wider {
            match runs.last_mut() {
                Some(run) if idx == next => run.push(&self.segments[idx]),
                _ => runs.push(vec![&self.segments[idx]]),
            }
            next = idx + 1;
        }
        let ground = |run: &Vec<&Segment>| {
            let texts: Vec<&str> = run.iter().map(|one| one.text.as_str()).collect();
            let speakers: HashSet<&str> = run.iter().filter_map(|one| one.speaker.as_deref()).collect();
            Ground::of(&texts.join(" "), &speakers.into_iter().collect::<Vec<_>>())
        };
        runs.iter().map(ground).collect()
    }
}

/// Items begin with what is to be done, which is written like a name there, and `13th` is a number. Where
/// a verb or a family name follows, the first word is somebody.
fn drop_doubtful_names(claim: &mut Claim, text: &str) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    for (at, word) in words.iter().enumerate() {
        let begins = at == 0 || words[at - 1].ends_with(['.', ';', ':', '!', '?']);
        // `API` is a name wherever it stands, and so is `김민수`.
        if !begins
            || word
                .chars()
                .skip(1)
                .any(|c| c.is_uppercase() || korean::is_hangul(c))
        {
            continue;
        }
        let name = bare(word);
        let is_once = words.iter().filter(|other| bare(other) == name).count() == 1;
        if is_once && !word.ends_with("'s") && !acts(words.get(at + 1).copied().unwrap_or_default()) {
            claim.names.retain(|known| *known != name);
        }
    }
    let is_ordinal = |name: &String| {
        let ending = name.trim_start_matches(|c: char| c.is_ascii_digit());
        ending.len() < name.len() && matches!(ending, "st" | "nd" | "rd" | "th")
    };
    claim.names.retain(|name| !is_ordinal(name));
}

/// Whether this follows who does something: a verb, or a family name.
fn acts(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    word.chars().next().is_some_and(char::is_uppercase)
        || matches!(
            word,
            "and" | "can" | "could" | "had" | "may" | "must" | "should" | "to" | "will" | "would"
        )
        || (word.ends_with('s') && !word.ends_with("ss"))
        || word.ends_with("ed")
}

/// Whether an item has a word of its own that denies without saying so, as `unavailable` for “you won't have”.
fn denies_in_other_words(compared: &Comparison<'_>, all: &[usize]) -> bool {
    let words = compared.claim.words.iter().enumerate();
    let mut own = words.filter(|(at, _)| !compared.has_word(all, *at));
    own.any(|(_, word)| match word {
        Word::Stem(word) | Word::Noun(word) => DENYING.iter().any(|beginning| word.starts_with(beginning)),
        Word::Verb(_) | Word::Pair(..) => false,
    })
}
