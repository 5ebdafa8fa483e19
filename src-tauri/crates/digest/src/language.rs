use recordroute_core::{Segment, primary_language};

use crate::words::{english, korean, words};

/// Languages that are not written in Latin letters.
const OTHER_LETTERS: [&str; 9] = ["ko", "ja", "zh", "yue", "ru", "uk", "ar", "hi", "th"];

/// Segments that tell the language of a transcript.
const N_JUDGED: usize = 500;

/// The language of a text, as a code, of which `among` are expected, the likeliest first: where letters
/// and small words do not tell, the first of these that is written so.
///
/// Korean is full of English terms, and English may name somebody in Korean: where both scripts stand in
/// one text, the small words of English decide. Terms alone are of no language.
pub(crate) fn of_text<'a>(text: &str, among: &[&'a str]) -> &'a str {
    let likeliest = among.first().copied().unwrap_or("en");
    let (mut n_hangul, mut n_english) = (0, 0);
    for word in words(text) {
        if word.chars().any(korean::is_hangul) {
            n_hangul += 1;
        } else if english::is_stop_word(&word.to_lowercase()) {
            n_english += 1;
        }
    }
    if n_hangul > 0 {
        return if n_english > n_hangul { "en" } else { "ko" };
    }
    let expected = |is: fn(&str) -> bool| {
        among
            .iter()
            .copied()
            .find(|language| is(primary_language(language)))
    };
    let has = |from: u32, to: u32| text.chars().any(|c| (from..=to).contains(&u32::from(c)));
    if has(0x3040, 0x30FF) {
        return "ja";
    }
    if has(0x4E00, 0x9FFF) {
        return expected(|language| matches!(language, "ja" | "zh" | "yue")).unwrap_or("zh");
    }
    if !text.chars().any(|c| c.is_ascii_alphabetic()) {
        return likeliest;
    }
    let otherwise = if n_english > 0 { "en" } else { likeliest };
    expected(|language| !OTHER_LETTERS.contains(&language)).unwrap_or(otherwise)
}

/// The language of a transcript where none is known, as a code, judged by the beginning.
pub fn spoken_language(segments: &[Segment]) -> &'static str {
    let begun: Vec<&str> = segments
        .iter()
        .take(N_JUDGED)
        .map(|segment| segment.text.as_str())
        .collect();
    of_text(&begun.join("\n"), &["en"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_other_letters_makes_no_other_language() {
        let talk = crate::fake::segments(&["We have to call 김민수 about the budget.", "And that is all."]);
        assert_eq!(spoken_language(&talk), "en");
        let talk = crate::fake::segments(&["Sprint 계획을 봅시다.", "API 문서는 다음 주에 나옵니다."]);
        assert_eq!(spoken_language(&talk), "ko");
        assert_eq!(spoken_language(&[]), "en", "of nothing, any");
    }

    #[test]
    fn a_text_tells_its_language() {
        for (text, among, expected) in [
            ("출시는 언제인가요?", &["en"][..], "ko"),
            ("Kubernetes migration 일정은?", &["en"], "ko"),
            ("next sprint 언제 시작해?", &["en"], "ko"),
            ("What did 김민수 say about the budget?", &["ko"], "en"),
            ("When is the launch?", &["ko"], "en"),
            ("Kubernetes migration", &["ko"], "ko"),
            ("Kubernetes migration", &["ko", "en"], "en"),
            ("Wann ist der Start?", &["de"], "de"),
            ("Wann ist der Start?", &["ko", "de"], "de"),
            ("いつですか", &["ko"], "ja"),
            ("预算是多少", &["en"], "zh"),
            ("予算", &["ko", "ja"], "ja"),
            ("2026?", &["ko"], "ko"),
        ] {
            assert_eq!(of_text(text, among), expected, "{text}");
        }
    }
}
