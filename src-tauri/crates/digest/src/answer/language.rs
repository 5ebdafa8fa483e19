use crate::template::primary;
use crate::words::{english, korean, words};

/// The language to answer in, as a code: that of the question, where its letters and its small words
/// tell, else `language`.
///
/// Korean questions are full of English terms and English ones may name somebody in Korean: where both
/// scripts stand in one question, the small words of English decide.
pub(super) fn of_question<'a>(question: &str, language: &'a str) -> &'a str {
    let (mut n_hangul, mut n_english) = (0, 0);
    for word in words(question) {
        if word.chars().any(korean::is_hangul) {
            n_hangul += 1;
        } else if english::is_stop_word(&word.to_lowercase()) {
            n_english += 1;
        }
    }
    if n_hangul > 0 {
        return if n_english > n_hangul { "en" } else { "ko" };
    }
    let has = |from: u32, to: u32| question.chars().any(|c| (from..=to).contains(&u32::from(c)));
    if has(0x3040, 0x30FF) {
        return "ja";
    }
    if has(0x4E00, 0x9FFF) {
        return match primary(language) {
            "ja" | "zh" | "yue" => language,
            _ => "zh",
        };
    }
    // Latin letters are those of many languages, but not of these.
    let is_latin = question.chars().any(|c| c.is_ascii_alphabetic());
    let is_of_latin = !matches!(
        primary(language),
        "ko" | "ja" | "zh" | "yue" | "ru" | "uk" | "ar" | "hi" | "th"
    );
    if is_latin && !is_of_latin { "en" } else { language }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_tells_its_language() {
        for (question, language, expected) in [
            ("출시는 언제인가요?", "en", "ko"),
            ("Kubernetes migration 일정은?", "en", "ko"),
            ("next sprint 언제 시작해?", "en", "ko"),
            ("What did 김민수 say about the budget?", "ko", "en"),
            ("When is the launch?", "ko", "en"),
            ("Wann ist der Start?", "de", "de"),
            ("いつですか", "ko", "ja"),
            ("预算是多少", "en", "zh"),
            ("予算", "ja", "ja"),
            ("2026?", "ko", "ko"),
        ] {
            assert_eq!(of_question(question, language), expected, "{question}");
        }
    }
}
