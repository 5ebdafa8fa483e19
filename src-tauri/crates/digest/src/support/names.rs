//! Finds what is probably a name: of a person, a product, an organisation, or of a day, a week and the
//! like. A name must have been said as it stands, while other words may be said otherwise; so that a word
//! that is wrongly taken for one marks a sentence that is right, and one that is overlooked still counts
//! as a word.

use recordroute_core::primary_language;

use crate::words::{english, korean, words};

/// Endings of English words that are hardly names.
const ENGLISH_ENDINGS: [&str; 10] = [
    "ing", "tion", "sion", "ment", "ity", "ness", "ance", "ence", "ed", "ly",
];

/// Words that English sentences begin with, beside the stop words.
#[rustfmt::skip]
const ENGLISH_BEGINNINGS: [&str; 26] = [
    "according", "although", "besides", "beside", "despite", "during", "everybody", "everyone", "everything",
    "finally", "furthermore", "half", "hence", "instead", "later", "management", "moreover", "nobody", "overall",
    "per", "someone", "somebody", "speaker", "team", "therefore", "together",
];

/// Times that are written without a capital.
#[rustfmt::skip]
const ENGLISH_TIMES: [&str; 14] = [
    "tomorrow", "yesterday", "week", "weeks", "month", "months", "quarter", "year", "years", "morning", "afternoon",
    "evening", "weekend", "midnight",
];
#[rustfmt::skip]
const KOREAN_TIMES: [&str; 18] = [
    "월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일", "주말", "연말", "월말", "내일", "모레", "내년",
    "작년", "상반기", "하반기", "오전", "오후",
];
/// With these a time is counted from today, if one of the others follows.
const KOREAN_RELATIVE: [&str; 4] = ["이번", "다음", "지난", "저번"];
const KOREAN_SPANS: [&str; 4] = ["주", "달", "해", "분기"];

/// What names of organisations end with.
const ORGANISATIONS: [&str; 8] = ["팀", "부서", "본부", "위원회", "센터", "은행", "병원", "법원"];

/// Family names that hardly any other Korean word of three syllables begins with.
const SURNAMES: [char; 7] = ['김', '박', '최', '윤', '황', '홍', '권'];
/// Family names that other words begin with as well.
#[rustfmt::skip]
const AMBIGUOUS_SURNAMES: [char; 20] = [
    '이', '정', '조', '장', '강', '임', '한', '오', '서', '신', '안', '송', '류', '유', '전', '고', '문', '양', '손', '백',
];
/// Last syllables of things rather than of people, whatever they begin with.
const LAST_OF_ALL_THINGS: [char; 11] = ['적', '안', '들', '팀', '값', '치', '률', '율', '회', '판', '본'];
/// The same behind the ambiguous family names.
#[rustfmt::skip]
const LAST_OF_THINGS: &[char] = &[
    '회', '안', '팀', '실', '표', '일', '소', '부', '자', '적', '율', '률', '관', '비', '금', '법', '점', '품', '력', '국',
    '어', '차', '도', '기', '지', '정', '제', '상', '발', '업', '들', '사', '행', '단', '구', '리', '용', '계', '론', '물', '전',
    '격', '히', '게', '로', '시', '군', '동', '역', '간', '료', '액', '문',
];
/// What follows the name of a person.
const TITLES: [&str; 18] = [
    "씨",
    "님",
    "팀장",
    "과장",
    "부장",
    "차장",
    "대리",
    "대표",
    "사원",
    "교수",
    "선생",
    "이사",
    "매니저",
    "박사",
    "사장",
    "실장",
    "본부장",
    "선생님",
];
/// Particles that only people have behind them.
const OF_PEOPLE: [&str; 5] = ["에게", "한테", "께서", "에게서", "한테서"];

/// The names in a text that is written in the language with this code, lower-cased, each once.
pub(crate) fn names(text: &str, language: &str) -> Vec<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let mut found: Vec<String> = Vec::new();
    let mut begins = true;
    for (idx, token) in tokens.iter().enumerate() {
        let next = tokens.get(idx + 1).copied().unwrap_or_default();
        let is_quoted = token.starts_with(['"', '\'', '“', '‘', '(', '「']);
        for (at, word) in words(token).into_iter().enumerate() {
            let name = if word.chars().any(korean::is_hangul) {
                korean_name(&word, next)
            } else {
                english_name(&word, (begins || is_quoted) && at == 0, next, language)
            };
            if let Some(name) = name
                && !found.contains(&name)
            {
                found.push(name);
            }
        }
        let end = token.trim_end_matches(['"', '\'', '”', '’', ')', '」']);
        begins = end.ends_with(['.', '?', '!', ':', '。', '…']);
    }
    found
}

fn english_name(word: &str, begins: bool, next: &str, language: &str) -> Option<String> {
    let word = word.strip_suffix("'s").unwrap_or(word);
    let lower = word.to_lowercase();
    if ENGLISH_TIMES.contains(&lower.as_str()) {
        return Some(lower);
    }
    if matches!(lower.as_str(), "next" | "last") {
        let next = next.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
        let is_time = matches!(next.as_str(), "week" | "month" | "quarter" | "year");
        return is_time.then(|| lower + &next);
    }
    let is_upper = word.chars().next().is_some_and(char::is_uppercase);
    if english::is_stop_word(&lower) || word.chars().nth(1).is_none() {
        return None;
    }
    // `API`, `GitHub`, `H100`: names wherever they stand.
    let has_more = word.chars().skip(1).any(char::is_uppercase)
        || (word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(char::is_alphabetic));
    // German writes every noun so.
    let is_name = has_more
        || (is_upper
            && !matches!(primary_language(language), "de" | "lb")
            && (!begins || begins_with_name(&lower, next)));
    is_name.then_some(lower)
}

/// Whether the first word of a sentence is rather a name, which it would begin with a capital either way.
fn begins_with_name(lower: &str, next: &str) -> bool {
    let next = next.trim_matches(|c: char| !c.is_alphanumeric());
    let is_plural = lower.ends_with('s') && !matches!(next, "is" | "was" | "has" | "says" | "wants");
    !is_plural
        && !ENGLISH_ENDINGS.iter().any(|ending| lower.ends_with(ending))
        && !ENGLISH_BEGINNINGS.contains(&lower)
}

fn korean_name(word: &str, next: &str) -> Option<String> {
    // `API를` and `Kim님`: the letters before the Hangul.
    let latin: String = word.chars().take_while(|c| !korean::is_hangul(*c)).collect();
    if !latin.is_empty() {
        let is_name = latin.chars().any(char::is_uppercase) && latin.chars().nth(1).is_some();
        return is_name.then(|| latin.to_lowercase());
    }
    if let Some(time) = relative_time(word, next) {
        return Some(time);
    }
    let stem = korean::stem(word);
    let is_organisation = stem.chars().nth(2).is_some()
        && !stem.starts_with("우리")
        && ORGANISATIONS.iter().any(|ending| stem.ends_with(ending));
    if KOREAN_TIMES.contains(&stem) || is_organisation {
        return Some(stem.to_owned());
    }
    let bare = stem.strip_suffix('님').or_else(|| stem.strip_suffix('씨'));
    let is_before = |titles: &[&str]| {
        let mut rests = titles.iter().filter_map(|title| next.strip_prefix(title));
        rests.any(|rest| {
            let rest = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
            rest.is_empty() || korean::is_particles(rest)
        })
    };
    let is_followed = is_before(&TITLES);
    let is_addressed = bare.is_some() || OF_PEOPLE.iter().any(|particle| word.ends_with(particle));
    let name = bare.unwrap_or(stem);
    let letters: Vec<char> = name.chars().collect();
    let is_name = match letters.as_slice() {
        [first, _, last] => {
            (SURNAMES.contains(first) && !LAST_OF_ALL_THINGS.contains(last))
                || (AMBIGUOUS_SURNAMES.contains(first)
                    && (is_followed
                        || is_addressed
                        || !(LAST_OF_ALL_THINGS.contains(last) || LAST_OF_THINGS.contains(last))))
                || (is_followed && !korean::is_verb_like(name))
        }
        // A given name alone, or a family name of two syllables.
        [_, _] | [_, _, _, _] => bare.is_some() || (is_before(&["씨", "님"]) && !korean::is_verb_like(name)),
        _ => false,
    };
    let is_word = TITLES.contains(&name) || korean::is_stop_word(name) || is_verb(word);
    (is_name && !is_word).then(|| name.to_owned())
}

/// A time that is counted from today, such as `다음 주`, without its blank.
fn relative_time(word: &str, next: &str) -> Option<String> {
    let (relative, rest) = KOREAN_RELATIVE
        .iter()
        .find_map(|relative| Some((relative, word.strip_prefix(relative)?)))?;
    let rest = if rest.is_empty() { next } else { rest };
    let (span, behind) = KOREAN_SPANS
        .iter()
        .find_map(|span| Some((span, rest.strip_prefix(span)?)))?;
    let behind = behind.trim_end_matches(|c: char| !c.is_alphanumeric());
    // `다음 주제` is no week.
    let is_time = behind.is_empty() || behind.starts_with(['말', '초', '중']) || korean::is_particles(behind);
    is_time.then(|| format!("{relative}{span}"))
}

/// Whether a word of three syllables or more is a verb with an ending, such as `이야기했습니다`.
fn is_verb(word: &str) -> bool {
    korean::without_particle(word).is_none() && korean::is_verb_like(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        for (text, expected) in [
            (
                "On Friday Zoe Miller moves it to GitHub.",
                &["friday", "zoe", "miller", "github"][..],
            ),
            ("Zoe will write it.", &["zoe"]),
            ("The budget is approved. Minsu pays.", &["minsu"]),
            ("API costs rise.", &["api"]),
            ("김민수가 API를 고칩니다.", &["김민수", "api"]),
            ("박지훈 팀장에게 보고합니다.", &["박지훈"]),
            ("지훈 씨가 발표합니다.", &["지훈"]),
            ("민수님이 준비합니다.", &["민수"]),
            ("이서연이 맡았다.", &["이서연"]),
            ("It is due by the end of next week.", &["nextweek", "week"]),
            (
                "다음 주까지, 늦어도 월요일에 재무팀이 봅니다.",
                &["다음주", "월요일", "재무팀"],
            ),
        ] {
            assert_eq!(names(text, "en"), expected, "{text}");
        }
    }

    #[test]
    fn other_words_are_none() {
        for text in [
            "The budget is approved and I agree.",
            "Planning takes a lot of patience.",
            "Tests are late. However, nobody knows.",
            "예산을 다음 주제로 검토합니다.",
            "이사회에서 최종적으로 정책을 이야기했습니다.",
            "회의에서는 이메일을 보내기로 했다.",
        ] {
            assert_eq!(names(text, "en"), Vec::<String>::new(), "{text}");
        }
        assert_eq!(
            names("Der Start wird im Mai verschoben.", "de"),
            Vec::<String>::new(),
            "in German every noun has a capital"
        );
    }
}
