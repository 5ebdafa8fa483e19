//! For tests: segments of two seconds each.

use recordroute_core::Segment;

pub(crate) fn segment(idx: usize, text: &str) -> Segment {
    let start_ms = idx as u64 * 2_000;
    Segment {
        start_ms,
        end_ms: start_ms + 1_800,
        text: text.to_owned(),
        confidence: 0.9,
        speaker: None,
        flags: Vec::new(),
        words: Vec::new(),
    }
}

pub(crate) fn said(idx: usize, who: &str, text: &str) -> Segment {
    Segment {
        speaker: Some(who.to_owned()),
        ..segment(idx, text)
    }
}

pub(crate) fn segments(texts: &[&str]) -> Vec<Segment> {
    texts
        .iter()
        .enumerate()
        .map(|(idx, text)| segment(idx, text))
        .collect()
}
