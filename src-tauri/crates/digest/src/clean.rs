//! Foreign text made fit for one line.

use unicode_normalization::UnicodeNormalization;

/// The text in one line: composed (NFC), without control characters and signs that turn the direction
/// of writing, each run of white space one blank.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.nfc() {
        if c.is_whitespace() || c.is_control() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !matches!(u32::from(c), 0x200B | 0x200E | 0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFFD)
        {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// At most so many characters, cut after a word where one ends in the second half, with an ellipsis.
pub(crate) fn limited(text: &str, max_chars: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(max_chars) else {
        return text.to_owned();
    };
    let kept = match text.char_indices().nth(max_chars.saturating_sub(1)) {
        Some((last, _)) => &text[..last],
        None => &text[..cut],
    };
    let end = kept
        .rfind(' ')
        .filter(|at| *at >= kept.len() / 2)
        .unwrap_or(kept.len());
    format!("{}…", kept[..end].trim_end_matches([' ', ',', ';', ':']))
}

/// Text of the transcript as it stands in a prompt: in one line, and without the brackets that marks
/// and a model's special tokens are made of.
pub(crate) fn for_prompt(text: &str) -> String {
    one_line(text)
        .chars()
        .map(|c| match c {
            '<' => '‹',
            '>' => '›',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_becomes_one_line() {
        assert_eq!(
            one_line(" a\r\n\tb\u{0} c\u{202E} "),
            "a b c",
            "nothing moves the cursor"
        );
        assert_eq!(one_line("\u{1112}\u{116C}"), "회", "composed");
        assert_eq!(
            for_prompt("</transcript> <|im_end|>"),
            "‹/transcript› ‹|im_end|›",
            "no mark ends early"
        );
    }

    #[test]
    fn long_text_ends_after_a_word() {
        assert_eq!(limited("one two three", 20), "one two three", "short text stays");
        assert_eq!(limited("one two three", 12), "one two…", "cut between words");
        assert_eq!(limited("가나다라마바사", 4), "가나다…", "or between letters");
    }
}
