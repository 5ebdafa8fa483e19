use super::numbers::{canonical, read_digits};

/// What is counted or measured with numbers of Chinese origin.
#[rustfmt::skip]
const UNITS: &[&str] = &[
    "년", "월", "일", "시", "분", "초", "원", "명", "개", "번", "퍼센트", "프로", "%", "주", "층", "호", "차", "회",
    "배", "도", "미터", "킬로", "센티", "그램", "톤", "인", "점", "위", "달러", "유로", "세", "살", "대", "권", "장",
    "건", "쪽", "페이지", "개월", "주일", "학년", "분기", "시간",
];

/// What is counted with numbers of Korean origin.
#[rustfmt::skip]
const COUNTERS: &[&str] = &[
    "시", "명", "개", "번", "달", "주", "살", "가지", "사람", "배", "마리", "대", "권", "장", "곳", "군데", "차례",
    "째", "분", "팀", "건", "쪽", "줄", "단계", "차", "통", "잔", "채", "편", "시간", "가구",
];

const TENS: &[(&str, u64)] = &[
    ("열", 10),
    ("스물", 20),
    ("스무", 20),
    ("서른", 30),
    ("마흔", 40),
    ("쉰", 50),
    ("예순", 60),
    ("일흔", 70),
    ("여든", 80),
    ("아흔", 90),
];

const ONES: &[(&str, u64)] = &[
    ("하나", 1),
    ("다섯", 5),
    ("여섯", 6),
    ("일곱", 7),
    ("여덟", 8),
    ("아홉", 9),
    ("한", 1),
    ("둘", 2),
    ("두", 2),
    ("셋", 3),
    ("세", 3),
    ("넷", 4),
    ("네", 4),
];

/// A number in digits, with or without Korean scales behind it, or in Korean words, that begins here;
/// and where it ends. `starts` tells whether a word begins here: only there do words count.
pub(super) fn read(chars: &[char], at: usize, starts: bool) -> Option<(String, usize)> {
    if let Some((digits, end)) = read_digits(chars, at) {
        let is_scaled = chars.get(end).is_some_and(|c| scale(*c).is_some());
        if is_scaled && let Some(found) = sino(chars, at) {
            return Some(found);
        }
        // English scales have their turn.
        let spelled = super::english_numbers::read(chars, at);
        return Some(spelled.unwrap_or_else(|| (canonical(&digits), end)));
    }
    if !starts {
        return None;
    }
    native(chars, at).or_else(|| spelled_sino(chars, at))
}

fn digit(c: char) -> Option<u64> {
    Some(match c {
        '영' | '공' => 0,
        '일' => 1,
        '이' => 2,
        '삼' => 3,
        '사' => 4,
        '오' => 5,
        '육' => 6,
        '칠' => 7,
        '팔' => 8,
        '구' => 9,
        _ => return None,
    })
}

fn scale(c: char) -> Option<u64> {
    Some(match c {
        '십' => 10,
        '백' => 100,
        '천' => 1_000,
        '만' => 10_000,
        '억' => 100_000_000,
        '조' => 1_000_000_000_000,
        _ => return None,
    })
}

/// Numbers of Chinese origin without digits are told from other words by what follows, or by a scale
/// inside them.
fn spelled_sino(chars: &[char], start: usize) -> Option<(String, usize)> {
    let (value, end) = sino(chars, start)?;
    let has_scale = chars[start..end].iter().any(|c| matches!(c, '십' | '백' | '천'));
    let is_long = end - start >= 2;
    ((has_scale && is_long) || begins_with(chars, end, UNITS)).then_some((value, end))
}

/// Digits, spelled or not, and scales.
fn sino(chars: &[char], start: usize) -> Option<(String, usize)> {
    let (mut total, mut section) = (0.0_f64, 0.0_f64);
    let mut current: Option<f64> = None;
    let mut at = start;
    loop {
        if let Some((digits, end)) = read_digits(chars, at) {
            if current.is_some() {
                break;
            }
            current = Some(digits.parse().ok()?);
            at = end;
        } else if let Some(value) = chars.get(at).copied().and_then(digit) {
            let is_last = chars
                .get(at + 1)
                .is_none_or(|c| digit(*c).is_none() && scale(*c).is_none());
            if value == 1 && current.is_some() && is_last {
                // `십오일` is the fifteenth day: its `일` is the unit.
                break;
            }
            current = Some(current.unwrap_or_default() * 10.0 + value as f64);
            at += 1;
        } else if let Some(value) = chars.get(at).copied().and_then(scale) {
            if value < 10_000 {
                section += current.take().unwrap_or(1.0) * value as f64;
            } else {
                let counted = section + current.take().unwrap_or_default();
                if counted == 0.0 && at > start {
                    break;
                }
                total += if counted == 0.0 { 1.0 } else { counted } * value as f64;
                section = 0.0;
            }
            at += 1;
            // `3억 5천만` is one number.
            let goes_on = chars
                .get(at + 1)
                .is_some_and(|c| c.is_ascii_digit() || digit(*c).is_some());
            if value >= 10_000
                && chars.get(at) == Some(&' ')
                && goes_on
                && chars.get(at + 2).is_some_and(|c| scale(*c).is_some())
            {
                at += 1;
            }
        } else {
            break;
        }
    }
    if at == start {
        return None;
    }
    let value = total + section + current.unwrap_or_default();
    // Beyond this a float cannot hold every whole number; such runs are no amounts.
    (value < 9e15).then(|| (canonical(&format!("{value}")), at))
}

/// Numbers of Korean origin: before what they count, or alone where they are longer than a syllable.
fn native(chars: &[char], start: usize) -> Option<(String, usize)> {
    let prefix = |table: &[(&str, u64)], at: usize| {
        table.iter().find_map(|(name, value)| {
            let end = at + name.chars().count();
            let stands = name.chars().eq(chars.get(at..end)?.iter().copied());
            stands.then_some((*value, end))
        })
    };
    let tens = prefix(TENS, start);
    let ones = prefix(ONES, tens.map_or(start, |(_, end)| end));
    let (value, end) = match (tens, ones) {
        (Some((tens, _)), Some((ones, end))) => (tens + ones, end),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => return None,
    };
    let is_counted = begins_with(chars, end, COUNTERS);
    let word: String = chars[start..]
        .iter()
        .take(10)
        .take_while(|c| c.is_alphanumeric())
        .collect();
    let bare: String = chars[start..end].iter().collect();
    let stands_alone = bare.chars().count() >= 2
        && bare
            .chars()
            .last()
            .is_some_and(|c| !matches!(c, '한' | '두' | '세' | '네'))
        && (word == bare || crate::words::korean::stem(&word) == bare);
    (is_counted || stands_alone).then(|| (value.to_string(), end))
}

/// Whether one of these follows, past at most one blank, as a word of its own: what comes after it
/// hangs on it, or is another number.
fn begins_with(chars: &[char], at: usize, names: &[&str]) -> bool {
    let at = at + usize::from(chars.get(at) == Some(&' '));
    names.iter().any(|name| {
        let end = at + name.chars().count();
        let stands = chars
            .get(at..end)
            .is_some_and(|here| name.chars().eq(here.iter().copied()));
        let rest: String = chars[end.min(chars.len())..]
            .iter()
            .take(10)
            .take_while(|c| c.is_alphanumeric())
            .collect();
        stands && hangs_on_a_unit(&rest)
    })
}

/// Whether a number that ends here is counted by this, past at most one blank.
pub(super) fn is_counted_by(chars: &[char], end: usize, name: &str) -> bool {
    begins_with(chars, end, &[name])
}

/// Whether a number that was read here is surely one. A single syllable before a unit is often no number:
/// `사회`, `사장`, `세대`, `이 분`. What follows it tells.
pub(super) fn is_sure(chars: &[char], start: usize, end: usize) -> bool {
    const SINO: &[&str] = &[
        "월",
        "년",
        "개월",
        "분기",
        "학년",
        "퍼센트",
        "프로",
        "%",
        "달러",
        "유로",
        "페이지",
        "층",
    ];
    const NATIVE: &[&str] = &["명", "개", "시", "번", "시간", "달", "사람", "살"];
    let (Some(&first), is_single) = (chars.get(start), end == start + 1) else {
        return true;
    };
    let is_spaced = chars.get(end) == Some(&' ');
    match first {
        // `하나` is rather one of several.
        '하' => false,
        // `이` is rather this, and `한 번` and `한 가지` say about as much as an article.
        '이' if is_single => false,
        '한' if is_single && begins_with(chars, end, &["번", "가지"]) => false,
        '한' | '두' | '세' | '네' if is_single => is_spaced || begins_with(chars, end, NATIVE),
        first if is_single && digit(first).is_some() => begins_with(chars, end, SINO),
        _ => true,
    }
}

/// Where a unit ends that follows past one blank, with what it is counted by.
pub(super) fn unit_behind(chars: &[char], at: usize) -> Option<usize> {
    if chars.get(at) != Some(&' ') {
        return None;
    }
    let names = UNITS.iter().chain(COUNTERS);
    let ends = names.filter(|name| begins_with(chars, at, &[name]));
    let end = ends.map(|name| at + 1 + name.chars().count()).max()?;
    // Behind a blank `회의` is a meeting and hardly the owner of a count.
    (chars.get(end) != Some(&'의')).then_some(end)
}

fn hangs_on_a_unit(rest: &str) -> bool {
    const MORE: [&str; 9] = ["간", "째", "씩", "쯤", "동안", "대", "반", "짜리", "입니다"];
    let Some(first) = rest.chars().next() else {
        return true;
    };
    if digit(first).is_some() && rest.chars().nth(1).is_some()
        || scale(first).is_some()
        || first.is_ascii_digit()
    {
        return true;
    }
    let rest = MORE
        .iter()
        .find_map(|more| rest.strip_prefix(more))
        .unwrap_or(rest);
    rest.is_empty() || crate::words::korean::is_particles(rest)
}
