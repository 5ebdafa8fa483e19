//! Holds what a model wrote against what was said.
//!
//! - A cited number counts only if it is one of the part's lines.
//! - An item that shares no word with the lines it cites is led to those lines of the part that it
//!   shares most with. One that shares no word with the whole part is left out, and so is one that
//!   cites nothing and shares too little with any line.
//! - Where the minutes are in another language than the transcript, words cannot be compared: then an
//!   item stands on its citations alone, and one without a valid one is left out.
//! - Who and when must stand in the cited lines, or who be their speaker; else they are left empty.

use std::collections::HashSet;

use recordroute_core::{MinutesItem, Segment};

use super::items::RawItem;
use crate::parts::Line;
use crate::words::feature_set;

/// Lines that an item is led to where it cites none.
const MAX_FOUND: usize = 3;

pub(super) struct Ground<'a> {
    segments: &'a [Segment],
    lines: &'a [Line],
    features: Vec<HashSet<String>>,
    can_compare: bool,
}

impl<'a> Ground<'a> {
    /// `can_compare`: the minutes are in the language of the transcript.
    pub fn new(segments: &'a [Segment], lines: &'a [Line], can_compare: bool) -> Self {
        let features = lines.iter().map(|line| feature_set(&line.text)).collect();
        Self {
            segments,
            lines,
            features,
            can_compare,
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
        let lines = if self.can_compare && self.is_comparable(&raw.text) {
            self.supporting(&raw.text, cited)?
        } else if cited.is_empty() {
            return None;
        } else {
            cited
        };
        let mut segments: Vec<usize> = lines.iter().map(|idx| self.lines[*idx].segment_idx).collect();
        segments.sort_unstable();
        segments.dedup();
        let said = |what: &String| segments.iter().any(|idx| says(&self.segments[*idx], what));
        let speaks = |who: &String| {
            segments.iter().any(|idx| {
                let speaker = self.segments[*idx].speaker.as_deref();
                speaker.is_some_and(|speaker| folded(speaker) == folded(who))
            })
        };
        Some(MinutesItem {
            text: raw.text.clone(),
            who: raw.who.clone().filter(|who| said(who) || speaks(who)),
            when: raw.when.clone().filter(said),
            start_ms: segments.iter().map(|idx| self.segments[*idx].start_ms).min()?,
            end_ms: segments.iter().map(|idx| self.segments[*idx].end_ms).max()?,
            segments: segments
                .into_iter()
                .filter_map(|idx| u32::try_from(idx).ok())
                .collect(),
        })
    }

    /// Words of different scripts share nothing, even where both are of one language.
    fn is_comparable(&self, text: &str) -> bool {
        let hangul = |text: &str| text.chars().any(crate::words::korean::is_hangul);
        let latin = |text: &str| text.chars().any(|c| c.is_ascii_alphabetic());
        let (has_hangul, has_latin) = (hangul(text), latin(text));
        self.lines
            .iter()
            .any(|line| (has_hangul && hangul(&line.text)) || (has_latin && latin(&line.text)))
            || !(has_hangul || has_latin)
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
            .map(|word| crate::words::korean::stem(&word.to_lowercase()).to_owned())
            .collect()
    };
    let sought = words(what);
    !sought.is_empty() && sought.is_subset(&words(&segment.text))
}

/// Letters and digits alone, so that spacing and case make no difference.
fn folded(text: &str) -> String {
    crate::clean::one_line(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{said, segment};
    use crate::parts::lay_out;

    fn raw(text: &str, cited: &[usize]) -> RawItem {
        RawItem {
            text: text.to_owned(),
            who: None,
            when: None,
            cited: cited.to_vec(),
        }
    }

    fn cites(segments: &[Segment], can_compare: bool, raw: &RawItem) -> Option<Vec<u32>> {
        let parts = lay_out(segments, 10_000, &|_| Ok(1)).unwrap();
        let ground = Ground::new(segments, &parts[0], can_compare);
        ground.item(raw).map(|item| item.segments)
    }

    fn talk() -> Vec<Segment> {
        vec![
            segment(0, "Let's talk about the budget for marketing."),
            segment(1, "The launch moves to Friday because of the tests."),
            said(2, "Minsu", "I will write the report by Monday."),
            segment(3, "예산은 다음 주 화요일까지 검토하겠습니다."),
        ]
    }

    #[test]
    fn citations_are_only_of_lines_that_there_are() {
        let talk = talk();
        assert_eq!(
            cites(&talk, true, &raw("The launch is on Friday.", &[0, 2, 99])),
            Some(vec![1]),
            "numbers from 1; others vanish"
        );
        assert_eq!(
            cites(&talk, true, &raw("The launch moves to Friday.", &[77])),
            Some(vec![1]),
            "without a valid one, the words lead there"
        );
        assert_eq!(
            cites(&talk, true, &raw("The launch moves to Friday.", &[1])),
            Some(vec![1]),
            "a wrong line gives way to the right one"
        );
        assert_eq!(
            cites(&talk, true, &raw("Unicorns won the lottery.", &[2])),
            None,
            "what nobody said is left out, cited or not"
        );
        assert_eq!(
            cites(&talk, true, &raw("A budget for unicorn farms abroad.", &[])),
            None,
            "one word is too little"
        );
    }

    #[test]
    fn another_language_stands_on_its_citations() {
        let talk = talk();
        assert_eq!(
            cites(&talk[..3], true, &raw("출시를 미룬다.", &[2])),
            Some(vec![1]),
            "no script in common, so nothing to compare"
        );
        assert_eq!(
            cites(&talk, false, &raw("Die Einführung.", &[2])),
            Some(vec![1]),
            "told so"
        );
        assert_eq!(
            cites(&talk, false, &raw("Die Einführung.", &[])),
            None,
            "and without one there is nothing"
        );
    }

    #[test]
    fn who_and_when_were_said() {
        let segments = talk();
        let parts = lay_out(&segments, 10_000, &|_| Ok(1)).unwrap();
        let ground = Ground::new(&segments, &parts[0], true);
        let fields = |who: &str, when: &str, cited: &[usize], text: &str| {
            let item = RawItem {
                who: Some(who.to_owned()),
                when: Some(when.to_owned()),
                ..raw(text, cited)
            };
            let item = ground.item(&item).unwrap();
            (item.who, item.when)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            fields("minsu", "Monday", &[3], "Write the report."),
            (some("minsu"), some("Monday")),
            "the speaker, and a word that was said"
        );
        assert_eq!(
            fields("Alice", "Tuesday", &[3], "Write the report."),
            (None, None),
            "nobody said those"
        );
        assert_eq!(
            fields("예산", "다음주 화요일", &[4], "예산 검토"),
            (some("예산"), some("다음주 화요일")),
            "spacing and particles make no difference"
        );
    }
}
