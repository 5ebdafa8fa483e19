//! The index of passages and vectors: what is kept and what waits.
#![allow(clippy::unwrap_used)]

mod common;

use std::cell::RefCell;

use common::passages::{answers, index, indexed, model, status, vector, wanted};
use common::{draft, library, transcribe, transcribed};
use recordroute_store::{EmbeddingModel, IndexState, IndexStatus, Library, StoreError};

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
