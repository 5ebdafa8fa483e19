//! Reads what a model cites, and takes off what it writes around a line.

use serde_json::Value;

use crate::clean::one_line;

/// At most so many numbers, each once and ascending, also where they came as text.
pub(crate) fn numbers(value: Option<&Value>, max: usize) -> Vec<usize> {
    let numbers = match value {
        Some(Value::Array(numbers)) => numbers.as_slice(),
        Some(number) => std::slice::from_ref(number),
        None => &[],
    };
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok(),
        _ => None,
    };
    let mut cited: Vec<usize> = numbers
        .iter()
        .filter_map(number)
        .filter_map(|number| usize::try_from(number).ok())
        .collect();
    cited.sort_unstable();
    cited.dedup();
    cited.truncate(max);
    cited
}

/// Without the bullet before it and the citation behind it that models like to write.
pub(crate) fn tidy(text: &str) -> String {
    let line = one_line(text);
    let mut text = line.trim_start_matches(['-', '*', '•', '·', '–', ' ']).trim_end();
    while let Some((before, inside)) = text
        .strip_suffix(']')
        .or_else(|| text.strip_suffix("]."))
        .and_then(|open| open.rsplit_once('['))
    {
        let is_citation = inside
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ',' | ' ' | '-'));
        if !is_citation || inside.is_empty() {
            break;
        }
        text = before.trim_end();
    }
    text.to_owned()
}
