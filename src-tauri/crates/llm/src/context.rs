//! What a model has read, so that the next prompt reads only what differs.

use candle_core::Result;
use recordroute_core::CancellationToken;

use crate::model::Model;

/// The part of a model that reads tokens.
pub(crate) trait ForwardPass {
    /// Tokens whose keys and values are held.
    fn n_past(&self) -> usize;

    /// Forgets everything after the first `n` tokens; returns how many are really kept.
    fn keep(&mut self, n: usize) -> usize;

    /// The logits of the token that follows `tokens`, or none where it was cancelled.
    fn forward(&mut self, tokens: &[u32], cancel: &CancellationToken) -> Result<Option<&[f32]>>;
}

impl ForwardPass for Model {
    fn n_past(&self) -> usize {
        self.n_past()
    }

    fn keep(&mut self, n: usize) -> usize {
        self.keep(n)
    }

    fn forward(&mut self, tokens: &[u32], cancel: &CancellationToken) -> Result<Option<&[f32]>> {
        self.forward(tokens, cancel)
    }
}

/// A model with the tokens that it has read.
pub(crate) struct Context<M> {
    model: M,
    /// May be fewer than the model holds, after a run that was cancelled or failed, and never more:
    /// the next prompt begins with going back to these or fewer.
    tokens: Vec<u32>,
}

impl<M: ForwardPass> Context<M> {
    pub fn new(model: M) -> Self {
        Self {
            model,
            tokens: Vec::new(),
        }
    }

    /// Goes back to what the text so far and `prompt` have in common; returns how many tokens of the
    /// prompt need not be read again. One at least is left to read, since logits are not kept.
    pub fn rewind(&mut self, prompt: &[u32]) -> usize {
        let n_common = n_common(&self.tokens, prompt).min(prompt.len().saturating_sub(1));
        let n_kept = self.model.keep(n_common);
        self.tokens.truncate(n_kept);
        n_kept
    }

    /// Reads more tokens; returns the logits of the one that follows, or none where it was cancelled.
    /// After that, and after an error, the next call must be [`Context::rewind`].
    pub fn read(&mut self, tokens: &[u32], cancel: &CancellationToken) -> Result<Option<&[f32]>> {
        debug_assert_eq!(
            self.model.n_past(),
            self.tokens.len(),
            "what the model holds is known"
        );
        let logits = self.model.forward(tokens, cancel);
        match &logits {
            Ok(Some(_)) => self.tokens.extend_from_slice(tokens),
            Ok(None) => {}
            // Keys and values may be half written.
            Err(_) => self.tokens.clear(),
        }
        logits
    }
}

/// Length of the common beginning.
fn n_common(one: &[u32], other: &[u32]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds what it reads; `granularity`: keeps multiples of it only, as a model with windows may.
    struct Fake {
        held: Vec<u32>,
        granularity: usize,
        fails: bool,
        logits: [f32; 1],
    }

    impl ForwardPass for Fake {
        fn n_past(&self) -> usize {
            self.held.len()
        }

        fn keep(&mut self, n: usize) -> usize {
            self.held.truncate(n / self.granularity * self.granularity);
            self.held.len()
        }

        fn forward(&mut self, tokens: &[u32], cancel: &CancellationToken) -> Result<Option<&[f32]>> {
            for &token in tokens {
                if cancel.is_cancelled() {
                    return Ok(None);
                }
                self.held.push(token);
                if token == 99 {
                    cancel.cancel();
                }
            }
            if self.fails {
                candle_core::bail!("no memory");
            }
            Ok(Some(&self.logits))
        }
    }

    fn context(granularity: usize) -> Context<Fake> {
        Context::new(Fake {
            held: Vec::new(),
            granularity,
            fails: false,
            logits: [0.0],
        })
    }

    /// Reads a prompt as a generator does; returns how many tokens were known.
    fn read(context: &mut Context<Fake>, prompt: &[u32]) -> usize {
        let n_known = context.rewind(prompt);
        let cancel = CancellationToken::new();
        let _ = context.read(&prompt[n_known..], &cancel);
        n_known
    }

    #[test]
    fn only_what_differs_is_read() {
        let mut context = context(1);
        assert_eq!(
            read(&mut context, &[1, 2, 3]),
            0,
            "nothing is known at the beginning"
        );
        assert_eq!(read(&mut context, &[1, 2, 4, 5]), 2, "the common beginning stays");
        assert_eq!(
            context.model.held,
            [1, 2, 4, 5],
            "the model holds this prompt and no other"
        );
        assert_eq!(
            read(&mut context, &[1, 2, 4, 5]),
            3,
            "of the same prompt one token is read again for its logits"
        );
        assert_eq!(
            read(&mut context, &[1, 2, 4, 5, 6]),
            4,
            "a longer prompt reads what is new"
        );
        assert_eq!(
            read(&mut context, &[7]),
            0,
            "another beginning has nothing in common"
        );
    }

    #[test]
    fn a_model_that_keeps_less_reads_more() {
        let mut context = context(4);
        read(&mut context, &[1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(
            read(&mut context, &[1, 2, 3, 4, 5, 6, 8]),
            4,
            "what the model kept counts"
        );
        assert_eq!(
            context.model.held,
            [1, 2, 3, 4, 5, 6, 8],
            "and the rest was read again"
        );
        let mut context = self::context(100);
        read(&mut context, &[1, 2, 3]);
        assert_eq!(
            read(&mut context, &[1, 2, 3, 4]),
            0,
            "a model that keeps nothing reads all"
        );
        assert_eq!(context.model.held, [1, 2, 3, 4], "and nothing twice");
    }

    #[test]
    fn cancelled_and_failed_runs_leave_no_trace() {
        let mut context = context(1);
        read(&mut context, &[1, 2, 99, 3, 4]);
        assert_eq!(
            context.model.held,
            [1, 2, 99],
            "the run was cancelled in the middle"
        );
        assert_eq!(
            read(&mut context, &[1, 2, 5]),
            0,
            "what was read in part is not relied on"
        );
        assert_eq!(context.model.held, [1, 2, 5], "nor left in the model");

        context.model.fails = true;
        read(&mut context, &[1, 2, 6]);
        context.model.fails = false;
        assert_eq!(
            read(&mut context, &[1, 2, 6]),
            0,
            "after a failure all is read again"
        );
        assert_eq!(context.model.held, [1, 2, 6], "into an empty model");
    }
}
