mod measured;

use super::*;
use crate::fake::{one_part, said, segment};

fn raw(text: &str, cited: &[usize]) -> RawItem {
    RawItem {
        text: text.to_owned(),
        who: None,
        when: None,
        cited: cited.to_vec(),
    }
}

/// What an item cites and whether that bears it out; the transcript is English.
fn judged(segments: &[Segment], raw: &RawItem) -> Option<(Vec<u32>, bool)> {
    let lines = one_part(segments);
    let transcript = Transcript::new(segments, "en");
    let item = Ground::new(&transcript, &lines).item(raw)?;
    Some((item.segments, item.is_supported))
}

fn cites(segments: &[Segment], raw: &RawItem) -> Option<Vec<u32>> {
    judged(segments, raw).map(|(segments, _)| segments)
}

fn talk() -> Vec<Segment> {
    vec![
        segment(0, "Let's talk about the budget for marketing."),
        segment(1, "The launch moves to Friday because of the tests."),
        said(2, "Minsu", "I will write the report by Monday."),
        segment(3, "예산은 다음 주 화요일까지 검토하겠습니다."),
    ]
}

#[test]
fn citations_are_only_of_lines_that_there_are() {
    let talk = talk();
    assert_eq!(
        cites(&talk, &raw("The launch is on Friday.", &[0, 2, 99])),
        Some(vec![1]),
        "numbers from 1; others vanish"
    );
    assert_eq!(
        cites(&talk, &raw("The launch moves to Friday.", &[77])),
        Some(vec![1]),
        "without a valid one, the words lead there"
    );
    assert_eq!(
        cites(&talk, &raw("The launch moves to Friday.", &[1])),
        Some(vec![1]),
        "a wrong line gives way to the right one"
    );
    assert_eq!(
        cites(&talk, &raw("Unicorns won the lottery.", &[2])),
        None,
        "what nobody said is left out, cited or not"
    );
    assert_eq!(
        cites(&talk, &raw("A budget for unicorn farms abroad.", &[])),
        None,
        "one word is too little"
    );
}

#[test]
fn another_language_than_the_transcript_is_marked() {
    let talk = talk();
    for text in ["출시를 미룬다.", "发布推迟。"] {
        assert_eq!(
            judged(&talk[..3], &raw(text, &[2])),
            Some((vec![1], false)),
            "nobody can tell: {text}"
        );
        assert_eq!(
            judged(&talk[..3], &raw(text, &[])),
            None,
            "and without a citation there is nothing: {text}"
        );
    }
    let korean = [
        segment(0, "출시를 금요일로 미룹니다."),
        segment(1, "쿠버네티스로 옮깁니다."),
    ];
    let lines = one_part(&korean);
    let transcript = Transcript::new(&korean, "ko");
    let ground = Ground::new(&transcript, &lines);
    let is_supported = |text: &str| ground.item(&raw(text, &[2])).unwrap().is_supported;
    assert!(is_supported("Kubernetes migration"), "terms are of no language");
    assert!(!is_supported("We will move to the cluster."), "a sentence is");
}

#[test]
fn who_speaks_is_no_line() {
    assert_eq!(
        cites(&talk(), &raw("minsu", &[3])),
        None,
        "a name alone says nothing"
    );
    assert_eq!(
        cites(&talk(), &raw("Minsu's report", &[3])),
        Some(vec![2]),
        "with something else it does"
    );
}

#[test]
fn who_and_when_were_said() {
    let segments = talk();
    let lines = one_part(&segments);
    let transcript = Transcript::new(&segments, "en");
    let ground = Ground::new(&transcript, &lines);
    let fields = |who: &str, when: &str, cited: &[usize], text: &str| {
        let item = RawItem {
            who: Some(who.to_owned()),
            when: Some(when.to_owned()),
            ..raw(text, cited)
        };
        let item = ground.item(&item).unwrap();
        (item.who, item.when)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        fields("minsu", "Monday", &[3], "Write the report."),
        (some("minsu"), some("Monday")),
        "the speaker, and a word that was said"
    );
    assert_eq!(
        fields("Alice", "Tuesday", &[3], "Write the report."),
        (None, None),
        "nobody said those"
    );
    assert_eq!(
        fields("예산", "다음주 화요일", &[4], "예산 검토"),
        (some("예산"), some("다음주 화요일")),
        "spacing and particles make no difference"
    );
}

#[test]
fn numbers_and_names_are_those_around_what_is_cited() {
    let mut talk: Vec<Segment> = (0..12)
        .map(|idx| segment(idx, "Well, let me see about that."))
        .collect();
    talk[3] = segment(3, "The vendor wants 45,000 dollars.");
    talk[4] = segment(4, "We sign the contract on Friday.");
    talk[10] = said(10, "Zoe", "I call the vendor about the contract.");
    let lines = one_part(&talk);
    let transcript = Transcript::new(&talk, "en");
    let ground = Ground::new(&transcript, &lines);
    let judged = |text: &str, cited: &[usize]| {
        let item = ground.item(&raw(text, cited)).unwrap();
        (item.segments, item.is_supported)
    };
    assert_eq!(
        judged("The contract of $45,000 is signed on Friday.", &[5]),
        (vec![4], true),
        "a number that stands a line before"
    );
    assert_eq!(
        judged("The contract of $54,000 is signed on Friday.", &[5]),
        (vec![4], false),
        "one that stands nowhere"
    );
    assert_eq!(
        judged("The contract is signed on Monday.", &[5]),
        (vec![4], false),
        "a day that nobody named"
    );
    assert_eq!(
        judged("Zoe calls the vendor about the contract.", &[5]),
        (vec![10], true),
        "it leads to where it was said, and who speaks is a name"
    );
    assert_eq!(
        judged("Maria calls the vendor about the contract.", &[11]),
        (vec![10], false),
        "nobody is called so"
    );
    assert_eq!(
        judged("Call the vendor about the contract.", &[11]),
        (vec![10], true),
        "what is to be done is no name"
    );
    assert_eq!(
        judged("The contract is not signed on Friday.", &[5]),
        (vec![4], false),
        "nobody denied it"
    );
}
