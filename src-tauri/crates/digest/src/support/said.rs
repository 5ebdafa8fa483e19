use std::collections::HashSet;

use super::claim::{Beginning, Word, beginning};
use crate::words::{english, is_unspaced, korean, words};

/// Two stems of so many letters are one word where the longer only goes on.
const MIN_STEM: usize = 5;

/// The words of a text, to be looked up.
#[derive(Default)]
pub(crate) struct Said {
    /// Lower-cased letters and digits without anything between them.
    letters: String,
    stems: HashSet<String>,
    /// Neighbouring letters of a word.
    pairs: HashSet<(char, char)>,
    beginnings: HashSet<Beginning>,
    pub has_hangul: bool,
    pub has_latin: bool,
}

impl Said {
    pub fn of(texts: &[&str]) -> Self {
        let mut said = Self::default();
        for text in texts {
            for word in words(text) {
                said.add(&word.to_lowercase());
            }
            // Nothing reaches from one into the next.
            said.letters.push(' ');
        }
        said
    }

    fn add(&mut self, word: &str) {
        self.letters.extend(word.chars().filter(|c| c.is_alphanumeric()));
        if word.chars().any(korean::is_hangul) {
            self.has_hangul = true;
            if let Some((first, second)) = beginning(word) {
                self.beginnings.extend([(first, second), (first, None)]);
            }
            self.add_pairs(word);
            let stem = korean::stem(word);
            if !stem.chars().any(korean::is_hangul) {
                self.stems.insert(english::stem(stem));
            }
        } else if word.chars().any(is_unspaced) {
            self.add_pairs(word);
        } else {
            self.has_latin |= word.chars().any(char::is_alphabetic);
            for part in word.split('-').chain([word]) {
                self.stems.insert(english::stem(part));
            }
        }
    }

    fn add_pairs(&mut self, word: &str) {
        let letters: Vec<char> = word.chars().collect();
        self.pairs
            .extend(letters.windows(2).map(|pair| (pair[0], pair[1])));
    }

    pub fn has(&self, word: &Word) -> bool {
        match word {
            Word::Stem(stem) => {
                self.stems.contains(stem) || self.stems.iter().any(|known| goes_on(known, stem))
            }
            Word::Noun(noun) => {
                let letters: Vec<char> = noun.chars().collect();
                let pairs = letters.windows(2).map(|pair| (pair[0], pair[1]));
                let n_known = pairs.filter(|pair| self.pairs.contains(pair)).count();
                // A compound may be written apart, or with a particle inside.
                letters.len() > 2 && self.letters.contains(noun.as_str())
                    || n_known * 3 >= (letters.len() - 1) * 2
            }
            Word::Verb(beginning) => self.beginnings.contains(beginning),
            Word::Pair(first, second) => self.pairs.contains(&(*first, *second)),
        }
    }

    /// What a word tells where it occurs.
    pub fn weight(&self, word: &Word) -> usize {
        if self.has(word) { word.weight() } else { 0 }
    }

    /// Words of different scripts share nothing, even where both say the same.
    pub fn is_comparable(&self, words: &[Word]) -> bool {
        words.is_empty()
            || words.iter().any(|word| match word {
                Word::Stem(_) => self.has_latin,
                Word::Noun(_) | Word::Verb(_) => self.has_hangul,
                Word::Pair(..) => !self.has_hangul && !self.has_latin,
            })
    }

    /// Whether a name occurs as it is written; in Korean and where it is long also inside a word.
    pub fn has_name(&self, name: &str) -> bool {
        let letters: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        let is_long = letters.chars().count() >= MIN_STEM || letters.chars().any(korean::is_hangul);
        self.stems.contains(&english::stem(name)) || (is_long && self.letters.contains(&letters))
    }
}

/// Whether two stems are one word in another form: `approv` and `approval`.
fn goes_on(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.len() >= MIN_STEM && long.len() - short.len() <= 4 && long.starts_with(short)
}
