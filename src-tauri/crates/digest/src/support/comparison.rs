use super::claim::Claim;
use super::ground::{Found, Ground, Piece};

/// Share of a sentence's words that a sentence has which says the same or the contrary.
const THE_SAME: f32 = 0.8;

/// A claim beside texts. Texts are named by their place; a set of them says what any of it says.
pub(crate) struct Comparison<'a> {
    pub claim: Claim,
    found: Vec<Found>,
    grounds: Vec<&'a Ground>,
}

impl<'a> Comparison<'a> {
    pub fn new(claim: Claim, grounds: Vec<&'a Ground>) -> Self {
        Self {
            found: grounds.iter().map(|ground| ground.find(&claim)).collect(),
            claim,
            grounds,
        }
    }

    pub fn has_word(&self, set: &[usize], at: usize) -> bool {
        set.iter().any(|idx| self.found[*idx].words[at])
    }

    /// Whether every name of the claim occurs.
    pub fn has_names(&self, set: &[usize]) -> bool {
        (0..self.claim.names.len()).all(|at| set.iter().any(|idx| self.found[*idx].names[at]))
    }

    /// The numbers of the claim that do not occur, sorted as texts.
    pub fn missing_numbers(&self, set: &[usize]) -> Vec<&str> {
        let mut missing: Vec<&str> = Vec::new();
        for (at, number) in self.claim.numbers.iter().enumerate() {
            if !set.iter().any(|idx| self.found[*idx].numbers[at]) {
                missing.push(&number.value);
            }
        }
        missing.sort_unstable();
        missing
    }

    /// What its words tell as far as they occur, and what they tell altogether.
    pub fn words_found(&self, set: &[usize]) -> (usize, usize) {
        let mut n_found = 0;
        for (at, word) in self.claim.words.iter().enumerate() {
            if self.has_word(set, at) {
                n_found += word.weight();
            }
        }
        (n_found, self.claim.weight_of_words())
    }

    /// Whether these texts say the contrary.
    pub fn is_denied(&self, set: &[usize]) -> bool {
        let claim = &self.claim;
        if claim.negates && !set.iter().any(|idx| self.grounds[*idx].negates) {
            return true;
        }
        if claim.words.len() < 2 {
            return false;
        }
        if let Some(predicate) = claim.predicate.as_ref().filter(|_| !claim.negates) {
            let does_it = |clause: &&Piece| {
                let others = claim.words.iter().filter(|word| *word != predicate);
                clause.said.has(predicate) && others.into_iter().any(|word| clause.said.has(word))
            };
            let clauses = set.iter().flat_map(|idx| &self.grounds[*idx].clauses);
            let mut doing = clauses.filter(does_it).peekable();
            if doing.peek().is_some() {
                return doing.all(|clause| clause.negates);
            }
        }
        // A long sentence may deny something else; but one that denies nothing denies nothing.
        let longest = if claim.negates {
            usize::MAX
        } else {
            claim.words.len() * 3 / 2 + 1
        };
        let says_it = |piece: &&Piece| {
            let n: usize = claim.words.iter().map(|word| piece.said.weight(word)).sum();
            piece.n_words <= longest && n as f32 >= THE_SAME * claim.weight_of_words() as f32
        };
        let pieces = set.iter().flat_map(|idx| &self.grounds[*idx].pieces);
        let mut saying = pieces.filter(says_it).peekable();
        saying.peek().is_some() && saying.all(|piece| piece.negates != claim.negates)
    }

    /// How much of the claim one text has.
    pub fn weight(&self, idx: usize) -> usize {
        let found = &self.found[idx];
        let words = self.claim.words.iter().zip(&found.words);
        let words: usize = words.filter(|(_, is)| **is).map(|(word, _)| word.weight()).sum();
        let exact = found.names.iter().chain(&found.numbers).filter(|is| **is).count();
        words + 2 * exact
    }
}

/// Whether so much was found is at least this share of all.
pub(crate) fn is_share((n, of): (usize, usize), share: f32) -> bool {
    n as f32 >= share * of as f32
}
