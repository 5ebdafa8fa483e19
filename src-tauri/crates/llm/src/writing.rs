use recordroute_core::{CancellationToken, Generated, InferenceError, Outcome};

use crate::answer::AnswerText;
use crate::grammar::{Constraint, Next};
use crate::sampler::Sampler;
use crate::tokenizer::TextTokenizer;

/// One answer while it is written.
pub(crate) struct Writing<'a> {
    pub tokenizer: &'a TextTokenizer,
    pub sampler: Sampler,
    /// None where any text will do.
    pub constraint: Option<Constraint<'a>>,
    pub answer: AnswerText,
    pub max_tokens: usize,
    pub cancel: &'a CancellationToken,
    pub on_text: &'a mut dyn FnMut(&str) -> bool,
    pub generated: &'a mut Generated,
}

impl Writing<'_> {
    /// Writes the next token and returns it, for the model to read; none where the answer ends.
    pub fn next(&mut self, logits: &[f32]) -> Result<Option<u32>, InferenceError> {
        if self.is_over() {
            return Ok(None);
        }
        let token = match self.draw(logits) {
            Next::Token(token) => token,
            Next::Close(tokens) => {
                for token in tokens {
                    self.write(token);
                }
                self.generated.is_cut = true;
                self.finish();
                return Ok(None);
            }
            Next::End => {
                self.finish();
                return Ok(None);
            }
            Next::Stuck => {
                return Err(InferenceError::Failed(
                    "This model has no token that its answer could go on with. Choose another model."
                        .to_owned(),
                ));
            }
        };
        self.write(token);
        Ok((!self.is_over()).then_some(token))
    }

    fn draw(&mut self, logits: &[f32]) -> Next {
        let Some(constraint) = &mut self.constraint else {
            return match self.sampler.sample(logits, |_| true) {
                Some(token) if self.tokenizer.ends().contains(&token) => Next::End,
                Some(token) => Next::Token(token),
                None => Next::Stuck,
            };
        };
        constraint.next(
            &mut self.sampler,
            logits,
            |token| self.tokenizer.text_bytes(token),
            self.tokenizer.ends(),
            self.max_tokens - self.generated.n_tokens,
        )
    }

    fn write(&mut self, token: u32) {
        self.generated.n_tokens += 1;
        self.sampler.accept(token);
        let text = self.answer.push(self.tokenizer.bytes(token));
        self.hand_out(&text);
    }

    /// Whether nothing more is to be written, and why.
    fn is_over(&mut self) -> bool {
        if self.cancel.is_cancelled() {
            self.generated.outcome = Outcome::Cancelled;
        }
        if self.generated.outcome == Outcome::Cancelled {
            return true;
        }
        let must_end = self.constraint.as_ref().is_some_and(Constraint::must_end);
        let is_full = self.generated.n_tokens >= self.max_tokens;
        if must_end || is_full {
            self.generated.is_cut = !self.constraint.as_ref().is_some_and(Constraint::can_end);
            self.finish();
        }
        must_end || is_full
    }

    /// Hands out what was held back.
    fn finish(&mut self) {
        let text = self.answer.finish();
        self.hand_out(&text);
    }

    fn hand_out(&mut self, text: &str) {
        let is_wanted = self.generated.outcome == Outcome::Complete;
        if text.is_empty() || !is_wanted {
            return;
        }
        self.generated.text.push_str(text);
        if !(self.on_text)(text) {
            self.generated.outcome = Outcome::Cancelled;
        }
    }
}
