//! Everything that is made of a recording, in one go.

use recordroute_core::{
    CancellationToken, GenerateOptions, Generated, Job, JobId, JobKind, JobState, RecordingId,
    TranscribeOptions,
};
use recordroute_store::JobListing;

use crate::language_model::{choose_language_model, refused};
use crate::titles::wants_title;
use crate::{Engine, Error, MinutesChoice};

/// What is to be made of a recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProcessOptions {
    /// Speech model; none lets the program choose.
    pub speech_model: Option<String>,
    /// How to transcribe; none where the transcript that is there will do.
    pub transcribe: Option<TranscribeOptions>,
    /// Make proposals that correct the transcript.
    pub correct: bool,
    /// How to make minutes; its language model does the rest as well.
    pub minutes: MinutesChoice,
}

impl Engine {
    /// Queues what is made of a recording, in order: transcript, corrections where wanted, a title where
    /// the user gave none, minutes. Refused as a whole where a model is missing for any of it.
    pub fn process(&self, id: RecordingId, options: &ProcessOptions) -> Result<Vec<JobId>, Error> {
        let minutes = self.minutes_job(&options.minutes)?;
        let model = self.language_model_id(options.minutes.model.as_deref())?;
        let mut jobs = Vec::new();
        if let Some(how) = &options.transcribe {
            let model = options.speech_model.as_deref();
            jobs.push(match self.resume_transcription(id, model, how)? {
                Some(job) => job.id,
                None => self.transcribe(id, model, how.clone())?,
            });
        } else {
            self.refuse_without_text(id)?;
        }
        let mut kinds = Vec::new();
        if options.correct {
            kinds.push(JobKind::Correct { model: model.clone() });
        }
        if wants_title(&self.inner.library, id)? {
            kinds.push(JobKind::Title {
                model,
                spare_own: true,
            });
        }
        kinds.push(minutes.sparing_own());
        for kind in kinds {
            jobs.push(self.begin_writing(id, &kind)?);
        }
        Ok(jobs)
    }

    /// Whether the transcript of a recording is whole. One whose transcription was cancelled or failed is
    /// kept, and ends where that was.
    pub fn is_transcribed(&self, id: RecordingId) -> Result<bool, Error> {
        Ok(self.inner.library.has_whole_transcript(id)?)
    }

    /// Goes on with a transcription by the same model with the same options that has not come to its end and
    /// that no later one has made needless; gives that job as it was. No model stands for any that is still
    /// installed and has brought something.
    pub fn resume_transcription(
        &self,
        id: RecordingId,
        model: Option<&str>,
        options: &TranscribeOptions,
    ) -> Result<Option<Job>, Error> {
        let mut jobs = self.jobs(&JobListing {
            recording_id: Some(id),
            ..JobListing::default()
        })?;
        jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
        let is_installed = |model: &str| model.parse().is_ok_and(|id| self.inner.models.find(&id).is_ok());
        let is_wanted = |job: &Job| match &job.kind {
            JobKind::Transcribe {
                model: by,
                options: how,
            } if how == options => match model {
                Some(model) => model == by,
                None => job.done_ms > 0 && is_installed(by),
            },
            _ => false,
        };
        let unfinished = jobs
            .into_iter()
            .filter(|job| matches!(job.kind, JobKind::Transcribe { .. }))
            .take_while(|job| job.state != JobState::Done)
            .find(is_wanted);
        if let Some(job) = &unfinished {
            self.retry_job(job.id)?;
        }
        Ok(unfinished)
    }

    /// Lets a language model answer one prompt, for trying it; nothing is stored. `None` where it was
    /// cancelled while the model was loaded.
    pub fn generate(
        &self,
        model: Option<&str>,
        prompt: &str,
        options: &GenerateOptions,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Option<Generated>, Error> {
        let settings = self.settings();
        let chosen = choose_language_model(&self.inner.models, &settings, model)?;
        let command = &self.inner.worker_command;
        chosen.with(&mut None, command, &settings, cancel, |generator| {
            generator
                .generate(prompt, options, cancel, on_text)
                .map_err(refused)
        })
    }
}
