use super::*;
use crate::answer::tests::passage;

fn judged(question: &str, passages: &[AnswerPassage], text: &str, cited: &[usize]) -> (Vec<usize>, bool) {
    let language = if question.chars().any(korean::is_hangul) {
        "ko"
    } else {
        "en"
    };
    Support::new(question, passages, language).judge(text, cited)
}

/// Those sentences that one passage bears out, and those that it does not.
fn parted<'a>(question: &str, said: &str, texts: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    texts
        .iter()
        .copied()
        .partition(|text| bears_out(question, said, text))
}

/// Whether one passage, which is cited, bears a sentence out.
fn bears_out(question: &str, said: &str, text: &str) -> bool {
    judged(question, &[passage(0, said)], text, &[0]).1
}

#[test]
fn english_sentences_are_held_against_what_was_said() {
    let said = "Okay so the payment tests are late by two weeks, and that's why we decided to move the launch \
                to September 12. Minsu Kim will tell the board. We don't raise the budget of 30,000 dollars.";
    let question = "When is the launch?";
    let said_so = [
        "The launch is moved to September 12.",
        "The launch moves to September because the payment tests are late.",
        "Payment tests are two weeks late.",
        "Minsu will tell the board.",
        "The budget of $30,000 is not raised.",
        "They don't raise the budget.",
    ];
    assert_eq!(parted(question, said, &said_so).1, [""; 0], "these were said");
    let never_said = [
        "The launch is moved to October 12.",
        "The launch is moved to September 21.",
        "The launch is moved to the winter.",
        "Payment tests are three weeks late.",
        "Zoe will tell the board.",
        "Minsu Park will tell the board.",
        "The budget of $300,000 is not raised.",
        "They raise the budget of 30,000 dollars.",
        "The launch never moves to September.",
        "The launch was cancelled by the customers.",
        "Yes.",
        "When is the launch?",
    ];
    assert_eq!(parted(question, said, &never_said).0, [""; 0], "these were not");
}

#[test]
fn korean_sentences_are_held_against_what_was_said() {
    let said = "네 결제 테스트가 2주 늦어져서요 신제품 출시를 3월 12일로 미루기로 했어요. 김민수 팀장이 다섯 명에게 \
                보고할 거고요. 마케팅 예산 5천만 원은 늘리지 않기로 했습니다.";
    let question = "신제품 출시는 언제인가요?";
    let said_so = [
        "신제품 출시는 3월 12일로 미뤄졌습니다.",
        "출시를 3월 12일로 미뤘습니다.",
        "결제 테스트가 2주 늦어졌습니다.",
        "결제테스트가 이 주 늦어졌다고 합니다.",
        "김민수 팀장이 5명에게 보고합니다.",
        "마케팅 예산 5,000만 원은 늘리지 않습니다.",
        "마케팅예산은 늘리지 않기로 했다.",
    ];
    assert_eq!(parted(question, said, &said_so).1, [""; 0], "these were said");
    let never_said = [
        "신제품 출시는 4월 12일로 미뤄졌습니다.",
        "출시를 3월 21일로 미뤘습니다.",
        "신제품 출시는 사월로 미뤄졌습니다.",
        "박지훈 팀장이 다섯 명에게 보고합니다.",
        "김민준 팀장이 다섯 명에게 보고합니다.",
        "김민수 팀장이 두 명에게 보고합니다.",
        "마케팅 예산 6천만 원은 늘리지 않습니다.",
        "마케팅 예산을 늘리기로 했습니다.",
        "신제품 출시는 고객사의 요청으로 취소되었습니다.",
        "네, 그렇습니다.",
    ];
    assert_eq!(parted(question, said, &never_said).0, [""; 0], "these were not");
}

#[test]
fn a_wrong_citation_gives_way_to_the_right_one() {
    let passages = [
        passage(0, "The office plants need water."),
        passage(1, "So we move the launch to September."),
        passage(2, "Minsu pays for the party on Friday."),
    ];
    let judge = |text: &str, cited: &[usize]| judged("When?", &passages, text, cited);
    assert_eq!(
        judge("The launch moves to September.", &[1]),
        (vec![1], true),
        "it is right"
    );
    assert_eq!(
        judge("The launch moves to September.", &[0, 1, 2]),
        (vec![1], true),
        "what adds nothing is dropped"
    );
    assert_eq!(
        judge("The launch moves to September.", &[0]),
        (vec![1], true),
        "another bears it out"
    );
    assert_eq!(
        judge("The launch moves to September.", &[]),
        (vec![1], true),
        "where nothing is cited too"
    );
    assert_eq!(
        judge("The launch moves to September, Minsu pays for the party.", &[1]),
        (vec![1, 2], true),
        "it takes two"
    );
    assert_eq!(
        judge("Minsu pays for the launch in Busan.", &[0, 2]),
        (vec![2], false),
        "not borne out, but that is what it is about"
    );
    assert_eq!(
        judge("Dragons attack.", &[0, 77]),
        (Vec::new(), false),
        "about nothing"
    );
}

#[test]
fn saying_the_question_again_is_no_answer() {
    let said = "Let us talk about the launch of the new product in Korea.";
    let question = "Who decided about the launch of the new product in Korea?";
    assert!(
        !bears_out(
            question,
            said,
            "The director decided the launch of the new product in Korea."
        ),
        "what is new in it nobody said"
    );
    assert!(
        bears_out(
            "What was it about?",
            said,
            "They talk about the launch of the product in Korea."
        ),
        "to another question the same words are one"
    );
}

#[test]
fn the_day_and_the_title_of_a_recording_may_be_told() {
    let mut said = passage(0, "예산을 5천만 원으로 확정했습니다.");
    said.title = "3분기 회의".to_owned();
    let bears_out = |text: &str| judged("예산은?", std::slice::from_ref(&said), text, &[0]).1;
    assert!(
        bears_out("3월 5일에 예산을 5천만 원으로 확정했습니다."),
        "the day"
    );
    assert!(
        bears_out("2026년 3월에 예산을 확정했습니다."),
        "the month with its year"
    );
    assert!(bears_out("3분기 회의에서 예산을 확정했습니다."), "the title");
    assert!(
        !bears_out("예산을 5월에 확정했습니다."),
        "the day alone is too easily right"
    );
    assert!(
        !bears_out("예산을 3천만 원으로 확정했습니다."),
        "nor is a title a source of numbers"
    );
    said.speaker = Some("김민수".to_owned());
    let named = judged("예산은?", &[said], "김민수가 예산을 확정했습니다.", &[0]);
    assert!(named.1, "who speaks is known");
}

#[test]
fn another_language_cannot_be_told_and_keeps_its_citation() {
    let passages = [passage(0, "So we move the launch to September.")];
    assert_eq!(
        judged("출시는 언제?", &passages, "출시는 가을로 미뤄졌습니다.", &[0]),
        (vec![0], false),
        "marked, and to be looked up"
    );
}

#[test]
fn scripts_without_blanks_are_compared_by_letters() {
    let said = "発売は九月に延期することを決めました。";
    assert!(
        bears_out("いつ", said, "発売は九月に延期します。"),
        "nearly the same letters"
    );
    assert!(!bears_out("いつ", said, "予算は来年に増額します。"), "others");
}
