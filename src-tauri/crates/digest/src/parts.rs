//! Lays a transcript out in parts that fit a model's context.

use recordroute_core::{CancellationToken, FailedPart, InferenceError, Segment};

use crate::clean::for_prompt;

/// A segment as a line of a prompt, or a piece of one that is too long for any part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub segment_idx: usize,
    pub speaker: Option<String>,
    pub text: String,
    n_tokens: usize,
}

/// Stands for a speaker without a name, after lines of one that has a name.
const NOBODY: &str = "?";

/// Tokens around a line's own: its line break, and what differs where lines are tokenized together.
const LINE_MARGIN: usize = 2;

/// Counts the tokens of texts, in order.
pub(crate) type Count<'a> = dyn Fn(&[&str]) -> Result<Vec<usize>, InferenceError> + 'a;

/// Lines that are counted with one question; a server that is far away answers each slowly.
const MAX_COUNTED: usize = 256;

/// Parts of at most `budget` tokens by `count`, of about the same size. Every segment is in exactly
/// one of them, except one that is longer than a whole part: that is cut into pieces, at sentences
/// where it has any, and each piece is in exactly one. `None` where it was cancelled.
pub(crate) fn lay_out(
    segments: &[Segment],
    budget: usize,
    count: &Count<'_>,
    cancel: &CancellationToken,
) -> Result<Option<Vec<Vec<Line>>>, InferenceError> {
    let budget = budget.max(1);
    let mut lines = Vec::with_capacity(segments.len());
    let all: Vec<Line> = segments.iter().enumerate().map(Line::of).collect();
    for some in all.chunks(MAX_COUNTED) {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        for line in counted(some.to_vec(), segments.len(), count)? {
            if line.n_tokens > budget {
                lines.extend(line.cut(budget, segments.len(), count)?);
            } else {
                lines.push(line);
            }
        }
    }
    let total: usize = lines.iter().map(|line| line.n_tokens).sum();
    // Rather three parts of the same size than two full ones and a sentence.
    let target = total.div_ceil(total.div_ceil(budget).max(1)).max(1);
    let mut parts: Vec<Vec<Line>> = Vec::new();
    let mut n_tokens = usize::MAX;
    for line in lines {
        let grown = n_tokens.saturating_add(line.n_tokens);
        let is_full = n_tokens >= target || grown > budget;
        match parts.last_mut() {
            Some(part) if !is_full => {
                n_tokens = grown;
                part.push(line);
            }
            _ => {
                n_tokens = line.n_tokens;
                parts.push(vec![line]);
            }
        }
    }
    Ok(Some(parts))
}

/// The lines with their tokens, as lines with a number of so many digits.
fn counted(mut lines: Vec<Line>, n_lines: usize, count: &Count<'_>) -> Result<Vec<Line>, InferenceError> {
    let rendered: Vec<String> = lines
        .iter()
        .map(|line| line.render(n_lines, line.speaker.is_some()))
        .collect();
    let texts: Vec<&str> = rendered.iter().map(String::as_str).collect();
    for (line, n_tokens) in lines.iter_mut().zip(count(&texts)?) {
        line.n_tokens = n_tokens.saturating_add(LINE_MARGIN);
    }
    Ok(lines)
}

impl Line {
    fn of((segment_idx, segment): (usize, &Segment)) -> Self {
        let speaker = segment
            .speaker
            .as_deref()
            .map(|name| crate::clean::limited(&for_prompt(name), 40))
            .filter(|name| !name.is_empty());
        Self {
            segment_idx,
            speaker,
            text: for_prompt(&segment.text),
            n_tokens: 0,
        }
    }

    fn render(&self, number: usize, with_speaker: bool) -> String {
        match &self.speaker {
            _ if !with_speaker => format!("[{number}] {}", self.text),
            Some(speaker) => format!("[{number}] {speaker}: {}", self.text),
            None => format!("[{number}] {NOBODY}: {}", self.text),
        }
    }

    /// Halves, at the end of a sentence or a word near the middle; `None` for a single letter.
    fn halves(&self) -> Option<(Self, Self)> {
        let text = &self.text;
        let middle = text.len() / 2;
        let nearest = |is_cut: &dyn Fn(char) -> bool| {
            text.char_indices()
                .filter(|(_, c)| is_cut(*c))
                .map(|(at, c)| at + c.len_utf8())
                .filter(|at| (text.len() / 6..text.len()).contains(at))
                .min_by_key(|at| at.abs_diff(middle))
        };
        let at = nearest(&|c| matches!(c, '.' | '?' | '!' | '。' | '？' | '！' | '…'))
            .or_else(|| nearest(&|c| c == ' '))
            .or_else(|| {
                let middle = text.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
                middle.min_by_key(|at| at.abs_diff(text.len() / 2))
            })?;
        let with = |text: &str| Self {
            text: text.trim().to_owned(),
            ..self.clone()
        };
        Some((with(&text[..at]), with(&text[at..])))
    }

    fn cut(self, budget: usize, n_lines: usize, count: &Count<'_>) -> Result<Vec<Self>, InferenceError> {
        let mut pieces = Vec::new();
        let mut waiting = vec![self];
        while let Some(line) = waiting.pop() {
            match line.halves() {
                Some((first, second)) if line.n_tokens > budget => {
                    waiting.extend(counted(vec![second, first], n_lines, count)?);
                }
                _ => pieces.push(line),
            }
        }
        Ok(pieces)
    }
}

/// The lines as they stand in a prompt, numbered from 1. A speaker is named where it changes.
pub(crate) fn numbered(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut speaker = &None;
    for (idx, line) in lines.iter().enumerate() {
        if idx > 0 {
            text.push('\n');
        }
        text.push_str(&line.render(idx + 1, line.speaker != *speaker));
        speaker = &line.speaker;
    }
    text
}

/// Two smaller parts of one, cutting a single line in two; `None` where nothing is left to cut.
pub(crate) fn halves(mut lines: Vec<Line>) -> Option<(Vec<Line>, Vec<Line>)> {
    if lines.len() > 1 {
        let rest = lines.split_off(lines.len() / 2);
        return Some((lines, rest));
    }
    let (first, second) = lines.first()?.halves()?;
    Some((vec![first], vec![second]))
}

/// Which segments were read with success, and what was not.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// By segment: a piece of it failed.
    has_failed: Vec<bool>,
    /// By segment: a piece of it was read.
    was_read: Vec<bool>,
    failures: Vec<(usize, String)>,
}

impl Ledger {
    pub fn new(n_segments: usize) -> Self {
        Self {
            has_failed: vec![false; n_segments],
            was_read: vec![false; n_segments],
            failures: Vec::new(),
        }
    }

    pub fn read(&mut self, lines: &[Line]) {
        for line in lines {
            self.was_read[line.segment_idx] = true;
        }
    }

    pub fn failed(&mut self, lines: &[Line], reason: &str) {
        for line in lines {
            self.failed_segment(line.segment_idx, reason);
        }
    }

    pub fn failed_segment(&mut self, segment_idx: usize, reason: &str) {
        if !std::mem::replace(&mut self.has_failed[segment_idx], true) {
            self.failures.push((segment_idx, reason.to_owned()));
        }
    }

    pub fn first_reason(&self) -> Option<&str> {
        self.failures.first().map(|(_, reason)| reason.as_str())
    }

    pub fn has_read_any(&self) -> bool {
        self.was_read.contains(&true)
    }

    /// A segment of which a piece failed does not count.
    pub fn coverage(&self) -> f32 {
        let n_read = self
            .was_read
            .iter()
            .zip(&self.has_failed)
            .filter(|(read, failed)| **read && !**failed)
            .count();
        n_read as f32 / self.was_read.len().max(1) as f32
    }

    /// In order of time; neighbours that failed for one reason are one.
    pub fn failed_parts(mut self, segments: &[Segment]) -> Vec<FailedPart> {
        self.failures.sort_by_key(|(segment_idx, _)| *segment_idx);
        let mut parts: Vec<FailedPart> = Vec::new();
        let mut last = usize::MAX;
        for (segment_idx, reason) in self.failures {
            let segment = &segments[segment_idx];
            match parts.last_mut() {
                Some(part) if last.wrapping_add(1) == segment_idx && part.reason == reason => {
                    part.end_ms = part.end_ms.max(segment.end_ms);
                }
                _ => parts.push(FailedPart {
                    start_ms: segment.start_ms,
                    end_ms: segment.end_ms,
                    reason,
                }),
            }
            last = segment_idx;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{laid_out, said, segment};
    use proptest::prelude::*;

    #[test]
    fn counting_is_cancelled() {
        let cancel = CancellationToken::new();
        let n_asked = std::cell::Cell::new(0);
        let count = |texts: &[&str]| {
            n_asked.set(n_asked.get() + 1);
            cancel.cancel();
            Ok(vec![1; texts.len()])
        };
        let segments: Vec<Segment> = (0..1_000).map(|n| segment(n, "x")).collect();
        assert_eq!(lay_out(&segments, 10, &count, &cancel).unwrap(), None);
        assert_eq!(n_asked.get(), 1, "some lines at once, and no more of them");
    }

    #[test]
    fn who_has_no_name_is_not_the_one_before() {
        let segments = [segment(0, "Hello."), said(1, "Kim", "Yes."), segment(2, "No.")];
        assert_eq!(
            numbered(&laid_out(&segments, 100, str::len)[0]),
            "[1] Hello.\n[2] Kim: Yes.\n[3] ?: No."
        );
    }

    #[test]
    fn a_part_is_numbered_and_names_who_speaks() {
        let segments = [
            said(0, "Kim", "Hello."),
            said(1, "Kim", "And\n[7] now?"),
            said(2, "Lee", "Yes. </transcript>"),
        ];
        let parts = laid_out(&segments, 100, str::len);
        assert_eq!(
            parts.iter().map(|part| numbered(part)).collect::<Vec<_>>(),
            ["[1] Kim: Hello.\n[2] And [7] now?\n[3] Lee: Yes. ‹/transcript›"],
            "a line stays one line, and no mark ends early"
        );
    }

    #[test]
    fn neighbours_fail_as_one() {
        let segments: Vec<Segment> = (0..5).map(|n| segment(n, "x")).collect();
        let mut ledger = Ledger::new(5);
        let parts = laid_out(&segments, 1_000, |_| 1);
        ledger.read(&parts[0]);
        for idx in [3, 1, 2] {
            ledger.failed_segment(idx, "Why.");
        }
        assert!((ledger.coverage() - 0.4).abs() < 1e-6, "two of five were read");
        let failed = ledger.failed_parts(&segments);
        assert_eq!(failed.len(), 1, "one stretch: {failed:?}");
        assert_eq!(
            (failed[0].start_ms, failed[0].end_ms),
            (segments[1].start_ms, segments[3].end_ms),
            "from the first to the last"
        );
    }

    /// Token counts that no tokenizer would give: they neither grow with the text nor add up.
    fn odd_count(text: &str, seed: usize) -> usize {
        let n = text.chars().count();
        match seed % 4 {
            0 => n,
            1 => n * 3 + seed % 7,
            2 => n / 5,
            _ => (n * 7 + seed) % 23,
        }
    }

    proptest! {
        #[test]
        fn every_segment_is_in_exactly_one_part(
            texts in prop::collection::vec("[a-z가-힣 .?]{0,60}", 0..60),
            budget in 0_usize..300,
            seed in 0_usize..100,
        ) {
            let segments: Vec<Segment> = texts
                .iter()
                .enumerate()
                .map(|(idx, text)| segment(idx, text))
                .collect();
            let parts = laid_out(&segments, budget, |text| odd_count(text, seed));
            let mut spelled = vec![String::new(); segments.len()];
            let mut n_lines = vec![0_usize; segments.len()];
            let mut order = Vec::new();
            for (part_idx, part) in parts.iter().enumerate() {
                prop_assert!(!part.is_empty(), "no part is empty");
                for line in part {
                    spelled[line.segment_idx].push_str(&line.text.replace(' ', ""));
                    n_lines[line.segment_idx] += 1;
                    order.push((line.segment_idx, part_idx));
                }
            }
            prop_assert!(order.is_sorted(), "in the order of the transcript");
            for (idx, segment) in segments.iter().enumerate() {
                prop_assert!(n_lines[idx] >= 1, "segment {idx} is in a part");
                prop_assert_eq!(
                    &spelled[idx],
                    &for_prompt(&segment.text).replace(' ', ""),
                    "all of its text is there, once"
                );
            }
        }
    }
}
