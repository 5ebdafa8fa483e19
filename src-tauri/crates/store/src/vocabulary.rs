use rusqlite::{Transaction, params};
use unicode_normalization::UnicodeNormalization;

use crate::{Library, StoreError, clock};

// `n` is how many accepted corrections brought the word; one that the user does not want stays as
// forgotten, so that it is not learned again.
pub(crate) const SCHEMA_V3: &str = "
CREATE TABLE vocabulary (
    word         TEXT PRIMARY KEY NOT NULL,
    n            INTEGER NOT NULL,
    is_forgotten INTEGER NOT NULL DEFAULT 0,
    learned_at   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Longest word or name in characters; what is longer is a sentence.
const MAX_WORD_CHARS: usize = 60;

impl Library {
    /// Names and words that accepted corrections brought, the most frequent first.
    pub fn learned_words(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT word FROM vocabulary WHERE n > 0 AND NOT is_forgotten ORDER BY n DESC, learned_at DESC, word",
            )?;
            let words = statement.query_map([], |row| row.get(0))?;
            Ok(words.collect::<Result<_, _>>()?)
        })
    }

    /// Takes a word out of the vocabulary for good.
    pub fn forget_word(&self, word: &str) -> Result<(), StoreError> {
        let word: String = word.trim().nfc().collect();
        self.write(|transaction| {
            let n_changed = transaction.execute(
                "UPDATE vocabulary SET is_forgotten = 1 WHERE word = ?1 AND NOT is_forgotten",
                [&word],
            )?;
            match n_changed {
                0 => Err(StoreError::InvalidInput(format!(
                    "“{word}” is not among the learned words. Look at the list for how it is spelled."
                ))),
                _ => Ok(()),
            }
        })
    }
}

/// Counts each word once more, or once less with `by` -1.
pub(crate) fn count(transaction: &Transaction<'_>, words: &[String], by: i64) -> Result<(), StoreError> {
    let mut change = transaction.prepare_cached(
        "INSERT INTO vocabulary (word, n, learned_at) VALUES (?1, max(?2, 0), ?3)
         ON CONFLICT (word) DO UPDATE SET n = max(n + ?2, 0)",
    )?;
    for word in words {
        let word: String = word.trim().nfc().collect();
        if !word.is_empty() && word.chars().count() <= MAX_WORD_CHARS {
            change.execute(params![word, by, clock::now()])?;
        }
    }
    Ok(())
}
