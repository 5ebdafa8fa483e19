use std::time::Instant;

use super::*;
use crate::fake::{segment, segments};

#[test]
fn the_central_sentences_are_found_in_order_of_time() {
    let talk = segments(&[
        "Good morning everybody.",
        "Today we decide whether the product launch moves to September.",
        "Yes, sure, okay.",
        "My cat slept on the keyboard yesterday evening.",
        "The product launch depends on the payment tests, and those are late.",
        "If the payment tests stay late, the launch in August is not possible.",
        "So the product launch moves to September, that is decided.",
        "Right, right.",
        "So the product launch moves to September, that is decided.",
    ]);
    let found = highlights(&talk, "en", 3);
    assert_eq!(found.sentences.len(), 3, "as many as were wanted: {found:?}");
    assert!(
        found
            .sentences
            .windows(2)
            .all(|pair| pair[0].start_ms <= pair[1].start_ms),
        "in order of time"
    );
    let texts: Vec<&str> = found.sentences.iter().map(|one| one.text.as_str()).collect();
    assert!(
        texts
            .iter()
            .all(|text| text.contains("launch") || text.contains("payment")),
        "what the talk is about: {texts:?}"
    );
    assert_eq!(
        texts
            .iter()
            .filter(|text| text.starts_with("So the product"))
            .count(),
        1,
        "what was said twice is shown once: {texts:?}"
    );
    let best = found.sentences.iter().map(|one| one.score).fold(0.0, f32::max);
    assert!((best - 1.0).abs() < 1e-6, "the first has 1.0");
    assert_eq!(found.key_words[0].text, "launch", "{:?}", found.key_words);
}

#[test]
fn korean_works_as_well() {
    let talk = segments(&[
        "안녕하세요 여러분",
        "오늘은 신제품 출시 일정을 다시 정하려고 합니다.",
        "네 알겠습니다.",
        "결제 기능 테스트가 늦어져서 신제품 출시가 어렵습니다.",
        "점심은 김치찌개를 먹었습니다.",
        "그러면 신제품 출시를 구월로 미루고 결제 기능 테스트를 먼저 끝냅시다.",
        "좋습니다.",
    ]);
    let found = highlights(&talk, "ko", 2);
    let texts: Vec<&str> = found.sentences.iter().map(|one| one.text.as_str()).collect();
    assert!(
        texts.len() == 2 && texts.iter().all(|text| text.contains("신제품 출시")),
        "what the talk is about: {texts:?}"
    );
    assert!(
        found
            .key_words
            .iter()
            .take(4)
            .any(|word| word.text == "출시" && word.n == 3),
        "particles are no part of a word: {:?}",
        found.key_words
    );
}

#[test]
fn little_text_gives_little() {
    assert_eq!(
        highlights(&[], "ko", 5),
        Highlights::default(),
        "nothing from nothing"
    );
    let found = highlights(&segments(&["네.", "Okay."]), "ko", 5);
    assert!(found.sentences.is_empty(), "reactions tell nothing: {found:?}");
    let found = highlights(
        &segments(&["The harbour budget was approved yesterday."]),
        "en",
        5,
    );
    assert_eq!(
        found.sentences.len(),
        1,
        "one sentence is its own highlight: {found:?}"
    );
}

#[test]
fn ten_hours_are_ranked_at_once() {
    let talk: Vec<Segment> = (0..12_000)
        .map(|n| {
            segment(
                n,
                &format!(
                    "Topic{} about the harbour plan{} and 예산{} 검토를 {}에 계속하겠습니다.",
                    n % 97,
                    n % 31,
                    n % 53,
                    n
                ),
            )
        })
        .collect();
    let started = Instant::now();
    let found = highlights(&talk, "ko", 20);
    // A second in a release build on a quiet machine; tests run without one and beside others.
    assert!(
        started.elapsed().as_secs() < 30,
        "it took {:?}",
        started.elapsed()
    );
    assert_eq!(found.sentences.len(), 20, "as many as were wanted");
}
