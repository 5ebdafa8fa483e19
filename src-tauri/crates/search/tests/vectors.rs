//! Vectors that change, that are damaged and that answer more than a search.
#![allow(clippy::unwrap_used)]

mod common;

use common::{
    N_DIMENSIONS, add, add_filler, add_spoken, ask, embed, hear, ids, index, library, model, normal, query,
};
use proptest::prelude::*;
use recordroute_search::{Filters, FoundBy, Mode, Query, SearchError, Vectors, best_passages, find, similar};
use recordroute_store::{EmbeddingModel, Library};

#[test]
fn what_changes_is_found_as_it_is() {
    let (dir, library, vectors) = library();
    let id = add(&library, "a", &["점심 먹읍시다.", "네.", "좋아요.", "그럼요."]);
    add(&library, "b", &["비가 옵니다."]);
    assert_eq!(
        ask(&library, &vectors, "lunch", Mode::Meaning)[0].recording_id,
        id,
        "it is found"
    );
    let other_program = Library::open(dir.path()).unwrap();
    other_program.edit_segment(id, 0, "출시 일정입니다.").unwrap();
    let hits = ask(&library, &vectors, "lunch", Mode::Meaning);
    assert!(
        hits[0].snippet.text.contains("출시"),
        "what was edited is shown as it is, though its vector is the old one: {}",
        hits[0].snippet.text
    );
    assert_eq!(
        index(&other_program, id, &model("small"), embed),
        1,
        "one of two passages is new"
    );
    let launch = ask(&library, &vectors, "launch", Mode::Meaning);
    assert_eq!(
        launch[0].recording_id, id,
        "what another program stored is found at once"
    );
    hear(&library, id, &[(None, "전혀"), (None, "다른 말")]);
    assert_eq!(
        ask(&library, &vectors, "launch", Mode::Meaning)[0]
            .segment
            .as_ref()
            .unwrap()
            .text,
        "전혀",
        "a new transcript is shown by its times"
    );
    library.trash(id).unwrap();
    assert!(
        !ids(&ask(&library, &vectors, "launch", Mode::Hybrid)).contains(&id),
        "the trash does not answer"
    );
    library.restore(id).unwrap();
    assert!(
        ids(&ask(&library, &vectors, "launch", Mode::Meaning)).contains(&id),
        "what comes back does"
    );
    library.trash(id).unwrap();
    library.purge(None).unwrap();
    assert!(
        !ids(&ask(&library, &vectors, "launch", Mode::Meaning)).contains(&id),
        "what is deleted does not"
    );
    library.clear_index().unwrap();
    assert!(
        matches!(
            find(
                &library,
                &vectors,
                &query("launch", Mode::Meaning),
                Some(&embed("launch"))
            ),
            Err(SearchError::NoVector)
        ),
        "without an index there is no search by meaning, which is said"
    );
    assert_eq!(
        ask(&library, &vectors, "비가", Mode::Hybrid).len(),
        1,
        "and words are found as ever"
    );
    assert_eq!(vectors.size().0, 0, "nothing is kept in memory of what is gone");
}

#[test]
fn another_model_answers_once_it_has_everything() {
    let (_dir, library, vectors) = library();
    let id = add(&library, "a", &["점심 먹읍시다."]);
    let other = add(&library, "b", &["비가 옵니다."]);
    let large = EmbeddingModel {
        name: "large".to_owned(),
        n_dimensions: N_DIMENSIONS * 2,
    };
    let twice = |text: &str| {
        let vector = embed(text);
        normal([vector.clone(), vector].concat())
    };
    index(&library, id, &large, twice);
    assert_eq!(
        vectors.model(&library).unwrap(),
        Some(model("small")),
        "the old one answers"
    );
    assert_eq!(
        ask(&library, &vectors, "lunch", Mode::Meaning).len(),
        2,
        "for all recordings"
    );
    index(&library, other, &large, twice);
    assert!(library.finish_model(&large).unwrap(), "it has everything");
    assert_eq!(vectors.model(&library).unwrap(), Some(large), "so it answers");
    let refused = find(
        &library,
        &vectors,
        &query("lunch", Mode::Meaning),
        Some(&embed("lunch")),
    );
    assert!(
        matches!(refused, Err(SearchError::NoVector)),
        "the old one's question is not understood"
    );
    let hits = find(
        &library,
        &vectors,
        &query("lunch", Mode::Meaning),
        Some(&twice("lunch")),
    )
    .unwrap();
    assert_eq!(hits[0].recording_id, id, "its own is");
}

#[test]
fn damaged_vectors_are_passed_over_and_made_again() {
    let (dir, library, vectors) = library();
    let id = add(
        &library,
        "a",
        &["점심 먹읍시다.", "네.", "좋아요.", "돈은 있어요?", "그럼요."],
    );
    let file = dir.path().join("index.db");
    let other = rusqlite::Connection::open(&file).unwrap();
    other
        .execute_batch("UPDATE passages SET vector = x'01' WHERE id = 1")
        .unwrap();
    drop(other);
    let hits = ask(&library, &vectors, "money", Mode::Meaning);
    assert_eq!(hits[0].passage.unwrap().start_ms, 10_000, "what is whole answers");
    assert_eq!(
        library.waiting_for_index(&model("small"), 5).unwrap(),
        [id],
        "and the recording waits to be indexed again"
    );
    assert_eq!(
        index(&library, id, &model("small"), embed),
        1,
        "which costs one vector"
    );
    assert_eq!(
        ask(&library, &vectors, "lunch", Mode::Meaning)[0]
            .passage
            .unwrap()
            .start_ms,
        0,
        "then all is found"
    );
}

#[test]
fn similar_recordings_share_a_matter() {
    let (_dir, library, vectors) = library();
    add_filler(&library, 10);
    let first = add(
        &library,
        "a",
        &["예산 이야기", "돈이 없어요.", "출시는 언제?", "release"],
    );
    let second = add(&library, "b", &["budget and money", "launch", "cost"]);
    let third = add(&library, "c", &["출시", "공개", "비용은?"]);
    let lunch = add(&library, "d", &["점심", "식사", "밥"]);
    let alike = similar(&library, &vectors, first, 5).unwrap();
    let found: Vec<_> = alike.iter().map(|one| one.recording_id).collect();
    assert!(
        found[..2].contains(&second) && found[..2].contains(&third),
        "the same matters: {alike:?}"
    );
    assert!(!found.contains(&first), "a recording is not similar to itself");
    let lunch_at = found.iter().position(|id| *id == lunch);
    assert!(
        lunch_at.is_none_or(|at| alike[at].similarity < alike[1].similarity / 2.0),
        "another matter is far behind: {alike:?}"
    );
    assert!(
        alike.is_sorted_by(|a, b| a.similarity >= b.similarity),
        "the most alike first"
    );
    library.trash(second).unwrap();
    let found = similar(&library, &vectors, first, 1).unwrap();
    assert_eq!(found[0].recording_id, third, "without the trash");
    let unknown = add_spoken(&library, "not indexed", &[(None, "예산")]);
    assert!(
        similar(&library, &vectors, unknown, 5).unwrap().is_empty(),
        "what has no vectors is like nothing"
    );
}

#[test]
fn answers_get_whole_passages() {
    let (_dir, library, vectors) = library();
    add_filler(&library, 40);
    let budget = add(
        &library,
        "예산",
        &[
            "시작합시다.",
            "예산은 삼천만 원으로 결정했습니다.",
            "좋습니다.",
            "다음 안건",
            "날씨 좋네요.",
            "네.",
        ],
    );
    let cost = add(&library, "b", &["비용이 더 들 겁니다.", "얼마나요?"]);
    let question = "예산을 얼마로 결정했나요?";
    let asked = query(question, Mode::Hybrid);
    let passages = best_passages(&library, &vectors, &asked, Some(&embed(question)), 4).unwrap();
    assert_eq!(
        passages[0].recording_id, budget,
        "what holds words and meaning is first"
    );
    assert_eq!(passages[0].found_by, FoundBy::Both, "found by both");
    assert!(
        passages[0].word_score.unwrap() > 0.0 && passages[0].similarity.unwrap() > 0.5,
        "with the scores of both: {:?}",
        passages[0]
    );
    assert_eq!(
        (
            passages[0].start_ms,
            passages[0].end_ms,
            passages[0].first_segment_idx,
            passages[0].segments.len()
        ),
        (0, 14_900, 0, 3),
        "it is whole segments with their places"
    );
    assert_eq!(
        passages[0].text, "시작합시다. 예산은 삼천만 원으로 결정했습니다. 좋습니다.",
        "and their text"
    );
    assert!(
        passages.iter().any(|passage| passage.recording_id == cost),
        "other words for it are found"
    );
    let words_only = best_passages(&library, &vectors, &asked, None, 4).unwrap();
    assert_eq!(
        words_only[0].recording_id, budget,
        "without vectors words find it"
    );
    assert!(
        words_only[0].segments.len() > 1 && words_only[0].similarity.is_none(),
        "with what was said around it: {:?}",
        words_only[0].text
    );
    for (idx, one) in passages.iter().enumerate() {
        let again = passages[..idx].iter().any(|other| {
            other.recording_id == one.recording_id && other.first_segment_idx == one.first_segment_idx
        });
        assert!(!again, "no passage comes twice: {:?}", one.text);
    }
}

#[test]
fn searching_goes_on_while_recordings_are_indexed() {
    let (dir, library, vectors) = library();
    let ids: Vec<_> = (0..20)
        .map(|number| add(&library, &format!("{number}"), &["점심 먹읍시다.", "네."]))
        .collect();
    let indexing = {
        let (dir, ids) = (dir.path().to_owned(), ids.clone());
        std::thread::spawn(move || {
            let library = Library::open(&dir).unwrap();
            for round in 0..8 {
                for id in &ids {
                    library.edit_segment(*id, 1, &format!("{round} 번")).unwrap();
                    index(&library, *id, &model("small"), embed);
                }
                add(&library, "new", &["밥은?"]);
            }
        })
    };
    let mut n_searches = 0;
    std::thread::scope(|threads| {
        let searching = threads.spawn(|| {
            while !indexing.is_finished() {
                assert_eq!(
                    ask(&library, &vectors, "lunch", Mode::Meaning).len(),
                    10,
                    "found by meaning"
                );
            }
        });
        while !searching.is_finished() {
            assert_eq!(
                ask(&library, &vectors, "점심", Mode::Hybrid).len(),
                10,
                "and by both"
            );
            n_searches += 1;
        }
        searching.join().unwrap();
    });
    indexing.join().unwrap();
    assert!(n_searches > 1, "it was searched meanwhile");
    assert_eq!(
        ask(&library, &vectors, "lunch", Mode::Meaning).len(),
        10,
        "and after"
    );
    assert_eq!(vectors.size().0, 28, "each passage is in memory once");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn nothing_that_is_typed_is_an_error(
        typed in "\\PC{0,40}|[\"'*^:()+\\-a-z가-힣\u{0} 😀]{0,30}|.{0,20}",
        mode in prop::sample::select(vec![Mode::Words, Mode::Meaning, Mode::Hybrid]),
        speaker in prop::option::of("[가-힣'\"%]{0,3}"),
        title in prop::option::of(".{0,5}"),
    ) {
        static LIBRARY: std::sync::OnceLock<(tempfile::TempDir, Library, Vectors)> = std::sync::OnceLock::new();
        let (_dir, library, vectors) = LIBRARY.get_or_init(|| {
            let (dir, library, vectors) = library();
            add(&library, "회의 a", &["a b c 가 나 다", "it's (x) \"y\" z:* 😀"]);
            (dir, library, vectors)
        });
        let filters = Filters { speaker, title, ..Filters::default() };
        let query = Query { text: typed.clone(), mode, filters, limit: 5 };
        match find(library, vectors, &query, Some(&embed(&typed))) {
            Ok(hits) => {
                for hit in hits {
                    let joined: String = hit.snippet.parts.iter().map(|part| part.text.as_str()).collect();
                    prop_assert_eq!(joined, hit.snippet.text, "the pieces are the whole");
                }
            }
            Err(error) => prop_assert!(matches!(error, SearchError::NothingToFind), "{typed:?}: {error}"),
        }
    }
}

#[test]
fn what_cannot_be_asked_is_said() {
    let (_dir, library, vectors) = library();
    add(&library, "a", &["점심"]);
    let long = "가".repeat(5_000);
    for mode in [Mode::Words, Mode::Meaning, Mode::Hybrid] {
        let ask = |text: &str| find(&library, &vectors, &query(text, mode), Some(&embed("a")));
        assert!(
            matches!(ask(&long), Err(SearchError::TooLong { .. })),
            "{mode:?}: a pasted page"
        );
        assert!(
            matches!(ask("  "), Err(SearchError::NothingToFind)),
            "{mode:?}: nothing"
        );
    }
    for wrong in [vec![f32::NAN; N_DIMENSIONS], vec![0.0; N_DIMENSIONS]] {
        let hits = find(&library, &vectors, &query("점심", Mode::Hybrid), Some(&wrong)).unwrap();
        assert_eq!(hits.len(), 1, "a vector that points nowhere leaves the words");
    }
    let many = (0..400)
        .map(|number| format!("w{number}"))
        .collect::<Vec<_>>()
        .join(" ");
    let many: String = many.chars().take(999).collect();
    assert!(
        find(&library, &vectors, &query(&many, Mode::Hybrid), None).is_ok(),
        "hundreds of words are answered"
    );
    let none = find(
        &library,
        &vectors,
        &Query {
            limit: 0,
            ..query("점심", Mode::Hybrid)
        },
        None,
    )
    .unwrap();
    assert!(none.is_empty(), "nothing was wanted");
}
