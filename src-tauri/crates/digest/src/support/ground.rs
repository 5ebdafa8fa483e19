use super::claim::{Claim, meaning};
use super::said::Said;
use crate::checks::{Counted, Negations};
use crate::highlights::pieces;
use crate::words::korean;

/// What a text has to bear out sentences with.
pub(crate) struct Ground {
    pub said: Said,
    numbers: Vec<Counted>,
    pub negates: bool,
    pub pieces: Vec<Piece>,
    /// What Korean sentences are joined of.
    pub clauses: Vec<Piece>,
}

/// A sentence of a text, or a clause.
pub(crate) struct Piece {
    pub said: Said,
    pub n_words: usize,
    pub negates: bool,
}

/// What of a claim occurs in one text.
pub(crate) struct Found {
    pub words: Vec<bool>,
    pub names: Vec<bool>,
    pub numbers: Vec<bool>,
}

impl Ground {
    /// `beside` has words and names too, but no number and no sentence: who speaks, what it is called.
    pub fn of(text: &str, beside: &[&str]) -> Self {
        let mut texts = vec![text];
        texts.extend(beside);
        Self {
            said: Said::of(&texts),
            numbers: Counted::all(text),
            negates: Negations::of(text).any(),
            pieces: pieces(text).into_iter().map(Piece::of).collect(),
            clauses: clauses(text).iter().map(|text| Piece::of(text)).collect(),
        }
    }

    pub fn find(&self, claim: &Claim) -> Found {
        Found {
            words: claim.words.iter().map(|word| self.said.has(word)).collect(),
            names: claim.names.iter().map(|name| self.said.has_name(name)).collect(),
            numbers: claim
                .numbers
                .iter()
                .map(|number| self.numbers.iter().any(|known| number.agrees(known)))
                .collect(),
        }
    }
}

impl Piece {
    fn of(text: &str) -> Self {
        Self {
            said: Said::of(&[text]),
            n_words: meaning(text).len(),
            negates: Negations::of(text).any(),
        }
    }
}

/// The clauses of Korean sentences, which go on for long where people talk: cut at commas and behind the
/// endings that join clauses. Of a text in another language none.
fn clauses(text: &str) -> Vec<String> {
    const JOINING: [&str; 9] = [
        "는데",
        "은데",
        "인데",
        "던데",
        "지만",
        "니까",
        "고요",
        "면서",
        "거든요",
    ];
    if !text.chars().any(korean::is_hangul) {
        return Vec::new();
    }
    let mut clauses = vec![String::new()];
    for token in pieces(text)
        .into_iter()
        .flat_map(|piece| piece.split_whitespace())
    {
        if let Some(clause) = clauses.last_mut() {
            clause.push_str(token);
            clause.push(' ');
        }
        let word = token.trim_end_matches(|c: char| !c.is_alphanumeric());
        if word.len() < token.len() || JOINING.iter().any(|ending| word.ends_with(ending)) {
            clauses.push(String::new());
        }
    }
    clauses.retain(|clause| !clause.is_empty());
    clauses
}
