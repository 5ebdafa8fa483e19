//! Searching a small library as a user would.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use recordroute_core::{JobKind, MediaPlace, RecordingDraft, RecordingId, Segment, TranscribeOptions};
use recordroute_search::{Hit, SearchError, search};
use recordroute_store::{ChunkRecord, JobEnd, Library};
use unicode_normalization::UnicodeNormalization;

fn library() -> (tempfile::TempDir, Library) {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    (dir, library)
}

fn add(library: &Library, title: &str, texts: &[&str]) -> RecordingId {
    let draft = RecordingDraft {
        title: title.to_owned(),
        source: "a.wav".to_owned(),
        media: MediaPlace::Referenced("/a.wav".to_owned()),
        hash: String::new(),
        bytes: 0,
    };
    let id = library.add_recording(&draft).unwrap();
    let kind = JobKind::Transcribe {
        model: "tiny".to_owned(),
        options: TranscribeOptions::default(),
    };
    let segments: Vec<Segment> = (0..)
        .zip(texts)
        .map(|(idx, text)| Segment {
            start_ms: idx * 1_000,
            end_ms: idx * 1_000 + 900,
            text: (*text).to_owned(),
            confidence: 0.9,
            speaker: None,
            flags: Vec::new(),
            words: Vec::new(),
        })
        .collect();
    let job = library
        .enqueue_claimed(id, &kind, "test", Duration::from_secs(60))
        .unwrap();
    let chunk = ChunkRecord {
        source_end_ms: 1_000_000,
        segments: &segments,
        language: None,
    };
    library.record_chunk(job, "test", &chunk).unwrap();
    library.finish(job, "test", &JobEnd::Done).unwrap();
    id
}

fn texts(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.snippet.text.as_str()).collect()
}

fn marks(hit: &Hit) -> Vec<&str> {
    let parts = hit.snippet.parts.iter().filter(|part| part.matched);
    parts.map(|part| part.text.as_str()).collect()
}

#[test]
fn korean_words_are_found_under_their_particles() {
    let (_dir, library) = library();
    let id = add(
        &library,
        "월요일",
        &["회의를 시작합니다.", "다음 회의는 금요일입니다.", "점심"],
    );
    let hits = search(&library, "회의", 10).unwrap();
    assert_eq!(hits.len(), 2, "with either particle: {:?}", texts(&hits));
    assert_eq!(
        marks(&hits[0]),
        ["회의"],
        "the word is marked without its particle"
    );
    let segment = hits.iter().find_map(|hit| hit.segment.clone()).unwrap();
    assert_eq!(hits[0].recording_id, id, "it leads to its recording");
    assert!(
        segment.end_ms > segment.start_ms,
        "and to the second where it was said"
    );
}

#[test]
fn all_words_must_occur_and_togetherness_wins() {
    let (_dir, library) = library();
    let apart = add(&library, "apart", &["the budget", "next week"]);
    let together = add(&library, "together", &["next week's budget"]);
    add(&library, "half", &["the budget only"]);
    let hits = search(&library, "budget week", 10).unwrap();
    let ids: Vec<_> = hits.iter().map(|hit| hit.recording_id).collect();
    assert_eq!(
        ids,
        [together, apart],
        "one segment with both, then a recording with both"
    );
    assert!(
        hits[0].score >= hits[1].score,
        "scores are in the order of the list"
    );
    let phrase = search(&library, "\"next week\"", 10).unwrap();
    assert_eq!(phrase.len(), 2, "a phrase is its words in a row");
    assert!(
        search(&library, "\"week next\"", 10).unwrap().is_empty(),
        "and not in another order"
    );
}

#[test]
fn titles_and_exact_words_come_first() {
    let (_dir, library) = library();
    add(&library, "a", &["we start the art of starting"]);
    add(&library, "b", &["art for everybody here and now"]);
    let inside = add(&library, "c", &["a party"]);
    let titled = add(&library, "Art", &["nothing"]);
    let hits = search(&library, "art", 10).unwrap();
    assert_eq!(
        hits[0].recording_id, titled,
        "the title says what a recording is about"
    );
    assert_eq!(hits[0].segment, None, "a title has no time");
    assert_eq!(marks(&hits[0]), ["Art"], "its match is marked too");
    assert_eq!(
        hits.last().unwrap().recording_id,
        inside,
        "a word inside another one comes last: {:?}",
        texts(&hits)
    );
}

#[test]
fn equal_hits_are_newest_first() {
    let (_dir, library) = library();
    let ids: Vec<_> = (0..4).map(|_| add(&library, "a", &["같은 말"])).collect();
    let hits = search(&library, "같은", 3).unwrap();
    let found: Vec<_> = hits.iter().map(|hit| hit.recording_id).collect();
    assert_eq!(
        found,
        [ids[3], ids[2], ids[1]],
        "with equal scores the newest wins, up to the limit"
    );
}

#[test]
fn the_trash_is_not_searched() {
    let (_dir, library) = library();
    let id = add(&library, "비밀", &["비밀 이야기"]);
    library.trash(id).unwrap();
    assert!(
        search(&library, "비밀", 10).unwrap().is_empty(),
        "neither title nor text"
    );
    library.restore(id).unwrap();
    assert_eq!(
        search(&library, "비밀", 10).unwrap().len(),
        2,
        "both once it is back"
    );
}

#[test]
fn the_language_of_the_index_is_not_the_users() {
    let (_dir, library) = library();
    add(
        &library,
        "a",
        &[
            "C++ and a \"quoted\" NEAR miss",
            "100% sure (really)",
            "it's col:umn",
        ],
    );
    for (typed, n_hits) in [
        ("C++", 1),
        ("\"", 0),
        ("near", 1),
        ("NEAR(", 0),
        ("a AND b", 0),
        ("NOT", 0),
        ("col:umn", 1),
        ("100%", 1),
        ("* OR *", 0),
        ("quoted\" NEAR", 1),
        ("'; DROP TABLE segments; --", 0),
        ("it's", 1),
        ("(really)", 1),
        ("^sure", 0),
    ] {
        match search(&library, typed, 10) {
            Ok(hits) => assert_eq!(hits.len(), n_hits, "“{typed}” is only text: {:?}", texts(&hits)),
            Err(SearchError::NothingToFind) => assert_eq!(n_hits, 0, "“{typed}” has no word in it"),
            Err(error) => panic!("“{typed}” must not be an error: {error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn both_forms_of_korean_find_each_other(text in "[가-힣]{2,8}( [가-힣]{1,4}){0,2}", from in 0..4_usize) {
        let (_dir, library) = library();
        let composed: String = text.nfc().collect();
        let decomposed: String = text.nfd().collect();
        add(&library, "a", &[&composed, &decomposed]);
        let word: String = composed.split(' ').next().unwrap_or_default().chars().skip(from).collect();
        if !word.is_empty() {
            for query in [word.clone(), word.nfd().collect::<String>()] {
                let hits = search(&library, &query, 10).unwrap();
                prop_assert_eq!(hits.len(), 2, "{:?} is in both forms of {:?}", query, text);
            }
        }
    }

    #[test]
    fn nothing_that_is_typed_is_an_error(typed in "\\PC{0,40}|[\"'*^:()+\\-a-z가-힣 ]{0,30}|.{0,20}") {
        static LIBRARY: std::sync::OnceLock<(tempfile::TempDir, Library)> = std::sync::OnceLock::new();
        let (_dir, library) = LIBRARY.get_or_init(|| {
            let (dir, library) = library();
            add(&library, "회의 a", &["a b c 가 나 다", "it's (x) \"y\" z:*"]);
            (dir, library)
        });
        match search(library, &typed, 5) {
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
fn a_library_of_many_recordings_answers_fully() {
    let (_dir, library) = library();
    for number in 0..150 {
        let needle = if number % 50 == 7 { "바늘" } else { "건초" };
        let texts = [
            "오늘의 회의를 시작합니다".to_owned(),
            format!("{needle} 이야기 {number}"),
            "the next meeting is on friday".to_owned(),
        ];
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        add(&library, &format!("기록 {number}"), &texts);
    }
    let n_hits = |typed: &str| search(&library, typed, 1_000).unwrap().len();
    assert_eq!(n_hits("회의"), 150, "a common word is in every recording");
    assert_eq!(n_hits("바늘"), 3, "a rare one in three");
    assert_eq!(
        n_hits("바늘 friday"),
        3,
        "with a common one in other segments of the same three"
    );
    assert_eq!(
        n_hits("friday 회의"),
        150,
        "two common ones in different segments of each"
    );
    assert_eq!(n_hits("바늘 건초"), 0, "never both in one recording");
    assert_eq!(n_hits("\"기록 57\" 바늘"), 1, "title and text together");
}
