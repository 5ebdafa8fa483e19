use recordroute_core::InferenceError;

/// Why a request brought nothing.
#[derive(Debug)]
pub(crate) enum Miss {
    Cancelled,
    /// The server answered with an error.
    Refused {
        status: u16,
        /// Its own words, cleaned; empty where it said nothing.
        message: String,
    },
    /// A sentence for the user.
    Failed(String),
}

impl Miss {
    /// The sentence for the user; `host` is the server.
    pub fn sentence(&self, host: &str) -> String {
        match self {
            Self::Cancelled => "It was cancelled.".to_owned(),
            Self::Failed(sentence) => sentence.clone(),
            Self::Refused { status, message } => match status {
                300..=399 => format!(
                    "The server at {host} sends on to another address, which is not followed. Enter the model server’s own address."
                ),
                401 | 403 => {
                    format!("The server at {host} wants a key, or another one. Enter it in the settings.")
                }
                _ if message.is_empty() => {
                    format!(
                        "The server at {host} answered with status {status} and no reason. Look into its log."
                    )
                }
                _ => format!("The server at {host} answered with status {status}: “{message}”"),
            },
        }
    }

    pub fn into_error(self, host: &str) -> InferenceError {
        InferenceError::Failed(self.sentence(host))
    }
}

/// Foreign words fit for a sentence: one line, no control characters, not long.
pub(crate) fn cleaned(text: &str, max_chars: usize) -> String {
    let mut clean = String::new();
    let mut n_chars = 0;
    for c in text.chars() {
        // Signs that turn the direction of writing would turn the sentence around them.
        let turns =
            matches!(u32::from(c), 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFFD);
        let c = if c.is_whitespace() || c.is_control() {
            ' '
        } else {
            c
        };
        if turns || (c == ' ' && (clean.is_empty() || clean.ends_with(' '))) {
            continue;
        }
        if n_chars == max_chars {
            clean.truncate(clean.trim_end().len());
            clean.push('…');
            return clean;
        }
        clean.push(c);
        n_chars += 1;
    }
    clean.truncate(clean.trim_end().len());
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_are_cleaned() {
        assert_eq!(
            cleaned("\u{1b}[31ma\r\n\n b\u{202E}c", 20),
            "[31ma bc",
            "no colours, no lines"
        );
        assert_eq!(cleaned(&"x".repeat(30), 5), "xxxxx…", "and not long");
    }
}
