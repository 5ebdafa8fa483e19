//! Holds what a model wrote against what was said.
//!
//! - A cited number counts only if it is one of the part's lines.
//! - An item that shares no word with the lines it cites is led to those lines of the part that it
//!   shares most with. One of which hardly a word was said in the whole part is left out, and so is one
//!   that cites nothing and shares too little with any line.
//! - An item is marked where the segments that it cites, and those around them, do not bear it out: where
//!   they have too few of its words, or miss a number or a name, or deny it. Where others of the part bear
//!   it out, those are cited. Minutes sum up in words of their own, so that fewer words are enough than for
//!   an answer; not so with numbers and names.
//! - An item that has no letters in common with the part stands on its citations: left out without a valid
//!   one, and marked where it is in another language, which nobody asked for.
//! - An item that says only who speaks says nothing.
//! - Who and when must stand in the cited lines, or who be their speaker; else they are left empty.

use std::collections::{BTreeSet, HashSet};

use recordroute_core::{MinutesItem, Segment};

use super::items::RawItem;
use super::transcript::{Transcript, Verdict};
use crate::parts::Line;
use crate::support::is_share;
use crate::words::{feature_set, is_unspaced, korean};

/// Lines that an item is led to where it cites none.
const MAX_FOUND: usize = 3;
/// Share of an item's words that what it cites must have.
const ENOUGH: f32 = 0.5;
/// The same for a line that it does not cite and that is cited for it.
const PLAIN: f32 = 0.7;
/// With a smaller share of its words in the whole part an item is no item.
const HARDLY_ANY: f32 = 0.2;
/// So many lines are tried beside those that were cited.
const MAX_TRIED: usize = 3;

/// A part of a transcript.
pub(super) struct Ground<'a> {
    transcript: &'a Transcript<'a>,
    lines: &'a [Line],
    features: Vec<HashSet<String>>,
    letters: Letters,
}

impl<'a> Ground<'a> {
    pub fn new(transcript: &'a Transcript<'a>, lines: &'a [Line]) -> Self {
        let texts = || lines.iter().map(|line| line.text.as_str());
        Self {
            transcript,
            lines,
            features: texts().map(feature_set).collect(),
            letters: texts().fold(Letters::default(), Letters::add),
        }
    }

    /// The item with its segments and times, or `None` where nothing bears it out.
    pub fn item(&self, raw: &RawItem) -> Option<MinutesItem> {
        let cited: Vec<usize> = raw
            .cited
            .iter()
            .filter_map(|number| number.checked_sub(1))
            .filter(|idx| *idx < self.lines.len())
            .collect();
        let (lines, is_supported) = self.judged(&raw.text, cited)?;
        let segments = self.segments_of(&lines);
        let all = self.transcript.segments;
        let said = |what: &String| segments.iter().any(|idx| says(&all[*idx], what));
        let speaks = |who: &String| {
            segments.iter().any(|idx| {
                let speaker = all[*idx].speaker.as_deref();
                speaker.is_some_and(|speaker| folded(speaker) == folded(who))
            })
        };
        Some(MinutesItem {
            text: raw.text.clone(),
            who: raw.who.clone().filter(|who| said(who) || speaks(who)),
            when: raw.when.clone().filter(said),
            start_ms: segments.iter().map(|idx| all[*idx].start_ms).min()?,
            end_ms: segments.iter().map(|idx| all[*idx].end_ms).max()?,
            segments: segments
                .into_iter()
                .filter_map(|idx| u32::try_from(idx).ok())
                .collect(),
            is_supported,
        })
    }

    fn segments_of(&self, lines: &[usize]) -> BTreeSet<usize> {
        lines.iter().map(|idx| self.lines[*idx].segment_idx).collect()
    }

    /// The lines that an item rests on and whether they bear it out; `None` where it is none.
    fn judged(&self, text: &str, cited: Vec<usize>) -> Option<(Vec<usize>, bool)> {
        if self.transcript.is_speaker(text) {
            return None;
        }
        let letters = Letters::default().add(text);
        // Words of different scripts share nothing, even where both are of one language.
        if letters == Letters::default() || letters.has_some_of(self.letters) {
            let (lines, is_supported) = self.judged_by_words(text, cited)?;
            // Models slip into Chinese within a word.
            let slips = letters.unspaced && !self.letters.unspaced;
            Some((lines, is_supported && !slips))
        } else if cited.is_empty() {
            None
        } else {
            Some((cited, self.transcript.is_in_its_language(text)))
        }
    }

    fn judged_by_words(&self, text: &str, cited: Vec<usize>) -> Option<(Vec<usize>, bool)> {
        let transcript = self.transcript;
        let claim = transcript.claim(text);
        let whole: Vec<usize> = (0..self.lines.len()).collect();
        if !is_share(
            transcript.words_said(&claim, &self.segments_of(&whole)),
            HARDLY_ANY,
        ) {
            return None;
        }
        let lines = self.supporting(text, cited)?;
        // Nothing to compare by.
        if claim.is_empty() {
            return Some((lines, true));
        }
        let verdict = |lines: &[usize], enough| transcript.verdict(&claim, &self.segments_of(lines), enough);
        match verdict(&lines, ENOUGH) {
            Verdict::BorneOut => return Some((lines, true)),
            Verdict::Denied => return Some((lines, false)),
            Verdict::Unsupported => {}
        }
        let weight = |idx: usize| transcript.words_said(&claim, &self.segments_of(&[idx])).0;
        let others = (0..self.lines.len()).filter(|idx| !lines.contains(idx));
        let mut others: Vec<(usize, usize)> = others.map(|idx| (weight(idx), idx)).collect();
        others.retain(|(weight, _)| *weight > 0);
        others.sort_by_key(|(weight, idx)| (std::cmp::Reverse(*weight), *idx));
        others.truncate(MAX_TRIED);
        for (_, other) in &others {
            if verdict(&[*other], PLAIN) == Verdict::BorneOut {
                return Some((vec![*other], true));
            }
        }
        for (_, other) in &others {
            let both: Vec<usize> = lines.iter().copied().chain([*other]).collect();
            if verdict(&both, PLAIN) == Verdict::BorneOut {
                return Some((both, true));
            }
        }
        Some((lines, false))
    }

    fn supporting(&self, text: &str, cited: Vec<usize>) -> Option<Vec<usize>> {
        let wanted = feature_set(text);
        let n_shared = |idx: usize| self.features[idx].intersection(&wanted).count();
        if cited.iter().any(|idx| n_shared(*idx) > 0) {
            return Some(cited);
        }
        // Nothing to compare by, such as a text of stop words alone: the citation is all there is.
        if wanted.is_empty() && !cited.is_empty() {
            return Some(cited);
        }
        let mut found: Vec<(usize, usize)> = (0..self.lines.len())
            .map(|idx| (n_shared(idx), idx))
            .filter(|(n, _)| *n > 0)
            .collect();
        // The most shared first; of equal ones the earlier.
        found.sort_by_key(|(n, idx)| (std::cmp::Reverse(*n), *idx));
        let (best, _) = *found.first()?;
        // Without any citation one word in common is too little.
        let is_enough = !cited.is_empty() || best >= 2 || best * 3 >= wanted.len();
        if !is_enough {
            return None;
        }
        let mut lines: Vec<usize> = found
            .iter()
            .take_while(|(n, _)| *n * 2 > best)
            .map(|(_, idx)| *idx)
            .take(MAX_FOUND)
            .collect();
        lines.sort_unstable();
        Some(lines)
    }
}

/// Which kinds of letters a text has.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Letters {
    hangul: bool,
    /// Of scripts without blanks between words.
    unspaced: bool,
    /// Latin ones among them.
    other: bool,
}

impl Letters {
    fn add(mut self, text: &str) -> Self {
        for c in text.chars().filter(|c| c.is_alphabetic()) {
            match c {
                _ if korean::is_hangul(c) => self.hangul = true,
                _ if is_unspaced(c) => self.unspaced = true,
                _ => self.other = true,
            }
        }
        self
    }

    fn has_some_of(self, others: Self) -> bool {
        (self.hangul && others.hangul) || (self.unspaced && others.unspaced) || (self.other && others.other)
    }
}

/// Whether these words, or all words of them that mean something, stand in a segment.
fn says(segment: &Segment, what: &str) -> bool {
    let (text, sought) = (folded(&segment.text), folded(what));
    if sought.is_empty() {
        return false;
    }
    if sought.chars().count() > 1 && text.contains(&sought) {
        return true;
    }
    let words = |text: &str| -> HashSet<String> {
        crate::words::words(text)
            .iter()
            .map(|word| korean::stem(&word.to_lowercase()).to_owned())
            .collect()
    };
    let sought = words(what);
    !sought.is_empty() && sought.is_subset(&words(&segment.text))
}

/// Letters and digits alone, so that spacing and case make no difference.
pub(super) fn folded(text: &str) -> String {
    crate::clean::one_line(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests;
