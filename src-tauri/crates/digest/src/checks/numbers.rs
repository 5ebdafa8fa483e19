use unicode_normalization::UnicodeNormalization;

use super::{english_numbers, korean_numbers};

/// The numbers of a text, however they are written: `30`, `thirty` and `삼십` are the same. Each as
/// often as it occurs, in no order. Spelled numbers of other languages than Korean and English are
/// not seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Numbers(Vec<String>);

impl Numbers {
    pub fn of(text: &str) -> Self {
        let chars = folded(text);
        let mut found: Vec<String> = spans(&chars).into_iter().map(|span| span.value).collect();
        found.sort_unstable();
        Self(found)
    }

    /// A text, lower-cased, without its telling numbers and what hangs on them: of `3월부터 세 명이
    /// 논의` only `논의` is left.
    pub fn without(text: &str) -> String {
        let chars = folded(text);
        let mut rest = String::with_capacity(text.len());
        let mut at = 0;
        for span in spans(&chars).iter().filter(|span| span.is_telling(&chars)) {
            rest.extend(chars.iter().take(span.start).skip(at));
            rest.push(' ');
            at = span.end + attached(&chars, span.end);
            if let Some(end) = korean_numbers::unit_behind(&chars, at) {
                at = end + attached(&chars, end);
            }
        }
        rest.extend(chars.iter().skip(at));
        rest
    }
}

/// A number, and where it stands among the letters.
pub(super) struct Span {
    pub value: String,
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// Whether it surely is a number: not the English `one` and `first`, which rather point, and no Korean
    /// word that only looks like a number with its unit, such as `사회` and `이번`.
    pub fn is_telling(&self, chars: &[char]) -> bool {
        let points = self.value == "1" && chars[self.start].is_ascii_alphabetic();
        !points && korean_numbers::is_sure(chars, self.start, self.end)
    }
}

/// Full-width digits are digits.
pub(super) fn folded(text: &str) -> Vec<char> {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// One after the other.
pub(super) fn spans(chars: &[char]) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let starts = at == 0 || !chars[at - 1].is_alphanumeric();
        let taken = korean_numbers::read(chars, at, starts)
            .or_else(|| starts.then(|| english_numbers::read(chars, at)).flatten());
        if let Some((value, end)) = taken {
            let end = end.max(at + 1);
            found.push(Span {
                value,
                start: at,
                end,
            });
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// How many letters follow without a blank; digits begin a number of their own.
fn attached(chars: &[char], at: usize) -> usize {
    chars
        .iter()
        .skip(at)
        .take_while(|c| c.is_alphabetic() || **c == '%')
        .count()
}

/// Digits from a place on, with thousands separators and a decimal point, as digits and point; and
/// where they end.
pub(super) fn read_digits(chars: &[char], start: usize) -> Option<(String, usize)> {
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    if !digit(start) {
        return None;
    }
    let mut text = String::new();
    let mut at = start;
    let mut has_point = false;
    loop {
        if digit(at) {
            text.push(chars[at]);
            at += 1;
        } else if chars.get(at) == Some(&',')
            && !has_point
            && (1..=3).all(|n| digit(at + n))
            && !digit(at + 4)
        {
            at += 1;
        } else if chars.get(at) == Some(&'.') && !has_point && digit(at + 1) {
            has_point = true;
            text.push('.');
            at += 1;
        } else {
            break;
        }
    }
    Some((text, at))
}

/// One way to write a number: no zeros around it.
pub(super) fn canonical(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<String> {
        Numbers::of(text).0
    }

    #[test]
    fn digits_are_read_as_people_write_them() {
        assert_eq!(
            numbers("1,000 or 1000"),
            ["1000", "1000"],
            "a separator is no number"
        );
        assert_eq!(
            numbers("3.50 and 03.5%"),
            ["3.5", "3.5"],
            "zeros around it say nothing"
        );
        assert_eq!(
            numbers("at 3:30, room 12, 34"),
            ["12", "3", "30", "34"],
            "a comma may part numbers"
        );
        assert_eq!(numbers("２０２６"), ["2026"], "full-width digits");
        assert_eq!(numbers("the 21st"), ["21"], "an ending is none of it");
    }

    #[test]
    fn a_text_is_taken_apart_from_its_numbers() {
        for (text, expected) in [
            ("3월부터 세 명이 논의", "논의"),
            ("예산은 5천만 원으로 확정", "예산은 확정"),
            ("삼십 퍼센트를 줄인다", "줄인다"),
            ("Twenty-five people came on the 21st", "people came on the"),
            ("2026-03-05 회의", "- - 회의"),
            ("회의에서", "회의에서"),
        ] {
            let rest = Numbers::without(text);
            let rest: Vec<&str> = rest.split_whitespace().collect();
            assert_eq!(rest.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn english_words_are_numbers() {
        for (text, expected) in [
            ("twenty-five people", "25"),
            ("two hundred and six", "206"),
            ("three thousand five hundred", "3500"),
            ("a hundred and one", "101"),
            ("one point five", "1.5"),
            ("the third quarter", "3"),
            ("two million", "2000000"),
            ("3 million", "3000000"),
        ] {
            assert_eq!(numbers(text), [expected], "{text}");
        }
        assert_eq!(
            numbers("twenty twenty six"),
            ["20", "26"],
            "a year is read in two halves"
        );
        assert_eq!(
            numbers("someone atones"),
            Vec::<String>::new(),
            "letters inside words are none"
        );
        assert_eq!(
            numbers("salt and pepper"),
            Vec::<String>::new(),
            "an and alone is none"
        );
    }

    #[test]
    fn korean_words_are_numbers() {
        for (text, expected) in [
            ("삼십 퍼센트", "30"),
            ("십오일까지", "15"),
            ("이천이십육 년", "2026"),
            ("3만 원", "30000"),
            ("3억 5천만 원", "350000000"),
            ("오백만 원", "5000000"),
            ("세 시에", "3"),
            ("열두 명", "12"),
            ("스물다섯 개", "25"),
            ("다섯을", "5"),
            ("삼 월", "3"),
        ] {
            assert_eq!(numbers(text), [expected], "{text}");
        }
        for none in [
            "이 회의는",
            "네, 맞습니다",
            "백신을",
            "사람이",
            "만약에",
            "한국에서",
            "세상",
            "오늘은",
        ] {
            assert_eq!(numbers(none), Vec::<String>::new(), "{none} has no number");
        }
        assert_eq!(
            Numbers::of("세 시 삼십 분"),
            Numbers::of("3시 30분"),
            "spelled or not, it is the same time"
        );
    }
}
