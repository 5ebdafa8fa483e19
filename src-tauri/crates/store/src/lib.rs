//! The library: recordings, transcripts, jobs and settings in one SQLite file, `library.db`, beside
//! the folder `media/` with copied audio and video. The only crate that contains SQL.
//!
//! - Several programs may have the same library open. Writes are short transactions that wait for
//!   each other; reading never waits. A job is worked on by whoever holds its lease, and a dead
//!   owner loses it when it runs out ([`Library::claim_next`], [`Library::renew`]).
//! - Segments are stored with the position of the job in one transaction ([`Library::record_chunk`]),
//!   so that a job that died goes on where it was, and nothing is lost or doubled.
//! - A recording that is being made stands in a journal before its first frame is written, and becomes
//!   a recording in the transaction that takes it out ([`Library::finish_capture`]).
//! - The text of a segment may be changed, by hand or by accepting a correction. What was heard is kept,
//!   the index follows, and whatever was written from the text before knows that it is outdated
//!   ([`TextVersion`]).
//! - Text is kept in NFC. [`fold`] is what is compared when something is looked for, and
//!   [`Library::find_segments`] finds it by an index over runs of one to three characters, which
//!   serves Korean words of two syllables as well as long English ones.
//! - What is found by meaning lies in a second file, `index.db`: passages of transcripts with vectors
//!   that somebody else computes ([`Library::passages_to_embed`], [`Library::store_passages`]). It can be
//!   thrown away at any time, and is when it is damaged.
//! - A library of a newer version, of another program, or a damaged one is refused and left as it is.
//!
//! Times of day are RFC 3339 in UTC with milliseconds; times in a recording are milliseconds.

mod captures;
mod clock;
mod connection;
mod corrections;
mod damaged;
mod edits;
mod error;
mod find;
mod fold;
mod index_file;
mod index_status;
mod jobs;
mod leases;
mod media;
mod migrations;
mod minutes;
mod notes;
mod passages;
mod places;
mod recordings;
mod scope;
mod settings;
mod streams;
mod tags;
mod titles;
mod transcripts;
mod trash;
mod vectors;
mod vocabulary;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use captures::{CaptureDraft, CaptureEnd};
pub use corrections::WordsToLearn;
pub use damaged::{back_up, move_aside};
pub use edits::TextVersion;
pub use error::StoreError;
pub use find::{SegmentMatch, TitleMatch};
pub use fold::{Folded, fold, is_searchable};
pub use index_status::{IndexState, IndexStatus};
pub use jobs::JobListing;
pub use leases::{ChunkRecord, JobEnd, RunFacts};
pub use media::media_file_name;
pub use minutes::StoredMinutes;
pub use passages::{EmbeddingModel, PassagePlace, text_hash};
pub use places::PlaceText;
pub use recordings::Listing;
pub use scope::{Filters, Scope};
pub use titles::TitledBy;
pub use transcripts::ShownSegment;
pub use trash::Purged;
pub use vectors::{AnsweringIndex, IndexedText, StoredVector};

/// One open library. Cheap to share in an `Arc`; every method takes `&self` and blocks.
#[derive(Debug)]
pub struct Library {
    dir: PathBuf,
    // Closed before the writer: the last connection to close puts the write-ahead log back into the
    // database, which one for reading cannot.
    reader: Mutex<Connection>,
    /// None where the library can only be read.
    writer: Option<Mutex<Connection>>,
    index: index_file::IndexFile,
}

impl Library {
    /// Opens the library in `dir`, making the folder and the database where there are none. A
    /// library that exists and cannot be written is opened for reading: see [`Library::is_read_only`].
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let error = match Self::open_writable(dir).map_err(|error| error.in_library(dir)) {
            Ok(library) => return Ok(library),
            Err(error) => error,
        };
        if connection::is_unwritable(&error) && dir.join(connection::FILE_NAME).is_file() {
            tracing::warn!(%error, "the library is opened for reading only");
            return Self::open_read_only(dir);
        }
        Err(error)
    }

    /// Opens a library that exists for reading only; nothing in the folder is changed.
    pub fn open_read_only(dir: &Path) -> Result<Self, StoreError> {
        let open = || {
            let file = dir.join(connection::FILE_NAME);
            connection::check_header(&file)?;
            let reader = connection::open_reader(&file)?;
            let version = migrations::check(&reader, dir)?;
            if version < migrations::SCHEMA_VERSION {
                // An older file would first have to be brought to this version.
                return Err(StoreError::ReadOnly(dir.to_owned()));
            }
            Ok(reader)
        };
        let reader = open().map_err(|error: StoreError| error.in_library(dir))?;
        Ok(Self {
            dir: dir.to_owned(),
            writer: None,
            reader: Mutex::new(reader),
            index: index_file::IndexFile::new(dir, true),
        })
    }

    fn open_writable(dir: &Path) -> Result<Self, StoreError> {
        if dir.exists() && !dir.is_dir() {
            return Err(StoreError::NotADirectory(dir.to_owned()));
        }
        let media = dir.join(media::FOLDER);
        std::fs::create_dir_all(&media).map_err(|source| match source.kind() {
            std::io::ErrorKind::StorageFull => StoreError::DiskFull(dir.to_owned()),
            _ => StoreError::CannotCreate {
                path: dir.to_owned(),
                source,
            },
        })?;
        let file = dir.join(connection::FILE_NAME);
        // A file that is marked read-only is respected also by an administrator, who could write it.
        if let Ok(metadata) = file.metadata()
            && metadata.permissions().readonly()
        {
            return Err(StoreError::ReadOnly(dir.to_owned()));
        }
        connection::check_header(&file)?;
        let mut writer = connection::open_writer(&file)?;
        migrations::migrate(&mut writer, dir)?;
        let reader = connection::open_reader(&file)?;
        Ok(Self {
            dir: dir.to_owned(),
            writer: Some(Mutex::new(writer)),
            reader: Mutex::new(reader),
            index: index_file::IndexFile::new(dir, false),
        })
    }

    /// The library folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether everything that writes will be refused.
    pub fn is_read_only(&self) -> bool {
        self.writer.is_none()
    }

    /// Reads the whole database and names what is wrong with it; empty where all is well. Takes
    /// seconds on a large library.
    pub fn damage(&self) -> Result<Vec<String>, StoreError> {
        let check = || {
            // On a connection of its own: on one that has searched before, FTS5 compares the index with
            // what it remembers of it and takes another program's writes for damage.
            let connection = connection::open_reader(&self.dir.join(connection::FILE_NAME))?;
            let mut statement = connection.prepare("PRAGMA quick_check(20)")?;
            let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
            let lines: Vec<String> = lines.collect::<Result<_, _>>()?;
            Ok(lines.into_iter().filter(|line| line != "ok").collect())
        };
        check().map_err(|error: StoreError| error.in_library(&self.dir))
    }

    /// Runs `read` on the connection that is kept for reading.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        read(&lock(&self.reader)).map_err(|error| error.in_library(&self.dir))
    }

    /// Runs `write` in one transaction: all of it is stored, or nothing where it fails.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(writer) = &self.writer else {
            return Err(StoreError::ReadOnly(self.dir.clone()));
        };
        let mut connection = lock(writer);
        let run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = write(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|error: StoreError| error.in_library(&self.dir))
    }
}

/// A panic elsewhere leaves a connection whole: its transaction was rolled back when it was dropped.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SQLite's integers are signed; sizes and times never come near the limit.
pub(crate) fn to_sql_int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The other way; a negative value can only come from a damaged row.
pub(crate) fn from_sql_int(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use recordroute_core::{MediaPlace, RecordingDraft};

    use super::*;

    #[test]
    fn a_full_disk_is_said_and_costs_nothing_that_was_stored() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::open(dir.path()).unwrap();
        let add = |title: &str| {
            library.add_recording(&RecordingDraft {
                title: title.to_owned(),
                source: "a.wav".to_owned(),
                media: MediaPlace::Referenced("/a.wav".to_owned()),
                hash: String::new(),
                bytes: 0,
            })
        };
        let first = add("first").unwrap();
        let set_max_pages = |n_pages: i64| {
            let writer = lock(library.writer.as_ref().unwrap());
            writer
                .query_row(&format!("PRAGMA max_page_count = {n_pages}"), [], |row| {
                    row.get::<_, i64>(0)
                })
                .unwrap()
        };
        // SQLite never sets the limit below what there is, so this is a disk without any room left.
        let n_pages = set_max_pages(1);
        let title = "가나다 ".repeat(100);
        let mut error = None;
        for _ in 0..200 {
            if let Err(full) = add(&title) {
                error = Some(full);
                break;
            }
        }
        assert!(
            matches!(&error, Some(StoreError::DiskFull(path)) if path == dir.path()),
            "the disk is full and the library is named, got {error:?}"
        );
        assert_eq!(
            library.recording(first).unwrap().title,
            "first",
            "what was stored can be read"
        );
        set_max_pages(n_pages + 10_000);
        let later = add("later").unwrap();
        assert_eq!(
            library.recording(later).unwrap().title,
            "later",
            "with room again it goes on"
        );
        assert!(library.damage().unwrap().is_empty(), "and nothing is damaged");
    }
}
