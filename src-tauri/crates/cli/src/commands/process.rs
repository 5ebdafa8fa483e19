use std::process::ExitCode;

use recordroute_engine::core::{CancellationToken, JobId, JobKind, RecordingId};
use recordroute_engine::{Engine, ProcessOptions};

use super::index::keep_up;
use super::minutes::{choice, print};
use super::text_of::recording_of;
use crate::Context;
use crate::args::ProcessArgs;
use crate::cancel::on_interrupt;
use crate::follow::{Ended, Follower};
use crate::output::{CANCELLED, FAILED, Failure};

pub fn run(context: &Context<'_>, args: &ProcessArgs) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let template = engine.check_minutes(&choice(&args.how))?;
    let cancel = on_interrupt();
    let mut follower = Follower::new(&engine, context.output);
    let mut n_failed = 0;
    let mut queued: Vec<(RecordingId, Vec<JobId>)> = Vec::new();
    // Every file is queued before the first is done, so that a crash forgets none of them.
    for file in &args.files {
        let new = recording_of(context, &engine, file).and_then(|id| {
            // The same sound under two names is one recording.
            let is_known = queued.iter().any(|(known, _)| *known == id);
            (!is_known).then(|| queue(context, &engine, id, args)).transpose()
        });
        match new {
            Ok(new) => queued.extend(new),
            // One bad file does not keep the others from being done.
            Err(failure) if args.files.len() > 1 => {
                n_failed += 1;
                context.output.note(&format!("{}:", file.display()));
                context.output.fail(&failure);
            }
            Err(failure) => return Err(failure),
        }
    }
    for (id, jobs) in queued {
        if follow_all(&engine, &mut follower, id, &jobs, &cancel)? {
            print(context.output, &engine, id, &template, args.how.format)?;
        } else {
            n_failed += 1;
        }
    }
    keep_up(context, &engine, &cancel);
    Ok(ExitCode::from(match n_failed {
        _ if cancel.is_cancelled() => CANCELLED,
        0 => 0,
        _ => FAILED,
    }))
}

/// Queues what is missing of a recording.
fn queue(
    context: &Context<'_>,
    engine: &Engine,
    id: RecordingId,
    args: &ProcessArgs,
) -> Result<(RecordingId, Vec<JobId>), Failure> {
    let is_transcribed = engine.is_transcribed(id)?;
    let options = ProcessOptions {
        speech_model: args.speech_model.clone(),
        transcribe: (!is_transcribed).then(|| context.settings.transcribe_options()),
        correct: args.correct || context.settings.auto_correct,
        minutes: choice(&args.how),
    };
    Ok((id, engine.process(id, &options)?))
}

/// Follows the jobs of one recording; those after a transcription that did not end well are cancelled, while
/// minutes need neither corrections nor a title. Tells whether there are minutes.
fn follow_all(
    engine: &Engine,
    follower: &mut Follower<'_>,
    id: RecordingId,
    jobs: &[JobId],
    cancel: &CancellationToken,
) -> Result<bool, Failure> {
    let mut done = false;
    for job_id in jobs {
        let title = engine.recording(id)?.title;
        done = matches!(
            follower.follow(*job_id, &title, cancel, false)?,
            Ended::Done { .. }
        );
        if !done && matches!(engine.job(*job_id)?.kind, JobKind::Transcribe { .. }) {
            // Nothing is written of a half of it.
            cancel_rest(engine, jobs)?;
            return Ok(false);
        }
    }
    Ok(done)
}

fn cancel_rest(engine: &Engine, jobs: &[JobId]) -> Result<(), Failure> {
    for job_id in jobs {
        if engine.job(*job_id)?.finished_at.is_none() {
            engine.cancel_job(*job_id)?;
        }
    }
    Ok(())
}
