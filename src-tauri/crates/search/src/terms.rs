//! The words of a question: those that say what it is about, in the forms in which they may have been
//! said, each weighed by how rare it is.

use recordroute_store::{Library, fold};

use crate::SearchError;
use crate::rank::{B, K1, MAX_FREQUENCY, TITLE_BONUS, USUAL_SEGMENT_CHARS, occurrences, weight};

/// Words of a question that say nothing about what is looked for.
const STOP_WORDS: &str = "
a about after all also am an anybody and any are as at be been before being but by can could did do does doing for
from had has have having he her here him his how i if in into is it its just me more most my no not of on or
our over said say says she should so some somebody someone tell than that the their them then there these they this those through to told too under us
very was we were what when where which while who whom whose why will with would you your
그 그거 그것 그게 그래서 그런 그럼 그리고 나 내 너 네 누가 누구 다 대해 대해서 대한 등 때 때문 또 또는 뭐 뭘 무슨 무엇 및
바 수 안 어느 어디 어디서 어떤 어떻게 언제 얼마나 여기 왜 우리 이 이거 이것 이게 있 있는 있는지 있다 있나 있나요 있었 있었나 있었나요 있었지 저 저기 저희
적 제 좀 중 즉 지 하는 한 할 했 했나 했나요 했는지 했던 했었지 했지 것 거 게 걸 건 더라 며칠 몇 얼마 했어 했더라 말했지 말했나 얘기했지 얘기했나 관한 관해 관련 되는 된 됐나 됐나요 됐는지 됐지";

/// What Korean hangs on nouns and verbs, folded, longest first.
const ENDINGS: [&str; 84] = [
    "되었습니까",
    "되었습니다",
    "하였습니까",
    "하였습니다",
    "되었나요",
    "되었는지",
    "하였나요",
    "하였는지",
    "되었지",
    "되었다",
    "되나요",
    "되는지",
    "했었습니다",
    "했습니까",
    "했습니다",
    "합니까",
    "합니다",
    "됩니까",
    "됩니다",
    "됐습니까",
    "됐습니다",
    "하기로",
    "했나요",
    "했어요",
    "했는지",
    "됐나요",
    "됐어요",
    "됐는지",
    "인가요",
    "이에요",
    "입니다",
    "입니까",
    "에서는",
    "에게서",
    "으로는",
    "이라고",
    "하나요",
    "하는지",
    "까지",
    "부터",
    "에서",
    "에게",
    "한테",
    "으로",
    "처럼",
    "보다",
    "마다",
    "밖에",
    "조차",
    "이나",
    "라고",
    "이랑",
    "에는",
    "와의",
    "과의",
    "하기",
    "나요",
    "어요",
    "아요",
    "는지",
    "지요",
    "까요",
    "했던",
    "하는",
    "했다",
    "했지",
    "한다",
    "된다",
    "됐지",
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "에",
    "의",
    "도",
    "로",
    "와",
    "과",
    "만",
    "랑",
    "들",
];

/// English endings, longest first.
const SUFFIXES: [&str; 6] = ["ing", "'s", "’s", "es", "ed", "s"];

/// What a form that was shortened counts against the word as it was typed.
const SHORTENED: f32 = 0.8;

/// Most words that are looked for, the rarest first.
const MAX_TERMS: usize = 6;

/// One word that says what is looked for.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    /// As it was typed, folded.
    whole: String,
    /// Without its ending; the beginning of `whole`. Where nothing of it was ever said, `whole` itself.
    stem: String,
    weight: f32,
}

/// The words of a question in a library.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    terms: Vec<Term>,
    /// Weight of all words together, also of those that were never said.
    total: f32,
}

/// Words without the signs around them and without those that say nothing; all of them where no other
/// one is left.
pub(crate) fn content(words: &[String]) -> Vec<String> {
    let mut bare: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let word = trimmed(word);
        if !bare.contains(&word) {
            bare.push(word);
        }
    }
    let said: Vec<String> = bare.iter().filter(|word| !is_stop_word(word)).cloned().collect();
    if said.is_empty() { bare } else { said }
}

impl Terms {
    pub(crate) fn new(library: &Library, words: &[String]) -> Result<Self, SearchError> {
        let n_segments = library.n_segments()?;
        let mut terms = Vec::with_capacity(words.len());
        let mut n_unheard = 0;
        for word in words {
            match heard(library, word)? {
                Some((stem, frequency)) => terms.push(Term {
                    whole: word.clone(),
                    stem,
                    weight: weight(n_segments, frequency),
                }),
                None => n_unheard += 1,
            }
        }
        terms.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let total: f32 = terms.iter().map(|term| term.weight).sum();
        // What was never said has no weight of its own; it counts as a usual word that is missing.
        let usual = total / terms.len().max(1) as f32;
        terms.truncate(MAX_TERMS);
        Ok(Self {
            total: total + usual * n_unheard as f32,
            terms,
        })
    }

    /// What to look up, one after the other, the rarest first.
    pub(crate) fn stems(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|term| term.stem.as_str())
    }

    /// What to mark in a text.
    pub(crate) fn marks(&self) -> Vec<String> {
        let mut marks = Vec::with_capacity(self.terms.len() * 2);
        for term in &self.terms {
            for form in [&term.whole, &term.stem] {
                if !marks.contains(form) {
                    marks.push(form.clone());
                }
            }
        }
        marks
    }

    /// What each word brings to a text.
    pub(crate) fn worth(&self, text: &str, title: &str) -> Worth {
        let text = fold(text);
        let title = fold(title);
        let length = text.chars().count() as f32 / USUAL_SEGMENT_CHARS;
        let of_term = |term: &Term| {
            let mut n = occurrences(&text, &term.whole);
            if term.stem != term.whole {
                n = n.max(occurrences(&text, &term.stem) * SHORTENED);
            }
            let bonus = if title.contains(&term.stem) {
                TITLE_BONUS
            } else {
                0.0
            };
            if n > 0.0 {
                let saturated = n * (K1 + 1.0) / (n + K1 * (1.0 - B + B * length));
                (term.weight * (saturated + bonus), term.weight)
            } else {
                (term.weight * bonus, term.weight * bonus)
            }
        };
        Worth(self.terms.iter().map(of_term).collect())
    }

    /// BM25 over the words, and the share of their weight that is there, from 0 to 1.
    pub(crate) fn score(&self, worth: &Worth) -> (f32, f32) {
        let (score, covered) = worth
            .0
            .iter()
            .fold((0.0, 0.0), |sum, of_term| (sum.0 + of_term.0, sum.1 + of_term.1));
        (score, covered / self.total.max(f32::MIN_POSITIVE))
    }
}

/// For each word of a question its score in a text, and what of its weight is there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Worth(Vec<(f32, f32)>);

impl Worth {
    /// Adds what stands near, which counts `part` of what it would count here.
    pub(crate) fn add_near(&mut self, near: &Self, part: f32) {
        for (here, near) in self.0.iter_mut().zip(&near.0) {
            here.0 = here.0.max(near.0 * part);
            here.1 = here.1.max(near.1 * part);
        }
    }
}

/// A word without the signs that end sentences and stand around words; signs alone stay.
fn trimmed(word: &str) -> String {
    let is_sign = |c: char| {
        matches!(
            c,
            '?' | '!'
                | '.'
                | ','
                | ';'
                | ':'
                | '…'
                | '('
                | ')'
                | '['
                | ']'
                | '\''
                | '‘'
                | '’'
                | '？'
                | '！'
                | '。'
                | '、'
        )
    };
    let bare = word.trim_matches(is_sign);
    if bare.is_empty() { word } else { bare }.to_owned()
}

fn is_stop_word(word: &str) -> bool {
    let is_listed = |word: &str| STOP_WORDS.split_whitespace().any(|stop| stop == word);
    is_listed(word) || (is_korean(word) && stems(word).iter().any(|stem| is_listed(stem)))
}

fn is_korean(word: &str) -> bool {
    word.chars().all(|c| ('가'..='힣').contains(&c))
}

/// The word without an ending that it may have, the longest ending first.
fn stems(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let n_chars = word.chars().count();
    if is_korean(word) {
        for ending in ENDINGS {
            if let Some(stem) = word.strip_suffix(ending).filter(|stem| !stem.is_empty()) {
                found.push(stem.to_owned());
            }
        }
    } else if word.is_ascii() || word.ends_with("’s") {
        for suffix in SUFFIXES {
            if let Some(stem) = word.strip_suffix(suffix).filter(|stem| stem.len() >= 3) {
                found.push(stem.to_owned());
                break;
            }
        }
        // `decide` and `decided` have this in common.
        if found.is_empty() && n_chars > 4 && word.ends_with('e') {
            found.extend(word.strip_suffix('e').map(str::to_owned));
        }
    }
    found
}

/// The shortest form of a word that was ever said, and in how many segments; none where none was. A
/// Korean word with an ending that is not known is tried without its last and its last two syllables.
fn heard(library: &Library, word: &str) -> Result<Option<(String, u64)>, SearchError> {
    for stem in stems(word) {
        // One syllable stands in too many words; with a particle it is the word.
        if stem.chars().count() < 2 {
            continue;
        }
        let frequency = library.segment_frequency(&stem, MAX_FREQUENCY)?;
        if frequency > 0 {
            return Ok(Some((stem, frequency)));
        }
    }
    let frequency = library.segment_frequency(word, MAX_FREQUENCY)?;
    if frequency > 0 {
        return Ok(Some((word.to_owned(), frequency)));
    }
    if is_korean(word) {
        let chars: Vec<char> = word.chars().collect();
        for n_left in (chars.len().saturating_sub(2)..chars.len())
            .rev()
            .filter(|n_left| *n_left >= 2)
        {
            let stem: String = chars.iter().take(n_left).collect();
            let frequency = library.segment_frequency(&stem, MAX_FREQUENCY)?;
            if frequency > 0 {
                return Ok(Some((stem, frequency)));
            }
        }
        for stem in stems(word) {
            let frequency = library.segment_frequency(&stem, MAX_FREQUENCY)?;
            if frequency > 0 {
                return Ok(Some((stem, frequency)));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content_of(words: &str) -> Vec<String> {
        let words: Vec<String> = words.split(' ').map(fold).collect();
        content(&words)
    }

    #[test]
    fn what_a_question_is_about_is_what_is_left() {
        assert_eq!(
            content_of("When did we decide the budget?"),
            ["decide", "budget"],
            "without what every question has"
        );
        assert_eq!(
            content_of("우리가 예산을 언제 결정했나요?"),
            ["예산을", "결정했나요"],
            "in Korean too, also with particles"
        );
        assert_eq!(
            content_of("what is it"),
            ["what", "is", "it"],
            "unless nothing else is left"
        );
        assert_eq!(
            content_of("C++ (really) budget budget."),
            ["c++", "really", "budget"],
            "signs around words"
        );
    }

    #[test]
    fn endings_are_taken_off() {
        assert_eq!(stems("회의에서"), ["회의"], "a particle");
        assert_eq!(stems("결정했습니까"), ["결정"], "the end of a verb");
        assert!(stems("meetings").contains(&"meeting".to_owned()), "a plural");
        assert_eq!(stems("decided"), ["decid"], "what it has in common with `decide`");
        assert_eq!(stems("decide"), ["decid"], "and the other way round");
        assert!(stems("is").is_empty(), "what is left must be a word");
    }
}
