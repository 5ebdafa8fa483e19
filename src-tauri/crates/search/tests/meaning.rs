//! Searching by meaning, and by both joined. The vectors are made here: what is tested is what is done
//! with vectors.
#![allow(clippy::unwrap_used)]

mod common;

use common::{
    add, add_filler, add_spoken, ask, embed, embed_poorly, ids, index, library, marks, model, query,
};
use recordroute_search::{FoundBy, Mode, find};

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
