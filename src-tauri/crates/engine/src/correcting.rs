//! The text of a transcript as people mend it: by hand, or by what a language model proposes.

use recordroute_core::{Correction, CorrectionState, JobId, JobKind, RecordingId};
use recordroute_digest::learned_words;

use crate::{Engine, Error};

impl Engine {
    /// Queues the making of proposals that correct a transcript.
    pub fn make_corrections(&self, id: RecordingId, model: Option<&str>) -> Result<JobId, Error> {
        self.refuse_without_text(id)?;
        let model = self.language_model_id(model)?;
        self.begin_writing(id, &JobKind::Correct { model })
    }

    /// What is or was proposed for the text as it is, in its order.
    pub fn corrections(&self, id: RecordingId) -> Result<Vec<Correction>, Error> {
        Ok(self.inner.library.corrections(id)?)
    }

    /// Accepts or refuses corrections, or opens them again; all of them or, with an error, none. Names
    /// in what is accepted become part of the vocabulary.
    pub fn decide_corrections(
        &self,
        id: RecordingId,
        segment_idxs: &[u32],
        state: CorrectionState,
    ) -> Result<(), Error> {
        let words = |correction: &Correction| learned_words(&correction.original, &correction.proposed);
        Ok(self
            .inner
            .library
            .decide_corrections(id, segment_idxs, state, &words)?)
    }

    /// Accepts everything that is open; with `marked` also what deserves a second look. Tells how many
    /// were accepted.
    pub fn accept_corrections(&self, id: RecordingId, marked: bool) -> Result<usize, Error> {
        let corrections = self.corrections(id)?;
        let wanted = corrections
            .iter()
            .filter(|correction| correction.state == CorrectionState::Open)
            .filter(|correction| marked || correction.marks.is_empty());
        let segment_idxs: Vec<u32> = wanted.map(|correction| correction.segment_idx).collect();
        self.decide_corrections(id, &segment_idxs, CorrectionState::Accepted)?;
        Ok(segment_idxs.len())
    }

    /// Puts another text in the place of a segment's; what was heard is kept.
    pub fn edit_segment(&self, id: RecordingId, segment_idx: u32, text: &str) -> Result<(), Error> {
        Ok(self.inner.library.edit_segment(id, segment_idx, text)?)
    }

    /// Names and terms that accepted corrections brought, the most frequent first.
    pub fn learned_words(&self) -> Result<Vec<String>, Error> {
        Ok(self.inner.library.learned_words()?)
    }

    /// Takes a word out of what was learned, for good.
    pub fn forget_word(&self, word: &str) -> Result<(), Error> {
        Ok(self.inner.library.forget_word(word)?)
    }
}
