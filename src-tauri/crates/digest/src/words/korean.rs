use Needs::{Any, Consonant, Vowel, VowelOrL};

/// What a particle wants before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Any,
    Consonant,
    Vowel,
    VowelOrL,
}

/// Particles and forms of "to be" that hang on a noun, the longer before those that they end with.
const PARTICLES: &[(&str, Needs)] = &[
    ("이었습니다", Consonant),
    ("이라고", Consonant),
    ("이라는", Consonant),
    ("이라서", Consonant),
    ("이에요", Consonant),
    ("였습니다", Vowel),
    ("입니다", Any),
    ("에게서", Any),
    ("한테서", Any),
    ("으로서", Consonant),
    ("으로써", Consonant),
    ("에서", Any),
    ("에게", Any),
    ("한테", Any),
    ("께서", Any),
    ("부터", Any),
    ("까지", Any),
    ("으로", Consonant),
    ("로서", VowelOrL),
    ("로써", VowelOrL),
    ("처럼", Any),
    ("보다", Any),
    ("마다", Any),
    ("조차", Any),
    ("밖에", Any),
    ("만큼", Any),
    ("이나", Consonant),
    ("이랑", Consonant),
    ("이란", Consonant),
    ("이고", Consonant),
    ("이며", Consonant),
    ("인데", Any),
    ("이죠", Consonant),
    ("라고", Vowel),
    ("라는", Vowel),
    ("예요", Vowel),
    ("은", Consonant),
    ("는", Vowel),
    ("이", Consonant),
    ("가", Vowel),
    ("을", Consonant),
    ("를", Vowel),
    ("과", Consonant),
    ("와", Vowel),
    ("로", VowelOrL),
    ("의", Any),
    ("에", Any),
    ("도", Any),
    ("만", Any),
    ("랑", Vowel),
];

/// Words that say nothing of what a text is about.
#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "가", "같은", "같이", "거", "거기", "거의", "건", "걸", "것", "게", "계속", "고", "그", "그거", "그건", "그걸",
    "그것", "그게", "그냥", "그대로", "그때", "그래", "그래도", "그래서", "그러", "그러니까", "그러면", "그런",
    "그런데", "그럼", "그렇게", "그렇습니다", "그리고", "근데", "나", "나는", "내", "내가", "네", "너무", "누가", "다음", "대해", "대해서", "먼저", "보면", "아직", "원래", "특히", "그건",
    "다", "다른", "다시", "대한", "더", "되게", "된", "될", "때", "때문", "때문에", "또", "또는", "뭐", "뭐가", "뭔가",
    "많은", "많이", "매우", "모두", "모든", "무슨", "무엇", "바로", "별로", "사실", "수", "아", "아까", "아니",
    "아니면", "아마", "아주", "약간", "어", "어떤", "어떻게", "어제", "언제", "얼마나", "여기", "여러", "역시",
    "예", "오늘", "왜", "우리", "우리가", "위해", "음", "이", "이거", "이건", "이걸", "이것", "이게", "이런", "이런데",
    "이렇게", "이번", "이번에", "이제", "일단", "있는", "있다", "있습니다", "있어요", "자", "자기", "잘", "저", "저는",
    "저희", "저희가", "전", "정도", "정말", "제", "제가", "조금", "좀", "좋은", "지금", "진짜", "쪽", "하고", "하는",
    "하지만", "한", "한번", "할", "함께", "합니다", "해서", "했습니다", "혹시",
];

/// Endings of verbs, adjectives and sentences: a word with one of them, and without a particle, is
/// hardly the name of something.
#[rustfmt::skip]
const VERB_ENDINGS: &[&str] = &[
    "니다", "니까", "는데", "은데", "던데", "지만", "려고", "면서", "어서", "아서", "해서", "라서", "도록", "거든",
    "거나", "든지", "세요", "네요", "군요", "어요", "아요", "해요", "돼요", "에요", "예요", "지요", "거죠", "까요",
    "을게", "습니", "었던", "았던", "했던", "하는", "되는", "있는", "없는", "하고", "하면", "하게", "하지", "해야",
    "되고", "되면", "되게", "하자", "할게", "하다", "되다", "있다", "없다", "이다", "는다", "한다", "된다", "었다",
    "았다", "했다", "됐다", "겠다", "고요", "구요", "죠", "요", "듯", "했", "었", "았", "겠", "으면", "으며", "하며",
    "하여", "되어", "돼서", "시고", "시면", "이제", "있고", "없고", "같고", "있게", "없이", "려면", "다고", "자고",
    "냐고", "한테", "져서", "려서", "켜서", "여서", "와서", "가서", "줘서", "봐서", "시다", "된", "될", "할", "한", "인", "적인", "적으로", "스러운", "로운",
];

/// Whether a letter is a Hangul syllable.
pub(crate) fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Whether a word says nothing by itself.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

/// Nouns that end like verbs.
const NOUNS_IN_GO: &[&str] = &[
    "광고", "보고", "창고", "사고", "재고", "신고", "경고", "최고", "참고", "권고",
];

/// Whether a word is rather a verb, an adjective or a piece of grammar than the name of something.
pub(crate) fn is_verb_like(word: &str) -> bool {
    let goes_on = word.ends_with('고')
        && word.chars().nth(2).is_some()
        && !NOUNS_IN_GO.iter().any(|noun| word.ends_with(noun));
    goes_on
        || VERB_ENDINGS
            .iter()
            .any(|ending| word.len() > ending.len() && word.ends_with(ending))
}

/// A word without the particles that hang on it. What is left has at least two syllables, or one
/// where the particle itself is longer: of `회의` the `의` is no particle. A particle counts only
/// after the sound that it wants, so `전문가` stays whole while `회의가` does not.
pub(crate) fn stem(word: &str) -> &str {
    let mut rest = word;
    // `회의에서는` has two, `회의까지만은` three.
    for _ in 0..3 {
        let Some(stem) = without_particle(rest) else {
            break;
        };
        rest = stem;
    }
    rest
}

/// The word without its last particle, where it has one.
pub(crate) fn without_particle(word: &str) -> Option<&str> {
    PARTICLES.iter().find_map(|(particle, needs)| {
        let stem = word.strip_suffix(particle)?;
        let last = stem.chars().next_back()?;
        let min_letters = if particle.chars().nth(1).is_some() { 1 } else { 2 };
        (stem.chars().count() >= min_letters && suits(last, *needs)).then_some(stem)
    })
}

/// Whether a text is nothing but one or two particles.
pub(crate) fn is_particles(text: &str) -> bool {
    // Nothing hangs on the markers of subject, object and owner.
    const LAST: [&str; 7] = ["은", "는", "이", "가", "을", "를", "의"];
    let is_one = |text: &str| PARTICLES.iter().any(|(particle, _)| *particle == text);
    let is_first = |text: &str| is_one(text) && !LAST.contains(&text);
    is_one(text)
        || text
            .char_indices()
            .skip(1)
            .any(|(at, _)| is_first(&text[..at]) && is_one(&text[at..]))
}

fn suits(last: char, needs: Needs) -> bool {
    // Index of ㄹ among the final consonants of a syllable; 0 is none.
    const L: u32 = 8;
    let ending = if is_hangul(last) {
        (u32::from(last) - u32::from('가')) % 28
    } else {
        // Latin letters and digits are read aloud in ways that their spelling does not tell.
        return last.is_alphanumeric();
    };
    match needs {
        Any => true,
        Consonant => ending != 0,
        Vowel => ending == 0,
        VowelOrL => ending == 0 || ending == L,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_go_and_words_stay() {
        for (word, expected) in [
            ("회의는", "회의"),
            ("회의에서는", "회의"),
            ("회의", "회의"),
            ("예산을", "예산"),
            ("김민수가", "김민수"),
            ("김민석이", "김민석"),
            ("서울로", "서울"),
            ("부산으로", "부산"),
            ("다음", "다음"),
            ("금요일까지", "금요일"),
            ("집에서", "집"),
            ("전문가", "전문가"),
            ("전문가가", "전문가"),
            ("고객과", "고객"),
            ("결과", "결과"),
            ("효과", "효과"),
            ("제도", "제도"),
            ("학교와", "학교"),
            ("API를", "API"),
            ("회의입니다", "회의"),
            ("우리만의", "우리"),
        ] {
            assert_eq!(stem(word), expected, "{word} means {expected}");
        }
    }

    #[test]
    fn verbs_are_told_from_nouns() {
        for verb in [
            "합니다",
            "좋겠어요",
            "진행했습니다",
            "되는데",
            "그렇지만",
            "하려고",
            "미루고",
        ] {
            assert!(is_verb_like(verb), "{verb} names nothing");
        }
        for noun in ["예산", "회의", "데이터베이스", "일정", "출시", "광고"] {
            assert!(!is_verb_like(noun), "{noun} names something");
        }
    }
}
