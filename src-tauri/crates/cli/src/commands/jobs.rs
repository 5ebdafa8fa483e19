use std::process::ExitCode;

use recordroute_engine::core::{Job, JobId, JobKind, JobState};
use recordroute_engine::{Engine, JobListing};

use super::recover::report_unfinished;
use super::when::local_minute;
use crate::Context;
use crate::args::JobsCommand;
use crate::cancel::on_interrupt;
use crate::follow::{Ended, Follower, clock};
use crate::output::{CANCELLED, FAILED, Failure};

pub fn run(context: &Context<'_>, command: JobsCommand) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let output = context.output;
    match command {
        JobsCommand::List => {
            let jobs = engine.jobs(&JobListing::default())?;
            if output.is_json() {
                output.json(&jobs)?;
            } else if jobs.is_empty() {
                output.note("There are no jobs yet.");
            } else {
                output.table(&jobs.iter().map(row).collect::<Vec<_>>())?;
            }
        }
        JobsCommand::Cancel { id } => {
            engine.cancel_job(id)?;
            acknowledge(context, &engine, id)?;
        }
        JobsCommand::Move { id, position } => {
            engine.move_job(id, position)?;
            acknowledge(context, &engine, id)?;
        }
        JobsCommand::Retry { id } => {
            let job = engine.job(id)?;
            return work_through(context, &engine, &[job]);
        }
        JobsCommand::Run => {
            report_unfinished(context, &engine);
            let jobs = engine.open_jobs()?;
            if jobs.is_empty() {
                output.note("Nothing waits.");
            }
            return work_through(context, &engine, &jobs);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn acknowledge(context: &Context<'_>, engine: &Engine, id: JobId) -> Result<(), Failure> {
    let job = engine.job(id)?;
    if context.output.is_json() {
        return context.output.json(&job);
    }
    context.output.table(&[row(&job)])
}

fn row(job: &Job) -> Vec<String> {
    let state = match job.state {
        JobState::Queued => "waiting",
        JobState::Running => "running",
        JobState::Done => "done",
        JobState::Failed => "failed",
        JobState::Cancelled => "cancelled",
    };
    let what = match job.kind {
        JobKind::Transcribe { .. } => "transcript",
        JobKind::Minutes { .. } => "minutes",
        JobKind::Correct { .. } => "corrections",
        JobKind::Title { .. } => "title",
    };
    let mut title = job.title.clone();
    if let Some(error) = &job.error {
        title.push_str(&format!(": {error}"));
    }
    vec![
        job.id.to_string(),
        state.to_owned(),
        what.to_owned(),
        clock(job.done_ms),
        local_minute(&job.created_at),
        title,
    ]
}

fn work_through(context: &Context<'_>, engine: &Engine, jobs: &[Job]) -> Result<ExitCode, Failure> {
    let output = context.output;
    let cancel = on_interrupt();
    let mut follower = Follower::new(engine, output);
    let mut n_failed = 0;
    for job in jobs {
        if cancel.is_cancelled() {
            break;
        }
        if let Err(error) = engine.retry_job(job.id) {
            n_failed += 1;
            output.fail(&error.into());
            continue;
        }
        match follower.follow(job.id, &job.title, &cancel, false)? {
            Ended::Done { .. } => output.note(&format!("{}: done", job.title)),
            Ended::Failed { .. } => n_failed += 1,
            Ended::Cancelled => {}
        }
        if output.is_json() {
            output.json(&engine.job(job.id)?)?;
        }
    }
    let status = if cancel.is_cancelled() {
        CANCELLED
    } else {
        u8::from(n_failed > 0) * FAILED
    };
    Ok(ExitCode::from(status))
}
