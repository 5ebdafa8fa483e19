use super::matcher::Matcher;
use super::schema::Schema;
use super::tokens::TokenIndex;
use crate::sampler::Sampler;

/// Holds one answer to a JSON Schema.
pub(crate) struct Constraint<'a> {
    matcher: Matcher,
    index: &'a TokenIndex,
    is_allowed: Vec<bool>,
}

/// What an answer goes on with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Token(u32),
    /// There is room for these tokens only: they make the value whole, in the shortest way.
    Close(Vec<u32>),
    /// The value is whole.
    End,
    /// The vocabulary cannot spell what must follow.
    Stuck,
}

impl<'a> Constraint<'a> {
    pub fn new(schema: Schema, index: &'a TokenIndex) -> Self {
        Self {
            matcher: Matcher::new(schema),
            index,
            is_allowed: Vec::new(),
        }
    }

    /// Whether the value may end here.
    pub fn can_end(&self) -> bool {
        self.matcher.can_end()
    }

    /// Whether nothing may follow the value.
    pub fn must_end(&self) -> bool {
        self.matcher.must_end()
    }

    /// Draws the next token of those that are allowed. `bytes` spells a token, empty where it cannot
    /// stand in a value; `ends` are those that end an answer; `n_left` is the room in tokens.
    pub fn next<'t>(
        &mut self,
        sampler: &mut Sampler,
        logits: &[f32],
        bytes: impl Fn(u32) -> &'t [u8],
        ends: &[u32],
        n_left: usize,
    ) -> Next {
        if self.matcher.must_end() {
            return Next::End;
        }
        // Most tokens that a model would write are allowed, and looking at one is quick.
        let mut drawn = sampler.sample(logits, |_| true);
        let can_end = self.matcher.can_end();
        if !drawn.is_some_and(|token| {
            if ends.contains(&token) {
                can_end
            } else {
                self.is_allowed(bytes(token))
            }
        }) {
            self.is_allowed.clear();
            self.is_allowed.resize(logits.len(), false);
            self.index.allow(&mut self.matcher, &mut self.is_allowed);
            for &end in ends {
                if let Some(is_allowed) = self.is_allowed.get_mut(end as usize) {
                    *is_allowed = can_end;
                }
            }
            drawn = sampler.sample(logits, |token| self.is_allowed[token as usize]);
        }
        match drawn {
            None if can_end => Next::End,
            None => Next::Stuck,
            Some(token) if ends.contains(&token) => Next::End,
            Some(token) => self.take(token, bytes(token), n_left),
        }
    }

    fn is_allowed(&mut self, bytes: &[u8]) -> bool {
        let n_entries = self.matcher.stack().len();
        let is_allowed = !bytes.is_empty() && self.matcher.after(bytes).is_some();
        self.matcher.stack_mut().truncate(n_entries);
        is_allowed
    }

    /// Goes on with an allowed token where the room that is left after it is enough to end the value.
    fn take(&mut self, token: u32, bytes: &[u8], n_left: usize) -> Next {
        let after = self.matcher.after(bytes).unwrap_or_default();
        let closing = self.matcher.closing(&after);
        // No token spells less than a byte.
        let fits = closing.len() < n_left
            || self
                .index
                .spell(&closing)
                .is_some_and(|closing| closing.len() < n_left);
        if !fits {
            let closing = self.matcher.closing(self.matcher.threads());
            let closing = self.index.spell(&closing);
            if let Some(closing) = closing.filter(|closing| closing.len() <= n_left) {
                return Next::Close(closing);
            }
            // There never was room for a whole value: it is cut.
        }
        self.matcher.accept(bytes);
        Next::Token(token)
    }
}
