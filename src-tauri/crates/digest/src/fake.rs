//! For tests: segments of two seconds each, and the ways in which models answer with JSON.

use recordroute_core::{CancellationToken, Segment};

use crate::parts::{Line, lay_out};

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

/// A transcript in parts of so many tokens.
pub(crate) fn laid_out(segments: &[Segment], budget: usize, count: impl Fn(&str) -> usize) -> Vec<Vec<Line>> {
    let count = |texts: &[&str]| Ok(texts.iter().map(|text| count(text)).collect());
    let parts = lay_out(segments, budget, &count, &CancellationToken::new());
    parts.unwrap().unwrap()
}

/// All lines of a transcript.
pub(crate) fn one_part(segments: &[Segment]) -> Vec<Line> {
    laid_out(segments, usize::MAX, |_| 0).remove(0)
}

/// An answer as it was asked for, in a fence, broken off, or with talk around it.
pub(crate) fn as_models_answer(text: String, shape: usize) -> String {
    match shape {
        0 => text,
        1 => format!("```json\n{text}\n```"),
        2 => text.chars().take(text.chars().count() / 2).collect(),
        _ => format!("Sure! {text} and more {{"),
    }
}
