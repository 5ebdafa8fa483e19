//! Gets a model to answer, part by part: tries again in halves, and keeps the account of what was read.

use std::collections::VecDeque;

use recordroute_core::{CancellationToken, GenerateOptions, Generator, InferenceError, Outcome, Segment};
use serde_json::Value;

use crate::DigestError;
use crate::parts::{Ledger, Line, halves};

/// So many parts one after the other that the model itself fails at, and the rest is not tried: a
/// server that went away would keep the user waiting for each.
pub(crate) const MAX_FAILURES_IN_A_ROW: usize = 4;
/// A string of an answer that does not end is a loop; in bytes.
const MAX_STRING_BYTES: usize = 4_500;
const MAX_BLANKS: usize = 200;

/// Tokens that an answer may have in a context of this size.
pub(crate) fn answer_tokens(max_context_tokens: usize) -> usize {
    (max_context_tokens / 4).clamp(1, 1_200)
}

/// What is asked of each part.
pub(crate) trait PartTask {
    /// The prompt for these lines.
    fn prompt(&self, lines: &[Line]) -> String;
    /// Its options; `max_tokens` is how long the answer may become.
    fn options(&self, lines: &[Line]) -> GenerateOptions;
    /// Sees the answer as it grows, and the piece that it grew by; an error ends it with this reason.
    fn watch(&mut self, lines: &[Line], text: &str, piece: &str) -> Result<(), String>;
    /// Takes a whole answer; an error is why it is of no use. Lines of which the answer was of no use
    /// by themselves are entered into the ledger.
    fn accept(&mut self, lines: &[Line], answer: &Value, ledger: &mut Ledger) -> Result<Accepted, String>;
    /// A part is done, with success or not; `share` of all tokens of the transcript are.
    fn advanced(&mut self, share: f32);
}

/// What was taken of a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// All that there is.
    All,
    /// As much as one answer has room for; there may be more.
    Full,
}

/// An answer of a model, or why there is none.
pub(crate) enum Answer {
    Text(String),
    Cancelled,
    /// What came is of no use; another try may help.
    Useless(String),
    /// The model failed; another try may help.
    Failed(String),
}

/// Lets the model answer once. Errors are those that meet every prompt.
pub(crate) fn ask(
    generator: &mut dyn Generator,
    prompt: &str,
    options: &GenerateOptions,
    cancel: &CancellationToken,
    watch: &mut dyn FnMut(&str, &str) -> Result<(), String>,
) -> Result<Answer, InferenceError> {
    let mut text = String::new();
    let mut n_since_quote = 0;
    let mut stopped = None;
    let generated = generator.generate(prompt, options, cancel, &mut |piece| {
        text.push_str(piece);
        let n_blanks = text.len() - text.trim_end().len();
        n_since_quote = if piece.contains('"') {
            0
        } else {
            n_since_quote + piece.len()
        };
        stopped = if n_blanks > MAX_BLANKS || n_since_quote > MAX_STRING_BYTES {
            Some("The model’s answer did not end.".to_owned())
        } else {
            watch(&text, piece).err()
        };
        stopped.is_none()
    });
    if let Some(reason) = stopped {
        return Ok(Answer::Useless(reason));
    }
    match generated {
        Ok(generated) if generated.outcome == Outcome::Cancelled || cancel.is_cancelled() => {
            Ok(Answer::Cancelled)
        }
        Ok(generated) if generated.is_cut => Ok(Answer::Useless(
            "The model’s answer did not end in the room that it has.".to_owned(),
        )),
        Ok(generated) => Ok(Answer::Text(generated.text)),
        Err(error) => failure(error),
    }
}

/// An error that another prompt may not meet is an answer that failed.
fn failure(error: InferenceError) -> Result<Answer, InferenceError> {
    match error {
        InferenceError::Failed(reason) | InferenceError::Source(reason) => Ok(Answer::Failed(reason)),
        error => Err(error),
    }
}

/// Options of a further try: a little chance leads a model out of the way that it went before.
pub(crate) fn varied(options: GenerateOptions, attempt: usize) -> GenerateOptions {
    if attempt == 0 {
        return options;
    }
    GenerateOptions {
        temperature: Some(0.4),
        top_p: Some(0.9),
        repetition_penalty: Some(1.1),
        seed: attempt as u64,
        ..options
    }
}

/// Whether prompt and answer fit.
pub(crate) fn fits(
    generator: &dyn Generator,
    prompt: &str,
    options: &GenerateOptions,
) -> Result<bool, InferenceError> {
    let room = generator.max_context_tokens().saturating_sub(options.max_tokens);
    Ok(generator.count_prompt_tokens(prompt, options)? <= room)
}

/// Lines to be read.
struct Work {
    lines: Vec<Line>,
    attempt: usize,
    /// They were read with more lines, and what was said there was too much for one answer.
    is_reread: bool,
}

impl Work {
    /// Both halves, the first one first; none where nothing is left to cut.
    fn halved(&self, attempt: usize, is_reread: bool) -> Option<[Self; 2]> {
        let (first, second) = halves(self.lines.clone())?;
        Some([first, second].map(|lines| Self {
            lines,
            attempt,
            is_reread,
        }))
    }
}

/// Has every part read; `None` where it was cancelled. A part that fails is tried once more in halves, one
/// with more in it than an answer has room for is read again in halves, and one that does not fit is cut
/// until it does.
pub(crate) fn read_parts(
    parts: Vec<Vec<Line>>,
    segments: &[Segment],
    task: &mut dyn PartTask,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
) -> Result<Option<Ledger>, DigestError> {
    let mut ledger = Ledger::new(segments.len());
    let size = |lines: &[Line]| lines.iter().map(|line| line.text.len() + 4).sum::<usize>();
    let total = parts.iter().map(|part| size(part)).sum::<usize>().max(1);
    let mut n_done = 0;
    let mut n_failures = 0;
    let mut waiting: VecDeque<Work> = parts
        .into_iter()
        .map(|lines| Work {
            lines,
            attempt: 0,
            is_reread: false,
        })
        .collect();
    while let Some(work) = waiting.pop_front() {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let lines = &work.lines;
        let options = varied(task.options(lines), work.attempt);
        let prompt = task.prompt(lines);
        let mut watch = |text: &str, piece: &str| task.watch(lines, text, piece);
        let answer = match fits(generator, &prompt, &options) {
            Ok(true) => ask(generator, &prompt, &options, cancel, &mut watch)?,
            Ok(false) => {
                if let Some(halves) = work.halved(work.attempt, work.is_reread) {
                    put_in_front(&mut waiting, halves);
                } else {
                    let max_context_tokens = generator.max_context_tokens();
                    ledger.failed(lines, &DigestError::NoRoom { max_context_tokens }.to_string());
                    n_done += size(lines);
                    task.advanced((n_done as f32 / total as f32).min(1.0));
                }
                continue;
            }
            Err(error) => failure(error)?,
        };
        let reason = match answer {
            Answer::Cancelled => return Ok(None),
            Answer::Text(text) => {
                n_failures = 0;
                let accepted = match crate::partial::whole(&text) {
                    Some(answer) => task.accept(lines, &answer, &mut ledger),
                    None => Err("The model’s answer is not of the form that was asked for.".to_owned()),
                };
                if let Ok(Accepted::Full) = accepted
                    && !work.is_reread
                    && lines.len() > 1
                    && let Some(halves) = work.halved(0, true)
                {
                    put_in_front(&mut waiting, halves);
                    continue;
                }
                accepted.err()
            }
            Answer::Useless(reason) => {
                n_failures = 0;
                Some(reason)
            }
            Answer::Failed(reason) => {
                n_failures += 1;
                Some(reason)
            }
        };
        let Some(reason) = reason else {
            ledger.read(lines);
            n_done += size(lines);
            task.advanced((n_done as f32 / total as f32).min(1.0));
            continue;
        };
        if n_failures >= MAX_FAILURES_IN_A_ROW {
            ledger.failed(lines, &reason);
            for work in waiting.drain(..) {
                ledger.failed(&work.lines, &reason);
            }
            break;
        }
        if work.attempt == 0 {
            // Shorter parts are easier; a single line is tried again as it is.
            match work.halved(1, work.is_reread).filter(|_| lines.len() > 1) {
                Some(halves) => put_in_front(&mut waiting, halves),
                None => waiting.push_front(Work { attempt: 1, ..work }),
            }
            continue;
        }
        ledger.failed(lines, &reason);
        n_done += size(lines);
        task.advanced((n_done as f32 / total as f32).min(1.0));
    }
    if cancel.is_cancelled() {
        return Ok(None);
    }
    if !segments.is_empty() && !ledger.has_read_any() {
        let reason = ledger.first_reason().unwrap_or_default().to_owned();
        return Err(DigestError::NothingRead(reason));
    }
    Ok(Some(ledger))
}

fn put_in_front(waiting: &mut VecDeque<Work>, [first, second]: [Work; 2]) {
    waiting.push_front(second);
    waiting.push_front(first);
}
