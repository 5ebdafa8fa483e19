use recordroute_core::Thoughts;

/// Makes the text to hand out from the bytes of tokens: whole characters only, and without the
/// thoughts that a model writes before its answer.
#[derive(Debug)]
pub(crate) struct AnswerText {
    bytes: Vec<u8>,
    thoughts: Thoughts,
}

impl AnswerText {
    pub fn new(thoughts: Thoughts) -> Self {
        Self {
            bytes: Vec::new(),
            thoughts,
        }
    }

    /// Takes a token's bytes; returns what can be handed out, often nothing.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.bytes.extend_from_slice(bytes);
        let text = self.take_characters();
        self.thoughts.push(text)
    }

    /// What was held back. Bytes of an unfinished character are dropped.
    pub fn finish(&mut self) -> String {
        self.thoughts.finish()
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

    fn streamed(parts: &[&[u8]]) -> Vec<String> {
        let mut answer = AnswerText::new(Thoughts::left_out(false));
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
            streamed(&parts),
            ["회", "의", " ", "🙂", "!"],
            "each comes out when it is whole"
        );
        assert_eq!(
            streamed(&[b"a\xFFb", b"\xED\x9A", b"c\xED"]).concat(),
            "abc",
            "bytes that are no character vanish"
        );
        assert_eq!(
            streamed(&[b"<th", b"ink>Paris\xED</think>", b"\n\xED\x9A", b"\x8C"]).concat(),
            "회",
            "thoughts are left out"
        );
    }
}
