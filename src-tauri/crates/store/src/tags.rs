use recordroute_core::RecordingId;
use rusqlite::params;
use unicode_normalization::UnicodeNormalization;

use crate::{Library, StoreError, recordings};

/// Longest tag in characters.
const MAX_TAG_CHARS: usize = 100;

impl Library {
    /// Puts a tag on a recording; one that it has already changes nothing.
    pub fn add_tag(&self, id: RecordingId, tag: &str) -> Result<(), StoreError> {
        let tag = clean(tag)?;
        self.write(|transaction| {
            recordings::exists(transaction, id)?;
            transaction.execute("INSERT OR IGNORE INTO tags (name) VALUES (?1)", [&tag])?;
            transaction.execute(
                "INSERT OR IGNORE INTO recording_tags (recording_id, tag_id)
                 SELECT ?1, id FROM tags WHERE name = ?2",
                params![id.0, tag],
            )?;
            Ok(())
        })
    }

    /// Takes a tag off a recording; a tag that nothing carries any more is forgotten.
    pub fn remove_tag(&self, id: RecordingId, tag: &str) -> Result<(), StoreError> {
        let tag = clean(tag)?;
        self.write(|transaction| {
            recordings::exists(transaction, id)?;
            transaction.execute(
                "DELETE FROM recording_tags
                 WHERE recording_id = ?1 AND tag_id = (SELECT id FROM tags WHERE name = ?2)",
                params![id.0, tag],
            )?;
            transaction.execute(
                "DELETE FROM tags WHERE name = ?1
                 AND NOT EXISTS (SELECT 1 FROM recording_tags WHERE tag_id = tags.id)",
                [&tag],
            )?;
            Ok(())
        })
    }

    /// Every tag in alphabetical order, with the number of recordings outside the trash that carry it.
    pub fn tags(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT name, (SELECT count(*) FROM recording_tags JOIN recordings r ON r.id = recording_id
                               WHERE tag_id = tags.id AND trashed_at IS NULL)
                 FROM tags ORDER BY name",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, crate::from_sql_int(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn clean(tag: &str) -> Result<String, StoreError> {
    let shown: String = tag.nfc().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let tag = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if tag.is_empty() || tag.chars().count() > MAX_TAG_CHARS {
        return Err(StoreError::InvalidInput(format!(
            "A tag has between 1 and {MAX_TAG_CHARS} characters. Type a shorter word or phrase."
        )));
    }
    Ok(tag)
}
