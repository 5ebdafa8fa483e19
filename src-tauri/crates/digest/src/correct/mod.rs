mod diff;
mod learn;
mod marks;

use std::time::Instant;

use recordroute_core::{
    CancellationToken, Correction, CorrectionState, FailedPart, GenerateOptions, Generator, Segment,
};
use serde_json::{Value, json};

use crate::ask::{Accepted, PartTask, read_parts};
use crate::clean::{for_prompt, one_line};
use crate::likeness::letters_shared;
use crate::parts::{Ledger, Line, lay_out, numbered};
use crate::{DigestError, prompt};

pub use learn::learned_words;

/// The most tokens of transcript that are proofread at once: a model that has to write much loses the
/// thread.
const MAX_PART_TOKENS: usize = 600;
/// Segments before a part that are shown for the context.
const N_BEFORE: usize = 2;
/// A proposal that shares less of its letters with the original is no correction.
const MIN_SHARED: f32 = 0.5;
/// What of the vocabulary fits into a prompt, in characters; what comes first is taken.
const MAX_VOCABULARY_CHARS: usize = 1_500;

/// What became of a correction of a whole transcript.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrectionOutcome {
    /// Proposals in order of the segments, at most one each, all open; only those that change something.
    pub corrections: Vec<Correction>,
    /// Share of the segments that the model read with success, 0.0..=1.0.
    pub coverage: f32,
    /// What was not, and why. Segments for which the model proposed something quite different are
    /// among them.
    pub failed_parts: Vec<FailedPart>,
    /// Which prompts it was made with; changes whenever a prompt does.
    pub prompt_version: String,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// Proposes corrections of spelling, spacing and names; `None` where it was cancelled, and then what
/// was handed to `on_progress` stands. `vocabulary` are names and terms as they are to be spelled.
/// `on_progress` gets the share that is done and the proposals that are new since the last call.
///
/// # Errors
/// [`DigestError::TooShort`] without asking the model where there is no text,
/// [`DigestError::NoRoom`], [`DigestError::NothingRead`] where every part failed, and the model's own
/// errors that would meet every part.
pub fn correct(
    segments: &[Segment],
    vocabulary: &[String],
    language: &str,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
    on_progress: &mut dyn FnMut(f32, &[Correction]),
) -> Result<Option<CorrectionOutcome>, DigestError> {
    let started = Instant::now();
    crate::minutes::require_words(segments, 1)?;
    let max_context_tokens = generator.max_context_tokens();
    let mut task = CorrectTask {
        segments,
        language,
        system: prompt::correct_system(&listed(vocabulary), language),
        max_tokens: (max_context_tokens / 3).clamp(1, 1_500),
        corrections: Vec::new(),
        n_reported: 0,
        on_progress,
    };
    let around = task.options(&[]);
    let empty = generator.count_prompt_tokens(&task.prompt(&[]), &around)?;
    let room = max_context_tokens.saturating_sub(task.max_tokens + empty);
    // Every line may have to be written again, with its number and the signs of JSON around it.
    let budget = room.min(task.max_tokens / 2).min(MAX_PART_TOKENS);
    if budget == 0 {
        return Err(DigestError::NoRoom { max_context_tokens });
    }
    let count = |texts: &[&str]| generator.count_tokens_of(texts);
    let Some(parts) = lay_out(segments, budget, &count, cancel)? else {
        return Ok(None);
    };
    let Some(ledger) = read_parts(parts, segments, &mut task, generator, cancel)? else {
        return Ok(None);
    };
    let mut corrections = task.corrections;
    corrections.sort_by_key(|correction| correction.segment_idx);
    Ok(Some(CorrectionOutcome {
        corrections,
        coverage: ledger.coverage(),
        failed_parts: ledger.failed_parts(segments),
        prompt_version: prompt::version("correct"),
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }))
}

/// Names and terms for the prompt, as many as there is room for.
fn listed(vocabulary: &[String]) -> String {
    let mut list = String::new();
    let mut n_chars = 0;
    for word in vocabulary {
        let word = for_prompt(word);
        let n = word.chars().count() + 2;
        if n > 2 && n_chars + n <= MAX_VOCABULARY_CHARS {
            if !list.is_empty() {
                list.push_str(", ");
            }
            list.push_str(&word);
            n_chars += n;
        }
    }
    list
}

struct CorrectTask<'a, 'p> {
    segments: &'a [Segment],
    language: &'a str,
    system: String,
    max_tokens: usize,
    corrections: Vec<Correction>,
    n_reported: usize,
    on_progress: &'p mut dyn FnMut(f32, &[Correction]),
}

impl CorrectTask<'_, '_> {
    /// What was said just before these lines.
    fn before(&self, lines: &[Line]) -> String {
        let first = lines.first().map_or(0, |line| line.segment_idx);
        let before: Vec<String> = self.segments[first.saturating_sub(N_BEFORE)..first]
            .iter()
            .map(|segment| crate::clean::limited(&for_prompt(&segment.text), 200))
            .collect();
        before.join("\n")
    }

    /// The text that a model proposes for a line, without what it copied from around it; `None` where
    /// it changes nothing.
    fn proposed(&self, line: &Line, text: &str) -> Option<String> {
        let original = &self.segments[line.segment_idx].text;
        let mut text = one_line(text);
        if let Some((number, rest)) = text
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
            .filter(|(number, _)| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
            && !original.starts_with(&format!("[{number}]"))
        {
            text = rest.trim_start().to_owned();
        }
        if let Some(speaker) = &line.speaker
            && let Some(rest) = text.strip_prefix(&format!("{speaker}: "))
            && !original.starts_with(speaker.as_str())
        {
            text = rest.to_owned();
        }
        if original.contains(['<', '>']) {
            text = text.replace('‹', "<").replace('›', ">");
        }
        (text != one_line(original)).then_some(text)
    }

    /// Whether a proposal is for this line at all, and not for one beside it or for none.
    fn is_about(&self, segment_idx: usize, proposed: &str) -> bool {
        let shared = |idx: usize| {
            self.segments
                .get(idx)
                .map_or(0.0, |segment| letters_shared(&segment.text, proposed))
        };
        let own = shared(segment_idx);
        let beside = shared(segment_idx + 1).max(segment_idx.checked_sub(1).map_or(0.0, shared));
        own >= MIN_SHARED && (own >= 0.8 || own >= beside)
    }
}

impl PartTask for CorrectTask<'_, '_> {
    fn prompt(&self, lines: &[Line]) -> String {
        prompt::correct_part(&self.before(lines), &numbered(lines), self.language)
    }

    fn options(&self, lines: &[Line]) -> GenerateOptions {
        let longest = lines
            .iter()
            .map(|line| line.text.chars().count())
            .max()
            .unwrap_or(0);
        GenerateOptions {
            max_tokens: self.max_tokens,
            json_schema: Some(schema(lines.len(), longest)),
            system: Some(self.system.clone()),
            ..GenerateOptions::default()
        }
    }

    fn watch(&mut self, _lines: &[Line], _text: &str, _piece: &str) -> Result<(), String> {
        Ok(())
    }

    fn accept(&mut self, lines: &[Line], answer: &Value, ledger: &mut Ledger) -> Result<Accepted, String> {
        let Some(changes) = answer.get("changes").and_then(Value::as_array) else {
            return Err("The model’s answer is not of the form that was asked for.".to_owned());
        };
        for line in lines {
            if line.text != for_prompt(&self.segments[line.segment_idx].text) {
                ledger.failed_segment(
                    line.segment_idx,
                    "This passage is too long to be corrected at once.",
                );
            }
        }
        let mut is_seen = vec![false; lines.len()];
        for change in changes {
            let number = change.get("n").and_then(Value::as_u64).unwrap_or(0);
            let Some(idx) = usize::try_from(number)
                .ok()
                .and_then(|number| number.checked_sub(1))
            else {
                continue;
            };
            let (Some(line), Some(text)) = (lines.get(idx), change.get("text").and_then(Value::as_str))
            else {
                continue;
            };
            let is_whole = line.text == for_prompt(&self.segments[line.segment_idx].text);
            if std::mem::replace(&mut is_seen[idx], true) || !is_whole {
                continue;
            }
            let Some(proposed) = self.proposed(line, text) else {
                continue;
            };
            if !self.is_about(line.segment_idx, &proposed) {
                ledger.failed_segment(
                    line.segment_idx,
                    "What the model proposed has too little to do with what was said.",
                );
                continue;
            }
            let original = self.segments[line.segment_idx].text.clone();
            let diff = diff::diff(&original, &proposed);
            self.corrections.push(Correction {
                segment_idx: u32::try_from(line.segment_idx).unwrap_or(u32::MAX),
                marks: marks::marks(&original, &proposed, &diff),
                original,
                proposed,
                diff,
                state: CorrectionState::Open,
            });
        }
        Ok(Accepted::All)
    }

    fn advanced(&mut self, share: f32) {
        let new = &self.corrections[self.n_reported..];
        (self.on_progress)(share, new);
        self.n_reported = self.corrections.len();
    }
}

/// The JSON Schema of an answer about so many lines.
fn schema(n_lines: usize, longest: usize) -> Value {
    json!({
        "type": "object",
        "properties": {
            "changes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "n": { "type": "integer", "minimum": 1, "maximum": n_lines.max(1) },
                        "text": { "type": "string", "minLength": 1, "maxLength": longest + longest / 2 + 20 },
                    },
                    "required": ["n", "text"],
                    "additionalProperties": false,
                },
                "maxItems": n_lines,
            },
        },
        "required": ["changes"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests;
