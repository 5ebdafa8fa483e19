use recordroute_core::{RecordingId, Transcript, Word};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::transcripts::{SEGMENT_BITS, clean_text};
use crate::{Library, StoreError, corrections, find, recordings, transcripts};

// `revision` grows with every change of a transcript's text, so that what was written from an earlier
// text is known to be outdated. `original` is what was heard, where the text was changed since.
pub(crate) const SCHEMA_V3: &str = "
ALTER TABLE transcripts ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segments ADD COLUMN original TEXT;
";

/// Which text of a recording something was written from: the transcript and how often it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextVersion {
    pub(crate) transcript_id: i64,
    pub(crate) revision: i64,
}

/// SQL for "the text that a recording has now", to be compared with one that was read.
pub(crate) const CURRENT_VERSION: &str = "
    SELECT t.id, t.revision FROM transcripts t JOIN recordings r ON r.transcript_id = t.id WHERE r.id = ?1";

impl Library {
    /// What was heard in a recording, and which version of it this is; nothing where there is no
    /// transcript.
    pub fn versioned_transcript(
        &self,
        id: RecordingId,
    ) -> Result<Option<(Transcript, TextVersion)>, StoreError> {
        self.read(|connection| {
            // Both from one state of the library, whatever other programs write.
            let moment = connection.unchecked_transaction()?;
            recordings::exists(&moment, id)?;
            let Some(version) = current_version(&moment, id)? else {
                return Ok(None);
            };
            let transcript = transcripts::read_current(&moment, id)?;
            Ok(Some((transcript, version)))
        })
    }

    /// Puts another text in the place of a segment's. What was heard is kept, the full text follows,
    /// and what was proposed for the segment is withdrawn: the user has decided.
    pub fn edit_segment(&self, id: RecordingId, segment_idx: u32, text: &str) -> Result<(), StoreError> {
        let text = clean_text(text);
        if text.is_empty() {
            return Err(StoreError::InvalidInput(
                "A segment cannot be empty. Type what is said in it.".to_owned(),
            ));
        }
        self.write(|transaction| {
            recordings::exists(transaction, id)?;
            let version = current_version(transaction, id)?.ok_or_else(|| no_segment(segment_idx))?;
            let segment_id = segment_id(version.transcript_id, segment_idx);
            if text_of(transaction, segment_id, segment_idx)? == text {
                return Ok(());
            }
            corrections::withdraw(transaction, segment_id)?;
            set_text(transaction, segment_id, &text)?;
            grow(transaction, version.transcript_id)
        })
    }
}

pub(crate) fn current_version(
    connection: &Connection,
    id: RecordingId,
) -> Result<Option<TextVersion>, StoreError> {
    Ok(connection
        .prepare_cached(CURRENT_VERSION)?
        .query_row([id.0], |row| {
            Ok(TextVersion {
                transcript_id: row.get(0)?,
                revision: row.get(1)?,
            })
        })
        .optional()?)
}

pub(crate) fn segment_id(transcript_id: i64, segment_idx: u32) -> i64 {
    // A place beyond what a transcript can hold must not reach into the next one.
    let segment_idx = i64::from(segment_idx).min((1 << SEGMENT_BITS) - 1);
    (transcript_id << SEGMENT_BITS) + segment_idx
}

pub(crate) fn no_segment(segment_idx: u32) -> StoreError {
    StoreError::NotFound {
        what: "segment",
        id: segment_idx.into(),
    }
}

pub(crate) fn text_of(
    connection: &Connection,
    segment_id: i64,
    segment_idx: u32,
) -> Result<String, StoreError> {
    connection
        .prepare_cached("SELECT text FROM segments WHERE id = ?1")?
        .query_row([segment_id], |row| row.get(0))
        .optional()?
        .ok_or_else(|| no_segment(segment_idx))
}

/// Changes a segment's text and what is found by it. A text that is again what was heard has no original.
pub(crate) fn set_text(transaction: &Transaction<'_>, segment_id: i64, text: &str) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE segments SET original = nullif(coalesce(original, text), ?2), text = ?2 WHERE id = ?1",
        )?
        .execute(params![segment_id, text])?;
    find::index_segment(transaction, segment_id, text)
}

/// Says that a transcript's text is another one from now on.
pub(crate) fn grow(transaction: &Transaction<'_>, transcript_id: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE transcripts SET revision = revision + 1 WHERE id = ?1")?
        .execute([transcript_id])?;
    Ok(())
}

/// The words of a text that was changed: those that stand as they were heard at its beginning and at
/// its end keep their times, the others share the time in between by their length.
pub(crate) fn realigned(heard: &[Word], text: &str) -> Vec<Word> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let n_before = heard
        .iter()
        .zip(&words)
        .take_while(|(heard, word)| heard.text == **word)
        .count();
    let n_after = heard[n_before..]
        .iter()
        .rev()
        .zip(words[n_before..].iter().rev())
        .take_while(|(heard, word)| heard.text == **word)
        .count();
    let replaced = &heard[n_before..heard.len() - n_after];
    let changed = &words[n_before..words.len() - n_after];
    let from_ms = replaced.first().map(|word| word.start_ms);
    let from_ms = from_ms.or_else(|| heard[..n_before].last().map(|word| word.end_ms));
    let from_ms = from_ms
        .or_else(|| heard.first().map(|word| word.start_ms))
        .unwrap_or(0);
    let until_ms = replaced.last().map_or(from_ms, |word| word.end_ms).max(from_ms);
    let n_chars: u64 = changed.iter().map(|word| word.chars().count() as u64).sum();
    let at_ms = |n_chars_before: u64| from_ms + (until_ms - from_ms) * n_chars_before / n_chars.max(1);
    let mut n_chars_before = 0;
    let between = changed.iter().map(|word| {
        let start_ms = at_ms(n_chars_before);
        n_chars_before += word.chars().count() as u64;
        Word {
            start_ms,
            end_ms: at_ms(n_chars_before),
            text: (*word).to_owned(),
            // Somebody looked at it.
            confidence: 1.0,
        }
    });
    let mut all = heard[..n_before].to_vec();
    all.extend(between);
    all.extend_from_slice(&heard[heard.len() - n_after..]);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(texts: &[&str]) -> Vec<Word> {
        let word = |(idx, text): (u64, &&str)| Word {
            start_ms: idx * 100,
            end_ms: idx * 100 + 90,
            text: (*text).to_owned(),
            confidence: 0.5,
        };
        (0..).zip(texts).map(word).collect()
    }

    fn times(words: &[Word]) -> Vec<(&str, u64, u64)> {
        words
            .iter()
            .map(|word| (word.text.as_str(), word.start_ms, word.end_ms))
            .collect()
    }

    #[test]
    fn words_that_stay_keep_their_times() {
        let mended = realigned(
            &heard(&["we", "meat", "to", "morrow", "at", "nine"]),
            "we meet tomorrow at nine",
        );
        assert_eq!(
            times(&mended),
            [
                ("we", 0, 90),
                ("meet", 100, 196),
                ("tomorrow", 196, 390),
                ("at", 400, 490),
                ("nine", 500, 590)
            ],
            "what was changed takes the time of what stood there"
        );
    }

    #[test]
    fn nothing_heard_and_nothing_left_are_no_trouble() {
        assert_eq!(
            times(&realigned(&[], "new words")),
            [("new", 0, 0), ("words", 0, 0)],
            "a segment without words has no times to give"
        );
        assert_eq!(
            times(&realigned(&heard(&["a", "b"]), "a b c")),
            [("a", 0, 90), ("b", 100, 190), ("c", 190, 190)],
            "a word that is added at the end comes after all that was heard"
        );
        assert_eq!(
            times(&realigned(&heard(&["a", "a", "a"]), "a a")),
            [("a", 0, 90), ("a", 100, 190)],
            "a repetition that is taken out leaves the rest in order"
        );
    }
}
