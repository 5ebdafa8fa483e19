//! The sentences of an answer so far, judged, with those that say the same made one.

use recordroute_core::AnswerSentence;
use serde_json::Value;

use super::reply::{MAX_SENTENCES, denies, raw_sentences};
use super::support::Support;
use crate::likeness::Likeness;

/// So many sentences that were there already are a loop.
const MAX_REPEATED: usize = 3;

pub(super) struct Draft<'a> {
    support: &'a Support<'a>,
    n_passages: usize,
    sentences: Vec<AnswerSentence>,
    likenesses: Vec<Likeness>,
    /// How many sentences of the model's were looked at.
    n_seen: usize,
    n_repeated: usize,
}

impl<'a> Draft<'a> {
    pub fn new(support: &'a Support<'a>, n_passages: usize) -> Self {
        Self {
            support,
            n_passages,
            sentences: Vec::new(),
            likenesses: Vec::new(),
            n_seen: 0,
            n_repeated: 0,
        }
    }

    /// Takes what an answer has beyond what was seen of it; tells whether anything is new.
    pub fn grow(&mut self, answer: &Value) -> bool {
        let before = self.sentences.clone();
        for raw in raw_sentences(answer, self.n_passages)
            .into_iter()
            .skip(self.n_seen)
        {
            self.n_seen += 1;
            let (passages, is_supported) = self.support.judge(&raw.text, &raw.cited);
            let likeness = Likeness::of(&raw.text);
            match self.likenesses.iter().position(|known| known.is_near(&likeness)) {
                Some(idx) => {
                    self.n_repeated += 1;
                    let known = &mut self.sentences[idx];
                    if is_supported == known.is_supported {
                        known.passages.extend(passages);
                        known.passages.sort_unstable();
                        known.passages.dedup();
                    } else if is_supported {
                        // The one that is borne out stands, in its own words.
                        *known = AnswerSentence {
                            text: raw.text,
                            passages,
                            is_supported,
                        };
                    }
                }
                None if self.sentences.len() < MAX_SENTENCES => {
                    self.likenesses.push(likeness);
                    self.sentences.push(AnswerSentence {
                        text: raw.text,
                        passages,
                        is_supported,
                    });
                }
                None => {}
            }
        }
        self.sentences != before
    }

    pub fn is_loop(&self) -> bool {
        self.n_repeated >= MAX_REPEATED
    }

    /// What is to be shown: nothing where all that is said is that nothing is there.
    pub fn sentences(&self) -> &[AnswerSentence] {
        let says_something = |sentence: &AnswerSentence| sentence.is_supported || !denies(&sentence.text);
        if self.sentences.iter().any(says_something) {
            &self.sentences
        } else {
            &[]
        }
    }
}
