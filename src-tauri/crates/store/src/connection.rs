use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

/// The database inside the library folder.
pub(crate) const FILE_NAME: &str = "library.db";

/// How long a statement waits for another program's write before it gives up.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Refuses a file that is no database. SQLite itself would take a very short one for empty and write
/// over it. A file of no bytes is what a power cut leaves of a new library; nothing is in it.
pub(crate) fn check_header(file: &Path) -> Result<(), StoreError> {
    const HEADER: &[u8] = b"SQLite format 3\0";
    let mut start = Vec::with_capacity(HEADER.len());
    let read =
        std::fs::File::open(file).and_then(|opened| opened.take(HEADER.len() as u64).read_to_end(&mut start));
    match read {
        Ok(0) => Ok(()),
        Ok(_) if start == HEADER => Ok(()),
        Ok(_) => Err(StoreError::Damaged(file.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::Io {
            path: file.to_owned(),
            source,
        }),
    }
}

/// Opens the database for writing, making it where there is none.
pub(crate) fn open_writer(file: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    // SQLite quietly opens what it may not write for reading.
    if connection.is_readonly("main")? {
        return Err(StoreError::ReadOnly(PathBuf::new()));
    }
    configure(&connection)?;
    // With WAL readers go on while somebody writes. The switch itself needs the file alone for a
    // moment and does not honour the busy timeout, so a second program that opens at the same time waits here.
    let mut tries_left = 50;
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0)) {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => break,
            Ok(mode) => {
                // Some network file systems cannot do WAL. Rollback journals are slower, not less safe.
                tracing::warn!(mode, "the library's disk cannot do write-ahead logging");
                break;
            }
            Err(error) => match StoreError::from(error) {
                StoreError::Busy if tries_left > 0 => {
                    tries_left -= 1;
                    std::thread::sleep(Duration::from_millis(100));
                }
                other => return Err(other),
            },
        }
    }
    // Every commit reaches the disk: what the user was shown as stored outlives a power cut. There
    // is about one commit for half a minute of speech, so that this costs nothing.
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

/// Opens the database for reading.
pub(crate) fn open_reader(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = |name: &Path, flags| {
        let connection = Connection::open_with_flags(name, flags)?;
        configure(&connection)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    let error = match open(file, flags) {
        Ok(connection) => return Ok(connection),
        Err(error) => error,
    };
    // In a folder that cannot be written the shared-memory file of the write-ahead log cannot be
    // made either. Nobody writes there now, which is what `immutable` promises.
    if is_unwritable(&error)
        && let Some(uri) = immutable_uri(file)
    {
        return open(Path::new(&uri), flags | OpenFlags::SQLITE_OPEN_URI);
    }
    Err(error)
}

/// Whether SQLite failed because it could not write; in a folder without write permission it says
/// that it "cannot open" its own files.
pub(crate) fn is_unwritable(error: &StoreError) -> bool {
    match error {
        StoreError::ReadOnly(_) | StoreError::CannotCreate { .. } => true,
        StoreError::Database(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen),
        _ => false,
    }
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "foreign_keys", true)?;
    // A library file may come from a stranger: its schema may call nothing with side effects.
    connection.pragma_update(None, "trusted_schema", false)?;
    // 16 MiB. No mmap: a file cut short behind our back would kill the process with SIGBUS.
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(())
}

/// `file:` URI with everything escaped that has a meaning in one. None where the path is no Unicode.
fn immutable_uri(file: &Path) -> Option<String> {
    let path = file.to_str()?.replace('\\', "/");
    let mut uri = String::from(if path.starts_with('/') { "file:" } else { "file:/" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b':') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri.push_str("?immutable=1");
    Some(uri)
}
