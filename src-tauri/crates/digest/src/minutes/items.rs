//! What a model may answer about a part, and how it is read.

use serde_json::{Value, json};

use crate::Template;
use crate::cited::{in_order, numbers, taken_apart};
use crate::clean::{limited, one_line};
use crate::likeness::without_loops;

/// Characters of a line of the minutes.
pub(super) const MAX_TEXT_CHARS: usize = 300;
/// Characters of a name or a time.
const MAX_FIELD_CHARS: usize = 60;
/// Lines that one item may rest on; a model that cites everything says nothing.
const MAX_CITED: usize = 8;
/// Items that one part may give a section. Small models go on until the list is full.
const MAX_ITEMS: usize = 6;

/// An item as the model wrote it; nothing of it is believed yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawItem {
    pub text: String,
    pub who: Option<String>,
    pub when: Option<String>,
    /// Numbers as they stand in the prompt, from 1.
    pub cited: Vec<usize>,
}

/// The most items that a section may get from one part.
pub(super) fn max_items(limit: Option<usize>) -> usize {
    limit.unwrap_or(MAX_ITEMS).min(MAX_ITEMS)
}

/// The JSON Schema of an answer: lists of sentences, which small models write far better than objects with
/// fields of numbers. Without a sentence in the first list they leave all of them empty.
pub(super) fn schema(template: &Template) -> Value {
    let mut members = serde_json::Map::new();
    for (section_idx, section) in template.sections.iter().enumerate() {
        let text = json!({ "type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS });
        let field = json!({ "type": "string", "maxLength": MAX_FIELD_CHARS });
        let item = if section.who_when {
            json!({
                "type": "object",
                "properties": { "text": text, "who": field, "when": field },
                "required": ["text", "who", "when"],
                "additionalProperties": false,
            })
        } else {
            text
        };
        let list = json!({
            "type": "array",
            "items": item,
            "minItems": usize::from(section_idx == 0),
            "maxItems": max_items(section.limit),
        });
        members.insert(section.key.clone(), list);
    }
    let required: Vec<&str> = template
        .sections
        .iter()
        .map(|section| section.key.as_str())
        .collect();
    json!({
        "type": "object",
        "properties": members,
        "required": required,
        "additionalProperties": false,
    })
}

/// Whether an answer has any of the template's sections, or is an object with nothing in it.
pub(super) fn is_an_answer(answer: &Value, template: &Template) -> bool {
    answer.as_object().is_some_and(|members| {
        members.is_empty()
            || template
                .sections
                .iter()
                .any(|section| members.get(&section.key).is_some_and(Value::is_array))
    })
}

/// The items that an answer has for a section; other shapes than were asked for are forgiven.
pub(super) fn raw_items(answer: &Value, key: &str, limit: Option<usize>) -> Vec<RawItem> {
    let items = answer.get(key).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(raw_item)
        .take(max_items(limit))
        .collect()
}

fn raw_item(value: &Value) -> Option<RawItem> {
    let text = value.as_str().or_else(|| value.get("text")?.as_str())?;
    let (text, cited) = taken_apart(text);
    let text = without_loops(&whole_sentences(&text, MAX_TEXT_CHARS));
    let field = |name: &str| {
        let text = one_line(value.get(name)?.as_str()?);
        let fits = !text.is_empty() && text.chars().count() <= MAX_FIELD_CHARS && !says_nothing(&text);
        fits.then_some(text)
    };
    if text.is_empty() || says_nothing(&text) {
        return None;
    }
    Some(RawItem {
        who: field("who"),
        when: field("when"),
        cited: match value.get("lines") {
            Some(lines) => numbers(Some(lines), MAX_CITED),
            None => in_order(cited, MAX_CITED),
        },
        text,
    })
}

/// At most so many characters: whole sentences where there is one, because a model that came to the end of
/// its room was cut within one.
fn whole_sentences(text: &str, max_chars: usize) -> String {
    if text.chars().count() < max_chars {
        return text.to_owned();
    }
    let head: String = text.chars().take(max_chars).collect();
    let mut ends = head.rmatch_indices(['.', '!', '?', '。']);
    let end = ends.find_map(|(at, mark)| {
        let end = at + mark.len();
        (end == head.len() || head[end..].starts_with(' ')).then_some(end)
    });
    end.map_or_else(|| limited(text, max_chars), |end| head[..end].to_owned())
}

/// What models write where nothing belongs.
fn says_nothing(text: &str) -> bool {
    let bare: String = text
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == ' ')
        .collect();
    matches!(
        bare.trim(),
        "" | "none"
            | "na"
            | "n a"
            | "null"
            | "nil"
            | "empty"
            | "nothing"
            | "unknown"
            | "unspecified"
            | "not specified"
            | "not mentioned"
            | "none mentioned"
            | "tbd"
            | "string"
            | "없음"
            | "해당 없음"
            | "해당없음"
            | "미정"
            | "언급 없음"
            | "미상"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_shapes_are_forgiven() {
        let answer = json!({"topics": [
            {"text": "- Budget [1, 2]", "lines": ["[2]", 1, 1]},
            "Plain text",
            {"text": "None", "lines": [1]},
            {"lines": [1]},
            7,
            {"text": "Single", "lines": 3, "who": "N/A", "when": "  Friday\n"},
            "* Cited. [4, 2]",
        ]});
        let items = raw_items(&answer, "topics", Some(8));
        let texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
        assert_eq!(
            texts,
            ["Budget", "Plain text", "Single", "Cited."],
            "what says something is kept"
        );
        assert_eq!(items[0].cited, [1, 2], "numbers once, in order");
        assert_eq!(items[2].cited, [3], "a number for a list");
        assert_eq!(items[3].cited, [2, 4], "numbers behind the text");
        assert_eq!(
            (items[2].who.as_deref(), items[2].when.as_deref()),
            (None, Some("Friday")),
            "nobody is called N/A"
        );
    }

    #[test]
    fn what_was_cut_ends_with_a_sentence() {
        let text = "We redesign the box. It gets no added value, and the price of it is to";
        let long = text.chars().count();
        assert_eq!(whole_sentences(text, long + 1), text, "it has room");
        assert_eq!(whole_sentences(text, long), "We redesign the box.", "it had none");
        assert_eq!(
            whole_sentences("no sentence that ends anywhere", 15),
            "no sentence…",
            "a piece is better than nothing"
        );
    }

    #[test]
    fn the_schema_is_what_it_was() {
        let template = Template::parse(
            "id = \"x\"\nname = \"X\"\nguidance = \"x\"\n[[sections]]\nkey = \"points\"\ntitle = \"Points\"\nguidance = \"x\"\nlimit = 3\n[[sections]]\nkey = \"todo\"\ntitle = \"To do\"\nguidance = \"x\"\nwho_when = true\n",
        )
        .unwrap();
        insta::assert_json_snapshot!(schema(&template));
    }
}
