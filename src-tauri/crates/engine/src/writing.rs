//! How a job that writes is done: a language model reads the transcript, and what it writes is checked
//! by `digest`, stored here, and told as it comes.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use recordroute_core::{
    CancellationToken, Event, FailedPart, Generator, Job, JobKind, MinutesSection, NOT_TRANSCRIBED, Progress,
    RecordingId, Stage, Transcript,
};
use recordroute_digest::{self as digest, MinutesOptions};
use recordroute_store::{Library, TextVersion, TitledBy};

use crate::engine::{same_job, settings_of};
use crate::language_model::choose_language_model;
use crate::queue::Runner;
use crate::run_job::End;
use crate::speed::{Measured, remember_speed};
use crate::titles::wants_title;
use crate::{Error, Settings, templates};

/// How often progress and drafts are told; the eye sees no faster.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// From this share on the time that is left can be told from the time that passed.
const TELLING_SHARE: f32 = 0.03;

impl Runner {
    /// Loads the model and lets `work` write with it.
    pub(crate) fn write(
        &mut self,
        job: &Job,
        model: &str,
        cancel: &CancellationToken,
        work: impl FnOnce(&Writing<'_>, &mut dyn Generator) -> Result<End, Error>,
    ) -> Result<End, Error> {
        let library = Arc::clone(&self.context.library);
        let settings = settings_of(&self.context.settings);
        // Asked before: what comes to its end between the two makes what is written outdated.
        let is_whole = library.has_whole_transcript(job.recording_id)?;
        let (transcript, read) = transcript_to_read(&library, job.recording_id)?;
        let chosen = choose_language_model(&self.context.models, &settings, Some(model))?;
        let command = &self.context.worker_command;
        let mut worker = self.worker.take();
        let mut writing = Writing {
            runner: self,
            job,
            model,
            transcript,
            is_whole,
            read,
            settings: &settings,
            cancel,
            device: None,
            began: Instant::now(),
            told: Cell::new(None),
        };
        writing.enter(Stage::LoadingModel)?;
        let done = chosen.with(&mut worker, command, &settings, cancel, |generator| {
            writing.device = Some(generator.info().device);
            writing.began = Instant::now();
            writing.enter(Stage::Writing)?;
            let mut measured = Measured::new(generator);
            let end = work(&writing, &mut measured);
            remember_speed(&library, model, &measured);
            end
        });
        self.worker = worker;
        match done {
            Ok(Some(End::Done { notice })) => Ok(End::Done { notice }),
            _ if self.stop.is_cancelled() => Ok(End::GivenBack),
            _ if cancel.is_cancelled() => Ok(End::Cancelled),
            Ok(end) => Ok(end.unwrap_or(End::Cancelled)),
            Err(error) => Err(error),
        }
    }

    /// Queues what the settings want done with every new transcript.
    pub(crate) fn follow_up(&self, job: &Job) {
        let settings = settings_of(&self.context.settings);
        if !(settings.auto_correct || settings.auto_title || settings.auto_minutes) {
            return;
        }
        let queued = choose_language_model(&self.context.models, &settings, None).and_then(|model| {
            let kinds = wanted_after(&self.context.library, job, &settings, &model.id())?;
            for kind in kinds {
                if same_job(&self.context.library, job.recording_id, &kind)?.is_some() {
                    continue;
                }
                let job_id = self.context.library.enqueue(job.recording_id, &kind)?;
                self.announce(Event::JobQueued {
                    job_id,
                    recording_id: job.recording_id,
                });
            }
            Ok(())
        });
        if let Err(error) = queued {
            tracing::warn!(job_id = %job.id, %error, "nothing is written from the new transcript");
        }
    }
}

fn wanted_after(
    library: &Library,
    job: &Job,
    settings: &Settings,
    model: &str,
) -> Result<Vec<JobKind>, Error> {
    let model = || model.to_owned();
    let mut kinds = Vec::new();
    if settings.auto_correct {
        kinds.push(JobKind::Correct { model: model() });
    }
    if settings.auto_title && wants_title(library, job.recording_id)? {
        kinds.push(JobKind::Title {
            model: model(),
            spare_own: true,
        });
    }
    let template = &settings.minutes_template;
    if settings.auto_minutes && !has_own_minutes(library, job.recording_id, template)? {
        kinds.push(JobKind::Minutes {
            model: model(),
            template: template.clone(),
            language: None,
            spare_own: true,
        });
    }
    Ok(kinds)
}

/// The transcript of a recording, and which version of it this is.
pub(crate) fn transcript_to_read(
    library: &Library,
    id: RecordingId,
) -> Result<(Transcript, TextVersion), Error> {
    library.versioned_transcript(id)?.ok_or(Error::NoTranscript)
}

/// The language of a transcript as a code; judged by its words where nothing is stored.
pub(crate) fn language_of(transcript: &Transcript) -> String {
    match &transcript.language {
        Some(language) => language.code.clone(),
        None => digest::spoken_language(&transcript.segments).to_owned(),
    }
}

pub(crate) fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Whether the user changed the minutes by this template that are shown.
fn has_own_minutes(library: &Library, id: RecordingId, template: &str) -> Result<bool, Error> {
    let shown = library.minutes(id)?;
    Ok(shown
        .iter()
        .any(|stored| stored.is_edited && stored.minutes.template == template))
}

/// The user's own words first, then those that accepted corrections brought.
pub(crate) fn vocabulary(library: &Library, own: &[String]) -> Result<Vec<String>, Error> {
    let mut words = own.to_vec();
    for word in library.learned_words()? {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Ok(words)
}

/// One job that writes.
pub(crate) struct Writing<'a> {
    runner: &'a Runner,
    job: &'a Job,
    model: &'a str,
    transcript: Transcript,
    is_whole: bool,
    read: TextVersion,
    settings: &'a Settings,
    cancel: &'a CancellationToken,
    device: Option<String>,
    began: Instant,
    told: Cell<Option<Instant>>,
}

impl Writing<'_> {
    pub(crate) fn minutes(
        &self,
        template_id: &str,
        language: Option<&str>,
        spare_own: bool,
        generator: &mut dyn Generator,
    ) -> Result<End, Error> {
        let own_stay = || self.finished(Some("You changed these minutes, which stay.".to_owned()));
        if spare_own && self.has_own_minutes(template_id)? {
            return own_stay();
        }
        let template = templates::find(&self.settings.templates, template_id)?;
        let spoken = language_of(&self.transcript);
        let options = MinutesOptions {
            language: language.unwrap_or(&spoken).to_owned(),
            transcript_language: Some(spoken),
            model: self.model.to_owned(),
            ..MinutesOptions::default()
        };
        let segments = &self.transcript.segments;
        let mut drawn = Vec::new();
        let written = digest::minutes(
            segments,
            &template,
            &options,
            generator,
            self.cancel,
            &mut |progress| {
                if self.tell(progress.fraction) && drawn != progress.sections {
                    drawn = progress.sections.to_vec();
                    self.draw(template_id, drawn.clone());
                }
            },
        )?;
        let Some(mut minutes) = written else {
            return Ok(End::Cancelled);
        };
        let n_failed = minutes.failed_parts.len();
        minutes.failed_parts.extend(self.not_transcribed()?);
        if spare_own && self.has_own_minutes(template_id)? {
            return own_stay();
        }
        self.library()
            .save_minutes(self.job.id, self.owner(), self.read, &minutes)?;
        let failed = match n_failed {
            0 => None,
            1 => Some(
                "The model failed at one part of the recording, which is missing in the minutes.".to_owned(),
            ),
            n_parts => Some(format!(
                "The model failed at {n_parts} parts of the recording, which are missing in the minutes."
            )),
        };
        let cut = (!self.is_whole).then(|| {
            "The recording was not transcribed to its end; the rest is missing in the minutes.".to_owned()
        });
        let notices: Vec<String> = failed.into_iter().chain(cut).collect();
        self.finished((!notices.is_empty()).then(|| notices.join(" ")))
    }

    /// What comes after the transcript where its transcription did not come to its end.
    fn not_transcribed(&self) -> Result<Option<FailedPart>, Error> {
        if self.is_whole {
            return Ok(None);
        }
        let start_ms = self
            .transcript
            .segments
            .last()
            .map_or(0, |segment| segment.end_ms);
        // Some files say how long they are only at their end.
        let duration_ms = self.library().recording(self.job.recording_id)?.duration_ms;
        Ok(Some(FailedPart {
            start_ms,
            end_ms: duration_ms.unwrap_or(start_ms).max(start_ms),
            reason: NOT_TRANSCRIBED.to_owned(),
        }))
    }

    pub(crate) fn correct(&self, generator: &mut dyn Generator) -> Result<End, Error> {
        let words = vocabulary(self.library(), &self.settings.vocabulary)?;
        let language = language_of(&self.transcript);
        let segments = &self.transcript.segments;
        // What cannot be stored need not be thought of.
        let wanted = self.cancel.child_token();
        let mut stored = Ok(0);
        let outcome = digest::correct(
            segments,
            &words,
            &language,
            generator,
            &wanted,
            &mut |fraction, new| {
                self.tell(fraction);
                if !new.is_empty() && stored.is_ok() {
                    stored = self
                        .library()
                        .save_corrections(self.job.id, self.owner(), self.read, new);
                }
                if stored.is_err() {
                    wanted.cancel();
                }
            },
        )?;
        stored?;
        let Some(outcome) = outcome else {
            return Ok(End::Cancelled);
        };
        self.finished(match outcome.failed_parts.len() {
            0 => None,
            1 => Some("The model failed at one part of the recording, which was not corrected.".to_owned()),
            n_parts => Some(format!(
                "The model failed at {n_parts} parts of the recording, which were not corrected."
            )),
        })
    }

    pub(crate) fn title(&self, spare_own: bool, generator: &mut dyn Generator) -> Result<End, Error> {
        let own_stays = || {
            self.finished(Some(
                "You gave the recording a title meanwhile, which stays.".to_owned(),
            ))
        };
        if spare_own && self.library().titled_by(self.job.recording_id)? == TitledBy::User {
            return own_stays();
        }
        let seen = self.library().recording(self.job.recording_id)?.title;
        let language = language_of(&self.transcript);
        let Some(title) = digest::title(&self.transcript.segments, &language, generator, self.cancel)? else {
            return Ok(End::Cancelled);
        };
        let given = self
            .library()
            .save_title(self.job.id, self.owner(), self.read, &seen, &title)?;
        if given { self.finished(None) } else { own_stays() }
    }

    fn has_own_minutes(&self, template_id: &str) -> Result<bool, Error> {
        has_own_minutes(self.library(), self.job.recording_id, template_id)
    }

    fn library(&self) -> &Library {
        &self.runner.context.library
    }

    fn owner(&self) -> &str {
        &self.runner.context.owner
    }

    fn finished(&self, notice: Option<String>) -> Result<End, Error> {
        self.enter(Stage::Finished)?;
        Ok(End::Done { notice })
    }

    fn enter(&self, stage: Stage) -> Result<(), Error> {
        self.library().set_stage(self.job.id, self.owner(), stage)?;
        self.announce_progress(stage, (stage == Stage::Finished).then_some(1.0));
        Ok(())
    }

    /// Tells how far it is, not too often; returns whether it did.
    fn tell(&self, fraction: f32) -> bool {
        let is_early = self.told.get().is_some_and(|told| told.elapsed() < TELL_EVERY);
        if !is_early {
            self.told.set(Some(Instant::now()));
            self.announce_progress(Stage::Writing, Some(fraction));
        }
        !is_early
    }

    fn announce_progress(&self, stage: Stage, fraction: Option<f32>) {
        let passed_ms = self.began.elapsed().as_millis() as f32;
        let eta_ms = fraction
            .filter(|fraction| stage == Stage::Writing && *fraction >= TELLING_SHARE)
            .map(|fraction| (passed_ms * (1.0 - fraction) / fraction) as u64);
        self.runner.announce(Event::JobProgress {
            job_id: self.job.id,
            recording_id: self.job.recording_id,
            progress: Progress {
                stage,
                fraction,
                audio_done_ms: 0,
                audio_total_ms: None,
                speed: None,
                eta_ms,
                device: self.device.clone(),
            },
        });
    }

    fn draw(&self, template: &str, sections: Vec<MinutesSection>) {
        self.runner.announce(Event::MinutesDraft {
            job_id: self.job.id,
            recording_id: self.job.recording_id,
            template: template.to_owned(),
            sections,
        });
    }
}
