/// Makes the text to hand out from the bytes of tokens: whole characters only, and without the
/// thoughts that a model writes before its answer.
#[derive(Debug)]
pub(crate) struct AnswerText {
    bytes: Vec<u8>,
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

impl AnswerText {
    /// Hands out everything as it comes.
    pub fn raw() -> Self {
        Self::in_state(State::Answering)
    }

    /// `is_thinking`: the prompt ended inside a thought.
    pub fn new(is_thinking: bool) -> Self {
        Self::in_state(if is_thinking {
            State::Thinking
        } else {
            State::Beginning
        })
    }

    fn in_state(state: State) -> Self {
        Self {
            bytes: Vec::new(),
            state,
            held: String::new(),
        }
    }

    /// Takes a token's bytes; returns what can be handed out, often nothing.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.bytes.extend_from_slice(bytes);
        let text = self.take_characters();
        if self.state == State::Answering {
            return text;
        }
        self.held.push_str(&text);
        self.advance()
    }

    /// What was held back and proved to be no tag. Bytes of an unfinished character are dropped.
    pub fn finish(&mut self) -> String {
        match self.state {
            State::Beginning => std::mem::take(&mut self.held).trim_start().to_owned(),
            _ => String::new(),
        }
    }

    fn take_characters(&mut self) -> String {
        let mut text = String::new();
        let n_kept = match self.bytes.utf8_chunks().last() {
            // Up to three bytes at the end may be the beginning of a character.
            Some(last) if is_beginning(last.invalid()) => last.invalid().len(),
            _ => 0,
        };
        let rest = self.bytes.split_off(self.bytes.len() - n_kept);
        for chunk in self.bytes.utf8_chunks() {
            text.push_str(chunk.valid());
        }
        self.bytes = rest;
        text
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

/// Whether more bytes could make these a character.
fn is_beginning(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && std::str::from_utf8(bytes)
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streamed(mut answer: AnswerText, parts: &[&[u8]]) -> Vec<String> {
        let mut texts: Vec<String> = parts.iter().map(|part| answer.push(part)).collect();
        texts.push(answer.finish());
        texts.retain(|text| !text.is_empty());
        texts
    }

    #[test]
    fn characters_are_never_broken() {
        let bytes = "회의 🙂!".as_bytes();
        let parts: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(
            streamed(AnswerText::new(false), &parts),
            ["회", "의", " ", "🙂", "!"],
            "each comes out when it is whole"
        );
        assert_eq!(
            streamed(AnswerText::new(false), &[b"a\xFFb", b"\xED\x9A", b"c\xED"]).concat(),
            "abc",
            "bytes that are no character vanish"
        );
    }

    #[test]
    fn thoughts_are_left_out() {
        let parts: [&[u8]; 6] = [b"\n<th", b"ink>Paris", b" or </thi", b"nk>", b"\n\n", b"Paris."];
        assert_eq!(
            streamed(AnswerText::new(false), &parts),
            ["Paris."],
            "only the answer is handed out, tags in parts or not"
        );
        assert_eq!(
            streamed(AnswerText::new(false), &[b"<think>no end"]),
            Vec::<String>::new(),
            "an unfinished thought is a thought"
        );
        assert_eq!(
            streamed(AnswerText::new(false), &[b"The <think> tag"]).concat(),
            "The <think> tag",
            "a tag inside an answer is spoken of, not thought"
        );
        assert_eq!(
            streamed(AnswerText::new(false), &[b" <thi"]).concat(),
            "<thi",
            "what began like a tag and was none is kept"
        );
        assert_eq!(
            streamed(AnswerText::new(false), &[b"<think>a</think>\n<think>b</think> c"]).concat(),
            "c",
            "a second thought is a thought, too"
        );
        assert_eq!(
            streamed(
                AnswerText::new(true),
                &[b"so <think>", b" it is</th", b"ink>\n\nParis."]
            )
            .concat(),
            "Paris.",
            "a thought that the prompt began is one"
        );
    }

    #[test]
    fn raw_text_is_untouched() {
        assert_eq!(
            streamed(AnswerText::raw(), &[b" <think>", b" x"]).concat(),
            " <think> x",
            "raw means as it comes"
        );
    }
}
