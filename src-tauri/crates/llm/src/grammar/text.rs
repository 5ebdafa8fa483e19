//! JSON strings byte by byte (RFC 8259, section 7), in valid UTF-8 (RFC 3629).

/// How long a string may be, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextRange {
    pub min_chars: u32,
    pub max_chars: u32,
}

/// What was written of a string after its opening quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TextState {
    /// With the one that is being written.
    n_chars: u32,
    inside: Inside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Inside {
    #[default]
    Nothing,
    /// A character of several bytes; the next lies between `low` and `high`.
    Character { n_left: u8, low: u8, high: u8 },
    /// After a backslash.
    Escape,
    /// After `\u` and some of its four digits.
    Unicode { n_digits: u8, code: u16 },
}

/// Where a byte of a string leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextStep {
    Inside(TextState),
    Closed,
}

impl TextState {
    /// The state after one more byte, or none where it is not allowed.
    pub fn step(self, range: TextRange, byte: u8) -> Option<TextStep> {
        let within = |inside| {
            Some(TextStep::Inside(Self {
                n_chars: self.n_chars,
                inside,
            }))
        };
        match self.inside {
            Inside::Nothing if byte == b'"' => (self.n_chars >= range.min_chars).then_some(TextStep::Closed),
            Inside::Nothing => (self.n_chars < range.max_chars)
                .then(|| begin(byte))?
                .map(|inside| {
                    TextStep::Inside(Self {
                        n_chars: self.n_chars + 1,
                        inside,
                    })
                }),
            Inside::Character { n_left, low, high } => {
                if !(low..=high).contains(&byte) {
                    None
                } else if n_left == 1 {
                    within(Inside::Nothing)
                } else {
                    within(continued(n_left - 1, 0x80, 0xBF))
                }
            }
            Inside::Escape => match byte {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => within(Inside::Nothing),
                b'u' => within(Inside::Unicode { n_digits: 0, code: 0 }),
                _ => None,
            },
            Inside::Unicode { n_digits, code } => {
                let digit = char::from(byte).to_digit(16)?;
                let code = code << 4 | digit as u16;
                match n_digits + 1 {
                    // Halves of characters beyond U+FFFF, which are written as they are.
                    2 if (0xD8..=0xDF).contains(&code) => None,
                    // Text with NUL in it breaks what reads it.
                    4 if code == 0 => None,
                    4 => within(Inside::Nothing),
                    n_digits => within(Inside::Unicode { n_digits, code }),
                }
            }
        }
    }

    /// Characters that may follow as they are.
    pub fn room_chars(self, range: TextRange) -> usize {
        match self.inside {
            Inside::Nothing => range.max_chars.saturating_sub(self.n_chars) as usize,
            _ => 0,
        }
    }

    /// Ends the string in a short way.
    pub fn close(self, range: TextRange, out: &mut Vec<u8>) {
        match self.inside {
            Inside::Nothing => {}
            Inside::Character { n_left, low, .. } => {
                out.push(low);
                out.extend((1..n_left).map(|_| 0x80));
            }
            Inside::Escape => out.push(b'n'),
            // Any code but NUL; two digits are no half of a character where 2 follows one.
            Inside::Unicode { n_digits, .. } => out.extend((n_digits..4).map(|_| b'2')),
        }
        out.extend((self.n_chars..range.min_chars).map(|_| b'.'));
        out.push(b'"');
    }
}

/// The first byte of a character.
fn begin(byte: u8) -> Option<Inside> {
    Some(match byte {
        b'\\' => Inside::Escape,
        0x20..=0x7F => Inside::Nothing,
        0xC2..=0xDF => continued(1, 0x80, 0xBF),
        // Neither in more bytes than needed, nor halves of characters, nor beyond U+10FFFF.
        0xE0 => continued(2, 0xA0, 0xBF),
        0xED => continued(2, 0x80, 0x9F),
        0xE1..=0xEF => continued(2, 0x80, 0xBF),
        0xF0 => continued(3, 0x90, 0xBF),
        0xF4 => continued(3, 0x80, 0x8F),
        0xF1..=0xF3 => continued(3, 0x80, 0xBF),
        _ => return None,
    })
}

fn continued(n_left: u8, low: u8, high: u8) -> Inside {
    Inside::Character { n_left, low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: TextRange = TextRange {
        min_chars: 0,
        max_chars: u32::MAX,
    };

    /// Whether the bytes after an opening quote are a whole string.
    fn accepts(range: TextRange, bytes: &[u8]) -> bool {
        let mut state = TextState::default();
        for (idx, &byte) in bytes.iter().enumerate() {
            match state.step(range, byte) {
                Some(TextStep::Inside(next)) => state = next,
                Some(TextStep::Closed) => return idx + 1 == bytes.len(),
                None => return false,
            }
        }
        false
    }

    #[test]
    fn every_character_and_no_broken_one() {
        for c in ('\u{20}'..=char::MAX).filter(|c| !matches!(c, '"' | '\\')) {
            let mut text = String::from(c);
            text.push('"');
            assert!(accepts(ANY, text.as_bytes()), "{c:?} is a character");
        }
        for first in 0_u8..=255 {
            for second in 0_u8..=255 {
                let bytes = [first, second, b'x', b'"'];
                let is_valid = std::str::from_utf8(&bytes).is_ok()
                    && bytes[..2]
                        .iter()
                        .all(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
                if first != b'\\' && second != b'\\' && first != b'"' {
                    assert_eq!(accepts(ANY, &bytes), is_valid, "{first:02X} {second:02X}");
                }
            }
        }
    }

    #[test]
    fn escapes_are_those_of_json() {
        for good in [
            "\\n\"",
            "\\\\\"",
            "\\\"\"",
            "\\u00e9\"",
            "\\uD7FF\"",
            "\\uE000\"",
            "\\/\"",
        ] {
            assert!(accepts(ANY, good.as_bytes()), "{good} is a string");
            let whole = format!("\"{good}");
            assert!(
                serde_json::from_str::<String>(&whole).is_ok(),
                "{whole} parses, too"
            );
        }
        for bad in [
            "\\x41\"",
            "\\u00g0\"",
            "\\uD800\"",
            "\\udfff\"",
            "\\u0000\"",
            "\n\"",
            "\t\"",
            "\\\"",
        ] {
            assert!(!accepts(ANY, bad.as_bytes()), "{bad:?} is no string");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        let range = TextRange {
            min_chars: 2,
            max_chars: 3,
        };
        for (text, is_allowed) in [
            ("회\"", false),
            ("회의\"", true),
            ("회의록\"", true),
            ("회의록들\"", false),
            ("\\n\\u00e9\"", true),
            ("\\n\\n\\n\\n\"", false),
        ] {
            assert_eq!(accepts(range, text.as_bytes()), is_allowed, "{text}");
        }
    }

    #[test]
    fn whatever_was_begun_can_be_closed() {
        let range = TextRange {
            min_chars: 3,
            max_chars: 4,
        };
        for begun in [
            "",
            "a",
            "\\",
            "\\u",
            "\\u0",
            "\\u00",
            "\\u000",
            "\\ud7f",
            "\\uD",
            "\u{10FFFF}",
            "회",
            "é",
        ] {
            for n_bytes in 0..=begun.len() {
                let mut bytes = begun.as_bytes()[..n_bytes].to_vec();
                let mut state = TextState::default();
                for &byte in &bytes {
                    match state.step(range, byte) {
                        Some(TextStep::Inside(next)) => state = next,
                        other => panic!("{begun} is allowed, not {other:?}"),
                    }
                }
                state.close(range, &mut bytes);
                assert!(accepts(range, &bytes), "{begun} is closed to {bytes:?}");
            }
        }
    }
}
