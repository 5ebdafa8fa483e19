//! The items so far, with those that say the same made one.

use std::collections::BTreeSet;

use recordroute_core::{MinutesItem, MinutesSection, Segment};

use super::ground::folded;
use crate::Template;
use crate::likeness::Likeness;

/// Segments that one line shows; a line that was merged from many keeps the first.
const MAX_SEGMENTS: usize = 12;

#[derive(Debug, Clone)]
struct Entry {
    item: MinutesItem,
    likeness: Likeness,
    /// Its letters and digits.
    letters: String,
    /// The sections that it was written for, in order.
    written_for: BTreeSet<usize>,
}

impl Entry {
    fn of(item: MinutesItem, section_idx: usize) -> Self {
        Self {
            likeness: Likeness::of(&item.text),
            letters: folded(&item.text),
            item,
            written_for: BTreeSet::from([section_idx]),
        }
    }

    /// Whether it says the same word for word.
    fn is_same(&self, other: &Self) -> bool {
        self.letters == other.letters && !self.letters.is_empty() && !self.contradicts(other)
    }

    fn is_near(&self, other: &Self) -> bool {
        self.likeness.is_near(&other.likeness) && !self.contradicts(other)
    }

    /// Whether it concerns somebody else, or another time.
    fn contradicts(&self, other: &Self) -> bool {
        let differ = |one: &Option<String>, other: &Option<String>| match (one, other) {
            (Some(one), Some(other)) => folded(one) != folded(other),
            _ => false,
        };
        differ(&self.item.who, &other.item.who) || differ(&self.item.when, &other.item.when)
    }

    /// Makes one of two that say the same, in the words that say more. Where only one is borne out, it
    /// stands, in its own words.
    fn united(self, other: Self) -> Self {
        let is_as_good = self.item.is_supported == other.item.is_supported;
        let is_other = if is_as_good {
            other.likeness.is_fuller_than(&self.likeness)
        } else {
            other.item.is_supported
        };
        let (mut stays, goes) = if is_other { (other, self) } else { (self, other) };
        stays.written_for.extend(goes.written_for);
        if is_as_good {
            absorb(&mut stays.item, &goes.item);
        }
        stays
    }
}

/// Items by section, in the template's order.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    sections: Vec<Vec<Entry>>,
    /// By section: items may have to give way to others.
    has_limit: Vec<bool>,
}

impl Draft {
    pub fn new(template: &Template) -> Self {
        let sections = template.sections.iter();
        Self {
            sections: vec![Vec::new(); sections.len()],
            has_limit: sections.map(|section| section.limit.is_some()).collect(),
        }
    }

    /// Adds an item, or makes one of it and another of the section that says the same. What stands word
    /// for word under several headings, as small models write it, stays under the first of them.
    pub fn add(&mut self, section_idx: usize, item: MinutesItem) {
        let mut entry = Entry::of(item, section_idx);
        for entries in &mut self.sections {
            if let Some(at) = entries.iter().position(|known| known.is_same(&entry)) {
                entry = entries.remove(at).united(entry);
            }
        }
        let place = entry.written_for.first().copied().unwrap_or(section_idx);
        let entries = &mut self.sections[place];
        match entries.iter().position(|known| known.is_near(&entry)) {
            Some(at) => entries[at] = entries[at].clone().united(entry),
            None => entries.push(entry),
        }
    }

    pub fn n_items(&self, section_idx: usize) -> usize {
        self.sections[section_idx].len()
    }

    /// In order of time.
    pub fn items(&self, section_idx: usize) -> Vec<MinutesItem> {
        let mut items: Vec<MinutesItem> = self.sections[section_idx]
            .iter()
            .map(|entry| entry.item.clone())
            .collect();
        items.sort_by_key(|item| (item.start_ms, item.segments.first().copied()));
        items
    }

    /// Keeps these items of a section. The others go, unless they were also written for a section from which
    /// nothing goes.
    pub fn keep(&mut self, section_idx: usize, kept: &[MinutesItem]) {
        for entry in std::mem::take(&mut self.sections[section_idx]) {
            let without_limit = entry.written_for.iter().find(|idx| !self.has_limit[**idx]);
            if kept.contains(&entry.item) {
                self.sections[section_idx].push(entry);
            } else if let Some(idx) = without_limit.copied() {
                self.sections[idx].push(entry);
            }
        }
    }

    /// In the template's order; sections without items are left out.
    pub fn to_sections(
        &self,
        template: &Template,
        language: &str,
        segments: &[Segment],
    ) -> Vec<MinutesSection> {
        let sections = template.sections.iter().enumerate();
        sections
            .filter(|(section_idx, _)| self.n_items(*section_idx) > 0)
            .map(|(section_idx, section)| {
                let mut items = self.items(section_idx);
                for item in &mut items {
                    item.segments.truncate(MAX_SEGMENTS);
                    let last = item.segments.last().and_then(|idx| segments.get(*idx as usize));
                    item.end_ms = last.map_or(item.end_ms, |segment| segment.end_ms);
                }
                MinutesSection {
                    key: section.key.clone(),
                    title: section.title.get(language).to_owned(),
                    items,
                }
            })
            .collect()
    }
}

/// Gives an item the citations of another, and what it does not know itself.
pub(super) fn absorb(item: &mut MinutesItem, other: &MinutesItem) {
    item.segments.extend(&other.segments);
    item.segments.sort_unstable();
    item.segments.dedup();
    item.start_ms = item.start_ms.min(other.start_ms);
    item.end_ms = item.end_ms.max(other.end_ms);
    if item.who.is_none() {
        item.who.clone_from(&other.who);
    }
    if item.when.is_none() {
        item.when.clone_from(&other.when);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::segment;

    fn item(text: &str, segments: &[u32]) -> MinutesItem {
        MinutesItem {
            text: text.to_owned(),
            who: None,
            when: None,
            segments: segments.to_vec(),
            start_ms: u64::from(segments[0]) * 2_000,
            end_ms: u64::from(segments[segments.len() - 1]) * 2_000 + 1_800,
            is_supported: true,
        }
    }

    fn texts(draft: &Draft) -> Vec<Vec<String>> {
        let sections = 0..draft.sections.len();
        let texts = |idx| draft.items(idx).into_iter().map(|item| item.text).collect();
        sections.map(texts).collect()
    }

    #[test]
    fn what_is_said_twice_stands_once() {
        let template = &Template::built_in()[0];
        let mut draft = Draft::new(template);
        draft.add(2, item("The launch moves to Friday.", &[9]));
        draft.add(2, item("The budget is approved.", &[4]));
        draft.add(2, item("The launch moves to Friday", &[2, 3]));
        let segments: Vec<Segment> = (0..10).map(|idx| segment(idx, "x")).collect();
        let sections = draft.to_sections(template, "ko", &segments);
        assert_eq!(sections.len(), 1, "empty sections are left out");
        assert_eq!(
            sections[0].title, "결정 사항",
            "the heading in the language of the minutes"
        );
        let items = &sections[0].items;
        assert_eq!(items.len(), 2, "one line for both: {items:?}");
        assert_eq!(
            items[0].segments,
            [2, 3, 9],
            "with the citations of both, in order of time"
        );
        assert_eq!(
            (items[0].start_ms, items[0].end_ms),
            (4_000, 19_800),
            "from the first to the last"
        );
    }

    #[test]
    fn what_stands_under_several_headings_stays_under_the_first() {
        let template = &Template::built_in()[0];
        for order in [[0, 2, 4], [4, 2, 0], [2, 4, 0]] {
            let mut draft = Draft::new(template);
            for (n, section_idx) in order.into_iter().enumerate() {
                draft.add(section_idx, item("출시를 금요일로 미룬다.", &[n as u32]));
                draft.add(section_idx, item(&format!("제목 {section_idx}번의 내용"), &[9]));
            }
            draft.add(3, item("출시를 금요일로 미룬다", &[5]));
            let texts = texts(&draft);
            assert_eq!(texts[0].len(), 2, "under the first: {texts:?}");
            assert_eq!(
                [texts[2].len(), texts[3].len(), texts[4].len()],
                [1, 0, 1],
                "and under no other; what differs stays: {texts:?}"
            );
            assert_eq!(
                draft.items(0)[0].segments,
                [0, 1, 2, 5],
                "with the citations of all"
            );
        }
    }

    #[test]
    fn what_gives_way_stands_where_nothing_does() {
        let mut draft = Draft::new(&Template::built_in()[0]);
        for section_idx in [0, 1, 2] {
            draft.add(section_idx, item("The launch moves to Friday.", &[3]));
        }
        draft.add(0, item("The budget", &[5]));
        draft.add(0, item("A new office", &[7]));
        let kept = [item("The budget", &[5])];
        draft.keep(0, &kept);
        let texts = texts(&draft);
        assert_eq!(texts[0], ["The budget"], "what was chosen");
        assert_eq!(
            texts[2],
            ["The launch moves to Friday."],
            "no decision is lost for a topic"
        );
    }

    #[test]
    fn the_same_task_of_two_people_is_two() {
        let of = |who: &str, when: Option<&str>, idx: u32| MinutesItem {
            who: Some(who.to_owned()),
            when: when.map(str::to_owned),
            ..item("Send the report to the customer.", &[idx])
        };
        let mut draft = Draft::new(&Template::built_in()[0]);
        draft.add(3, of("Kim", None, 1));
        draft.add(3, of("Lee", None, 2));
        draft.add(3, of("kim", Some("Friday"), 3));
        let items = draft.items(3);
        assert_eq!(items.len(), 2, "{items:?}");
        assert_eq!(
            (items[0].who.as_deref(), items[0].when.as_deref()),
            (Some("Kim"), Some("Friday")),
            "and one with what is known of it"
        );
    }

    #[test]
    fn the_words_that_say_more_stand() {
        let mut draft = Draft::new(&Template::built_in()[0]);
        draft.add(
            2,
            item("The draft contract goes to the legal team in March.", &[1]),
        );
        draft.add(
            2,
            item(
                "The draft contract goes to the legal team in March after the review.",
                &[2],
            ),
        );
        let items = draft.items(2);
        assert_eq!(items.len(), 1, "{items:?}");
        assert_eq!(
            (items[0].text.as_str(), items[0].segments.as_slice()),
            (
                "The draft contract goes to the legal team in March after the review.",
                &[1, 2][..]
            )
        );
    }

    #[test]
    fn of_two_the_one_that_is_borne_out_stands() {
        let marked = |text: &str, segments: &[u32]| MinutesItem {
            is_supported: false,
            ..item(text, segments)
        };
        for turn in [false, true] {
            let mut both = [
                marked("Zoe moves the launch to Friday.", &[7]),
                item("We move the launch to Friday.", &[2]),
            ];
            if turn {
                both.reverse();
            }
            let mut draft = Draft::new(&Template::built_in()[0]);
            for one in both {
                draft.add(2, one);
            }
            let items = draft.items(2);
            assert_eq!(items.len(), 1, "one line for both: {items:?}");
            assert_eq!(
                (
                    items[0].text.as_str(),
                    items[0].segments.as_slice(),
                    items[0].is_supported
                ),
                ("We move the launch to Friday.", &[2][..], true),
                "in its words, with its citations"
            );
        }
    }
}
