//! Holds the sentences of an answer against the passages that it was written from.
//!
//! A sentence is borne out by passages if
//! - enough of its words that mean something occur in them, and enough of those that the question did
//!   not have already, because an answer that says the question again has said nothing;
//! - every number, with what it counts, and every name of it occurs in them, or is the day or the title
//!   of one;
//! - where it denies something they deny something too, and where a sentence in them says about the same,
//!   or does what a Korean one ends with, not all of those deny it.
//!
//! Words are compared by stems, so that a sentence in another language than its passages is not borne
//! out: nobody could tell. A sentence without any word, number or name says nothing by itself.

use recordroute_core::AnswerPassage;

use crate::checks::Counted;
use crate::support::{Claim, Comparison, Ground, Said, is_share};

/// Share of a sentence's words that passages have which it cites.
const ENOUGH: f32 = 0.7;
/// The same for a passage that it does not cite and that is cited for it.
const PLAIN: f32 = 0.75;
/// Share of what is new in it, beside the question.
const ENOUGH_NEW: f32 = 0.6;
/// So many passages are tried beside those that were cited.
const MAX_TRIED: usize = 3;

pub(super) struct Support<'a> {
    passages: Vec<Passage>,
    question: Said,
    language: &'a str,
}

/// What a passage bears sentences out with.
struct Passage {
    ground: Ground,
    /// Year, month and day of the recording.
    day: Vec<String>,
    /// Lower-cased.
    title: String,
}

/// A claim beside all passages.
struct Trial<'a> {
    compared: Comparison<'a>,
    /// A question claims nothing.
    asks: bool,
    /// By word: the question did not have it.
    is_new: Vec<bool>,
    passages: &'a [Passage],
}

impl<'a> Support<'a> {
    /// `language` is the code of the language that the answer is written in.
    pub fn new(question: &str, passages: &[AnswerPassage], language: &'a str) -> Self {
        Self {
            passages: passages.iter().map(Passage::of).collect(),
            question: Said::of(&[question]),
            language,
        }
    }

    /// The passages that a sentence rests on, ascending, and whether they bear it out. Cited passages
    /// that add nothing are dropped; where they do not bear it out, another that does is cited in their
    /// place.
    pub fn judge(&self, text: &str, cited: &[usize]) -> (Vec<usize>, bool) {
        let trial = self.trial(text);
        let cited: Vec<usize> = cited
            .iter()
            .copied()
            .filter(|idx| *idx < self.passages.len())
            .collect();
        if trial.is_borne_out(&cited, ENOUGH) {
            return (trial.needed(cited), true);
        }
        let mut others: Vec<usize> = (0..self.passages.len())
            .filter(|idx| trial.compared.weight(*idx) > 0)
            .collect();
        // The one that has most first; of equal ones the better passage.
        others.sort_by_key(|idx| (std::cmp::Reverse(trial.compared.weight(*idx)), *idx));
        let enough = if cited.is_empty() { PLAIN } else { ENOUGH };
        if let Some(other) = others.iter().find(|idx| trial.is_borne_out(&[**idx], enough)) {
            return (vec![*other], true);
        }
        if !cited.is_empty() {
            for other in others.iter().filter(|idx| !cited.contains(idx)).take(MAX_TRIED) {
                let mut both = cited.clone();
                both.push(*other);
                if trial.is_borne_out(&both, ENOUGH) {
                    return (trial.needed(both), true);
                }
            }
        }
        let mut kept: Vec<usize> = cited
            .into_iter()
            .filter(|idx| {
                let said = &self.passages[*idx].ground.said;
                let compared = &trial.compared;
                compared.weight(*idx) * 4 >= compared.claim.weight()
                    || !said.is_comparable(&compared.claim.words)
            })
            .collect();
        kept.sort_unstable();
        (kept, false)
    }

    fn trial(&self, text: &str) -> Trial<'_> {
        let mut claim = Claim::of(text, self.language);
        // Numbers that are only there because a recording's title has them.
        let mut untitled = text.to_lowercase();
        for passage in &self.passages {
            if passage.title.chars().any(char::is_numeric) {
                untitled = untitled.replace(&passage.title, " ");
            }
        }
        claim.numbers = Counted::telling(&untitled);
        let grounds = self.passages.iter().map(|passage| &passage.ground).collect();
        Trial {
            is_new: claim.words.iter().map(|word| !self.question.has(word)).collect(),
            compared: Comparison::new(claim, grounds),
            asks: text.ends_with(['?', '？']),
            passages: &self.passages,
        }
    }
}

impl Trial<'_> {
    fn is_borne_out(&self, set: &[usize], enough: f32) -> bool {
        let compared = &self.compared;
        let claim = &compared.claim;
        if set.is_empty() || self.asks || claim.is_empty() || !compared.has_names(set) {
            return false;
        }
        let missing = compared.missing_numbers(set);
        if !missing.is_empty() && !set.iter().any(|idx| self.passages[*idx].is_day(&missing)) {
            return false;
        }
        // What must be there as it stands counts once more: it is there.
        let n_exact = 2 * (claim.names.len() + claim.numbers.len());
        let mut new = (n_exact, n_exact);
        for (at, word) in claim.words.iter().enumerate().filter(|(at, _)| self.is_new[*at]) {
            let n_found = if compared.has_word(set, at) {
                word.weight()
            } else {
                0
            };
            new = (new.0 + n_found, new.1 + word.weight());
        }
        is_share(compared.words_found(set), enough) && is_share(new, ENOUGH_NEW) && !compared.is_denied(set)
    }

    /// Without those that others make superfluous, ascending.
    fn needed(&self, mut set: Vec<usize>) -> Vec<usize> {
        let best = set
            .iter()
            .map(|idx| self.compared.weight(*idx))
            .max()
            .unwrap_or(0);
        let mut poor: Vec<usize> = set
            .iter()
            .copied()
            .filter(|idx| self.compared.weight(*idx) * 2 < best)
            .collect();
        poor.sort_by_key(|idx| self.compared.weight(*idx));
        for idx in poor {
            let without: Vec<usize> = set.iter().copied().filter(|other| *other != idx).collect();
            if self.is_borne_out(&without, ENOUGH) {
                set = without;
            }
        }
        set.sort_unstable();
        set
    }
}

impl Passage {
    fn of(passage: &AnswerPassage) -> Self {
        let speaker = passage.speaker.as_deref().unwrap_or_default();
        let day = super::request::day(passage).unwrap_or_default();
        Self {
            ground: Ground::of(&passage.text, &[&passage.title, speaker]),
            day: day
                .split('-')
                .map(|part| part.trim_start_matches('0').to_owned())
                .collect(),
            title: crate::clean::one_line(&passage.title).to_lowercase(),
        }
    }

    /// Whether these numbers are the day of the recording: with its month, or its year alone. A day or a
    /// month alone would be too easily right.
    fn is_day(&self, numbers: &[&str]) -> bool {
        let [year, month, day] = self.day.as_slice() else {
            return false;
        };
        let is = |wanted: &[&str]| {
            let mut wanted = wanted.to_vec();
            wanted.sort_unstable();
            wanted == numbers
        };
        is(&[year]) || is(&[year, month]) || is(&[month, day]) || is(&[year, month, day])
    }
}

#[cfg(test)]
mod tests;
