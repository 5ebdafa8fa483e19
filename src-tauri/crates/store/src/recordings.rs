use recordroute_core::{
    DetectedLanguage, Language, LanguageCode, MediaPlace, Recording, RecordingDraft, RecordingId,
};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params, params_from_iter};
use unicode_normalization::UnicodeNormalization;

use crate::{Library, StoreError, clock, find, from_sql_int, titles, to_sql_int};

// `transcript_id` is the recording's current transcript (see transcripts.rs). It is no foreign key,
// because transcripts point to recordings already. AUTOINCREMENT: a number is never given twice.
pub(crate) const SCHEMA_V1: &str = "
CREATE TABLE recordings (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    title         TEXT NOT NULL,
    source        TEXT NOT NULL,
    media_kind    TEXT NOT NULL CHECK (media_kind IN ('library', 'referenced')),
    media_path    TEXT NOT NULL,
    hash          TEXT NOT NULL,
    bytes         INTEGER NOT NULL,
    duration_ms   INTEGER,
    notice        TEXT,
    transcript_id INTEGER,
    created_at    TEXT NOT NULL,
    trashed_at    TEXT
) STRICT;
CREATE UNIQUE INDEX recordings_by_transcript ON recordings (transcript_id);
CREATE INDEX recordings_by_hash ON recordings (hash);
CREATE INDEX recordings_listed ON recordings (created_at DESC, id DESC) WHERE trashed_at IS NULL;
CREATE INDEX recordings_trashed ON recordings (trashed_at) WHERE trashed_at IS NOT NULL;

CREATE TABLE tags (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE recording_tags (
    recording_id INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    tag_id       INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (recording_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recording_tags_by_tag ON recording_tags (tag_id);

CREATE TABLE peaks (
    recording_id INTEGER PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
    data         BLOB NOT NULL
) STRICT;
";

/// Longest title in characters; longer ones are cut.
const MAX_TITLE_CHARS: usize = 500;

/// Most bytes of waveform peaks that are kept for one recording.
const MAX_PEAKS_BYTES: usize = 16 << 20;

const COLUMNS: &str = "
    r.id, r.title, r.source, r.media_kind, r.media_path, r.hash, r.bytes, r.duration_ms, r.notice,
    r.created_at, r.trashed_at, t.language, t.probability, t.model, t.device, t.speed,
    coalesce(t.n_segments, 0),
    (SELECT json_group_array(name) FROM
        (SELECT tags.name FROM recording_tags JOIN tags ON tags.id = tag_id
         WHERE recording_id = r.id ORDER BY tags.name))
    FROM recordings r LEFT JOIN transcripts t ON t.id = r.transcript_id";

/// Which recordings to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Those in the trash instead of those outside it.
    pub trashed: bool,
    /// Only those with this tag.
    pub tag: Option<String>,
    /// At most so many; none lists all.
    pub limit: Option<u64>,
    /// Leaves out so many of the newest.
    pub offset: u64,
}

impl Library {
    /// Adds a recording. The title is made safe to show: one line, NFC, at most 500 characters.
    pub fn add_recording(&self, draft: &RecordingDraft) -> Result<RecordingId, StoreError> {
        self.write(|transaction| insert(transaction, draft, &clock::now()))
    }

    /// The recording with that number, also from the trash.
    pub fn recording(&self, id: RecordingId) -> Result<Recording, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(&format!("SELECT {COLUMNS} WHERE r.id = ?1"))?
                .query_row([id.0], |row| Ok(from_row(row)))
                .optional()?
                .unwrap_or(Err(not_found(id)))
        })
    }

    /// The language that a recording is in; none where it has no text, or a language that is not known.
    pub fn language(&self, id: RecordingId) -> Result<Option<LanguageCode>, StoreError> {
        let code: Option<String> = self.read(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT t.language FROM recordings r JOIN transcripts t ON t.id = r.transcript_id
                     WHERE r.id = ?1",
                )?
                .query_row([id.0], |row| row.get(0))
                .optional()?;
            Ok(found.flatten())
        })?;
        Ok(code.and_then(|code| match code.parse() {
            Ok(Language::Code(code)) => Some(code),
            _ => None,
        }))
    }

    /// Recordings, newest first.
    pub fn recordings(&self, listing: &Listing) -> Result<Vec<Recording>, StoreError> {
        let mut values = Vec::new();
        let mut sql = format!(
            "SELECT {COLUMNS} WHERE r.trashed_at IS {} NULL",
            if listing.trashed { "NOT" } else { "" }
        );
        if let Some(tag) = &listing.tag {
            sql.push_str(
                " AND r.id IN (SELECT recording_id FROM recording_tags JOIN tags ON tags.id = tag_id WHERE name = ?)",
            );
            values.push(Value::from(tag.nfc().collect::<String>()));
        }
        sql.push_str(" ORDER BY r.created_at DESC, r.id DESC LIMIT ? OFFSET ?");
        values.push(Value::from(listing.limit.map_or(-1, to_sql_int)));
        values.push(Value::from(to_sql_int(listing.offset)));
        self.read(|connection| collect(connection, &sql, values))
    }

    /// Number of recordings outside the trash, or in it.
    pub fn n_recordings(&self, trashed: bool) -> Result<u64, StoreError> {
        let sql = if trashed {
            "SELECT count(*) FROM recordings WHERE trashed_at IS NOT NULL"
        } else {
            "SELECT count(*) FROM recordings WHERE trashed_at IS NULL"
        };
        self.read(|connection| Ok(from_sql_int(connection.query_row(sql, [], |row| row.get(0))?)))
    }

    /// Recordings whose media has this SHA-256 (lower-case hexadecimal), newest first, trash included.
    pub fn find_by_hash(&self, hash: &str) -> Result<Vec<Recording>, StoreError> {
        let sql = format!("SELECT {COLUMNS} WHERE r.hash = ? ORDER BY r.created_at DESC, r.id DESC");
        self.read(|connection| collect(connection, &sql, vec![Value::from(hash.to_ascii_lowercase())]))
    }

    /// Gives the recording another title.
    pub fn rename(&self, id: RecordingId, title: &str) -> Result<(), StoreError> {
        let title = typed_title(title)?;
        self.write(|transaction| {
            change(
                transaction,
                id,
                "UPDATE recordings SET title = ?2 WHERE id = ?1",
                Value::from(title.clone()),
            )?;
            titles::given_by_user(transaction, id)?;
            find::index_title(transaction, id, &title)
        })
    }

    /// Stores the length, once it is known.
    pub fn set_duration_ms(&self, id: RecordingId, duration_ms: u64) -> Result<(), StoreError> {
        let value = Value::from(to_sql_int(duration_ms));
        self.write(|transaction| {
            change(
                transaction,
                id,
                "UPDATE recordings SET duration_ms = ?2 WHERE id = ?1",
                value,
            )
        })
    }

    /// Stores what should be known about the media, or takes it away.
    pub fn set_notice(&self, id: RecordingId, notice: Option<&str>) -> Result<(), StoreError> {
        let value = notice.map_or(Value::Null, |notice| Value::from(notice.to_owned()));
        self.write(|transaction| {
            change(
                transaction,
                id,
                "UPDATE recordings SET notice = ?2 WHERE id = ?1",
                value,
            )
        })
    }

    /// Stores the waveform peaks, in whatever bytes the audio crate made of them.
    pub fn set_peaks(&self, id: RecordingId, peaks: &[u8]) -> Result<(), StoreError> {
        if peaks.len() > MAX_PEAKS_BYTES {
            return Err(StoreError::InvalidInput(
                "The waveform is too large to be stored; report this as a fault of the program.".to_owned(),
            ));
        }
        self.write(|transaction| {
            exists(transaction, id)?;
            transaction.execute(
                "INSERT INTO peaks (recording_id, data) VALUES (?1, ?2)
                 ON CONFLICT (recording_id) DO UPDATE SET data = excluded.data",
                params![id.0, peaks],
            )?;
            Ok(())
        })
    }

    /// The waveform peaks as they were stored.
    pub fn peaks(&self, id: RecordingId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| {
            exists(connection, id)?;
            Ok(connection
                .prepare_cached("SELECT data FROM peaks WHERE recording_id = ?1")?
                .query_row([id.0], |row| row.get(0))
                .optional()?)
        })
    }
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    draft: &RecordingDraft,
    created_at: &str,
) -> Result<RecordingId, StoreError> {
    let (kind, path) = match &draft.media {
        MediaPlace::Library(path) => {
            crate::media::check_relative(path)?;
            ("library", path)
        }
        MediaPlace::Referenced(path) => ("referenced", path),
    };
    let title = clean_title(&draft.title).or_else(|| clean_title(&draft.source));
    let title = title.unwrap_or_else(|| "Untitled".to_owned());
    let source: String = draft.source.nfc().collect();
    transaction.execute(
        "INSERT INTO recordings (title, source, media_kind, media_path, hash, bytes, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            title,
            source,
            kind,
            path,
            draft.hash,
            to_sql_int(draft.bytes),
            created_at
        ],
    )?;
    let id = RecordingId(transaction.last_insert_rowid());
    find::index_title(transaction, id, &title)?;
    Ok(id)
}

/// Changes one column; `sql` takes the number as ?1 and the value as ?2.
pub(crate) fn change(
    transaction: &Transaction<'_>,
    id: RecordingId,
    sql: &str,
    value: Value,
) -> Result<(), StoreError> {
    match transaction.prepare_cached(sql)?.execute(params![id.0, value])? {
        0 => Err(not_found(id)),
        _ => Ok(()),
    }
}

pub(crate) fn exists(connection: &Connection, id: RecordingId) -> Result<(), StoreError> {
    connection
        .prepare_cached("SELECT 1 FROM recordings WHERE id = ?1")?
        .query_row([id.0], |_| Ok(()))
        .optional()?
        .ok_or_else(|| not_found(id))
}

pub(crate) fn not_found(id: RecordingId) -> StoreError {
    StoreError::NotFound {
        what: "recording",
        id: id.0,
    }
}

pub(crate) fn collect(
    connection: &Connection,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<Recording>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut recordings = Vec::new();
    while let Some(row) = rows.next()? {
        recordings.push(from_row(row)?);
    }
    Ok(recordings)
}

/// The title that somebody typed, clean; refused where nothing of it can be seen.
pub(crate) fn typed_title(title: &str) -> Result<String, StoreError> {
    clean_title(title).ok_or_else(|| {
        StoreError::InvalidInput(
            "A title needs at least one visible character. Type a name for the recording.".to_owned(),
        )
    })
}

/// One visible line in NFC, or none where nothing visible is left.
pub(crate) fn clean_title(title: &str) -> Option<String> {
    let shown: String = title
        .nfc()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = shown.split_whitespace().collect();
    let title: String = words.join(" ").chars().take(MAX_TITLE_CHARS).collect();
    (!title.is_empty()).then_some(title)
}

fn from_row(row: &Row<'_>) -> Result<Recording, StoreError> {
    let path: String = row.get(4)?;
    let tags: String = row.get(17)?;
    let language: Option<String> = row.get(11)?;
    let probability: Option<f32> = row.get(12)?;
    Ok(Recording {
        id: RecordingId(row.get(0)?),
        title: row.get(1)?,
        source: row.get(2)?,
        media: match row.get_ref(3)?.as_str().unwrap_or_default() {
            "library" => MediaPlace::Library(path),
            _ => MediaPlace::Referenced(path),
        },
        hash: row.get(5)?,
        bytes: from_sql_int(row.get(6)?),
        duration_ms: row.get::<_, Option<i64>>(7)?.map(from_sql_int),
        notice: row.get(8)?,
        created_at: row.get(9)?,
        trashed_at: row.get(10)?,
        language: language.map(|code| DetectedLanguage { code, probability }),
        model: row.get(13)?,
        device: row.get(14)?,
        speed: row.get(15)?,
        n_segments: from_sql_int(row.get(16)?),
        tags: serde_json::from_str(&tags)?,
    })
}
