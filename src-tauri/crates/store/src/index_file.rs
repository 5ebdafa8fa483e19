//! The file with what was computed from the texts to find them by meaning, `index.db` beside the
//! library. Everything in it can be computed again: it has no migrations, one that is damaged or of an
//! earlier version is emptied, and it may be deleted while no program has the library open. Nothing of
//! the library is in it, so that damage here never touches a recording.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::{StoreError, clock, connection, passages};

/// The index inside the library folder.
pub(crate) const FILE_NAME: &str = "index.db";

/// Marks the file as the index of a RecordRoute library ("RRIX") in SQLite's header.
const APPLICATION_ID: i64 = 0x5252_4958;

/// Grows with every change of the tables; a file with a smaller number is emptied.
const VERSION: i64 = 1;

/// What SQLite keeps beside a database.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// The connections to one index, opened when they are first needed.
#[derive(Debug)]
pub(crate) struct IndexFile {
    file: PathBuf,
    is_read_only: bool,
    reader: Mutex<Option<Connection>>,
    writer: Mutex<Option<Connection>>,
}

/// What the tables of a file say about it.
enum Kind {
    Ours,
    Empty,
    /// Of an earlier version of the program.
    Old,
    /// Of a newer version of the program, or of another one: it is left alone.
    Foreign,
}

impl IndexFile {
    pub(crate) fn new(library: &Path, is_read_only: bool) -> Self {
        Self {
            file: library.join(FILE_NAME),
            is_read_only,
            reader: Mutex::new(None),
            writer: Mutex::new(None),
        }
    }

    /// Whether anything was ever stored.
    pub(crate) fn is_there(&self) -> bool {
        self.file.is_file()
    }

    /// Runs `read`; none where there is no index that can be read. One that is damaged is emptied and
    /// read again.
    pub(crate) fn read<T>(
        &self,
        read: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut may_empty = !self.is_read_only;
        loop {
            match self.try_read(&read) {
                Err(StoreError::Damaged(_)) if may_empty => {
                    may_empty = false;
                    self.empty_damaged()?;
                }
                Err(StoreError::Damaged(_)) if self.is_read_only => return Ok(None),
                other => return other.map_err(|error| self.named(error)),
            }
        }
    }

    fn try_read<T>(
        &self,
        read: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut slot = lock(&self.reader);
        if slot.is_none() {
            *slot = self.open_reader()?;
        }
        let Some(connection) = slot.as_ref() else {
            return Ok(None);
        };
        let found = read(connection).map_err(as_damage);
        if found.is_err() {
            // Whatever it was, the next one begins afresh.
            *slot = None;
        }
        found.map(Some)
    }

    /// Runs `write` in one transaction. An index that is damaged is emptied, and written then.
    pub(crate) fn write<T>(
        &self,
        write: impl Fn(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.is_read_only {
            return Err(StoreError::ReadOnly(PathBuf::new()));
        }
        match self.try_write(&write) {
            Err(StoreError::Damaged(_)) => {
                self.empty_damaged()?;
                self.try_write(&write).map_err(|error| self.named(error))
            }
            other => other.map_err(|error| self.named(error)),
        }
    }

    fn try_write<T>(
        &self,
        write: impl Fn(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut slot = lock(&self.writer);
        if slot.is_none() {
            *slot = Some(self.open_writer()?);
        }
        let Some(connection) = slot.as_mut() else {
            return Err(StoreError::Damaged(self.file.clone()));
        };
        let mut run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = write(&transaction).map_err(as_damage)?;
            transaction.commit()?;
            Ok(value)
        };
        let written = run();
        if matches!(written, Err(StoreError::Damaged(_))) {
            *slot = None;
        }
        written
    }

    /// Takes everything out of the index.
    pub(crate) fn empty(&self) -> Result<(), StoreError> {
        if self.is_read_only {
            return Err(StoreError::ReadOnly(PathBuf::new()));
        }
        // Both at once, so that nobody opens it in between.
        let (mut reader, mut writer) = (lock(&self.reader), lock(&self.writer));
        (*reader, *writer) = (None, None);
        let emptied = self.reset_in_place().or_else(|error| {
            tracing::warn!(%error, "the index cannot be emptied, so it is deleted");
            remove(&self.file)?;
            self.make()
        });
        emptied.map_err(|error| self.named(error))
    }

    fn empty_damaged(&self) -> Result<(), StoreError> {
        tracing::warn!(file = %self.file.display(), "the index is damaged and is computed again");
        self.empty()
    }

    /// Other programs may have the file open: SQLite empties it under its own locks, whatever is in it.
    fn reset_in_place(&self) -> Result<(), StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(connection::BUSY_TIMEOUT)?;
        // SQLite wants the schema looked at first, whatever comes of it.
        let _ = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
        let emptied = connection.execute_batch("VACUUM");
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
        emptied?;
        drop(connection);
        self.make()
    }

    /// Makes the tables of an index that has none.
    fn make(&self) -> Result<(), StoreError> {
        let mut connection = connection::open_writer(&self.file)?;
        make_tables(&mut connection)
    }

    fn open_reader(&self) -> Result<Option<Connection>, StoreError> {
        if !self.is_there() {
            return Ok(None);
        }
        if !self.is_read_only && lock(&self.writer).is_none() {
            let writer = match self.open_writer() {
                Ok(writer) => writer,
                Err(StoreError::NotALibrary(file)) => {
                    tracing::warn!(file = %file.display(), "the index is another program's and is not used");
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            *lock(&self.writer) = Some(writer);
        }
        connection::check_header(&self.file)?;
        let reader = connection::open_reader(&self.file)?;
        keep_little(&reader)?;
        Ok(matches!(kind(&reader)?, Kind::Ours).then_some(reader))
    }

    fn open_writer(&self) -> Result<Connection, StoreError> {
        connection::check_header(&self.file)?;
        let mut connection = connection::open_writer(&self.file)?;
        // What a power cut takes is computed again.
        connection.pragma_update(None, "synchronous", "normal")?;
        keep_little(&connection)?;
        match kind(&connection)? {
            Kind::Ours => Ok(connection),
            Kind::Empty => {
                make_tables(&mut connection)?;
                Ok(connection)
            }
            Kind::Old => Err(StoreError::Damaged(self.file.clone())),
            Kind::Foreign => Err(StoreError::NotALibrary(self.file.clone())),
        }
    }

    /// Names the index in errors that were made where only SQLite was known.
    fn named(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Damaged(path) if path.as_os_str().is_empty() => {
                StoreError::Damaged(self.file.clone())
            }
            other => other,
        }
    }
}

/// Values that no table of ours can hold are damage, too.
fn as_damage(error: StoreError) -> StoreError {
    use rusqlite::Error as Sqlite;
    match error {
        StoreError::Database(
            Sqlite::InvalidColumnType(..)
            | Sqlite::FromSqlConversionFailure(..)
            | Sqlite::Utf8Error(..)
            | Sqlite::QueryReturnedNoRows,
        ) => StoreError::Damaged(PathBuf::new()),
        other => other,
    }
}

/// Deletes the index of the library in `dir`: it belongs to the database that lay there.
pub(crate) fn remove_from(dir: &Path) -> Result<(), StoreError> {
    remove(&dir.join(FILE_NAME))
}

fn remove(file: &Path) -> Result<(), StoreError> {
    let with_suffix = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let companions = COMPANIONS.into_iter().map(with_suffix);
    for path in companions.chain([file.to_owned()]) {
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Io { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Vectors are read once and then kept by whoever searches them: 1 MiB of pages is enough.
fn keep_little(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "cache_size", -1_024)?;
    Ok(())
}

fn kind(connection: &Connection) -> Result<Kind, StoreError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application_id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let n_tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application_id, version) {
        _ if n_tables == 0 => Kind::Empty,
        (APPLICATION_ID, VERSION) => Kind::Ours,
        (APPLICATION_ID, version) if version < VERSION => Kind::Old,
        _ => Kind::Foreign,
    })
}

fn make_tables(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have made them while this one waited for the lock.
    if matches!(kind(&transaction)?, Kind::Empty) {
        transaction.execute_batch(passages::SCHEMA)?;
        // Generations begin at this moment, so that none of an index that was emptied comes again.
        transaction.execute(
            "INSERT INTO facts (generation, begun_at) VALUES (?1, ?2)",
            rusqlite::params![clock::now_ms() * 1_000, clock::now()],
        )?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

/// A panic elsewhere leaves a connection whole: its transaction was rolled back when it was dropped.
fn lock<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
