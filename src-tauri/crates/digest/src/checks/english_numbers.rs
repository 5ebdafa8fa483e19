use super::numbers::{canonical, read_digits};

const SMALL: &[(&str, u64)] = &[
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("eleventh", 11),
    ("twelfth", 12),
    ("thirteenth", 13),
    ("fourteenth", 14),
    ("fifteenth", 15),
    ("sixteenth", 16),
    ("seventeenth", 17),
    ("eighteenth", 18),
    ("nineteenth", 19),
];

const TENS: &[(&str, u64)] = &[
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("twentieth", 20),
    ("thirtieth", 30),
];

const SCALES: &[(&str, u64)] = &[
    ("hundred", 100),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("billion", 1_000_000_000),
];

/// A number in English words that begins here, and where it ends.
pub(super) fn read(chars: &[char], start: usize) -> Option<(String, usize)> {
    let (mut total, mut section) = (0_u64, 0_u64);
    let mut last: Option<u64> = None;
    let mut end = start;
    let mut at = start;
    if let Some((digits, after)) = read_digits(chars, start) {
        // "3 million" is one number, "3 people" is read elsewhere.
        let scale = next_word(chars, after).and_then(|(word, end)| Some((value_of(SCALES, &word)?, end)));
        let value: u64 = digits.parse().ok()?;
        let (scale, end) = scale?;
        return Some((value.checked_mul(scale)?.to_string(), end));
    }
    while let Some((word, after)) = next_word(chars, at) {
        if word == "and" && last.is_some_and(|last| last >= 100) {
            // Counts only if a number goes on behind it.
            at = after;
            continue;
        }
        if word == "a" && last.is_none() {
            next_word(chars, after).and_then(|(word, _)| value_of(SCALES, &word))?;
            section = 1;
            last = Some(1);
        } else if let Some(value) = value_of(SMALL, &word) {
            // After "twenty" a digit goes on, after "two" another begins.
            if last.is_some_and(|last| last < 20 || (last < 100 && value > 9)) {
                break;
            }
            section += value;
            last = Some(value);
        } else if let Some(value) = value_of(TENS, &word) {
            if last.is_some_and(|last| last < 100) {
                break;
            }
            section += value;
            last = Some(value);
        } else if let Some(value) = value_of(SCALES, &word) {
            last?;
            if value == 100 {
                section = section.checked_mul(100)?;
            } else {
                total = total.checked_add(section.checked_mul(value)?)?;
                section = 0;
            }
            last = Some(value);
        } else if word == "point" && last.is_some() {
            let (digit, after) = next_word(chars, after)?;
            let digit = value_of(SMALL, &digit).filter(|digit| *digit < 10)?;
            return Some((canonical(&format!("{}.{digit}", total + section)), after));
        } else {
            break;
        }
        (at, end) = (after, after);
    }
    last.map(|_| ((total + section).to_string(), end))
}

fn value_of(table: &[(&str, u64)], word: &str) -> Option<u64> {
    table
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, value)| *value)
}

/// The next word of letters, past one blank or hyphen, and where it ends.
fn next_word(chars: &[char], start: usize) -> Option<(String, usize)> {
    let skipped = usize::from(chars.get(start).is_some_and(|c| matches!(c, ' ' | '-')));
    let word: String = chars[(start + skipped).min(chars.len())..]
        .iter()
        // No number word is longer; the rest of a wild text is not copied.
        .take(12)
        .take_while(|c| c.is_alphabetic())
        .collect();
    let end = start + skipped + word.chars().count();
    (!word.is_empty()).then_some((word, end))
}
