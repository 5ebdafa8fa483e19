use recordroute_core::Exchange;

use crate::words::{english, is_unspaced, korean, words};

/// So many earlier questions are looked back over.
const MAX_LOOKED_BACK: usize = 4;
/// So many words an earlier question gives.
const MAX_WORDS: usize = 12;
/// A question with fewer words that mean something can hardly be looked for alone.
const MIN_TELLING: usize = 2;
/// A question is short with so many words.
const MAX_SHORT: usize = 3;

/// English words that point back, lower-cased.
#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    "also", "and", "another", "because", "but", "else", "he", "her", "here", "his", "him", "it", "its", "or", "other",
    "otherwise", "she", "so", "that", "their", "them", "then", "these", "they", "this", "those", "thus", "too",
];

/// Korean words that point back, without the particles that hang on them.
#[rustfmt::skip]
const KOREAN: &[&str] = &[
    "거기", "걔", "걔네", "그", "그거", "그건", "그걸", "그것", "그게", "그날", "그다음", "그들", "그때", "그래서", "그러니까",
    "그러면", "그런", "그런데", "그럼", "그리고", "그분", "그중", "근데", "또", "또는", "아니면", "여기", "이거", "이건",
    "이것", "이게", "이날", "이때", "저거", "저건", "하지만", "혹은",
];

/// What to look for when this is asked: the question as it stands, or, where it only makes sense behind
/// the ones before it, with the words of the last one in front.
///
/// A question leans on the thread
/// - where no word of it means something ("Why?"), or one does and it is short ("예산은?"),
/// - where a pronoun or a connective stands before the first such word ("And who pays?"), or anywhere
///   beside the only one ("How long does it get?", "그럼 누가 내나요?").
///
/// A last question that leans itself brings along what it leans on. No model is asked.
pub fn standalone(question: &str, thread: &[Exchange]) -> String {
    let question = crate::clean::one_line(question);
    let Some((last, before)) = thread.split_last() else {
        return question;
    };
    if !leans(&question) {
        return question;
    }
    let before = before
        .get(before.len().saturating_sub(MAX_LOOKED_BACK - 1)..)
        .unwrap_or_default();
    let known = telling_words(&question);
    let mut carried = telling_words(&standalone(&last.question, before));
    carried.retain(|word| !known.iter().any(|own| own.to_lowercase() == word.to_lowercase()));
    carried.truncate(MAX_WORDS);
    carried.push(question);
    carried.join(" ")
}

fn leans(question: &str) -> bool {
    let words = words(question);
    let means = |word: &String| telling(word).is_some() && !points_back(word);
    let n_telling = words.iter().filter(|word| means(word)).count();
    if n_telling == 0 || (n_telling < MIN_TELLING && words.len() <= MAX_SHORT) {
        return true;
    }
    let mut begun = words.iter().take_while(|word| !means(word));
    begun.any(|word| points_back(word))
        || (n_telling < MIN_TELLING && words.iter().any(|word| points_back(word)))
}

fn points_back(word: &str) -> bool {
    let word = word.to_lowercase();
    ENGLISH.contains(&word.as_str())
        || KOREAN.contains(&word.as_str())
        || KOREAN.contains(&korean::stem(&word))
}

/// The words of a text that mean something, each once, in order.
fn telling_words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in words(text) {
        if let Some(word) = telling(&word)
            && !points_back(&word)
            && !found.contains(&word)
        {
            found.push(word);
        }
    }
    found
}

/// A word that means something, without its particle; `None` where it does not.
fn telling(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    if word.chars().any(korean::is_hangul) {
        let stem = korean::stem(word);
        let asks = ASKING.iter().any(|asking| lower.starts_with(asking));
        let is_telling = !asks
            && !korean::is_stop_word(word)
            && !korean::is_stop_word(stem)
            && stem.chars().nth(1).is_some();
        return is_telling.then(|| stem.to_owned());
    }
    let is_telling = word.chars().any(is_unspaced)
        || word.chars().all(|c| c.is_ascii_digit())
        || (lower.chars().nth(1).is_some() && !english::is_stop_word(&lower));
    is_telling.then(|| word.to_owned())
}

/// With these a Korean question asks, in all their forms.
const ASKING: [&str; 11] = [
    "누구", "누가", "언제", "어디", "어느", "어떻", "어떤", "무엇", "얼마", "왜", "뭐",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(questions: &[&str]) -> Vec<Exchange> {
        questions
            .iter()
            .map(|question| Exchange {
                question: (*question).to_owned(),
                answer_text: "Something about unicorns.".to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_follow_up_takes_the_last_question_along() {
        for (last, question, expected) in [
            (
                "When is the trip to Busan?",
                "And who pays?",
                "trip Busan And who pays?",
            ),
            (
                "Who writes the report?",
                "How long does it get?",
                "writes report How long does it get?",
            ),
            ("Who writes the report?", "Why?", "writes report Why?"),
            (
                "부산 출장은 언제인가요?",
                "그럼 누가 내나요?",
                "부산 출장 그럼 누가 내나요?",
            ),
            ("신제품 출시는 언제야?", "예산은?", "신제품 출시 예산은?"),
        ] {
            assert_eq!(
                standalone(question, &thread(&[last])),
                expected,
                "{question} after {last}"
            );
        }
    }

    #[test]
    fn a_question_that_stands_alone_stays() {
        for question in [
            "When is the party?",
            "What did we decide about the marketing budget?",
            "마케팅 예산은 얼마로 정했나요?",
            "Who pays for the trip, and when?",
        ] {
            let thread = thread(&["When is the launch?"]);
            assert_eq!(standalone(question, &thread), question, "nothing is mixed in");
        }
        assert_eq!(
            standalone(" And\nwho? ", &[]),
            "And who?",
            "there is nothing before it"
        );
    }

    #[test]
    fn follow_ups_lead_back_to_what_they_hang_on() {
        let thread = thread(&[
            "What is the cheese budget?",
            "When is the trip to Busan?",
            "And who pays?",
        ]);
        assert_eq!(
            standalone("Why?", &thread),
            "trip Busan pays Why?",
            "over one follow-up to the question before it, and no further"
        );
        let endless = vec![thread[2].clone(); 10_000];
        assert_eq!(standalone("Why?", &endless), "pays Why?", "not for ever");
    }
}
