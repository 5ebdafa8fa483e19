/// Leaves out what a model thinks aloud before its answer: `<think>…</think>` at the beginning, whole
/// or in pieces. Servers that take it out themselves send it in a field of its own, which is not read.
#[derive(Debug)]
pub(crate) struct Thoughts {
    state: State,
    /// Text that cannot be judged yet.
    held: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but white space, or the beginning of a tag, was seen.
    Beginning,
    Thinking,
    /// The white space after a thought, or before the answer.
    Leading,
    Answering,
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

impl Thoughts {
    /// `raw`: hand out everything as it comes.
    pub fn new(raw: bool) -> Self {
        Self {
            state: if raw { State::Answering } else { State::Beginning },
            held: String::new(),
        }
    }

    /// Takes a piece; returns what can be handed out, often nothing.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        if self.state == State::Beginning {
            let seen = self.held.trim_start();
            if let Some(thought) = seen.strip_prefix(OPEN) {
                self.held = thought.to_owned();
                self.state = State::Thinking;
            } else if OPEN.starts_with(seen) {
                return String::new();
            } else {
                self.state = State::Leading;
            }
        }
        if self.state == State::Thinking {
            match self.held.find(CLOSE) {
                Some(at) => {
                    self.held.drain(..at + CLOSE.len());
                    self.state = State::Leading;
                }
                None => {
                    // The tag may still come in parts; everything before is thought.
                    let n_kept = self.held.char_indices().rev().nth(CLOSE.len() - 1);
                    self.held.drain(..n_kept.map_or(0, |(at, _)| at));
                    return String::new();
                }
            }
        }
        let text = std::mem::take(&mut self.held);
        if self.state == State::Answering {
            return text;
        }
        let text = text.trim_start();
        if !text.is_empty() {
            self.state = State::Answering;
        }
        text.to_owned()
    }

    /// What was held back and proved to be no tag.
    pub fn finish(&mut self) -> String {
        match self.state {
            State::Beginning => std::mem::take(&mut self.held).trim_start().to_owned(),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streamed(raw: bool, pieces: &[&str]) -> String {
        let mut thoughts = Thoughts::new(raw);
        let mut text: String = pieces.iter().map(|piece| thoughts.push(piece)).collect();
        text.push_str(&thoughts.finish());
        text
    }

    #[test]
    fn thoughts_are_left_out() {
        assert_eq!(
            streamed(false, &["\n<th", "ink>서울 or </thi", "nk>", "\n\n", "Seoul."]),
            "Seoul.",
            "in pieces too"
        );
        assert_eq!(
            streamed(false, &["<think>no end"]),
            "",
            "an unfinished thought is a thought"
        );
        assert_eq!(
            streamed(false, &["The <think> tag"]),
            "The <think> tag",
            "a tag inside is spoken of"
        );
        assert_eq!(
            streamed(false, &[" <thi"]),
            "<thi",
            "what began like a tag and was none is kept"
        );
        assert_eq!(
            streamed(true, &[" <think>", " x"]),
            " <think> x",
            "raw means as it comes"
        );
    }
}
