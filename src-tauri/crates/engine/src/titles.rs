//! Titles of one line, and what tells something of a recording without any language model.

use recordroute_core::{Highlights, JobId, JobKind, RecordingId};
use recordroute_digest::highlights;
use recordroute_export::{WrittenFormat, write_highlights};
use recordroute_store::{Library, TitledBy};

use crate::writing::{language_of, transcript_to_read};
use crate::{Engine, Error};

/// Sentences of the highlights: what fits a screen.
const N_HIGHLIGHTS: usize = 8;

impl Engine {
    /// Queues the finding of a title, also where the recording has one.
    pub fn make_title(&self, id: RecordingId, model: Option<&str>) -> Result<JobId, Error> {
        self.refuse_without_text(id)?;
        let model = self.language_model_id(model)?;
        let spare_own = false;
        self.begin_writing(id, &JobKind::Title { model, spare_own })
    }

    /// Whether a language model gave the title, of a text that is another one since.
    pub fn is_title_outdated(&self, id: RecordingId) -> Result<bool, Error> {
        Ok(self.inner.library.titled_by(id)? == TitledBy::Model { is_outdated: true })
    }

    /// The most telling sentences and words of a recording, at once and without a language model.
    pub fn highlights(&self, id: RecordingId) -> Result<Highlights, Error> {
        let (transcript, _) = transcript_to_read(&self.inner.library, id)?;
        Ok(highlights(
            &transcript.segments,
            &language_of(&transcript),
            N_HIGHLIGHTS,
        ))
    }

    /// The same as text in a format.
    pub fn highlights_text(&self, id: RecordingId, format: WrittenFormat) -> Result<String, Error> {
        let highlights = self.highlights(id)?;
        let mut bytes = Vec::new();
        write_highlights(format, &self.recording(id)?, &highlights, &mut bytes)
            .map_err(|error| Error::Invalid(error.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Whether nobody gave a recording a title yet, or a model did of an earlier text.
pub(crate) fn wants_title(library: &Library, id: RecordingId) -> Result<bool, Error> {
    Ok(match library.titled_by(id)? {
        TitledBy::Program => true,
        TitledBy::User => false,
        TitledBy::Model { is_outdated } => is_outdated,
    })
}
