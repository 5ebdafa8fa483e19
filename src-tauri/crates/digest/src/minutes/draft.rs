//! The items so far, with those that say the same made one.

use recordroute_core::{MinutesItem, MinutesSection, Segment};

use crate::Template;
use crate::likeness::Likeness;

/// Segments that one line shows; a line that was merged from many keeps the first.
const MAX_SEGMENTS: usize = 12;

#[derive(Debug, Clone)]
struct Entry {
    item: MinutesItem,
    likeness: Likeness,
}

/// Items by section, in the template's order.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    sections: Vec<Vec<Entry>>,
}

impl Draft {
    pub fn new(template: &Template) -> Self {
        Self {
            sections: vec![Vec::new(); template.sections.len()],
        }
    }

    /// Adds an item, or gives its citations to one that says the same.
    pub fn add(&mut self, section_idx: usize, item: MinutesItem) {
        let likeness = Likeness::of(&item.text);
        let entries = &mut self.sections[section_idx];
        match entries.iter_mut().find(|entry| entry.likeness.is_near(&likeness)) {
            Some(entry) => absorb(&mut entry.item, &item),
            None => entries.push(Entry { item, likeness }),
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

    /// Puts others in place of a section's items.
    pub fn replace(&mut self, section_idx: usize, items: Vec<MinutesItem>) {
        self.sections[section_idx].clear();
        for item in items {
            self.add(section_idx, item);
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
        }
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
}
