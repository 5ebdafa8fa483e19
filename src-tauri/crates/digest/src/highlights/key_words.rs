use std::collections::{HashMap, HashSet};

use recordroute_core::{KeyWord, Segment, primary_language};

use crate::words::{english, is_unspaced, korean, words};

/// Occurrences that one sentence in a loop may add; what is said over and over in a row is a fault of
/// the transcript.
const MAX_IN_A_SEGMENT: u32 = 3;

/// The words that occur most often for their kind, best first.
pub(super) fn key_words(segments: &[Segment], language: &str, n: usize) -> Vec<KeyWord> {
    let said: Vec<Vec<String>> = segments
        .iter()
        .filter(|segment| segment.flags.is_empty() || !is_doubtful(segment))
        .map(|segment| words(&segment.text))
        .collect();
    let nouns = Nouns::find(&said);
    let mut counted: HashMap<String, Counted> = HashMap::new();
    for words in &said {
        let mut here: HashMap<String, u32> = HashMap::new();
        for (idx, word) in words.iter().enumerate() {
            let Some((key, shown)) = key(word, &nouns, language) else {
                continue;
            };
            let n_here = here.entry(key.clone()).or_default();
            *n_here += 1;
            if *n_here > MAX_IN_A_SEGMENT {
                continue;
            }
            let counted = counted.entry(key).or_default();
            counted.n += 1;
            counted.n_capital += u32::from(idx > 0 && shown.starts_with(char::is_uppercase));
            *counted.forms.entry(shown).or_default() += 1;
        }
    }
    // What occurs once in a long talk is chance; in a short one it is all there is.
    let n_words: usize = said.iter().map(Vec::len).sum();
    let min = if n_words < 120 { 1 } else { 2 };
    let mut found: Vec<(f32, KeyWord)> = counted
        .into_values()
        .filter(|counted| counted.n >= min)
        .filter_map(|counted| {
            let n = counted.n;
            let score = counted.score();
            // The form that is written most often; of equal ones the shorter, then by letters.
            let (text, _) = counted
                .forms
                .into_iter()
                .max_by(|a, b| a.1.cmp(&b.1).then(b.0.len().cmp(&a.0.len())).then(b.0.cmp(&a.0)))?;
            Some((score, KeyWord { text, n }))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.text.cmp(&b.1.text)));
    found.truncate(n);
    found.into_iter().map(|(_, key_word)| key_word).collect()
}

fn is_doubtful(segment: &Segment) -> bool {
    use recordroute_core::SegmentFlag::{KnownPhantom, MaybeNoSpeech, Repetition};
    segment
        .flags
        .iter()
        .any(|flag| matches!(flag, KnownPhantom | MaybeNoSpeech | Repetition))
}

#[derive(Default)]
struct Counted {
    n: u32,
    /// Times that it was written with a capital inside a sentence.
    n_capital: u32,
    forms: HashMap<String, u32>,
}

impl Counted {
    /// Longer words and names tell more than short words that are said as often.
    fn score(&self) -> f32 {
        let longest = self.forms.keys().map(|form| weight(form)).fold(0.0, f32::max);
        let is_name = self.n_capital * 2 > self.n;
        self.n as f32 * (1.0 + longest.min(12.0) / 12.0) * if is_name { 1.3 } else { 1.0 }
    }
}

/// Length in letters; a syllable of Korean is worth more than one.
fn weight(word: &str) -> f32 {
    word.chars().map(|c| if c.is_ascii() { 1.0 } else { 2.5 }).sum()
}

/// What a word is counted by, and how it is shown; `None` where it tells nothing.
fn key(word: &str, nouns: &Nouns, language: &str) -> Option<(String, String)> {
    if word.chars().any(korean::is_hangul) {
        let stem = nouns.stem(word)?;
        return Some((stem.to_lowercase(), stem.to_owned()));
    }
    let lower = word.to_lowercase();
    let n_chars = lower.chars().count();
    if word.chars().any(is_unspaced) {
        // Runs of letters without blanks are whole clauses, unless they are short.
        return (2..=6).contains(&n_chars).then(|| (lower, word.to_owned()));
    }
    let is_plain_english = primary_language(language) == "en" || lower.is_ascii();
    let tells = n_chars >= 3
        && lower.chars().any(char::is_alphabetic)
        && !english::is_stop_word(&lower)
        && (!is_plain_english
            || lower
                .chars()
                .any(|c| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y'))
            || word.chars().any(char::is_uppercase));
    let shown = word.strip_suffix("'s").unwrap_or(word);
    tells.then(|| (english::stem(&lower), shown.to_owned()))
}

/// Korean words that are nouns as far as this transcript tells: their stem occurs with different
/// particles, or by itself.
struct Nouns {
    stems: HashMap<String, HashSet<String>>,
}

impl Nouns {
    fn find(said: &[Vec<String>]) -> Self {
        let mut stems: HashMap<String, HashSet<String>> = HashMap::new();
        for word in said.iter().flatten() {
            if !word.chars().any(korean::is_hangul) {
                continue;
            }
            let mut stem = word.as_str();
            // Every stem that there could be, with what would be hanging on it.
            loop {
                stems
                    .entry(stem.to_owned())
                    .or_default()
                    .insert(word[stem.len()..].to_owned());
                let Some(shorter) = korean::without_particle(stem) else {
                    break;
                };
                stem = shorter;
            }
        }
        Self { stems }
    }

    /// The noun in a word, or `None` where it is a verb, a stop word or a single syllable. A particle of
    /// one syllable, which may as well belong to the word, is taken off only where the transcript has
    /// what is left in more forms than the longer: `고양이가` and `고양이를` have one stem, and it is not
    /// `고양`. Only of 을 and 를 there is no doubt.
    fn stem<'a>(&self, word: &'a str) -> Option<&'a str> {
        let n_forms = |stem: &str| self.stems.get(stem).map_or(0, HashSet::len);
        let mut stem = word;
        while let Some(shorter) = korean::without_particle(stem) {
            let particle = &stem[shorter.len()..];
            let is_plain = particle.chars().nth(1).is_some() || matches!(particle, "을" | "를");
            if !is_plain && n_forms(shorter) <= n_forms(stem) {
                break;
            }
            stem = shorter;
        }
        let tells = stem.chars().nth(1).is_some()
            && !korean::is_stop_word(stem)
            && !korean::is_stop_word(word)
            && (stem != word || !korean::is_verb_like(stem));
        tells.then_some(stem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::segments;

    fn found(texts: &[&str], language: &str) -> Vec<(String, u32)> {
        key_words(&segments(texts), language, 6)
            .into_iter()
            .map(|key_word| (key_word.text, key_word.n))
            .collect()
    }

    #[test]
    fn korean_words_are_counted_without_particles() {
        let words = found(
            &[
                "예산을 다음 주까지 확정하겠습니다.",
                "예산이 부족하면 마케팅 예산에서 줄입니다.",
                "마케팅은 중요하고 고양이도 중요합니다.",
                "고양이가 마케팅에 나옵니다. 고양이를 봅시다.",
            ],
            "ko",
        );
        assert_eq!(
            words[0],
            ("고양이".to_owned(), 3),
            "its last syllable is no particle: {words:?}"
        );
        assert!(words.contains(&("예산".to_owned(), 3)), "{words:?}");
        assert!(words.contains(&("마케팅".to_owned(), 3)), "{words:?}");
        assert!(
            words
                .iter()
                .all(|(word, _)| !word.ends_with("니다") && !word.ends_with("하고")),
            "verbs name nothing: {words:?}"
        );
    }

    #[test]
    fn english_words_are_counted_by_their_stem() {
        let words = found(
            &[
                "The budget for Kubernetes is tight, and budgets grow.",
                "We really need to talk about Kubernetes and the budget.",
                "You know, I mean, it's like, you know.",
            ],
            "en",
        );
        assert_eq!(
            words[0],
            ("Kubernetes".to_owned(), 2),
            "names tell more: {words:?}"
        );
        assert_eq!(
            words[1],
            ("budget".to_owned(), 3),
            "as it is written most often: {words:?}"
        );
        assert!(
            words
                .iter()
                .all(|(word, _)| !["know", "like", "really"].contains(&word.as_str())),
            "fillers tell nothing: {words:?}"
        );
    }

    #[test]
    fn a_loop_makes_no_key_word() {
        let words = found(
            &[
                "well well harbour harbour harbour harbour harbour harbour",
                "budget now",
            ],
            "en",
        );
        assert!(
            words.contains(&("harbour".to_owned(), 3)),
            "counted a few times: {words:?}"
        );
    }
}
