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
//!
//! What is seen is a wrong number, name or time, and a sentence that is about something else. What is not
//! seen is one ordinary word in a long sentence that stands for another, nor who did what to whom.

use std::collections::HashSet;

use recordroute_core::AnswerPassage;

use super::claim::{Beginning, Claim, Word, beginning, meaning};
use crate::checks::{Counted, Negations};
use crate::highlights::pieces;
use crate::words::{english, is_unspaced, korean, words};

/// Share of a sentence's words that passages have which it cites.
const ENOUGH: f32 = 0.7;
/// The same for a passage that it does not cite and that is cited for it.
const PLAIN: f32 = 0.75;
/// The same for a sentence of a passage that says the same or the contrary.
const THE_SAME: f32 = 0.8;
/// Share of what is new in it, beside the question.
const ENOUGH_NEW: f32 = 0.6;
/// Two stems of so many letters are one word where the longer only goes on.
const MIN_STEM: usize = 5;
/// So many passages are tried beside those that were cited.
const MAX_TRIED: usize = 3;

pub(super) struct Support<'a> {
    grounds: Vec<Ground>,
    question: Said,
    language: &'a str,
}

/// What a passage has to bear out sentences with.
struct Ground {
    said: Said,
    numbers: Vec<Counted>,
    /// Year, month and day of the recording.
    day: Vec<String>,
    /// Lower-cased.
    title: String,
    negates: bool,
    pieces: Vec<Piece>,
    /// What Korean sentences are joined of.
    clauses: Vec<Piece>,
}

/// A sentence of a passage, or a clause.
struct Piece {
    said: Said,
    n_words: usize,
    negates: bool,
}

/// The words of a text, to be looked up.
#[derive(Default)]
struct Said {
    /// Lower-cased letters and digits without anything between them.
    letters: String,
    stems: HashSet<String>,
    /// Neighbouring letters of a word.
    pairs: HashSet<(char, char)>,
    beginnings: HashSet<Beginning>,
    has_hangul: bool,
    has_latin: bool,
}

/// What of a claim occurs in one passage.
struct Found {
    words: Vec<bool>,
    names: Vec<bool>,
    numbers: Vec<bool>,
}

/// A claim beside all passages.
struct Trial<'a> {
    claim: Claim,
    /// A question claims nothing.
    asks: bool,
    /// By word: the question did not have it.
    is_new: Vec<bool>,
    found: Vec<Found>,
    grounds: &'a [Ground],
}

impl<'a> Support<'a> {
    /// `language` is the code of the language that the answer is written in.
    pub fn new(question: &str, passages: &[AnswerPassage], language: &'a str) -> Self {
        Self {
            grounds: passages.iter().map(Ground::of).collect(),
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
            .filter(|idx| *idx < self.grounds.len())
            .collect();
        if trial.is_borne_out(&cited, ENOUGH) {
            return (trial.needed(cited), true);
        }
        let mut others: Vec<usize> = (0..self.grounds.len())
            .filter(|idx| trial.weight(*idx) > 0)
            .collect();
        // The one that has most first; of equal ones the better passage.
        others.sort_by_key(|idx| (std::cmp::Reverse(trial.weight(*idx)), *idx));
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
            .filter(|idx| trial.weight(*idx) * 4 >= trial.total() || !trial.is_comparable(*idx))
            .collect();
        kept.sort_unstable();
        (kept, false)
    }

    fn trial(&self, text: &str) -> Trial<'_> {
        let mut claim = Claim::of(text, self.language);
        // Numbers that are only there because a recording's title has them.
        let mut untitled = text.to_lowercase();
        for ground in &self.grounds {
            if ground.title.chars().any(char::is_numeric) {
                untitled = untitled.replace(&ground.title, " ");
            }
        }
        claim.numbers = Counted::telling(&untitled);
        Trial {
            is_new: claim.words.iter().map(|word| !self.question.has(word)).collect(),
            found: self.grounds.iter().map(|ground| ground.find(&claim)).collect(),
            claim,
            asks: text.ends_with(['?', '？']),
            grounds: &self.grounds,
        }
    }
}

impl Trial<'_> {
    fn is_borne_out(&self, set: &[usize], enough: f32) -> bool {
        let claim = &self.claim;
        if set.is_empty()
            || self.asks
            || (claim.words.is_empty() && claim.numbers.is_empty() && claim.names.is_empty())
        {
            return false;
        }
        let any = |has: &dyn Fn(&Found) -> bool| set.iter().any(|idx| has(&self.found[*idx]));
        if !(0..claim.names.len()).all(|at| any(&|found| found.names[at])) {
            return false;
        }
        let mut missing: Vec<&str> = Vec::new();
        for (at, number) in claim.numbers.iter().enumerate() {
            if !any(&|found| found.numbers[at]) {
                missing.push(&number.value);
            }
        }
        missing.sort_unstable();
        if !missing.is_empty() && !set.iter().any(|idx| self.grounds[*idx].is_day(&missing)) {
            return false;
        }
        // What must be there as it stands counts once more: it is there.
        let n_exact = 2 * (claim.names.len() + claim.numbers.len());
        let (mut all, mut new) = ((0, 0), (n_exact, n_exact));
        for (at, word) in claim.words.iter().enumerate() {
            let n_found = if any(&|found| found.words[at]) {
                word.weight()
            } else {
                0
            };
            all = (all.0 + n_found, all.1 + word.weight());
            if self.is_new[at] {
                new = (new.0 + n_found, new.1 + word.weight());
            }
        }
        let is_share = |(n, of): (usize, usize), share: f32| n as f32 >= share * of as f32;
        is_share(all, enough) && is_share(new, ENOUGH_NEW) && !self.is_denied(set)
    }

    /// Whether these passages say the contrary.
    fn is_denied(&self, set: &[usize]) -> bool {
        let claim = &self.claim;
        if claim.negates && !set.iter().any(|idx| self.grounds[*idx].negates) {
            return true;
        }
        if claim.words.len() < 2 {
            return false;
        }
        if let Some(predicate) = claim.predicate.as_ref().filter(|_| !claim.negates) {
            let does_it = |clause: &&Piece| {
                let others = claim.words.iter().filter(|word| *word != predicate);
                clause.said.has(predicate) && others.into_iter().any(|word| clause.said.has(word))
            };
            let clauses = set.iter().flat_map(|idx| &self.grounds[*idx].clauses);
            let mut doing = clauses.filter(does_it).peekable();
            if doing.peek().is_some() {
                return doing.all(|clause| clause.negates);
            }
        }
        // A long sentence may deny something else; but one that denies nothing denies nothing.
        let longest = if claim.negates {
            usize::MAX
        } else {
            claim.words.len() * 3 / 2 + 1
        };
        let says_it = |piece: &&Piece| {
            let n: usize = claim.words.iter().map(|word| piece.said.weight(word)).sum();
            piece.n_words <= longest && n as f32 >= THE_SAME * self.total_words() as f32
        };
        let pieces = set.iter().flat_map(|idx| &self.grounds[*idx].pieces);
        let mut saying = pieces.filter(says_it).peekable();
        saying.peek().is_some() && saying.all(|piece| piece.negates != claim.negates)
    }

    /// Without those that others make superfluous, ascending.
    fn needed(&self, mut set: Vec<usize>) -> Vec<usize> {
        let best = set.iter().map(|idx| self.weight(*idx)).max().unwrap_or(0);
        let mut poor: Vec<usize> = set
            .iter()
            .copied()
            .filter(|idx| self.weight(*idx) * 2 < best)
            .collect();
        poor.sort_by_key(|idx| self.weight(*idx));
        for idx in poor {
            let without: Vec<usize> = set.iter().copied().filter(|other| *other != idx).collect();
            if self.is_borne_out(&without, ENOUGH) {
                set = without;
            }
        }
        set.sort_unstable();
        set
    }

    /// How much of the claim one passage has.
    fn weight(&self, idx: usize) -> usize {
        let found = &self.found[idx];
        let words = self.claim.words.iter().zip(&found.words);
        let words: usize = words.filter(|(_, is)| **is).map(|(word, _)| word.weight()).sum();
        let exact = found.names.iter().chain(&found.numbers).filter(|is| **is).count();
        words + 2 * exact
    }

    fn total(&self) -> usize {
        self.total_words() + 2 * (self.claim.names.len() + self.claim.numbers.len())
    }

    fn total_words(&self) -> usize {
        self.claim.words.iter().map(Word::weight).sum()
    }

    /// Words of different scripts share nothing, even where both say the same.
    fn is_comparable(&self, idx: usize) -> bool {
        let said = &self.grounds[idx].said;
        self.claim.words.is_empty()
            || self.claim.words.iter().any(|word| match word {
                Word::Stem(_) => said.has_latin,
                Word::Noun(_) | Word::Verb(_) => said.has_hangul,
                Word::Pair(..) => !said.has_hangul && !said.has_latin,
            })
    }
}

impl Ground {
    fn of(passage: &AnswerPassage) -> Self {
        let speaker = passage.speaker.as_deref().unwrap_or_default();
        let day = super::request::day(passage).unwrap_or_default();
        Self {
            said: Said::of(&[&passage.text, &passage.title, speaker]),
            numbers: Counted::all(&passage.text),
            day: day
                .split('-')
                .map(|part| part.trim_start_matches('0').to_owned())
                .collect(),
            title: crate::clean::one_line(&passage.title).to_lowercase(),
            negates: Negations::of(&passage.text).any(),
            pieces: pieces(&passage.text).into_iter().map(Piece::of).collect(),
            clauses: clauses(&passage.text)
                .iter()
                .map(|text| Piece::of(text))
                .collect(),
        }
    }

    fn find(&self, claim: &Claim) -> Found {
        Found {
            words: claim.words.iter().map(|word| self.said.has(word)).collect(),
            names: claim.names.iter().map(|name| self.said.has_name(name)).collect(),
            numbers: claim
                .numbers
                .iter()
                .map(|number| self.numbers.iter().any(|known| number.agrees(known)))
                .collect(),
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

impl Piece {
    fn of(text: &str) -> Self {
        Self {
            said: Said::of(&[text]),
            n_words: meaning(text).len(),
            negates: Negations::of(text).any(),
        }
    }
}

/// The clauses of Korean sentences, which go on for long where people talk: cut at commas and behind the
/// endings that join clauses. Of a text in another language none.
fn clauses(text: &str) -> Vec<String> {
    const JOINING: [&str; 9] = [
        "는데",
        "은데",
        "인데",
        "던데",
        "지만",
        "니까",
        "고요",
        "면서",
        "거든요",
    ];
    if !text.chars().any(korean::is_hangul) {
        return Vec::new();
    }
    let mut clauses = vec![String::new()];
    for token in pieces(text)
        .into_iter()
        .flat_map(|piece| piece.split_whitespace())
    {
        if let Some(clause) = clauses.last_mut() {
            clause.push_str(token);
            clause.push(' ');
        }
        let word = token.trim_end_matches(|c: char| !c.is_alphanumeric());
        if word.len() < token.len() || JOINING.iter().any(|ending| word.ends_with(ending)) {
            clauses.push(String::new());
        }
    }
    clauses.retain(|clause| !clause.is_empty());
    clauses
}

impl Said {
    fn of(texts: &[&str]) -> Self {
        let mut said = Self::default();
        for text in texts {
            for word in words(text) {
                said.add(&word.to_lowercase());
            }
            // Nothing reaches from one into the next.
            said.letters.push(' ');
        }
        said
    }

    fn add(&mut self, word: &str) {
        self.letters.extend(word.chars().filter(|c| c.is_alphanumeric()));
        if word.chars().any(korean::is_hangul) {
            self.has_hangul = true;
            if let Some((first, second)) = beginning(word) {
                self.beginnings.extend([(first, second), (first, None)]);
            }
            self.add_pairs(word);
            let stem = korean::stem(word);
            if !stem.chars().any(korean::is_hangul) {
                self.stems.insert(english::stem(stem));
            }
        } else if word.chars().any(is_unspaced) {
            self.add_pairs(word);
        } else {
            self.has_latin |= word.chars().any(char::is_alphabetic);
            for part in word.split('-').chain([word]) {
                self.stems.insert(english::stem(part));
            }
        }
    }

    fn add_pairs(&mut self, word: &str) {
        let letters: Vec<char> = word.chars().collect();
        self.pairs
            .extend(letters.windows(2).map(|pair| (pair[0], pair[1])));
    }

    fn has(&self, word: &Word) -> bool {
        match word {
            Word::Stem(stem) => {
                self.stems.contains(stem) || self.stems.iter().any(|known| goes_on(known, stem))
            }
            Word::Noun(noun) => {
                let letters: Vec<char> = noun.chars().collect();
                let pairs = letters.windows(2).map(|pair| (pair[0], pair[1]));
                let n_known = pairs.filter(|pair| self.pairs.contains(pair)).count();
                // A compound may be written apart, or with a particle inside.
                letters.len() > 2 && self.letters.contains(noun.as_str())
                    || n_known * 3 >= (letters.len() - 1) * 2
            }
            Word::Verb(beginning) => self.beginnings.contains(beginning),
            Word::Pair(first, second) => self.pairs.contains(&(*first, *second)),
        }
    }

    fn weight(&self, word: &Word) -> usize {
        if self.has(word) { word.weight() } else { 0 }
    }

    /// Whether a name occurs as it is written; in Korean and where it is long also inside a word.
    fn has_name(&self, name: &str) -> bool {
        let letters: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        let is_long = letters.chars().count() >= MIN_STEM || letters.chars().any(korean::is_hangul);
        self.stems.contains(&english::stem(name)) || (is_long && self.letters.contains(&letters))
    }
}

/// Whether two stems are one word in another form: `approv` and `approval`.
fn goes_on(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.len() >= MIN_STEM && long.len() - short.len() <= 4 && long.starts_with(short)
}

#[cfg(test)]
mod tests;
