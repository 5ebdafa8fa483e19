//! How one job is done: drives the worker, stores what comes, and ends the job in every case.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use recordroute_core::{
    CancellationToken, DetectedLanguage, ErrorCode, Event, Job, JobKind, Language, ModelId, ModelKind,
    Segment, Stage, TranscribeOptions,
};
use recordroute_models::InstalledModel;
use recordroute_store::{ChunkRecord, JobEnd, RunFacts};

use crate::Error;
use crate::advice::refuse_what_does_not_fit;
use crate::progress::ProgressMeter;
use crate::queue::Runner;
use crate::speakers::Speakers;
use crate::worker::{Message, Request, TICK, TranscribeRequest, WorkerError, WorkerProcess};
use crate::writing::vocabulary;

/// How long a cancelled worker may go on before it is ended; keeps "cancel" under two seconds.
const CANCEL_GRACE: Duration = Duration::from_millis(1_200);
/// How often a job is begun anew on its own after a worker died that had made progress.
const MAX_ATTEMPTS_AFTER_DEATH: u32 = 3;

/// How a job ended that did not fail.
pub(crate) enum End {
    Done {
        notice: Option<String>,
    },
    Cancelled,
    /// The program is leaving: the job goes back into the queue.
    GivenBack,
}

impl Runner {
    pub(crate) fn run_job(&mut self, job: Job, cancel: &CancellationToken) {
        let (job_id, recording_id) = (job.id, job.recording_id);
        let library = std::sync::Arc::clone(&self.context.library);
        let attempted = catch_unwind(AssertUnwindSafe(|| self.attempt_until_stuck(&job, cancel)));
        let attempted = attempted.unwrap_or_else(|_| {
            // Whatever it was doing, the next job begins anew.
            self.worker = None;
            Err(Error::Refused {
                code: ErrorCode::Other,
                message: "RecordRoute failed at this. Try again; what was stored is kept.".to_owned(),
            })
        });
        let (end, event) = match attempted {
            Ok(End::GivenBack) => return,
            Ok(End::Done { notice }) => (
                JobEnd::Done,
                Event::JobDone {
                    job_id,
                    recording_id,
                    notice,
                },
            ),
            Ok(End::Cancelled) => (JobEnd::Cancelled, Event::JobCancelled { job_id, recording_id }),
            Err(error) => {
                let (code, message) = (error.code(), error.to_string());
                tracing::warn!(%job_id, ?code, %message, "job failed");
                let end = JobEnd::Failed {
                    message: message.clone(),
                    code,
                };
                (
                    end,
                    Event::JobFailed {
                        job_id,
                        recording_id,
                        message,
                        code,
                    },
                )
            }
        };
        if let Err(error) = library.finish(job_id, &self.context.owner, &end) {
            tracing::warn!(%job_id, %error, "the job's end could not be stored");
        }
        let is_transcript = matches!(job.kind, JobKind::Transcribe { .. });
        if end == JobEnd::Done && is_transcript {
            self.follow_up(&job);
            self.context.meaning.poke();
        }
        self.announce(event);
    }

    /// A worker that died after it had stored something is given another try from there: what
    /// killed it may be gone. One that died without progress would only die again.
    fn attempt_until_stuck(&mut self, job: &Job, cancel: &CancellationToken) -> Result<End, Error> {
        let mut n_attempts = 1;
        let mut done_ms = job.done_ms;
        loop {
            let error = match self.attempt(job, cancel) {
                Err(Error::Worker(error @ WorkerError::Died(_))) => error,
                other => return other,
            };
            self.worker = None;
            let stored_ms = self.context.library.job(job.id)?.done_ms;
            if stored_ms <= done_ms || n_attempts == MAX_ATTEMPTS_AFTER_DEATH {
                return Err(error.into());
            }
            tracing::warn!(job_id = %job.id, %error, "the worker died; going on from what is stored");
            done_ms = stored_ms;
            n_attempts += 1;
        }
    }

    fn attempt(&mut self, job: &Job, cancel: &CancellationToken) -> Result<End, Error> {
        if self.stop.is_cancelled() {
            return Ok(End::GivenBack);
        }
        if cancel.is_cancelled() {
            return Ok(End::Cancelled);
        }
        match &job.kind {
            JobKind::Transcribe { model, options } => self.transcribe(job, model, options, cancel),
            JobKind::Minutes {
                model,
                template,
                language,
                spare_own,
            } => self.write(job, model, cancel, |writing, generator| {
                writing.minutes(template, language.as_deref(), *spare_own, generator)
            }),
            JobKind::Correct { model } => self.write(job, model, cancel, |writing, generator| {
                writing.correct(generator)
            }),
            JobKind::Title { model, spare_own } => self.write(job, model, cancel, |writing, generator| {
                writing.title(*spare_own, generator)
            }),
        }
    }

    fn transcribe(
        &mut self,
        job: &Job,
        model: &str,
        options: &TranscribeOptions,
        cancel: &CancellationToken,
    ) -> Result<End, Error> {
        let library = std::sync::Arc::clone(&self.context.library);
        let done_ms = library.job(job.id)?.done_ms;
        let recording = library.recording(job.recording_id)?;
        let model = self.usable_model(model)?;
        let media_path = library.media_path(&recording)?;
        if let Err(source) = std::fs::metadata(&media_path) {
            return Err(Error::Unreadable {
                path: media_path,
                source,
            });
        }
        let language = library.transcript_of_job(job.id)?.language;
        let request = TranscribeRequest {
            model_path: model.path.clone(),
            media_path,
            options: TranscribeOptions {
                // What was learned up to now, for whom it is heard next.
                vocabulary: vocabulary(&library, &options.vocabulary)?,
                ..continued(options, language.as_ref())
            },
            resume_from_ms: done_ms,
        };
        let mut worker = match self.worker.take() {
            Some(worker) => worker,
            None => WorkerProcess::spawn(&self.context.worker_command)?,
        };
        let seq = worker.send(|seq| Request::Transcribe { seq, job: request })?;
        let mut run = Run {
            runner: self,
            job,
            model: &model,
            known_language: language,
            speakers: Speakers::of(&library, job.recording_id)?,
            meter: ProgressMeter::new(done_ms, recording.duration_ms),
        };
        let end = run.follow(&mut worker, seq, cancel);
        // A worker that answered to the end is kept warm; one that was stopped in the middle may
        // still have answers under way, and one whose job failed may hold a damaged state.
        if matches!(end, Ok(End::Done { .. })) {
            self.worker = Some(worker);
        }
        end
    }

    /// The model's file, if it is a speech model and fits into the memory.
    fn usable_model(&self, id: &str) -> Result<InstalledModel, Error> {
        let id: ModelId = id.parse().map_err(|error| Error::Invalid(format!("{error}")))?;
        let model = self.context.models.find(&id)?;
        if model.kind != ModelKind::Speech {
            return Err(Error::NotASpeechModel { id: id.to_string() });
        }
        if self.worker.is_none() {
            refuse_what_does_not_fit(&model)?;
        }
        Ok(model)
    }

    pub(crate) fn announce(&self, event: Event) {
        // Nobody listening is fine: the state is in the library.
        let _ = self.context.events.send(event);
    }
}

/// A resumed job keeps the language that its beginning was found to be in.
fn continued(options: &TranscribeOptions, found: Option<&DetectedLanguage>) -> TranscribeOptions {
    let mut options = options.clone();
    if options.language == Language::Auto
        && let Some(language) = found.and_then(|language| language.code.parse().ok())
    {
        options.language = language;
    }
    options
}

struct Run<'a> {
    runner: &'a Runner,
    job: &'a Job,
    model: &'a InstalledModel,
    known_language: Option<DetectedLanguage>,
    speakers: Option<Speakers>,
    meter: ProgressMeter,
}

impl Run<'_> {
    /// Takes the worker's answers until the request has ended one way or another.
    fn follow(
        &mut self,
        worker: &mut WorkerProcess,
        seq: u64,
        cancel: &CancellationToken,
    ) -> Result<End, Error> {
        let mut cancelled_at: Option<Instant> = None;
        loop {
            if self.runner.stop.is_cancelled() {
                worker.kill();
                return Ok(End::GivenBack);
            }
            match cancelled_at {
                None if cancel.is_cancelled() => {
                    worker.cancel(seq)?;
                    cancelled_at = Some(Instant::now());
                }
                Some(since) if since.elapsed() > CANCEL_GRACE => {
                    worker.kill();
                    return Ok(End::Cancelled);
                }
                _ => {}
            }
            let Some(message) = worker.receive(TICK)? else {
                continue;
            };
            if let Some(end) = self.take(message)? {
                return Ok(end);
            }
        }
    }

    fn take(&mut self, message: Message) -> Result<Option<End>, Error> {
        match message {
            Message::LoadingModel => self.enter(Stage::LoadingModel)?,
            Message::ModelLoaded { info } => self.meter.set_device(info.device),
            Message::Opened { total_ms } => {
                self.meter.set_total_ms(total_ms);
                self.enter(Stage::Transcribing)?;
            }
            Message::Chunk {
                source_end_ms,
                segments,
                language,
            } => self.store(source_end_ms, segments, language)?,
            Message::Done {
                duration_ms,
                notice,
                peaks,
                ..
            } => {
                let library = &self.runner.context.library;
                library.set_duration_ms(self.job.recording_id, duration_ms)?;
                library.set_notice(self.job.recording_id, notice.as_deref())?;
                library.set_peaks(self.job.recording_id, &peaks)?;
                self.meter.set_total_ms(Some(duration_ms));
                self.meter.reach(duration_ms);
                self.store_run_facts()?;
                self.enter(Stage::Finished)?;
                return Ok(Some(End::Done { notice }));
            }
            Message::Cancelled => return Ok(Some(End::Cancelled)),
            Message::Failed { code, message } => return Err(Error::Refused { code, message }),
            Message::Probed { .. }
            | Message::Listening { .. }
            | Message::Skipped { .. }
            | Message::LanguageReady { .. }
            | Message::Counted { .. }
            | Message::Text { .. }
            | Message::Generated { .. }
            | Message::LanguageMeasured { .. }
            | Message::EmbeddingReady { .. }
            | Message::Embedded { .. } => {}
        }
        Ok(None)
    }

    fn store(
        &mut self,
        source_end_ms: u64,
        mut segments: Vec<Segment>,
        language: DetectedLanguage,
    ) -> Result<(), Error> {
        if let Some(speakers) = &self.speakers {
            speakers.label(&mut segments);
        }
        let (job_id, recording_id) = (self.job.id, self.job.recording_id);
        // The first run found the language with a probability; a resumed one was only told it.
        let language = self.known_language.get_or_insert(language);
        let chunk = ChunkRecord {
            source_end_ms,
            segments: &segments,
            language: Some(language),
        };
        self.runner
            .context
            .library
            .record_chunk(job_id, &self.runner.context.owner, &chunk)?;
        self.meter.reach(source_end_ms);
        if !segments.is_empty() {
            self.runner.announce(Event::Segments {
                job_id,
                recording_id,
                segments,
            });
        }
        self.announce_progress();
        Ok(())
    }

    fn store_run_facts(&self) -> Result<(), Error> {
        let facts = RunFacts {
            model: Some(self.model.id.to_string()),
            device: self.meter.device().map(str::to_owned),
            speed: self.meter.speed(),
            language: None,
        };
        Ok(self
            .runner
            .context
            .library
            .set_run_facts(self.job.id, &self.runner.context.owner, &facts)?)
    }

    fn enter(&mut self, stage: Stage) -> Result<(), Error> {
        self.meter.enter(stage);
        self.runner
            .context
            .library
            .set_stage(self.job.id, &self.runner.context.owner, stage)?;
        if stage == Stage::Transcribing {
            self.store_run_facts()?;
        }
        self.announce_progress();
        Ok(())
    }

    fn announce_progress(&self) {
        self.runner.announce(Event::JobProgress {
            job_id: self.job.id,
            recording_id: self.job.recording_id,
            progress: self.meter.snapshot(),
        });
    }
}
