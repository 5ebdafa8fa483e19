use std::process::ExitCode;

use recordroute_engine::core::CancellationToken;
use recordroute_engine::{Engine, Error, IndexReport};

use super::minutes::ended_early;
use crate::Context;
use crate::cancel::on_interrupt;
use crate::finding_args::IndexCommand;
use crate::output::Failure;

pub fn run(context: &Context<'_>, command: IndexCommand) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    match command {
        IndexCommand::Status => {}
        IndexCommand::Update => engine.retry_index()?,
        IndexCommand::Rebuild => engine.rebuild_index()?,
    }
    if !matches!(command, IndexCommand::Status) && !update(context, &engine)? {
        return Ok(ended_early(true));
    }
    let report = engine.index_report()?;
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(context, &report)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Indexes what waits; tells whether it came to its end.
fn update(context: &Context<'_>, engine: &Engine) -> Result<bool, Failure> {
    let cancel = on_interrupt();
    let output = context.output;
    let done = engine.index(&cancel, &mut |n_done, n_waiting| {
        output.note(&format!("{n_done} of {} recordings", n_done + n_waiting));
    })?;
    Ok(done.is_some())
}

/// Indexes what a command made, where there is a model for that. What fails is told and costs nothing:
/// it waits for the next time.
pub fn keep_up(context: &Context<'_>, engine: &Engine, cancel: &CancellationToken) {
    match engine.index(cancel, &mut |_, _| {}) {
        Ok(_) | Err(Error::NoEmbeddingModel { .. }) => {}
        Err(error) => context
            .output
            .note(&format!("Not everything can be found by meaning yet. {error}")),
    }
}

fn print(context: &Context<'_>, report: &IndexReport) -> Result<(), Failure> {
    let none = || "none".to_owned();
    let mut rows = vec![
        vec!["model".to_owned(), report.model.clone().unwrap_or_else(none)],
        vec!["indexed".to_owned(), report.n_indexed.to_string()],
        vec!["waiting".to_owned(), report.n_waiting.to_string()],
        vec!["failed".to_owned(), report.n_failed.to_string()],
        vec!["passages".to_owned(), report.n_passages.to_string()],
    ];
    if report.answering != report.model {
        let answering = report.answering.clone().unwrap_or_else(none);
        rows.insert(1, vec!["answering".to_owned(), answering]);
    }
    context.output.table(&rows)?;
    if let Some(problem) = &report.problem {
        context.output.note(problem);
    }
    Ok(())
}
