use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use recordroute_engine::core::{
    CancellationToken, Job, JobId, JobKind, JobState, Recording, RecordingId, TranscribeOptions,
};
use recordroute_engine::{AddOptions, Added, Engine, MediaPolicy, OnDuplicate, QueueMode};

use super::destination::Destination;
use super::how;
use super::index::keep_up;
use super::text_of::transcription;
use crate::Context;
use crate::args::{Duplicate, TranscribeArgs};
use crate::cancel::on_interrupt;
use crate::follow::{Ended, Follower};
use crate::output::{CANCELLED, FAILED, Failure};

pub fn run(context: &Context<'_>, args: TranscribeArgs) -> Result<ExitCode, Failure> {
    let destination = Destination::new(
        &args.output,
        args.format,
        context.output.is_json(),
        args.files.len(),
    )?;
    let options = how::options(&args.how, &context.settings)?;
    let cancel = on_interrupt();

    // Keeping nothing means a library that goes away with the program.
    let throwaway = args.no_save.then(tempfile::tempdir).transpose()?;
    let mut settings = context.settings.clone();
    if let Some(folder) = &throwaway {
        settings.library = folder.path().to_owned();
        settings.media = MediaPolicy::Reference;
    }
    let engine = context.engine_over(settings, QueueMode::Own)?;
    let mut session = Session {
        context,
        args: &args,
        options,
        engine: &engine,
        destination,
        cancel,
        n_failed: 0,
    };
    let jobs = session.queue_all()?;
    session.follow_all(&jobs)?;

    if session.cancel.is_cancelled() {
        if throwaway.is_none() {
            context.output.note(
                "Cancelled. What was transcribed is kept; `recordroute jobs retry` goes on from there.",
            );
        }
        return Ok(ExitCode::from(CANCELLED));
    }
    if throwaway.is_none() {
        keep_up(context, &engine, &session.cancel);
        tell_waiting(context, &engine)?;
    }
    Ok(ExitCode::from(if session.n_failed > 0 { FAILED } else { 0 }))
}

/// What the settings want written of every transcript is left to the window, or to the queue.
fn tell_waiting(context: &Context<'_>, engine: &Engine) -> Result<(), Failure> {
    let waits = |job: &Job| job.state == JobState::Queued && !matches!(job.kind, JobKind::Transcribe { .. });
    match engine.open_jobs()?.iter().filter(|job| waits(job)).count() {
        0 => {}
        1 => context
            .output
            .note("A job waits for the window; `recordroute jobs run` does it now."),
        n => context.output.note(&format!(
            "{n} jobs wait for the window; `recordroute jobs run` does them now."
        )),
    }
    Ok(())
}

struct Session<'a> {
    context: &'a Context<'a>,
    args: &'a TranscribeArgs,
    options: TranscribeOptions,
    engine: &'a Engine,
    destination: Destination,
    cancel: CancellationToken,
    n_failed: usize,
}

/// What is to be done with a file.
enum Plan {
    Follow(JobId, RecordingId),
    ShowStored(RecordingId),
}

/// What the user wants with a file that is in the library already.
enum Wish {
    Again,
    Show,
    Add,
}

impl Session<'_> {
    /// Queues every file before the first is done, so that a crash forgets none of them.
    fn queue_all(&mut self) -> Result<Vec<Plan>, Failure> {
        let mut plans = Vec::new();
        for file in &self.args.files {
            if self.cancel.is_cancelled() {
                break;
            }
            match self.queue(file) {
                Ok(plan) => plans.push(plan),
                // One bad file does not keep the others from being transcribed.
                Err(failure) if self.args.files.len() > 1 => {
                    self.n_failed += 1;
                    self.context.output.note(&format!("{}:", file.display()));
                    self.context.output.fail(&failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(plans)
    }

    fn queue(&self, file: &Path) -> Result<Plan, Failure> {
        let on_duplicate = if self.args.duplicate == Duplicate::Add {
            OnDuplicate::AddAgain
        } else {
            OnDuplicate::Ask
        };
        let added = self.engine.add(
            file,
            &AddOptions {
                on_duplicate,
                media: None,
            },
        )?;
        let recording_id = match added {
            Added::New(id) => id,
            Added::Duplicate(existing) => match self.wish(file, &existing)? {
                Wish::Show => return Ok(Plan::ShowStored(existing.id)),
                Wish::Again => {
                    if existing.trashed_at.is_some() {
                        self.engine.restore(existing.id)?;
                        self.context
                            .output
                            .note(&format!("#{} was taken out of the trash.", existing.id));
                    }
                    existing.id
                }
                Wish::Add => {
                    let options = AddOptions {
                        on_duplicate: OnDuplicate::AddAgain,
                        media: None,
                    };
                    match self.engine.add(file, &options)? {
                        Added::New(id) => id,
                        Added::Duplicate(existing) => existing.id,
                    }
                }
            },
        };
        let model = self.args.how.model.as_deref();
        let job_id = transcription(self.context, self.engine, recording_id, model, &self.options)?;
        Ok(Plan::Follow(job_id, recording_id))
    }

    fn wish(&self, file: &Path, existing: &Recording) -> Result<Wish, Failure> {
        match self.args.duplicate {
            Duplicate::Show => return Ok(Wish::Show),
            Duplicate::Add => return Ok(Wish::Add),
            Duplicate::Again => return Ok(Wish::Again),
            Duplicate::Ask => {}
        }
        let output = self.context.output;
        let known = format!(
            "{} is in the library as #{} “{}”",
            file.display(),
            existing.id,
            existing.title
        );
        let can_ask = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !can_ask {
            output.note(&format!(
                "{known}. It is transcribed again; --duplicate show gives the stored transcript."
            ));
            return Ok(Wish::Again);
        }
        loop {
            let mut stderr = std::io::stderr();
            write!(
                stderr,
                "{known}.\nTranscribe it [a]gain, [s]how the stored transcript, or add it as a [n]ew recording? "
            )?;
            stderr.flush()?;
            let mut answer = String::new();
            if std::io::stdin().read_line(&mut answer)? == 0 {
                return Ok(Wish::Show);
            }
            match answer.trim().to_lowercase().as_str() {
                "a" | "again" => return Ok(Wish::Again),
                "s" | "show" => return Ok(Wish::Show),
                "n" | "new" => return Ok(Wish::Add),
                _ => {}
            }
        }
    }

    fn follow_all(&mut self, plans: &[Plan]) -> Result<(), Failure> {
        let output = self.context.output;
        let mut follower = Follower::new(self.engine, output);
        for plan in plans {
            let (job_id, recording_id) = match plan {
                Plan::ShowStored(id) => {
                    self.write(*id)?;
                    continue;
                }
                Plan::Follow(job_id, recording_id) => (*job_id, *recording_id),
            };
            let title = self.engine.recording(recording_id)?.source;
            let streams = self.destination.streams();
            let resumed = self.engine.job(job_id)?.done_ms > 0;
            // A resumed job is printed whole at its end: its beginning came earlier.
            let prints = streams && !resumed;
            match follower.follow(job_id, &title, &self.cancel, prints)? {
                Ended::Done { .. } => {
                    if !prints {
                        self.write(recording_id)?;
                    }
                    self.sum_up(recording_id, &title)?;
                }
                Ended::Failed { .. } => self.n_failed += 1,
                Ended::Cancelled => {}
            }
        }
        Ok(())
    }

    fn write(&self, id: RecordingId) -> Result<(), Failure> {
        let recording = self.engine.recording(id)?;
        let stem = Path::new(&recording.source)
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        self.destination.write(
            self.engine,
            id,
            &stem.unwrap_or_else(|| format!("recording-{id}")),
            self.context.output,
        )
    }

    fn sum_up(&self, id: RecordingId, title: &str) -> Result<(), Failure> {
        let recording = self.engine.recording(id)?;
        let mut facts = Vec::new();
        if self.args.no_save {
            facts.push("not kept".to_owned());
        } else {
            facts.push(format!("#{id}"));
        }
        if recording.n_segments == 0 {
            facts.push("no speech found".to_owned());
        }
        facts.extend(recording.model);
        facts.extend(recording.language.map(|language| match language.probability {
            Some(probability) => format!("{} ({:.0} %)", language.code, probability * 100.0),
            None => language.code,
        }));
        facts.extend(recording.speed.map(|speed| format!("{speed:.1}× real time")));
        facts.extend(recording.device);
        self.context
            .output
            .note(&format!("{title}: {}", facts.join(", ")));
        Ok(())
    }
}
