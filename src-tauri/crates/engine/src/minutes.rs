//! Minutes: made by a job, read, edited, exported, and what they would cost.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use recordroute_core::{JobId, JobKind, Language, MinutesItem, MinutesSection, RecordingId, Segment};
use recordroute_digest::{MinutesOptions, estimate_tokens, rough_tokens};
use recordroute_export::WrittenFormat;
use recordroute_store::StoredMinutes;

use crate::language_model::choose_language_model;
use crate::speed::known_speed;
use crate::writing::{language_of, transcript_to_read};
use crate::{Engine, Error};

/// How minutes are to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MinutesChoice {
    /// The template's id; none takes the one in the settings.
    pub template: Option<String>,
    /// The language model; none takes the one in the settings, else the installed one that fits best.
    pub model: Option<String>,
    /// The language to write in, as a code; none takes that of the recording.
    pub language: Option<String>,
}

/// What minutes would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinutesEstimate {
    /// About so long; none for a model that never wrote here.
    pub seconds: Option<u64>,
    /// Parts that the transcript is read in.
    pub n_parts: usize,
}

impl Engine {
    /// Queues the making of minutes.
    pub fn make_minutes(&self, id: RecordingId, choice: &MinutesChoice) -> Result<JobId, Error> {
        self.refuse_without_text(id)?;
        self.begin_writing(id, &self.minutes_job(choice)?)
    }

    /// The template that minutes would be made by; an error where anything is missing for them, so that
    /// it is said before a long transcription.
    pub fn check_minutes(&self, choice: &MinutesChoice) -> Result<String, Error> {
        self.minutes_job(choice)?;
        Ok(self.template(choice.template.as_deref())?.id)
    }

    pub(crate) fn minutes_job(&self, choice: &MinutesChoice) -> Result<JobKind, Error> {
        let model = self.language_model_id(choice.model.as_deref())?;
        let template = self.template(choice.template.as_deref())?;
        Ok(JobKind::Minutes {
            model,
            template: template.id,
            language: choice
                .language
                .as_deref()
                .map(language_code)
                .transpose()?
                .flatten(),
            spare_own: false,
        })
    }

    /// The minutes of a recording, one of each template, those that were made last first.
    pub fn minutes(&self, id: RecordingId) -> Result<Vec<StoredMinutes>, Error> {
        Ok(self.inner.library.minutes(id)?)
    }

    /// The minutes by one template; none takes those that were made last.
    pub fn minutes_by(&self, id: RecordingId, template: Option<&str>) -> Result<StoredMinutes, Error> {
        let mut all = self.minutes(id)?.into_iter();
        let found = all.find(|stored| template.is_none_or(|template| stored.minutes.template == template));
        found.ok_or_else(|| Error::Invalid("There are no such minutes yet. Make them first.".to_owned()))
    }

    /// Puts what the user made of the minutes in their place. A line that rests on the same segments as one
    /// before keeps the times of that one: the minutes may be of an earlier transcript. The times of
    /// others follow the segments that they cite; what is no segment of the recording is not cited.
    pub fn save_minutes(
        &self,
        id: RecordingId,
        template: &str,
        mut sections: Vec<MinutesSection>,
    ) -> Result<(), Error> {
        let segments = self.segments(id)?;
        let stored = self.minutes(id)?;
        let known: HashMap<&[u32], (u64, u64)> = stored
            .iter()
            .filter(|stored| stored.minutes.template == template)
            .flat_map(|stored| items(&stored.minutes.sections))
            .map(|item| (item.segments.as_slice(), (item.start_ms, item.end_ms)))
            .collect();
        for item in sections.iter_mut().flat_map(|section| &mut section.items) {
            if let Some((start_ms, end_ms)) = known.get(item.segments.as_slice()) {
                (item.start_ms, item.end_ms) = (*start_ms, *end_ms);
                continue;
            }
            item.segments
                .retain(|idx| usize::try_from(*idx).is_ok_and(|idx| idx < segments.len()));
            item.segments.sort_unstable();
            item.segments.dedup();
            if let Some((start_ms, end_ms)) = times_of(&item.segments, &segments) {
                item.start_ms = start_ms;
                item.end_ms = end_ms;
            }
        }
        Ok(self.inner.library.edit_minutes(id, template, &sections)?)
    }

    /// What minutes would cost. No model is loaded for it.
    pub fn minutes_estimate(
        &self,
        id: RecordingId,
        choice: &MinutesChoice,
    ) -> Result<MinutesEstimate, Error> {
        let settings = self.settings();
        let model = choose_language_model(&self.inner.models, &settings, choice.model.as_deref())?;
        let template = self.template(choice.template.as_deref())?;
        let (transcript, _) = transcript_to_read(&self.inner.library, id)?;
        let spoken = language_of(&transcript);
        let options = MinutesOptions {
            language: choice.language.clone().unwrap_or_else(|| spoken.clone()),
            transcript_language: Some(spoken),
            ..MinutesOptions::default()
        };
        let estimate = estimate_tokens(
            &transcript.segments,
            &template,
            &options,
            model.max_context_tokens(&settings),
            &rough_tokens,
        );
        let speed = known_speed(&self.inner.library, &model.id());
        Ok(MinutesEstimate {
            seconds: speed.map(|speed| speed.seconds(&estimate)),
            n_parts: estimate.n_parts,
        })
    }

    /// Writes the minutes by one template in a format.
    pub fn export_minutes(
        &self,
        id: RecordingId,
        template: Option<&str>,
        format: WrittenFormat,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        let recording = self.recording(id)?;
        let minutes = self.minutes_by(id, template)?.minutes;
        recordroute_export::write_minutes(format, &recording, &minutes, out)
            .map_err(|error| Error::Invalid(error.to_string()))
    }

    /// The same as text, for a clipboard.
    pub fn minutes_text(
        &self,
        id: RecordingId,
        template: Option<&str>,
        format: WrittenFormat,
    ) -> Result<String, Error> {
        let mut bytes = Vec::new();
        self.export_minutes(id, template, format, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A name for their file.
    pub fn minutes_file_name(
        &self,
        id: RecordingId,
        template: &str,
        format: WrittenFormat,
    ) -> Result<String, Error> {
        self.file_name(id, &format!("{template}.{}", format.extension()))
    }

    /// The same to a file, whole or not at all.
    pub fn export_minutes_to_file(
        &self,
        id: RecordingId,
        template: Option<&str>,
        format: WrittenFormat,
        path: &Path,
    ) -> Result<(), Error> {
        let text = self.minutes_text(id, template, format)?;
        crate::engine::write_whole(path, text.as_bytes())
    }

    /// What is to be written from a text needs one.
    pub(crate) fn refuse_without_text(&self, id: RecordingId) -> Result<(), Error> {
        transcript_to_read(&self.inner.library, id).map(drop)
    }
}

fn items(sections: &[MinutesSection]) -> impl Iterator<Item = &MinutesItem> {
    sections.iter().flat_map(|section| &section.items)
}

/// None for `auto`.
fn language_code(text: &str) -> Result<Option<String>, Error> {
    let language: Language = text.parse().map_err(|error| Error::Invalid(format!("{error}")))?;
    Ok(language.code().map(str::to_owned))
}

fn times_of(cited: &[u32], segments: &[Segment]) -> Option<(u64, u64)> {
    let segment = |idx: &u32| segments.get(usize::try_from(*idx).ok()?);
    Some((segment(cited.first()?)?.start_ms, segment(cited.last()?)?.end_ms))
}
