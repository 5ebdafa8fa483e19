//! Opening a library: new ones, old ones, and everything that is none.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{draft, library, transcribed};
use proptest::prelude::*;
use recordroute_core::ErrorCode;
use recordroute_store::{Filters, Library, Listing, StoreError, TitledBy};
use rusqlite::Connection;

fn database(dir: &Path) -> std::path::PathBuf {
    dir.join("library.db")
}

/// Name and SQL of everything in the schema that the program made itself.
fn schema(file: &Path) -> Vec<(String, String)> {
    let connection = Connection::open(file).unwrap();
    let mut statement = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .unwrap();
    statement
        .query_map([], |row| {
            let sql: String = row.get(1)?;
            Ok((row.get(0)?, sql.split_whitespace().collect::<Vec<_>>().join(" ")))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn a_library_is_made_where_there_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let nested = dir.path().join("문서 😀/record route?#%");
    let library = Library::open(&nested).unwrap();
    assert!(nested.join("media").is_dir(), "the folder for media is there");
    assert!(!library.is_read_only(), "it can be written");
    assert_eq!(library.n_recordings(false).unwrap(), 0, "it is empty");
    drop(library);
    let id = Library::open(&nested)
        .unwrap()
        .add_recording(&draft("a"))
        .unwrap();
    let again = Library::open(&nested).unwrap();
    assert_eq!(
        again.recording(id).unwrap().title,
        "a",
        "it is the same one next time"
    );
    let reading = Library::open_read_only(&nested).unwrap();
    assert_eq!(
        reading.recording(id).unwrap().title,
        "a",
        "signs in the path do no harm"
    );
}

#[test]
fn many_programs_may_make_it_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let programs: Vec<_> = (0..6)
        .map(|number| {
            let dir = dir.path().to_owned();
            std::thread::spawn(move || {
                let library = Library::open(&dir).unwrap();
                library.add_recording(&draft(&format!("{number}"))).unwrap()
            })
        })
        .collect();
    let mut ids: Vec<_> = programs
        .into_iter()
        .map(|program| program.join().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 6, "each added its own recording to the one library");
}

/// The file as each version made it, written down when it was released; never edited.
const VERSION_1: &str = include_str!("fixtures/library-v1.sql");
const VERSION_2: &str = include_str!("fixtures/library-v2.sql");
const VERSION_3: &str = include_str!("fixtures/library-v3.sql");

/// A library as an earlier version left it, opened by this one.
fn brought_along(version: &str) -> (tempfile::TempDir, Library) {
    let dir = tempfile::tempdir().unwrap();
    Connection::open(database(dir.path()))
        .unwrap()
        .execute_batch(version)
        .unwrap();
    let library = Library::open(dir.path()).unwrap();
    let new_dir = tempfile::tempdir().unwrap();
    drop(Library::open(new_dir.path()).unwrap());
    assert_eq!(
        schema(&database(dir.path())),
        schema(&database(new_dir.path())),
        "a library that was brought along is like a new one"
    );
    (dir, library)
}

#[test]
fn libraries_of_earlier_versions_open_with_everything_in_them() {
    for version in [VERSION_1, VERSION_2, VERSION_3] {
        let (_dir, old) = brought_along(version);
        let recordings = old.recordings(&Listing::default()).unwrap();
        let meeting = recordings.last().unwrap();
        assert_eq!(meeting.title, "주간 회의", "the recording is listed");
        let transcript = old.transcript(meeting.id).unwrap();
        assert_eq!(
            transcript.text(),
            "안녕하세요.\n예산 회의를 시작합니다.",
            "its text is there"
        );
        assert_eq!(transcript.segments[0].words.len(), 1, "and its words");
        assert_eq!(
            old.find_segments(&["예산 회의".to_owned()], 5).unwrap().len(),
            1,
            "what was indexed then is found now"
        );
        assert_eq!(meeting.tags, ["팀"], "and tagged as it was");
        assert_eq!(
            old.titled_by(meeting.id).unwrap(),
            TitledBy::Program,
            "a title that is the file's name was given by nobody"
        );
        old.edit_segment(meeting.id, 1, "예산 회의를 마칩니다.").unwrap();
        assert_eq!(
            old.find_segments(&["마칩니다".to_owned()], 5).unwrap().len(),
            1,
            "what is new works with what is old"
        );
    }
}

#[test]
fn what_version_2_recorded_is_kept() {
    let (_dir, old) = brought_along(VERSION_2);
    let recordings = old.recordings(&Listing::default()).unwrap();
    let interview = recordings.first().unwrap();
    assert_eq!(
        old.titled_by(interview.id).unwrap(),
        TitledBy::User,
        "a title that is no file's name is never written over by itself"
    );
    assert_eq!(old.notes(interview.id).unwrap().len(), 1, "notes are there");
    assert_eq!(
        old.captures().unwrap().len(),
        1,
        "and what was left unfinished is still offered"
    );
}

#[test]
fn what_version_3_wrote_is_kept() {
    let (_dir, old) = brought_along(VERSION_3);
    let meeting = old.recordings(&Listing::default()).unwrap().last().unwrap().id;
    assert_eq!(old.minutes(meeting).unwrap().len(), 1, "minutes are there");
    let filters = Filters {
        speaker: Some("화자 1".to_owned()),
        ..Filters::default()
    };
    assert_eq!(
        old.scope(&filters).unwrap().n_recordings(),
        Some(1),
        "and who spoke is found without anything being heard again"
    );
}

#[test]
fn a_newer_library_is_left_alone() {
    let (dir, made) = library();
    drop(made);
    let file = database(dir.path());
    let connection = Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    drop(connection);
    let before = std::fs::read(&file).unwrap();
    let error = Library::open(dir.path()).unwrap_err();
    assert!(
        matches!(error, StoreError::NewerLibrary { found: 999, .. }),
        "it is known by its number, got {error:?}"
    );
    assert_eq!(error.code(), ErrorCode::NewerLibrary, "doors can branch on it");
    assert!(
        error.to_string().contains("Update RecordRoute"),
        "the sentence says what to do"
    );
    assert_eq!(std::fs::read(&file).unwrap(), before, "not a byte was changed");
}

#[test]
fn what_is_no_library_is_never_overwritten() {
    for n_bytes in [1_usize, 100, 511, 4_096, 100_000] {
        let dir = tempfile::tempdir().unwrap();
        let file = database(dir.path());
        let noise: Vec<u8> = (0..n_bytes).map(|at| (at * 31 % 251 + 3) as u8).collect();
        std::fs::write(&file, &noise).unwrap();
        let error = Library::open(dir.path()).unwrap_err();
        assert!(
            matches!(&error, StoreError::Damaged(path) if *path == file),
            "{n_bytes} random bytes are a damaged library, got {error:?}"
        );
        assert_eq!(std::fs::read(&file).unwrap(), noise, "the bytes are as they were");
    }
}

#[test]
fn another_programs_database_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let other = Connection::open(database(dir.path())).unwrap();
    other.execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    drop(other);
    assert!(
        matches!(Library::open(dir.path()), Err(StoreError::NotALibrary(_))),
        "tables that are not ours are not mixed with ours"
    );
}

#[test]
fn a_database_of_no_bytes_is_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(database(dir.path()), b"").unwrap();
    assert!(
        Library::open(dir.path()).is_ok(),
        "a power cut while it was made leaves an empty file, in which nothing can be lost"
    );
}

#[test]
fn a_file_in_place_of_the_folder_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.txt");
    std::fs::write(&file, "notes").unwrap();
    assert!(
        matches!(Library::open(&file), Err(StoreError::NotADirectory(_))),
        "a file holds no library"
    );
    assert!(
        matches!(
            Library::open(&file.join("below")),
            Err(StoreError::CannotCreate { .. })
        ),
        "nor does anything below a file"
    );
}

#[test]
fn a_library_that_cannot_be_written_can_be_read() {
    let (dir, made) = library();
    let (id, job) = transcribed(&made, "회의", &["예산 이야기"]);
    drop(made);
    // The folder as well, so that SQLite cannot make its side files; only root does not mind.
    for path in [&database(dir.path()), dir.path()] {
        let mut permissions = path.metadata().unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(path, permissions).unwrap();
    }

    let library = Library::open(dir.path()).unwrap();
    assert!(library.is_read_only(), "it says so");
    assert_eq!(
        library.recordings(&Listing::default()).unwrap().len(),
        1,
        "it can be listed"
    );
    assert_eq!(library.transcript(id).unwrap().text(), "예산 이야기", "and read");
    assert_eq!(
        library.find_segments(&["예산".to_owned()], 5).unwrap().len(),
        1,
        "and searched"
    );
    for refused in [
        library.rename(id, "b"),
        library.trash(id),
        library.retry(job),
        library.add_tag(id, "a"),
        library.purge(None).map(drop),
    ] {
        assert!(
            matches!(&refused, Err(StoreError::ReadOnly(path)) if path == dir.path()),
            "writing is refused with the folder's name, got {refused:?}"
        );
    }
    drop(library);
    #[cfg(unix)]
    {
        // So that the throw-away folder can be thrown away.
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn a_library_cut_short_is_damaged_and_stays_as_it_is() {
    let (dir, made) = library();
    let text = "가나다라마바사 ".repeat(40);
    for number in 0..20 {
        transcribed(&made, &format!("{number}"), &[&text]);
    }
    drop(made);
    let file = database(dir.path());
    assert!(
        !dir.path().join("library.db-wal").exists(),
        "a library that was closed is one file"
    );
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let used = Library::open(dir.path()).and_then(|library| {
        library.recordings(&Listing::default())?;
        library.find_segments(&["가나".to_owned()], 100)?;
        let damage = library.damage()?;
        assert!(!damage.is_empty(), "what opens at all is known to be damaged");
        Err::<(), _>(StoreError::Damaged(file.clone()))
    });
    assert!(
        matches!(used, Err(StoreError::Damaged(_))),
        "half a library is a damaged one, got {used:?}"
    );
    assert_eq!(
        std::fs::read(&file).unwrap(),
        whole[..whole.len() / 2],
        "what is left of it is left"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_damage_takes_the_program_down(places in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..40)) {
        static WHOLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let whole = WHOLE.get_or_init(|| {
            let (dir, made) = library();
            for number in 0..10 {
                transcribed(&made, &format!("회의 {number}"), &["예산 이야기", "next week's budget"]);
            }
            drop(made);
            std::fs::read(database(dir.path())).unwrap()
        });
        let mut damaged = whole.clone();
        for (share, byte) in places {
            let at = (share * damaged.len() as f64) as usize;
            damaged[at] ^= byte;
        }
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(database(dir.path()), &damaged).unwrap();
        // Errors are fine and so are results; a panic, a crash or a hang is what must not come.
        if let Ok(library) = Library::open(dir.path()) {
            let listed = library.recordings(&Listing::default()).unwrap_or_default();
            for recording in &listed {
                let _ = library.transcript(recording.id);
            }
            let _ = library.find_segments(&["예산".to_owned()], 10);
            let _ = library.claim_next("a", common::LEASE);
            prop_assert!(listed.len() <= 20, "damage makes no recordings: {}", listed.len());
        }
    }
}
