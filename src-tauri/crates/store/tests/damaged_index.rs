//! What becomes of an index that is damaged, and that nothing else does.
#![allow(clippy::unwrap_used)]

mod common;

use common::passages::{answers, index, index_file, indexed, model, status};
use common::{library, transcribed};
use proptest::prelude::*;
use recordroute_core::RecordingId;
use recordroute_store::{IndexState, Library, StoreError, move_aside};
use rusqlite::Connection;

#[test]
fn a_damaged_vector_is_as_if_it_were_not_there() {
    for damage in [
        "UPDATE passages SET vector = x'0102' WHERE id = 2",
        "UPDATE passages SET vector = zeroblob(40000) WHERE id = 2",
        "UPDATE passages SET scale = 9e999 WHERE id = 2",
        "UPDATE passages SET scale = -1.0 WHERE id = 2",
        "DELETE FROM passages WHERE id = 2",
    ] {
        let (dir, library) = library();
        let small = model("small");
        let (id, _) = transcribed(&library, "a", &["하나", "둘", "셋"]);
        index(&library, id, &small);
        let other = Connection::open(index_file(dir.path())).unwrap();
        other.execute_batch(damage).unwrap();
        assert_eq!(answers(&library, id).len(), 2, "{damage}: the others answer");
        library.mark_outdated(&[id]).unwrap();
        assert_eq!(
            library.index_state(id, &small).unwrap(),
            IndexState::Outdated,
            "it is made again"
        );
        assert_eq!(index(&library, id, &small), 1, "{damage}: only the damaged one");
        assert_eq!(answers(&library, id).len(), 3, "{damage}: then all answer");
    }
}

#[test]
fn a_damaged_index_is_computed_again_and_nothing_else_is_lost() {
    let (whole_dir, ids) = indexed();
    let whole = std::fs::read(index_file(whole_dir.path())).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    let mut torn = whole.clone();
    torn[4_096..16_384].fill(0xA5);
    for (what, bytes) in [
        ("half of it", half),
        ("noise in its middle", torn),
        ("no database", b"no database at all".to_vec()),
        ("only its header", whole[..100].to_vec()),
        ("nothing", Vec::new()),
    ] {
        let file = index_file(whole_dir.path());
        std::fs::write(&file, &bytes).unwrap();
        let library = Library::open(whole_dir.path()).unwrap();
        let small = model("small");
        let answering = library.answering_index().unwrap();
        if let Some(index) = &answering {
            let (texts, _) = library.indexed_texts(index).unwrap();
            for text in texts {
                library.read_vectors(index, text.recording_id, &|_| {}).unwrap();
            }
        }
        for id in &ids {
            index(&library, *id, &small);
        }
        let status = library.index_status(&small).unwrap();
        assert_eq!(status.n_indexed, 30, "{what}: it is there again");
        assert!(status.begun_at.is_some(), "{what}: and says since when");
        assert_eq!(
            library.transcript(ids[7]).unwrap().segments.len(),
            20,
            "{what}: texts are there"
        );
        assert!(
            library.damage().unwrap().is_empty(),
            "{what}: the library is whole"
        );
        drop(library);
        assert!(
            !whole_dir.path().join("index.db-wal").exists(),
            "{what}: an index that was closed is one file"
        );
    }
}

#[test]
fn two_programs_survive_its_damage() {
    let (dir, ids) = indexed();
    let (a, b) = (
        Library::open(dir.path()).unwrap(),
        Library::open(dir.path()).unwrap(),
    );
    let small = model("small");
    assert_eq!(status(&a, &small).0, 30, "both have it open");
    assert_eq!(status(&b, &small).0, 30, "both have it open");
    a.clear_index().unwrap();
    assert_eq!(
        status(&b, &small),
        (0, 0, 0, 30),
        "what one empties is empty for the other"
    );
    index(&b, ids[0], &small);
    assert_eq!(
        status(&a, &small),
        (1, 0, 0, 29),
        "and what the other stores is there for the one"
    );
}

#[test]
fn another_programs_file_is_left_alone() {
    let (dir, library) = library();
    let file = index_file(dir.path());
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    drop(other);
    let (id, _) = transcribed(&library, "a", &["하나"]);
    assert_eq!(library.answering_index().unwrap(), None, "nothing answers");
    assert_eq!(
        library.waiting_for_index(&model("small"), 5).unwrap(),
        [id],
        "everything waits"
    );
    let (_, version) = library.versioned_transcript(id).unwrap().unwrap();
    let refused = library.fail_index(id, version, &model("small"), "No.");
    assert!(
        matches!(refused, Err(StoreError::NotALibrary(_))),
        "writing is refused, got {refused:?}"
    );
    let other = Connection::open(&file).unwrap();
    let n_tables: i64 = other
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(n_tables, 1, "the file is as it was");
}

#[test]
fn an_index_goes_with_the_library_that_it_was_made_of() {
    let (dir, _) = indexed();
    move_aside(dir.path()).unwrap();
    let library = Library::open(dir.path()).unwrap();
    let (id, _) = transcribed(&library, "new", &["새 이야기"]);
    assert!(
        answers(&library, id).is_empty(),
        "a new recording with an old number has not the old one's vectors"
    );
}

#[test]
fn a_library_that_is_only_read_reads_its_index() {
    let (dir, ids) = indexed();
    let library = Library::open_read_only(dir.path()).unwrap();
    assert_eq!(answers(&library, ids[3]).len(), 20, "it answers");
    let refused = library.mark_outdated(&ids);
    assert!(
        matches!(refused, Err(StoreError::ReadOnly(_))),
        "and is not written, got {refused:?}"
    );
    drop(library);
    std::fs::write(index_file(dir.path()), b"no database at all").unwrap();
    let library = Library::open_read_only(dir.path()).unwrap();
    assert_eq!(
        library.answering_index().unwrap(),
        None,
        "a damaged one is as none"
    );
    assert_eq!(
        std::fs::read(index_file(dir.path())).unwrap(),
        b"no database at all",
        "and is left as it is"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_damage_takes_the_program_down(places in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..60)) {
        static WHOLE: std::sync::OnceLock<(tempfile::TempDir, Vec<RecordingId>, Vec<u8>)> = std::sync::OnceLock::new();
        let (dir, ids, whole) = WHOLE.get_or_init(|| {
            let (dir, ids) = indexed();
            let whole = std::fs::read(index_file(dir.path())).unwrap();
            (dir, ids, whole)
        });
        let mut damaged = whole.clone();
        for (share, byte) in places {
            let at = (share * damaged.len() as f64) as usize;
            damaged[at] ^= byte;
        }
        std::fs::write(index_file(dir.path()), &damaged).unwrap();
        let library = Library::open(dir.path()).unwrap();
        // Errors are fine and so are results; a panic, a crash or a hang is what must not come.
        if let Ok(Some(index)) = library.answering_index() {
            for id in ids {
                let _ = library.read_vectors(&index, *id, &|vector| {
                    assert_eq!(vector.components.len(), index.model.n_dimensions, "half a vector is none");
                });
            }
        }
        let _ = library.index_status(&model("small"));
        library.clear_index().unwrap();
        prop_assert_eq!(
            library.waiting_for_index(&model("small"), 100).unwrap().len(),
            30,
            "whatever it was, it can be begun again"
        );
    }
}
