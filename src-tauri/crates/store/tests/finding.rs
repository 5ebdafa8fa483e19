//! The index behind the search: every part of every text is found, and nothing else.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;

use common::{library, transcribe, transcribed};
use proptest::prelude::*;
use recordroute_store::{Library, fold, is_searchable};

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| fold(word)).collect()
}

fn found(library: &Library, looked_for: &[&str]) -> Vec<String> {
    let matches = library.find_segments(&words(looked_for), 100).unwrap();
    matches.into_iter().map(|found| found.text).collect()
}

#[test]
fn words_of_every_length_are_found_anywhere_in_the_text() {
    let (_dir, library) = library();
    transcribed(
        &library,
        "a",
        &[
            "내일 예산회의를 합니다.",
            "The Quarterly BUDGET is 3.5 million",
            "AI와 돈",
        ],
    );
    for (word, text_idx, why) in [
        ("돈", 2, "one syllable"),
        ("회의", 0, "two syllables inside a longer word"),
        ("예산회의를", 0, "a whole word"),
        ("ai", 2, "two letters, in either case"),
        ("budget", 1, "a word in capitals"),
        ("arter", 1, "the middle of a word"),
        ("quarterly budget", 1, "a phrase"),
        ("3.5", 1, "a number with a point"),
        ("예산회의를 합니다.", 0, "a phrase up to its full stop"),
    ] {
        let texts = found(&library, &[word]);
        assert_eq!(texts.len(), 1, "“{word}” ({why}) is found once, got {texts:?}");
        let all = [
            "내일 예산회의를 합니다.",
            "The Quarterly BUDGET is 3.5 million",
            "AI와 돈",
        ];
        assert_eq!(texts[0], all[text_idx], "“{word}” ({why}) is in that segment");
    }
    for word in ["회장", "budget quarterly", "budgets", "35", "quartly"] {
        assert!(found(&library, &[word]).is_empty(), "“{word}” was never said");
    }
    assert_eq!(
        found(&library, &["내일", "회의"]).len(),
        1,
        "both words in one segment"
    );
    assert!(
        found(&library, &["내일", "budget"]).is_empty(),
        "no segment has both"
    );
}

#[test]
fn runs_that_come_apart_are_no_match() {
    let (_dir, library) = library();
    transcribed(&library, "a", &["banan anana"]);
    assert!(
        found(&library, &["bananana"]).is_empty(),
        "every run of three letters is there, the word is not"
    );
}

#[test]
fn words_in_different_places_find_the_recording() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "Budget talk", &["내일 회의", "zebrafish 이야기"]);
    transcribed(&library, "other", &["내일 이야기"]);
    let scattered = |looked_for: &[&str], known: &HashSet<_>| {
        library.find_scattered(&words(looked_for), known, 10).unwrap()
    };
    let none = HashSet::new();
    let matches = scattered(&["zebrafish", "내일"], &none);
    assert_eq!(matches.len(), 1, "only the first recording has both");
    assert_eq!(
        matches[0].text, "내일 회의",
        "its first segment with one of them is shown"
    );
    assert_eq!(
        scattered(&["budget", "zebrafish"], &none)[0].text,
        "zebrafish 이야기",
        "one word may stand in the title"
    );
    assert!(
        scattered(&["zebrafish", "내일"], &HashSet::from([id])).is_empty(),
        "what is known already is left out"
    );
    assert!(
        scattered(&["zebrafish", "회장"], &none).is_empty(),
        "all words must occur"
    );
}

#[test]
fn titles_are_found_under_their_present_name() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "주간 회의", &["하나"]);
    let n_found = |word: &str| library.find_titles(&words(&[word]), 10).unwrap().len();
    assert_eq!(n_found("회의"), 1, "by a part of the title");
    library.rename(id, "Budget").unwrap();
    assert_eq!(
        (n_found("회의"), n_found("budget")),
        (0, 1),
        "the old name is forgotten"
    );
    library.trash(id).unwrap();
    assert_eq!(n_found("budget"), 0, "not from the trash");
}

#[test]
fn the_newest_transcripts_come_first() {
    let (_dir, library) = library();
    for number in 0..4 {
        transcribed(&library, "a", &[&format!("회의 {number}")]);
    }
    let matches = library.find_segments(&words(&["회의"]), 2).unwrap();
    let texts: Vec<&str> = matches.iter().map(|found| found.text.as_str()).collect();
    assert_eq!(texts, ["회의 3", "회의 2"], "a limit keeps the newest");
    assert_eq!(
        library.segment_frequency("회의", 100).unwrap(),
        4,
        "all of them are counted"
    );
    assert_eq!(library.segment_frequency("회의", 3).unwrap(), 3, "up to a limit");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_part_of_a_stored_text_is_found(
        text in "\\PC{1,30}|[가-힣a-zA-Z .\"*-]{1,30}|[\u{1100}-\u{1112}\u{1161}-\u{1175}]{2,12}",
        from in 0..30_usize,
        n in 1..10_usize,
    ) {
        // One library for all cases: opening one is most of the work.
        static LIBRARY: std::sync::OnceLock<(tempfile::TempDir, Library, recordroute_core::RecordingId)> =
            std::sync::OnceLock::new();
        let (_dir, library, id) = LIBRARY.get_or_init(|| {
            let (dir, library) = library();
            let id = library.add_recording(&common::draft("a")).unwrap();
            (dir, library, id)
        });
        transcribe(library, *id, &[&text]);
        let word: String = fold(&text).chars().skip(from).take(n).collect();
        let word = fold(&word);
        if is_searchable(&word) && fold(&text).contains(&word) {
            let matches = library.find_segments(std::slice::from_ref(&word), 5).unwrap();
            prop_assert_eq!(matches.len(), 1, "“{}” is a part of “{}”", word, text);
        }
    }
}
