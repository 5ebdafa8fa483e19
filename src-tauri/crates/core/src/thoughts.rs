/// Leaves out what a model thinks aloud before its answer: `<think>…</think>` at the beginning, once or
/// more often, whole or in pieces. Servers that take it out themselves send it in a field of its own,
/// which is not read.
#[derive(Debug)]
pub struct Thoughts {
    state: State,
    /// Text that cannot be judged yet.
    held: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but thoughts and white space, or the beginning of a tag, was seen.
    Beginning,
    Thinking,
    Answering,
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

impl Thoughts {
    /// Hands out everything as it comes.
    pub fn kept() -> Self {
        Self::in_state(State::Answering)
    }

    /// `is_thinking`: the prompt ended inside a thought.
    pub fn left_out(is_thinking: bool) -> Self {
        Self::in_state(if is_thinking {
            State::Thinking
        } else {
            State::Beginning
        })
    }

    fn in_state(state: State) -> Self {
        Self {
            state,
            held: String::new(),
        }
    }

    /// Takes a piece; returns what can be handed out, often nothing.
    pub fn push(&mut self, piece: String) -> String {
        if self.state == State::Answering {
            return piece;
        }
        self.held.push_str(&piece);
        self.advance()
    }

    /// What was held back and proved to be no tag.
    pub fn finish(&mut self) -> String {
        match self.state {
            State::Beginning => std::mem::take(&mut self.held).trim_start().to_owned(),
            _ => String::new(),
        }
    }

    fn advance(&mut self) -> String {
        loop {
            match self.state {
                State::Beginning => {
                    let seen = self.held.trim_start();
                    if let Some(thought) = seen.strip_prefix(OPEN) {
                        self.held = thought.to_owned();
                        self.state = State::Thinking;
                    } else if OPEN.starts_with(seen) {
                        return String::new();
                    } else {
                        self.held = seen.to_owned();
                        self.state = State::Answering;
                    }
                }
                State::Thinking => {
                    let Some(at) = self.held.find(CLOSE) else {
                        // The tag may still come in parts; everything before is thought.
                        let tail = self
                            .held
                            .char_indices()
                            .rev()
                            .nth(CLOSE.len() - 1)
                            .map_or(0, |(at, _)| at);
                        self.held.drain(..tail);
                        return String::new();
                    };
                    self.held.drain(..at + CLOSE.len());
                    self.state = State::Beginning;
                }
                State::Answering => return std::mem::take(&mut self.held),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streamed(mut thoughts: Thoughts, pieces: &[&str]) -> Vec<String> {
        let mut texts: Vec<String> = pieces
            .iter()
            .map(|piece| thoughts.push((*piece).to_owned()))
            .collect();
        texts.push(thoughts.finish());
        texts.retain(|text| !text.is_empty());
        texts
    }

    fn answer(pieces: &[&str]) -> String {
        streamed(Thoughts::left_out(false), pieces).concat()
    }

    #[test]
    fn thoughts_are_left_out() {
        let pieces = ["\n<th", "ink>서울 or </thi", "nk>", "\n\n", "Seoul."];
        assert_eq!(
            streamed(Thoughts::left_out(false), &pieces),
            ["Seoul."],
            "only the answer is handed out, tags in parts or not"
        );
        assert_eq!(
            answer(&["<think>no end"]),
            "",
            "an unfinished thought is a thought"
        );
        assert_eq!(
            answer(&["The <think> tag"]),
            "The <think> tag",
            "a tag inside an answer is spoken of, not thought"
        );
        assert_eq!(
            answer(&[" <thi"]),
            "<thi",
            "what began like a tag and was none is kept"
        );
        assert_eq!(
            answer(&["<think>a</think>\n<think>b</think> c"]),
            "c",
            "a second thought is a thought, too"
        );
        assert_eq!(
            streamed(
                Thoughts::left_out(true),
                &["so <think>", " it is</th", "ink>\n\nParis."]
            )
            .concat(),
            "Paris.",
            "a thought that the prompt began is one"
        );
        assert_eq!(
            streamed(Thoughts::kept(), &[" <think>", " x"]).concat(),
            " <think> x",
            "kept means as it comes"
        );
    }
}
