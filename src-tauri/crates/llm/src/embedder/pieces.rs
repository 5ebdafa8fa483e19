//! SentencePiece's unigram model (Kudo 2018, <https://arxiv.org/abs/1804.10959>) for vocabularies of a quarter of
//! a million pieces, as XLM-RoBERTa has. The one of `tokenizers` gives the same tokens, but takes more memory than
//! a small model's weights, because it has a hash map for each byte of each piece.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use tokenizers::models::unigram::UnigramTrainer;
use tokenizers::{Model, Token};

/// XLM-RoBERTa's have about two million.
const MAX_BYTES: usize = 8 << 20;
/// What an unknown character costs more than the least likely piece, as in SentencePiece.
const UNKNOWN_PENALTY: f64 = 10.0;
const NONE: u32 = u32::MAX;

pub(crate) struct Pieces {
    words: Words,
    nodes: Vec<Node>,
    unknown: Option<u32>,
    unknown_score: f64,
    has_byte_fallback: bool,
}

/// All pieces and their scores by their numbers.
#[derive(Default)]
struct Words {
    /// One after the other.
    text: String,
    ends: Vec<u32>,
    scores: Vec<f64>,
}

/// Of a tree whose branches are the bytes of pieces. The branches of a node stand beside each other, by
/// their bytes.
#[derive(Clone, Copy)]
struct Node {
    first_branch: u32,
    n_branches: u16,
    byte: u8,
    /// The piece that ends here.
    piece: u32,
}

/// The best way to the end of a piece.
#[derive(Clone, Copy)]
struct Best {
    score: f64,
    from: u32,
    piece: u32,
}

impl Words {
    fn get(&self, piece: usize) -> &str {
        let from = piece.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[from as usize..self.ends[piece] as usize]
    }

    fn n(&self) -> usize {
        self.ends.len()
    }
}

impl Pieces {
    fn new(words: Words, unknown: Option<u32>, has_byte_fallback: bool) -> Self {
        let lowest = words.scores.iter().copied().fold(f64::INFINITY, f64::min);
        Self {
            nodes: tree(&words),
            words,
            unknown,
            unknown_score: lowest - UNKNOWN_PENALTY,
            has_byte_fallback,
        }
    }

    fn branch(&self, node: Node, byte: u8) -> Option<Node> {
        let first = node.first_branch as usize;
        let branches = &self.nodes[first..first + usize::from(node.n_branches)];
        let at = branches.binary_search_by_key(&byte, |branch| branch.byte).ok()?;
        Some(branches[at])
    }

    fn piece(&self, text: &str) -> Option<u32> {
        let mut node = self.nodes[0];
        for byte in text.bytes() {
            node = self.branch(node, byte)?;
        }
        (node.piece != NONE).then_some(node.piece)
    }

    /// The likeliest pieces that spell the text, the last one first.
    fn split(&self, text: &str) -> tokenizers::Result<Vec<(Range<usize>, u32)>> {
        let nothing = Best {
            score: f64::NEG_INFINITY,
            from: NONE,
            piece: NONE,
        };
        let mut best = vec![nothing; text.len() + 1];
        best[0].score = 0.0;
        for (start, c) in text.char_indices() {
            let score = best[start].score;
            let reach = |best: &mut Best, score: f64, piece: u32| {
                if best.from == NONE || score > best.score {
                    *best = Best {
                        score,
                        from: start as u32,
                        piece,
                    };
                }
            };
            let mut node = self.nodes[0];
            let mut has_single = false;
            for (i, byte) in text[start..].bytes().enumerate() {
                let Some(next) = self.branch(node, byte) else {
                    break;
                };
                node = next;
                if node.piece != NONE {
                    let score = score + self.words.scores[node.piece as usize];
                    reach(&mut best[start + i + 1], score, node.piece);
                    has_single |= i + 1 == c.len_utf8();
                }
            }
            if !has_single {
                let unknown = self.unknown.ok_or("the vocabulary has no unknown token")?;
                let end = &mut best[start + c.len_utf8()];
                reach(end, score + self.unknown_score, unknown);
            }
        }
        let mut pieces = Vec::new();
        let mut end = text.len();
        while end > 0 {
            let Best { from, piece, .. } = best[end];
            pieces.push((from as usize..end, piece));
            end = from as usize;
        }
        Ok(pieces)
    }

    /// What was not known, as the tokens of its bytes where the vocabulary has them all.
    fn bytes(&self, text: &str, range: &Range<usize>) -> Option<Vec<Token>> {
        let token = |byte: u8| {
            let name = format!("<0x{byte:02X}>");
            Some(Token::new(self.piece(&name)?, name, (range.start, range.end)))
        };
        if self.has_byte_fallback {
            text.bytes().map(token).collect()
        } else {
            None
        }
    }
}

/// Level by level, so that the branches of a node come beside each other.
fn tree(words: &Words) -> Vec<Node> {
    let mut order: Vec<u32> = (0..words.n() as u32).collect();
    // Of two pieces of the same text the later counts.
    order.sort_unstable_by(|&a, &b| (words.get(a as usize), a).cmp(&(words.get(b as usize), b)));
    let bytes = |at: usize| words.get(order[at] as usize).as_bytes();
    let root = Node {
        first_branch: 0,
        n_branches: 0,
        byte: 0,
        piece: NONE,
    };
    let mut nodes = vec![root];
    let mut level = vec![(0, 0..order.len())];
    for depth in 0.. {
        let mut next_level = Vec::new();
        for (node_idx, mut range) in level {
            while range.start < range.end && bytes(range.start).len() == depth {
                let node: &mut Node = &mut nodes[node_idx];
                if depth > 0 {
                    node.piece = order[range.start];
                }
                range.start += 1;
            }
            nodes[node_idx].first_branch = nodes.len() as u32;
            while range.start < range.end {
                let byte = bytes(range.start)[depth];
                let n = (range.clone()).take_while(|&at| bytes(at)[depth] == byte).count();
                next_level.push((nodes.len(), range.start..range.start + n));
                nodes.push(Node { byte, ..root });
                nodes[node_idx].n_branches += 1;
                range.start += n;
            }
        }
        if next_level.is_empty() {
            break;
        }
        level = next_level;
    }
    nodes.shrink_to_fit();
    nodes
}

impl Model for Pieces {
    type Trainer = UnigramTrainer;

    fn tokenize(&self, text: &str) -> tokenizers::Result<Vec<Token>> {
        let mut tokens = Vec::new();
        let mut pieces = self.split(text)?.into_iter().rev().peekable();
        while let Some((mut range, piece)) = pieces.next() {
            if Some(piece) == self.unknown {
                // What is unknown beside each other is one token.
                while let Some((after, _)) = pieces.next_if(|(_, piece)| Some(*piece) == self.unknown) {
                    range.end = after.end;
                }
                let unknown = &text[range.clone()];
                let piece = self.piece(unknown);
                if piece.is_none()
                    && let Some(of_bytes) = self.bytes(unknown, &range)
                {
                    tokens.extend(of_bytes);
                    continue;
                }
            }
            let value = text[range.clone()].to_owned();
            let piece = self.piece(&value).unwrap_or(piece);
            tokens.push(Token::new(piece, value, (range.start, range.end)));
        }
        Ok(tokens)
    }

    fn token_to_id(&self, token: &str) -> Option<u32> {
        self.piece(token)
    }

    fn id_to_token(&self, id: u32) -> Option<String> {
        let id = id as usize;
        (id < self.words.n()).then(|| self.words.get(id).to_owned())
    }

    fn get_vocab(&self) -> HashMap<String, u32> {
        let pieces = 0..self.words.n();
        pieces
            .map(|piece| (self.words.get(piece).to_owned(), piece as u32))
            .collect()
    }

    fn get_vocab_size(&self) -> usize {
        self.words.n()
    }

    fn save(&self, _: &Path, _: Option<&str>) -> tokenizers::Result<Vec<PathBuf>> {
        Err("vocabularies are only read".into())
    }

    fn get_trainer(&self) -> UnigramTrainer {
        UnigramTrainer::default()
    }
}

impl<'de> Deserialize<'de> for Pieces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PiecesVisitor)
    }
}

struct PiecesVisitor;

impl<'de> Visitor<'de> for PiecesVisitor {
    type Value = Pieces;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a unigram model")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pieces, A::Error> {
        let (mut words, mut unknown, mut has_byte_fallback) = (Words::default(), None::<u32>, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "vocab" => words = map.next_value()?,
                "unk_id" => unknown = map.next_value()?,
                "byte_fallback" => has_byte_fallback = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if words.n() == 0 || unknown.is_some_and(|unknown| unknown as usize >= words.n()) {
            return Err(A::Error::custom("the vocabulary lacks its unknown token"));
        }
        Ok(Pieces::new(words, unknown, has_byte_fallback))
    }
}

/// Piece by piece, since a list of them would take many times the memory.
impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(WordsVisitor)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pieces and their scores")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
        let mut words = Words::default();
        while let Some((word, score)) = list.next_element::<(String, f64)>()? {
            words.text.push_str(&word);
            if words.text.len() > MAX_BYTES {
                return Err(A::Error::custom(
                    "the vocabulary is larger than any known model's",
                ));
            }
            words.ends.push(words.text.len() as u32);
            words.scores.push(score);
        }
        words.text.shrink_to_fit();
        words.ends.shrink_to_fit();
        words.scores.shrink_to_fit();
        Ok(words)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokenizers::models::unigram::Unigram;

    use super::*;

    fn both(vocabulary: &[(String, f64)], has_byte_fallback: bool) -> (Pieces, Unigram) {
        let file = serde_json::json!({
            "type": "Unigram", "unk_id": 0, "vocab": vocabulary, "byte_fallback": has_byte_fallback
        });
        let pieces = serde_json::from_value(file).expect("the vocabulary is sound");
        let reference = Unigram::from(vocabulary.to_vec(), Some(0), has_byte_fallback);
        (pieces, reference.expect("the vocabulary is sound"))
    }

    fn entry(text: &str, score: f64) -> (String, f64) {
        (text.to_owned(), score)
    }

    proptest! {
        #[test]
        fn tokens_are_those_of_the_reference(
            words in prop::collection::vec(("[ab가나▁]{1,4}", -20.0..0.0_f64), 0..40),
            text in "[abc가나다▁]{0,30}",
            has_byte_fallback: bool,
        ) {
            let mut vocabulary = vec![entry("<unk>", 0.0)];
            vocabulary.extend(words);
            if has_byte_fallback {
                // The letter c can be spelt, the syllable 다 cannot.
                vocabulary.push(entry("<0x63>", -5.0));
            }
            let (pieces, reference) = both(&vocabulary, has_byte_fallback);
            prop_assert_eq!(
                pieces.tokenize(&text).expect("any text can be split"),
                reference.tokenize(&text).expect("any text can be split"),
                "the tokens are the same"
            );
            for (idx, (word, _)) in vocabulary.iter().enumerate() {
                prop_assert_eq!(pieces.token_to_id(word), reference.token_to_id(word), "a piece is found");
                prop_assert_eq!(pieces.id_to_token(idx as u32), Some(word.clone()), "its text too");
            }
        }
    }

    #[test]
    fn what_is_unknown_is_one_token() {
        let (pieces, _) = both(&[entry("<unk>", 0.0), entry("a", -1.0), entry("ab", -1.5)], false);
        let tokens = pieces.tokenize("xyzabaq").expect("any text can be split");
        let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
        assert_eq!(
            ids,
            [0, 2, 1, 0],
            "three letters, then what is known, then one letter"
        );
        assert_eq!(tokens[0].value, "xyz", "its text is kept");
    }

    #[test]
    fn damaged_vocabularies_are_refused() {
        for file in [
            r#"{"type":"Unigram","unk_id":0,"vocab":[]}"#,
            r#"{"type":"Unigram","unk_id":1,"vocab":[["a",0.0]]}"#,
            r#"{"type":"Unigram","unk_id":0,"vocab":[["a"]]}"#,
            r#"{"type":"Unigram","unk_id":-1,"vocab":[["a",0.0]]}"#,
        ] {
            assert!(
                serde_json::from_str::<Pieces>(file).is_err(),
                "{file} is no vocabulary"
            );
        }
        let long = "a".repeat(1 << 20);
        let many = serde_json::json!({ "unk_id": 0, "vocab": vec![(long, 0.0); 9] });
        assert!(
            serde_json::from_value::<Pieces>(many).is_err(),
            "nine megabytes of pieces are too much"
        );
    }
}
