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
    let numbers = numbers.iter().filter_map(number);
    in_order(
        numbers
            .filter_map(|number| usize::try_from(number).ok())
            .collect(),
        max,
    )
}

/// At most so many of these, each once and ascending.
pub(crate) fn in_order(mut cited: Vec<usize>, max: usize) -> Vec<usize> {
    cited.sort_unstable();
    cited.dedup();
    cited.truncate(max);
    cited
}

/// Without the bullet before it and the citation behind it that models like to write.
pub(crate) fn tidy(text: &str) -> String {
    taken_apart(text).0
}

/// A line without the bullet before it, and what it cites behind it in brackets, as `[3, 5-7]`.
pub(crate) fn taken_apart(text: &str) -> (String, Vec<usize>) {
    let line = one_line(text);
    let mut text = line.trim_start_matches(['-', '*', '•', '·', '–', ' ']).trim_end();
    let mut cited = Vec::new();
    let mut ending = "";
    loop {
        let (open, stop) = match (text.strip_suffix(']'), text.strip_suffix("].")) {
            (Some(open), _) => (open, ""),
            (None, Some(open)) => (open, "."),
            (None, None) => break,
        };
        let Some((before, numbers)) = open
            .rsplit_once('[')
            .and_then(|(before, inside)| Some((before, cited_numbers(inside)?)))
        else {
            break;
        };
        cited.extend(numbers);
        text = before.trim_end();
        if !text.ends_with(['.', '!', '?']) {
            ending = if ending.is_empty() { stop } else { ending };
        }
    }
    (format!("{text}{ending}"), cited)
}

/// The numbers between brackets; `None` where other things are.
fn cited_numbers(inside: &str) -> Option<Vec<usize>> {
    /// A longer run cites nothing in particular.
    const MAX_RUN: usize = 8;
    let mut numbers = Vec::new();
    for piece in inside.split(',').map(str::trim) {
        let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        numbers.extend((first..=last).take(MAX_RUN));
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_line_is_taken_off() {
        for (text, line, cited) in [
            ("- The launch moves. [3, 4]", "The launch moves.", &[3, 4][..]),
            ("The launch moves [3-5].", "The launch moves.", &[3, 4, 5]),
            ("• 출시를 미룬다 [2] [7]", "출시를 미룬다", &[7, 2]),
            ("The list [of names]", "The list [of names]", &[]),
            ("A gap []", "A gap []", &[]),
            ("Much [1-900]", "Much", &[1, 2, 3, 4, 5, 6, 7, 8]),
            ("[3]", "", &[3]),
        ] {
            assert_eq!(taken_apart(text), (line.to_owned(), cited.to_vec()), "{text}");
        }
    }
}
