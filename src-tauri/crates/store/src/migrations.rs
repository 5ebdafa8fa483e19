use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::{
    StoreError, captures, corrections, edits, find, jobs, minutes, notes, recordings, scope, settings,
    titles, transcripts, vocabulary,
};

/// Marks the file as a RecordRoute library ("RRLB") in SQLite's header.
const APPLICATION_ID: i64 = 0x5252_4C42;

/// One list of statements for each version of the file, oldest first. Append only: a released
/// version is never edited, because libraries that have it are out there. Each step stands beside
/// the code of its table. An older program refuses a file of a newer version.
const MIGRATIONS: &[&[&str]] = &[
    &[
        recordings::SCHEMA_V1,
        transcripts::SCHEMA_V1,
        find::SCHEMA_V1,
        jobs::SCHEMA_V1,
        settings::SCHEMA_V1,
    ],
    &[captures::SCHEMA_V2, notes::SCHEMA_V2],
    &[
        edits::SCHEMA_V3,
        corrections::SCHEMA_V3,
        vocabulary::SCHEMA_V3,
        minutes::SCHEMA_V3,
        titles::SCHEMA_V3,
    ],
    &[scope::SCHEMA_V4],
];

/// The newest version of the file that this program knows.
pub(crate) const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Refuses files that this program must not touch; returns the file's version.
pub(crate) fn check(connection: &Connection, dir: &Path) -> Result<i64, StoreError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application_id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let n_tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if n_tables > 0 && application_id != APPLICATION_ID {
        return Err(StoreError::NotALibrary(dir.join(crate::connection::FILE_NAME)));
    }
    if version > SCHEMA_VERSION {
        return Err(StoreError::NewerLibrary {
            path: dir.to_owned(),
            found: version,
            known: SCHEMA_VERSION,
        });
    }
    Ok(version)
}

/// Brings the file to the newest version, all or nothing.
pub(crate) fn migrate(connection: &mut Connection, dir: &Path) -> Result<(), StoreError> {
    if check(connection, dir)? == SCHEMA_VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have done it while this one waited for the lock.
    let version = check(&transaction, dir)?;
    let done = usize::try_from(version).unwrap_or(0);
    for steps in MIGRATIONS.iter().skip(done) {
        for step in *steps {
            transaction.execute_batch(step)?;
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    Ok(())
}
