//! Searching by meaning, and by both joined. The vectors are made here, of a table of words that mean
//! the same: what is tested is what is done with vectors.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use recordroute_core::{
    DetectedLanguage, JobKind, MediaPlace, RecordingDraft, RecordingId, Segment, TranscribeOptions,
};
use recordroute_search::{
    Filters, FoundBy, Hit, Mode, PassageLimits, Query, SearchError, Vectors, best_passages, find, passages,
    similar,
};
use recordroute_store::{ChunkRecord, EmbeddingModel, JobEnd, Library};

const N_DIMENSIONS: usize = 64;

/// Words of each row mean the same, in whatever language.
const MEANINGS: [&[&str]; 6] = [
    &["예산", "돈", "비용", "budget", "money", "cost"],
    &["고객", "손님", "customer", "client"],
    &["점심", "식사", "밥", "lunch", "meal"],
    &["출시", "공개", "release", "launch"],
    &["비", "날씨", "weather", "rain"],
    &["채용", "면접", "hire", "interview"],
];

fn model(name: &str) -> EmbeddingModel {
    EmbeddingModel {
        name: name.to_owned(),
        n_dimensions: N_DIMENSIONS,
    }
}

/// A direction that is the same on every machine.
fn direction(seed: u64) -> Vec<f32> {
    let mut state = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut roll = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let vector: Vec<f32> = (0..N_DIMENSIONS)
        .map(|_| (0..6).map(|_| roll()).sum::<f32>() - 3.0)
        .collect();
    normal(vector)
}

fn normal(vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.into_iter().map(|value| value / length).collect()
}

fn hash(text: &str) -> u64 {
    recordroute_store::text_hash(text)
}

/// What a text is about, with a little of its own.
fn embed(text: &str) -> Vec<f32> {
    let mut vector: Vec<f32> = direction(hash(text)).iter().map(|value| value * 0.4).collect();
    let text = text.to_lowercase();
    for (idx, words) in MEANINGS.iter().enumerate() {
        if words.iter().any(|word| text.contains(word)) {
            vector
                .iter_mut()
                .zip(direction(idx as u64))
                .for_each(|(value, more)| *value += more);
        }
    }
    normal(vector)
}

/// What a model gives for a language that it does not know.
fn embed_poorly(text: &str) -> Vec<f32> {
    direction(hash(text))
}

fn library() -> (tempfile::TempDir, Library, Vectors) {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    (dir, library, Vectors::default())
}

fn segment(idx: u64, text: &str, speaker: Option<&str>) -> Segment {
    Segment {
        start_ms: idx * 5_000,
        end_ms: idx * 5_000 + 4_900,
        text: text.to_owned(),
        confidence: 0.9,
        speaker: speaker.map(str::to_owned),
        flags: Vec::new(),
        words: Vec::new(),
    }
}

fn add_spoken(library: &Library, title: &str, said: &[(Option<&str>, &str)]) -> RecordingId {
    let draft = RecordingDraft {
        title: title.to_owned(),
        source: "a.wav".to_owned(),
        media: MediaPlace::Referenced("/a.wav".to_owned()),
        hash: String::new(),
        bytes: 0,
    };
    let id = library.add_recording(&draft).unwrap();
    hear(library, id, said);
    id
}

fn hear(library: &Library, id: RecordingId, said: &[(Option<&str>, &str)]) {
    let kind = JobKind::Transcribe {
        model: "tiny".to_owned(),
        options: TranscribeOptions::default(),
    };
    let segments: Vec<Segment> = (0..)
        .zip(said)
        .map(|(idx, (speaker, text))| segment(idx, text, *speaker))
        .collect();
    let job = library
        .enqueue_claimed(id, &kind, "test", Duration::from_secs(60))
        .unwrap();
    let chunk = ChunkRecord {
        source_end_ms: 1_000_000,
        segments: &segments,
        language: Some(&DetectedLanguage {
            code: "ko".to_owned(),
            probability: None,
        }),
    };
    library.record_chunk(job, "test", &chunk).unwrap();
    library.finish(job, "test", &JobEnd::Done).unwrap();
}

fn add(library: &Library, title: &str, texts: &[&str]) -> RecordingId {
    let said: Vec<_> = texts.iter().map(|text| (None, *text)).collect();
    let id = add_spoken(library, title, &said);
    index(library, id, &model("small"), embed);
    id
}

/// Passages of three segments, of which one is shared.
fn index(
    library: &Library,
    id: RecordingId,
    model: &EmbeddingModel,
    embed: impl Fn(&str) -> Vec<f32>,
) -> usize {
    let (transcript, version) = library.versioned_transcript(id).unwrap().unwrap();
    let limits = PassageLimits {
        max_tokens: 3,
        overlap_tokens: 1,
    };
    let passages = passages(
        "",
        &transcript.segments,
        &vec![1; transcript.segments.len()],
        limits,
    );
    let places: Vec<_> = passages.iter().map(|passage| passage.place).collect();
    let lacking = library.passages_to_embed(id, &places, model).unwrap();
    let new: Vec<_> = lacking
        .iter()
        .map(|idx| (*idx, embed(&passages[*idx].text)))
        .collect();
    assert!(
        library.store_passages(id, version, model, &places, &new).unwrap(),
        "it is indexed"
    );
    new.len()
}

fn query(text: &str, mode: Mode) -> Query {
    Query {
        text: text.to_owned(),
        mode,
        filters: Filters::default(),
        limit: 10,
    }
}

fn ask(library: &Library, vectors: &Vectors, text: &str, mode: Mode) -> Vec<Hit> {
    find(library, vectors, &query(text, mode), Some(&embed(text))).unwrap()
}

fn ids(hits: &[Hit]) -> Vec<RecordingId> {
    hits.iter().map(|hit| hit.recording_id).collect()
}

fn marks(hit: &Hit) -> Vec<&str> {
    let parts = hit.snippet.parts.iter().filter(|part| part.matched);
    parts.map(|part| part.text.as_str()).collect()
}

/// Recordings about nothing that is asked for, so that a spread can be known.
fn add_filler(library: &Library, n: usize) {
    for number in 0..n {
        let texts: Vec<String> = (0..6)
            .map(|idx| format!("그냥 하는 이야기 {number} {idx}"))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        add(library, &format!("잡담 {number}"), &texts);
    }
}

#[test]
fn what_means_the_same_is_found_in_other_words_and_languages() {
    let (_dir, library, vectors) = library();
    let money = add(&library, "a", &["안녕하세요.", "돈이 얼마나 들지 봅시다.", "네."]);
    let lunch = add(&library, "b", &["점심은 뭘 먹을까요?"]);
    add(&library, "c", &["비가 옵니다."]);
    assert!(
        ask(&library, &vectors, "budget", Mode::Words).is_empty(),
        "nobody said the word"
    );
    let hits = ask(&library, &vectors, "budget", Mode::Meaning);
    assert_eq!(hits[0].recording_id, money, "but the matter");
    assert_eq!(
        hits[0].found_by,
        FoundBy::Meaning,
        "and it is said how it was found"
    );
    let passage = hits[0].passage.unwrap();
    assert_eq!(
        (passage.start_ms, passage.end_ms),
        (0, 14_900),
        "the passage is where it was said"
    );
    assert!(
        hits[0].snippet.text.contains("돈이"),
        "and is shown: {}",
        hits[0].snippet.text
    );
    assert_eq!(
        ask(&library, &vectors, "a meal with the team", Mode::Hybrid)[0].recording_id,
        lunch,
        "so it is where words are looked for too"
    );
}

#[test]
fn what_both_sides_find_is_one_hit_and_the_first() {
    let (_dir, library, vectors) = library();
    add_filler(&library, 30);
    let both = add(&library, "both", &["네.", "예산을 정합시다.", "좋아요."]);
    let word = add(
        &library,
        "word",
        &["예산이라는 말의 뜻은 무엇일까, 하고 물었습니다. 면접에서요."],
    );
    let meaning = add(&library, "meaning", &["비용이 문제입니다."]);
    let hits = ask(&library, &vectors, "예산", Mode::Hybrid);
    assert_eq!(hits[0].recording_id, both, "found twice: {:?}", ids(&hits));
    assert_eq!(hits[0].found_by, FoundBy::Both, "which is said");
    assert_eq!(marks(&hits[0]), ["예산"], "its word is marked");
    assert_eq!(
        hits[0].segment.as_ref().unwrap().text,
        "예산을 정합시다.",
        "the segment is the word's"
    );
    assert_eq!(
        hits.iter().filter(|hit| hit.recording_id == both).count(),
        1,
        "and it is one hit"
    );
    let rest = ids(&hits);
    assert!(
        rest.contains(&word) && rest.contains(&meaning),
        "either side alone is found: {rest:?}"
    );
    assert!(
        hits.is_sorted_by(|a, b| a.score >= b.score),
        "scores are in the order of the list"
    );
}

#[test]
fn questions_find_what_holds_their_rarer_words() {
    let (_dir, library, vectors) = library();
    for number in 0..30 {
        add(
            &library,
            &format!("{number}"),
            &["우리 회의를 시작합니다.", "When we meet, we meet."],
        );
    }
    let korean = add(&library, "k", &["그래서 세종시 출장 날짜를 결정했습니다."]);
    let english = add(&library, "e", &["We decided on the zebra logo."]);
    for (question, expected, marked) in [
        ("우리가 세종시로 언제 출장을 가기로 결정했나요?", korean, "세종시"),
        ("When did we decide about the zebra?", english, "zebra"),
        ("출장에서는 무엇을 했나요?", korean, "출장"),
        ("로고는 언제 결정되었습니까?", korean, "결정"),
    ] {
        let without = find(&library, &vectors, &query(question, Mode::Hybrid), None).unwrap();
        assert_eq!(
            without[0].recording_id, expected,
            "{question}: {:?}",
            without[0].snippet.text
        );
        assert!(
            marks(&without[0]).contains(&marked),
            "{question}: its word is marked: {:?}",
            marks(&without[0])
        );
        assert!(
            ask(&library, &vectors, question, Mode::Words).is_empty(),
            "{question}: all of it was never said"
        );
    }
}

#[test]
fn vectors_that_know_nothing_do_not_hide_what_words_find() {
    let (_dir, library, vectors) = library();
    let mut with_word = Vec::new();
    for number in 0..60 {
        let needle = if number % 6 == 0 {
            "바늘을 찾았습니다."
        } else {
            "건초입니다."
        };
        let texts = [
            "그냥 하는 말",
            needle,
            "또 다른 말",
            "그리고 끝",
            "정말로 끝",
            "안녕히",
        ];
        let said: Vec<_> = texts.iter().map(|text| (None, *text)).collect();
        let id = add_spoken(&library, &format!("{number}"), &said);
        index(&library, id, &model("poor"), |text| {
            embed_poorly(&format!("{number} {text}"))
        });
        if needle.starts_with("바늘") {
            with_word.push(id);
        }
    }
    let hits = find(
        &library,
        &vectors,
        &query("바늘", Mode::Hybrid),
        Some(&embed_poorly("바늘")),
    )
    .unwrap();
    assert_eq!(hits.len(), 10, "the list is full");
    assert!(
        ids(&hits).iter().all(|id| with_word.contains(id)),
        "with the ten that hold the word: {:?}",
        hits.iter().map(|hit| &hit.snippet.text).collect::<Vec<_>>()
    );
}

#[test]
fn one_meeting_does_not_fill_the_list() {
    let (_dir, library, vectors) = library();
    let texts: Vec<String> = (0..40).map(|number| format!("예산 {number}번 이야기")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let long = add(&library, "long", &texts);
    let others: Vec<_> = (0..5)
        .map(|number| add(&library, &format!("{number}"), &["비용이 듭니다."]))
        .collect();
    for mode in [Mode::Hybrid, Mode::Meaning] {
        let hits = ask(&library, &vectors, "예산", mode);
        let first = ids(&hits[..8]);
        assert_eq!(
            first.iter().filter(|id| **id == long).count(),
            3,
            "{mode:?}: three of one: {first:?}"
        );
        assert!(
            others.iter().all(|id| first.contains(id)),
            "{mode:?}: then the others: {first:?}"
        );
        assert_eq!(hits.len(), 10, "{mode:?}: and more of it where there is room");
    }
}

#[test]
fn filters_narrow_both_sides_before_anything_is_ranked() {
    let (_dir, library, vectors) = library();
    let wanted = add(&library, "주간", &["손님이 왔습니다.", "예산 이야기"]);
    library.add_tag(wanted, "팀").unwrap();
    for number in 0..60 {
        add(&library, &format!("{number}"), &["고객 customer client 예산"]);
    }
    let mut query = query("고객 예산", Mode::Hybrid);
    query.filters.tags = vec!["팀".to_owned()];
    for mode in [Mode::Hybrid, Mode::Meaning, Mode::Words] {
        query.mode = mode;
        let hits = find(&library, &vectors, &query, Some(&embed("고객"))).unwrap();
        let of_mode = if mode == Mode::Words { 0 } else { 1 };
        assert_eq!(
            hits.iter().filter(|hit| hit.recording_id == wanted).count(),
            of_mode,
            "{mode:?}: it is found behind 60 that fit better"
        );
        assert_eq!(hits.len(), of_mode, "{mode:?}: and nothing else is");
    }
    query.filters.tags = vec!["없음".to_owned()];
    query.mode = Mode::Hybrid;
    assert!(
        find(&library, &vectors, &query, Some(&embed("고객")))
            .unwrap()
            .is_empty(),
        "where nothing is left nothing is found"
    );
}

#[test]
fn passages_of_a_speaker_are_those_with_a_word_of_theirs() {
    let (_dir, library, vectors) = library();
    let said = [
        (Some("나"), "예산이 모자랍니다."),
        (Some("나"), "정말입니다."),
        (Some("나"), "네."),
        (Some("너"), "비용은 괜찮습니다."),
        (Some("너"), "돈은 있어요."),
    ];
    let id = add_spoken(&library, "대화", &said);
    index(&library, id, &model("small"), embed);
    let mut query = query("money", Mode::Meaning);
    query.filters.speaker = Some("너".to_owned());
    let hits = find(&library, &vectors, &query, Some(&embed("money"))).unwrap();
    assert_eq!(
        hits.len(),
        1,
        "the passage in which only the other one speaks is left out"
    );
    assert_eq!(
        hits[0].segment.as_ref().unwrap().text,
        "비용은 괜찮습니다.",
        "and what is shown is theirs"
    );
}

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
