use super::korean_numbers::is_counted_by;
use super::numbers::{folded, spans};

const MONTH_OF_THE_YEAR: &str = "month of the year";

/// What things are counted or measured by, with the names of each in Korean and English. Names that
/// mean more than one thing are left out, such as `분`, which is a minute and a person.
const UNITS: &[(&str, &[&str], &[&str])] = &[
    ("day", &["일"], &["day", "days"]),
    ("dollar", &["달러"], &["dollar", "dollars"]),
    ("euro", &["유로"], &["euro", "euros"]),
    // Before the hour of the clock, which it begins with.
    ("hour", &["시간"], &["hour", "hours"]),
    ("clock", &["시"], &[]),
    ("minute", &[], &["minute", "minutes"]),
    ("month", &["개월", "달"], &["month", "months"]),
    (MONTH_OF_THE_YEAR, &["월"], &[]),
    ("percent", &["퍼센트", "프로", "%"], &["percent", "%"]),
    ("person", &["명", "사람"], &["people", "person", "persons"]),
    ("piece", &["개"], &[]),
    ("quarter", &["분기"], &["quarter", "quarters"]),
    ("time", &["번", "회"], &["times"]),
    ("week", &["주", "주일"], &["week", "weeks"]),
    ("won", &["원"], &["won"]),
    ("year", &["년"], &["year", "years"]),
];

/// A number, and by what it counts where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// As digits and point.
    pub value: String,
    unit: Option<&'static str>,
}

impl Counted {
    /// All that may be numbers in a text.
    pub fn all(text: &str) -> Vec<Self> {
        Self::of(text, false)
    }

    /// Those that surely are.
    pub fn telling(text: &str) -> Vec<Self> {
        Self::of(text, true)
    }

    /// Whether it is a number in every language: not the smallest ones, which are `both` and `a` as well, and
    /// no month, which has a name.
    pub fn is_translated_as_number(&self) -> bool {
        !matches!(self.value.as_str(), "0" | "1" | "2") && self.unit != Some(MONTH_OF_THE_YEAR)
    }

    /// Whether both may count the same.
    pub fn agrees(&self, other: &Self) -> bool {
        self.value == other.value && (self.unit == other.unit || self.unit.is_none() || other.unit.is_none())
    }

    fn of(text: &str, only_telling: bool) -> Vec<Self> {
        let chars = folded(text);
        let spans = spans(&chars).into_iter();
        spans
            .filter(|span| !only_telling || span.is_telling(&chars))
            .map(|span| Self {
                unit: unit(&chars, span.end),
                value: span.value,
            })
            .collect()
    }
}

/// What follows a number, past at most one blank.
fn unit(chars: &[char], end: usize) -> Option<&'static str> {
    let start = end + usize::from(chars.get(end) == Some(&' '));
    let word: String = chars
        .iter()
        .skip(start)
        .take(10)
        .take_while(|c| c.is_alphabetic() || **c == '%')
        .collect();
    let known = UNITS.iter().find(|(_, korean, english)| {
        english.contains(&word.as_str()) || korean.iter().any(|name| is_counted_by(chars, end, name))
    });
    known.map(|(unit, ..)| *unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_where_they_count_the_same() {
        let agree = |a: &str, b: &str| {
            let (a, b) = (Counted::telling(a), Counted::all(b));
            assert_eq!((a.len(), b.len()), (1, 1), "one number each: {a:?} {b:?}");
            a[0].agrees(&b[0])
        };
        for (a, b) in [
            ("두 명이", "2명은"),
            ("삼십 퍼센트", "30%"),
            ("two weeks", "2주"),
            ("3월에", "삼월까지"),
            ("$30,000 is", "thirty thousand dollars"),
            ("12", "열두 개"),
        ] {
            assert!(agree(a, b), "{a} and {b}");
        }
        for (a, b) in [
            ("두 명이", "세 명이"),
            ("두 명이", "2주"),
            ("3월", "3일"),
            ("세 시에", "3시간"),
            ("3 days", "3 weeks"),
            ("30 percent", "30 people"),
        ] {
            assert!(!agree(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn only_what_surely_counts_is_telling() {
        let values = |text: &str| -> Vec<String> {
            let counted = Counted::telling(text).into_iter();
            counted.map(|one| one.value).collect()
        };
        assert_eq!(
            values("One of the first 3 people"),
            ["3"],
            "one and first point at something"
        );
        assert_eq!(values("한 명이 1층에"), ["1", "1"], "counted, one is a number");
        for none in [
            "이번 사회에서는 사장이 사건을",
            "한편 한번 세대가",
            "구분하는 일도",
            "하나는",
        ] {
            assert_eq!(values(none), Vec::<String>::new(), "{none} counts nothing");
        }
        for (text, expected) in [
            ("사월에", "4"),
            ("두 명", "2"),
            ("세명", "3"),
            ("삼 퍼센트", "3"),
            ("십오 일", "15"),
            ("on the sixteenth", "16"),
            ("the thirty-first of March", "31"),
        ] {
            assert_eq!(values(text), [expected], "{text}");
        }
    }
}
