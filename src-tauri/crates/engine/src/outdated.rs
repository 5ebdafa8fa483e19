//! What was written from a text that is another one since, and its renewal. The index renews itself.

use recordroute_core::{JobId, JobKind, RecordingId};

use crate::{Engine, Error, MinutesChoice};

/// What a language model wrote of an earlier text of a recording, and may write again. What the user wrote
/// or changed is not among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outdated {
    /// The title.
    pub title: bool,
    /// Minutes, by one template or more.
    pub minutes: bool,
}

impl Engine {
    /// What of a recording is to be renewed.
    pub fn outdated(&self, id: RecordingId) -> Result<Outdated, Error> {
        Ok(Outdated {
            title: self.is_title_outdated(id)?,
            minutes: !self.outdated_minutes(id)?.is_empty(),
        })
    }

    /// Queues the writing of just that: minutes by the same templates in the same languages, by the same models
    /// where they are still there, and the title.
    pub fn renew(&self, id: RecordingId) -> Result<Vec<JobId>, Error> {
        let mut jobs = Vec::new();
        let outdated = self.outdated_minutes(id)?;
        let known = match outdated.is_empty() {
            true => Vec::new(),
            false => self.language_models()?.models,
        };
        for mut choice in outdated {
            choice.model = choice
                .model
                .filter(|model| known.iter().any(|known| known.id == *model));
            jobs.push(self.begin_writing(id, &self.minutes_job(&choice)?.sparing_own())?);
        }
        if self.is_title_outdated(id)? {
            let model = self.language_model_id(None)?;
            let spare_own = true;
            jobs.push(self.begin_writing(id, &JobKind::Title { model, spare_own })?);
        }
        Ok(jobs)
    }

    fn outdated_minutes(&self, id: RecordingId) -> Result<Vec<MinutesChoice>, Error> {
        let stored = self.minutes(id)?.into_iter();
        // What was made by a template that is gone cannot be made again.
        let outdated = stored.filter(|stored| {
            let has_template = || self.template(Some(&stored.minutes.template)).is_ok();
            stored.is_outdated && !stored.is_edited && has_template()
        });
        let choice = |minutes: recordroute_core::Minutes| MinutesChoice {
            template: Some(minutes.template),
            language: Some(minutes.language),
            model: Some(minutes.model),
        };
        Ok(outdated.map(|stored| choice(stored.minutes)).collect())
    }
}
