//! Reads the JSON that a model writes, also while it is unfinished or wrapped in other text.

use serde_json::Value;

/// The JSON object of a whole answer. Text around it, such as a fence of Markdown, is passed over;
/// one that ends too early is none.
pub(crate) fn whole(text: &str) -> Option<Value> {
    // A model may speak of braces before it writes its own.
    for (start, _) in text.match_indices('{').take(8) {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        if let Some(Ok(value @ Value::Object(_))) = values.next() {
            return Some(value);
        }
    }
    None
}

/// What is complete so far of an object whose members are lists of objects or strings: every item that
/// has ended, and none that has not.
pub(crate) fn so_far(text: &str) -> Option<Value> {
    let start = text.find('{')?;
    let (end, closers) = last_complete(&text[start..])?;
    let mut complete = text[start..start + end].to_owned();
    complete.push_str(&closers);
    serde_json::from_str(&complete).ok()
}

/// Up to where items are complete, and what closes the brackets that are open there.
fn last_complete(text: &str) -> Option<(usize, String)> {
    let mut open: Vec<u8> = Vec::new();
    let mut found = None;
    let closers = |open: &[u8]| -> String {
        let open = open.iter().rev();
        open.map(|open| if *open == b'{' { '}' } else { ']' }).collect()
    };
    let (mut is_string, mut is_escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        if is_string {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => {
                    is_string = false;
                    if open == [b'{', b'['] {
                        found = Some((at + 1, closers(&open)));
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => is_string = true,
            b'{' | b'[' => open.push(byte),
            b'}' | b']' => {
                if open.pop().is_none() {
                    break;
                }
                // Items lie in a list in the object; deeper ones are parts of items.
                if open.len() <= 2 {
                    found = Some((at + 1, closers(&open)));
                }
                if open.is_empty() {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_around_an_answer_is_passed_over() {
        assert_eq!(
            whole("Sure {here}:\n```json\n{\"a\": [1]}\n```").unwrap(),
            json!({"a": [1]}),
            "a fence and a friendly word"
        );
        assert_eq!(whole("{\"a\": [1"), None, "an answer that ends early is none");
        assert_eq!(whole("no"), None, "nor is a word");
    }

    #[test]
    fn items_appear_when_they_are_whole() {
        let text = r#"{"topics": [{"lines": [1, 2], "text": "a }\" b"}, {"lines": [3], "text": "c"}], "decisions": [{"lines": [4], "text": "d"}], "risks": ["e [\"5\"]", "f"]}"#;
        let mut seen = Vec::new();
        for end in 0..=text.len() {
            let n = so_far(&text[..end]).map_or(0, |value| {
                ["topics", "decisions", "risks"]
                    .iter()
                    .filter_map(|key| value[*key].as_array().map(Vec::len))
                    .sum()
            });
            if seen.last() != Some(&n) {
                seen.push(n);
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 4, 5], "one by one, and none goes away again");
        assert_eq!(so_far(text), whole(text), "at the end it is the whole");
    }
}
