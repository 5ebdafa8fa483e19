//! The index of passages and vectors: what is kept, what waits, and what becomes of it when it is damaged.
#![allow(clippy::unwrap_used)]

mod common;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use common::{draft, library, transcribe, transcribed};
use proptest::prelude::*;
use recordroute_core::RecordingId;
use recordroute_store::{
    EmbeddingModel, IndexState, IndexStatus, Library, PassagePlace, StoreError, move_aside, text_hash,
};
use rusqlite::Connection;

fn model(name: &str) -> EmbeddingModel {
    EmbeddingModel {
        name: name.to_owned(),
        n_dimensions: 4,
    }
}

/// A passage for each segment of the recording.
fn wanted(library: &Library, id: RecordingId) -> Vec<PassagePlace> {
    let segments = library.segments(id).unwrap();
    (0..)
        .zip(&segments)
        .map(|(idx, segment)| PassagePlace {
            first_segment_idx: idx,
            last_segment_idx: idx,
            start_ms: segment.start_ms,
            end_ms: segment.end_ms,
            text_hash: text_hash(&segment.text),
        })
        .collect()
}

fn vector(seed: usize) -> Vec<f32> {
    let mut vector = vec![0.1, 0.2, 0.3, 0.4];
    vector[seed % 4] += 1.0 + seed as f32 / 10.0;
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.into_iter().map(|value| value / length).collect()
}

/// Gives every passage that lacks one a vector; how many there were.
fn index(library: &Library, id: RecordingId, model: &EmbeddingModel) -> usize {
    let (_, version) = library.versioned_transcript(id).unwrap().unwrap();
    let wanted = wanted(library, id);
    let lacking = library.passages_to_embed(id, &wanted, model).unwrap();
    let new: Vec<_> = lacking.iter().map(|idx| (*idx, vector(*idx))).collect();
    assert!(
        library.store_passages(id, version, model, &wanted, &new).unwrap(),
        "with all vectors it is indexed"
    );
    lacking.len()
}

fn status(library: &Library, model: &EmbeddingModel) -> (u64, u64, u64, u64) {
    let status = library.index_status(model).unwrap();
    (
        status.n_indexed,
        status.n_outdated,
        status.n_failed,
        status.n_waiting,
    )
}

/// Numbers and directions of what answers for a recording.
fn answers(library: &Library, id: RecordingId) -> Vec<Vec<f32>> {
    let Some(index) = library.answering_index().unwrap() else {
        return Vec::new();
    };
    let found = RefCell::new(Vec::new());
    library
        .read_vectors(&index, id, &|vector| {
            let components = vector.components.iter();
            found.borrow_mut().push(
                components
                    .map(|byte| f32::from(byte.cast_signed()) * vector.scale)
                    .collect(),
            );
        })
        .unwrap();
    found.into_inner()
}

fn index_file(dir: &Path) -> PathBuf {
    dir.join("index.db")
}

#[test]
fn only_what_changed_is_embedded_again() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "a", &["하나", "둘", "셋"]);
    let small = model("small");
    assert_eq!(
        library.index_state(id, &small).unwrap(),
        IndexState::Waiting,
        "nothing is there"
    );
    assert_eq!(index(&library, id, &small), 3, "at first it is all of it");
    assert_eq!(
        library.index_state(id, &small).unwrap(),
        IndexState::Indexed,
        "then it is indexed"
    );
    assert_eq!(index(&library, id, &small), 0, "the same text has its vectors");
    library.edit_segment(id, 1, "두울").unwrap();
    assert_eq!(
        library.index_state(id, &small).unwrap(),
        IndexState::Outdated,
        "an edit makes it outdated"
    );
    assert_eq!(
        answers(&library, id).len(),
        3,
        "and what was said before still answers"
    );
    assert_eq!(index(&library, id, &small), 1, "one segment is another one");
    assert_eq!(answers(&library, id).len(), 3, "the old one of it is gone");
    transcribe(&library, id, &["영", "하나", "셋"]);
    assert_eq!(
        library.index_state(id, &small).unwrap(),
        IndexState::Outdated,
        "so does a new transcript"
    );
    assert_eq!(
        index(&library, id, &small),
        1,
        "what is heard again in another place keeps its vector"
    );
    let answering = library.answering_index().unwrap().unwrap();
    let places = RefCell::new(Vec::new());
    library
        .read_vectors(&answering, id, &|vector| {
            places.borrow_mut().push(vector.start_ms)
        })
        .unwrap();
    let mut places = places.into_inner();
    places.sort_unstable();
    assert_eq!(places, [0, 10_000, 20_000], "and moves to where it is said now");
}

#[test]
fn vectors_are_what_they_were() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "a", &["하나", "둘"]);
    index(&library, id, &model("small"));
    for (stored, given) in answers(&library, id).iter().zip([vector(0), vector(1)]) {
        let product: f32 = stored.iter().zip(&given).map(|(a, b)| a * b).sum();
        let length: f32 = stored.iter().map(|value| value * value).sum();
        assert!(product > 0.9999, "rounding turns it hardly: {product}");
        assert!((length - 1.0).abs() < 1e-5, "and leaves its length: {length}");
    }
}

#[test]
fn what_is_interrupted_goes_on() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "a", &["하나", "둘", "셋"]);
    let small = model("small");
    let (_, version) = library.versioned_transcript(id).unwrap().unwrap();
    let wanted = wanted(&library, id);
    let is_indexed = library
        .store_passages(id, version, &small, &wanted, &[(0, vector(0)), (2, vector(2))])
        .unwrap();
    assert!(!is_indexed, "two of three are not all");
    assert_eq!(
        library.index_state(id, &small).unwrap(),
        IndexState::Waiting,
        "it still waits"
    );
    assert_eq!(
        library.passages_to_embed(id, &wanted, &small).unwrap(),
        [1],
        "for what is left of it"
    );
    library.edit_segment(id, 0, "한").unwrap();
    let is_indexed = library
        .store_passages(id, version, &small, &wanted, &[(1, vector(1))])
        .unwrap();
    assert!(
        !is_indexed,
        "a text that was edited meanwhile is not the one that was read"
    );
    assert_eq!(
        index(&library, id, &small),
        1,
        "what it has in common with the new one was kept"
    );
}

#[test]
fn what_waits_is_known_newest_first() {
    let (_dir, library) = library();
    let small = model("small");
    let ids: Vec<_> = (0..4)
        .map(|number| transcribed(&library, &format!("{number}"), &["말"]).0)
        .collect();
    library.add_recording(&draft("nothing heard yet")).unwrap();
    let (trashed, _) = transcribed(&library, "trashed", &["말"]);
    library.trash(trashed).unwrap();
    assert_eq!(
        library.waiting_for_index(&small, 10).unwrap(),
        [ids[3], ids[2], ids[1], ids[0]],
        "the newest is looked for first; without text and in the trash there is nothing to do"
    );
    assert_eq!(
        library.waiting_for_index(&small, 2).unwrap().len(),
        2,
        "as many as were asked for"
    );
    assert_eq!(
        library.index_status(&small).unwrap(),
        IndexStatus {
            n_waiting: 4,
            ..IndexStatus::default()
        },
        "asking makes no index"
    );
    index(&library, ids[0], &small);
    index(&library, ids[1], &small);
    library.edit_segment(ids[1], 0, "다른 말").unwrap();
    let (_, version) = library.versioned_transcript(ids[2]).unwrap().unwrap();
    library
        .fail_index(ids[2], version, &small, "The model failed.")
        .unwrap();
    assert_eq!(
        status(&library, &small),
        (1, 1, 1, 2),
        "indexed, outdated, failed, waiting"
    );
    assert_eq!(
        library.waiting_for_index(&small, 10).unwrap(),
        [ids[3], ids[1]],
        "what failed is not tried again by itself"
    );
    assert_eq!(
        library.index_state(ids[2], &small).unwrap(),
        IndexState::Failed("The model failed.".to_owned()),
        "and says why"
    );
    library.edit_segment(ids[2], 0, "고친 말").unwrap();
    assert_eq!(status(&library, &small), (1, 2, 0, 3), "another text is tried");
    library
        .fail_index(
            ids[3],
            library.versioned_transcript(ids[3]).unwrap().unwrap().1,
            &small,
            "No.",
        )
        .unwrap();
    library.retry_failed_index().unwrap();
    assert_eq!(
        status(&library, &small).2,
        0,
        "or all are when somebody asks for it"
    );
}

#[test]
fn a_model_answers_until_the_next_one_has_everything() {
    let (_dir, library) = library();
    let (old, new) = (model("old"), model("new"));
    let (a, _) = transcribed(&library, "a", &["하나", "둘"]);
    let (b, _) = transcribed(&library, "b", &["셋"]);
    index(&library, a, &old);
    index(&library, b, &old);
    assert!(
        library.finish_model(&old).unwrap(),
        "the first one has everything"
    );
    let answering = |library: &Library| library.answering_index().unwrap().unwrap().model.name;
    assert_eq!(answering(&library), "old", "and answers");
    index(&library, a, &new);
    assert!(
        !library.finish_model(&new).unwrap(),
        "half of the library is not enough"
    );
    assert_eq!(answering(&library), "old", "so the old one goes on");
    assert_eq!(answers(&library, b).len(), 1, "for all recordings");
    assert_eq!(
        status(&library, &new),
        (1, 0, 0, 1),
        "each model has its own account"
    );
    index(&library, b, &new);
    let before = library.answering_index().unwrap().unwrap().generation;
    assert!(library.finish_model(&new).unwrap(), "now it has everything");
    assert_eq!(answering(&library), "new", "and answers");
    assert!(
        library.answering_index().unwrap().unwrap().generation > before,
        "which who keeps vectors in memory learns"
    );
    assert_eq!(
        library.index_status(&old).unwrap().n_passages,
        0,
        "the old one's vectors are gone"
    );
    let longer = EmbeddingModel {
        name: "new".to_owned(),
        n_dimensions: 8,
    };
    assert_eq!(
        library.waiting_for_index(&longer, 10).unwrap().len(),
        2,
        "the same name with longer vectors is another model"
    );
}

#[test]
fn the_trash_keeps_its_vectors_and_deleted_recordings_do_not() {
    let (_dir, library) = library();
    let small = model("small");
    let (id, _) = transcribed(&library, "a", &["하나"]);
    index(&library, id, &small);
    library.trash(id).unwrap();
    assert_eq!(
        status(&library, &small),
        (0, 0, 0, 0),
        "what is in the trash does not count"
    );
    library.restore(id).unwrap();
    assert_eq!(
        status(&library, &small),
        (1, 0, 0, 0),
        "what comes back is indexed still"
    );
    library.trash(id).unwrap();
    library.purge(None).unwrap();
    let index = library.answering_index().unwrap().unwrap();
    assert_eq!(
        library.indexed_texts(&index).unwrap(),
        (Vec::new(), 0),
        "nothing of it is left"
    );
}

#[test]
fn vectors_that_are_none_are_refused() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "a", &["하나"]);
    let (_, version) = library.versioned_transcript(id).unwrap().unwrap();
    let wanted = wanted(&library, id);
    for wrong in [
        vec![1.0; 3],
        vec![0.0; 4],
        vec![f32::NAN; 4],
        vec![f32::INFINITY; 4],
        Vec::new(),
    ] {
        let refused = library.store_passages(id, version, &model("small"), &wanted, &[(0, wrong.clone())]);
        assert!(
            matches!(refused, Err(StoreError::InvalidInput(_))),
            "{wrong:?} is no direction, got {refused:?}"
        );
    }
    let refused = library.store_passages(id, version, &model("small"), &wanted, &[(7, vector(0))]);
    assert!(
        matches!(refused, Err(StoreError::InvalidInput(_))),
        "nor has it a place"
    );
}

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

/// A library with some recordings indexed, closed.
fn indexed() -> (tempfile::TempDir, Vec<RecordingId>) {
    let (dir, library) = library();
    let ids: Vec<_> = (0..30)
        .map(|number| {
            let texts: Vec<String> = (0..20).map(|idx| format!("{number} 번 회의 {idx}")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            transcribed(&library, &format!("{number}"), &texts).0
        })
        .collect();
    for id in &ids {
        index(&library, *id, &model("small"));
    }
    (dir, ids)
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

#[test]
fn reading_goes_on_while_somebody_stores() {
    let (dir, ids) = indexed();
    let small = model("small");
    let storing = {
        let (dir, ids) = (dir.path().to_owned(), ids.clone());
        std::thread::spawn(move || {
            let library = Library::open(&dir).unwrap();
            for round in 0..10 {
                for id in ids.iter().take(5) {
                    library.edit_segment(*id, 0, &format!("{round} 번째")).unwrap();
                    index(&library, *id, &model("small"));
                }
            }
        })
    };
    let library = Library::open(dir.path()).unwrap();
    let mut generations = Vec::new();
    while !storing.is_finished() {
        let index = library.answering_index().unwrap().unwrap();
        generations.push(index.generation);
        for id in &ids {
            assert_eq!(
                answers(&library, *id).len(),
                20,
                "each recording has all of its passages at any moment"
            );
        }
    }
    storing.join().unwrap();
    assert!(generations.is_sorted(), "generations only grow");
    assert_eq!(
        status(&library, &small).0,
        30,
        "and everything is indexed at the end"
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
