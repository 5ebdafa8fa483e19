//! What a server answers, as it streams in.

use serde_json::Value;

use crate::error::{Miss, cleaned};

/// No line of a stream is longer, in bytes.
const MAX_LINE_BYTES: usize = 1 << 20;
/// Nor is an answer, all together.
pub(crate) const MAX_BODY_BYTES: usize = 64 << 20;

/// One step of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    Text(String),
    /// It ends here; whether for want of room.
    Finished {
        is_cut: bool,
    },
    Usage(Usage),
    /// The stream says itself that it is over.
    Done,
}

/// Tokens as the server counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub n_prompt_tokens: Option<usize>,
    pub n_cached_tokens: usize,
    pub n_tokens: Option<usize>,
}

/// Parts a stream of server-sent events into lines, and those into events. Bytes are joined before
/// they are read as text, because servers cut inside of characters.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    bytes: Vec<u8>,
    n_bytes: usize,
}

impl Stream {
    /// Takes bytes as they come.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Miss> {
        self.n_bytes += bytes.len();
        if self.n_bytes > MAX_BODY_BYTES {
            return Err(too_long());
        }
        let mut events = Vec::new();
        self.bytes.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(n) = self.bytes[start..].iter().position(|byte| *byte == b'\n') {
            read_line(&self.bytes[start..start + n], &mut events)?;
            start += n + 1;
        }
        self.bytes.drain(..start);
        if self.bytes.len() > MAX_LINE_BYTES {
            return Err(too_long());
        }
        Ok(events)
    }

    /// The last line may have no end.
    pub fn finish(&mut self) -> Result<Vec<Event>, Miss> {
        let mut events = Vec::new();
        read_line(&std::mem::take(&mut self.bytes), &mut events)?;
        Ok(events)
    }
}

/// The answer is not read on.
pub(crate) fn too_long() -> Miss {
    Miss::Failed(
        "The model server’s answer is longer than any answer should be, and was not read on.".to_owned(),
    )
}

fn rubbish() -> Miss {
    Miss::Failed(
        "The model server’s answer is not that of an OpenAI-compatible server. Check its address and port."
            .to_owned(),
    )
}

fn read_line(line: &[u8], events: &mut Vec<Event>) -> Result<(), Miss> {
    let line = std::str::from_utf8(line).map_err(|_| rubbish())?.trim();
    // Empty lines part events, a colon begins a comment, and other fields say nothing here.
    if line.is_empty()
        || line.starts_with(':')
        || ["event:", "id:", "retry:"].iter().any(|f| line.starts_with(f))
    {
        return Ok(());
    }
    let data = line.strip_prefix("data:").map(str::trim);
    match data {
        Some("[DONE]") => events.push(Event::Done),
        Some("") => {}
        Some(data) => read_value(&serde_json::from_str(data).map_err(|_| rubbish())?, events)?,
        // Some servers report an error in the middle of a stream as plain JSON.
        None => {
            let value: Value = serde_json::from_str(line).map_err(|_| rubbish())?;
            value.get("error").ok_or_else(rubbish)?;
            read_value(&value, events)?;
        }
    }
    Ok(())
}

/// The events of one value: a piece of a stream, or an answer that came as a whole.
pub(crate) fn read_value(value: &Value, events: &mut Vec<Event>) -> Result<(), Miss> {
    if let Some(message) = error_message(value) {
        return Err(Miss::Failed(format!("The model server failed: “{message}”")));
    }
    let choices = value.get("choices").and_then(Value::as_array);
    if choices.is_none() && value.get("usage").is_none() {
        return Err(rubbish());
    }
    if let Some(choice) = choices.and_then(|choices| choices.first()) {
        let content = choice
            .pointer("/delta/content")
            .or_else(|| choice.pointer("/message/content"))
            .or_else(|| choice.get("text"))
            .and_then(Value::as_str);
        if let Some(text) = content.filter(|text| !text.is_empty()) {
            events.push(Event::Text(text.to_owned()));
        }
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
            events.push(Event::Finished {
                is_cut: reason == "length",
            });
        }
    }
    if let Some(usage) = value.get("usage").filter(|usage| usage.is_object()) {
        let count = |path: &str| {
            let n = usage.pointer(path).and_then(Value::as_u64)?;
            usize::try_from(n).ok()
        };
        events.push(Event::Usage(Usage {
            n_prompt_tokens: count("/prompt_tokens"),
            n_cached_tokens: count("/prompt_tokens_details/cached_tokens").unwrap_or(0),
            n_tokens: count("/completion_tokens"),
        }));
    }
    Ok(())
}

/// What a server says went wrong, cleaned; none where it says nothing of the kind.
pub(crate) fn error_message(value: &Value) -> Option<String> {
    let error = value.get("error").filter(|error| !error.is_null())?;
    let message = error
        .as_str()
        .or_else(|| error.get("message")?.as_str())
        .unwrap_or("no reason given");
    Some(cleaned(message, 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_may_be_cut_anywhere() {
        let text =
            "data: {\"choices\":[{\"delta\":{\"content\":\"회의 🙂\"}}]}\r\n\r\n: ping\n\ndata: [DONE]\n\n";
        for size in 1..8 {
            let mut stream = Stream::default();
            let mut events = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                events.extend(stream.push(piece).unwrap());
            }
            events.extend(stream.finish().unwrap());
            assert_eq!(
                events,
                [Event::Text("회의 🙂".to_owned()), Event::Done],
                "in pieces of {size} bytes"
            );
        }
    }

    #[test]
    fn thoughts_in_a_field_are_not_read() {
        let mut events = Vec::new();
        let value = serde_json::json!({"choices": [{"delta": {"reasoning_content": "hm", "reasoning": "hm", "content": null}, "finish_reason": null}]});
        read_value(&value, &mut events).unwrap();
        assert_eq!(events, [], "nothing to hand out");
    }

    #[test]
    fn rubbish_is_told() {
        for text in [
            "<html>\n",
            "data: {\n",
            "data: {\"hello\": 1}\n",
            "\u{0}\u{1}\n",
            "data: []\n",
        ] {
            assert!(
                Stream::default().push(text.as_bytes()).is_err(),
                "{text:?} is no answer"
            );
        }
        let mut endless = Stream::default();
        let outcome = (0..20).try_for_each(|_| endless.push(&vec![b'x'; 100_000]).map(|_| ()));
        assert!(outcome.is_err(), "a line without an end is not kept");
    }
}
