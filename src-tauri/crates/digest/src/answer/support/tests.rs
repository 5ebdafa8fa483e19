use super::*;
use crate::answer::tests::passage;
use crate::words::korean;

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
        bears_out("いつ", said, "発売は九月に延期することにした。"),
        "nearly the same letters"
    );
    assert!(!bears_out("いつ", said, "予算は来年に増額します。"), "others");
}

/// Two talks as people talk, and what a model would write of them.
#[test]
fn talk_bears_out_what_is_written_of_it() {
    let talk = "자 그러면 시작할게요. 지난주에 말씀드린 대로 서버 이전은 다음 달 초에 진행하려고 합니다. 비용은 한 \
                이천만 원 정도 들 것 같고요. 이 부분은 재무팀 승인이 필요해서 이수진 과장님이 금요일까지 품의서를 \
                올려주시기로 했습니다. 그리고 고객사에서 로그인 오류가 계속 난다고 연락이 왔는데 아직 원인은 못 \
                찾았어요.";
    let question = "서버 이전은 언제 해?";
    let said_so = [
        "서버 이전은 다음 달 초에 진행할 예정입니다.",
        "비용은 약 2천만 원이 들 것으로 예상됩니다.",
        "서버 이전 비용은 2,000만 원 정도입니다.",
        "재무팀의 승인이 필요합니다.",
        "이수진 과장이 금요일까지 품의서를 제출하기로 했습니다.",
        "고객사에서 로그인 오류가 발생한다는 연락이 왔습니다.",
        "고객사의 로그인 오류 원인은 아직 찾지 못했습니다.",
    ];
    assert_eq!(parted(question, talk, &said_so).1, [""; 0], "these were said");
    let never_said = [
        "서버 이전은 이번 달 말에 진행합니다.",
        "서버 이전은 다음 주 초에 진행합니다.",
        "서버 이전은 내년에 진행합니다.",
        "서버 이전은 취소되었습니다.",
        "비용은 3천만 원입니다.",
        "이수진 과장이 월요일까지 품의서를 올립니다.",
        "박수진 과장이 품의서를 올립니다.",
        "인사팀 승인이 필요합니다.",
        "로그인 오류의 원인을 찾았습니다.",
        "고객사에서 결제가 안 된다고 항의했습니다.",
    ];
    assert_eq!(parted(question, talk, &never_said).0, [""; 0], "these were not");

    let talk = "Alright, let's get going. So the vendor came back with a quote, it's about forty-five thousand \
                dollars a year, which is more than we planned. Sarah's going to negotiate with them and get back to \
                us by the end of next week. I don't think we should sign anything before legal has had a look at \
                the contract. Also the onboarding flow still crashes on older Android phones.";
    let question = "What did the vendor quote?";
    let said_so = [
        "The vendor quoted about $45,000 a year.",
        "The quote is 45,000 dollars per year, more than planned.",
        "Sarah will negotiate with the vendor and report back by the end of next week.",
        "Nothing should be signed before legal has reviewed the contract.",
        "The legal team needs to look at the contract before signing.",
        "The onboarding flow crashes on older Android phones.",
    ];
    assert_eq!(parted(question, talk, &said_so).1, [""; 0], "these were said");
    let never_said = [
        "The vendor quoted about $54,000 a year.",
        "The vendor quoted a monthly price.",
        "The vendor offers a discount of 10 percent.",
        "The quote is less than planned.",
        "John will negotiate with the vendor.",
        "Sarah will negotiate by the end of next month.",
        "Sarah negotiated with them last week.",
        "The contract was signed.",
        "The onboarding flow crashes on older iPhones.",
        "The payment page crashes on older Android phones.",
    ];
    assert_eq!(parted(question, talk, &never_said).0, [""; 0], "these were not");
}
