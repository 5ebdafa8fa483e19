use std::process::ExitCode;

use recordroute_engine::{Engine, UnfinishedRecording};

use super::when::local_minute;
use crate::Context;
use crate::args::RecoverArgs;
use crate::follow::clock;
use crate::output::Failure;

pub fn run(context: &Context<'_>, args: &RecoverArgs) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let output = context.output;
    let mut unfinished = engine.unfinished_recordings()?;
    if let Some(id) = args.id {
        unfinished.retain(|one| one.id == id);
        if unfinished.is_empty() {
            return Err(Failure::other(format!(
                "There is no unfinished recording {id}. `recordroute recover --list` shows those that are."
            )));
        }
    }
    if args.list {
        if output.is_json() {
            output.json(&unfinished)?;
        } else if unfinished.is_empty() {
            output.note("Nothing was left unfinished.");
        } else {
            output.table(&unfinished.iter().map(row).collect::<Vec<_>>())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if unfinished.is_empty() {
        output.note("Nothing was left unfinished.");
    }
    for one in &unfinished {
        let recording = if args.discard {
            engine.discard_unfinished(one.id)?
        } else {
            // Its transcription waits for `jobs run`: it may take hours.
            engine.keep_unfinished(one.id, true)?.0
        };
        if output.is_json() {
            output.json(&recording)?;
            continue;
        }
        let length = clock(recording.duration_ms.unwrap_or_default());
        output.line(&format!("#{}  {length}  {}", recording.id, recording.title))?;
        if args.discard {
            let id = recording.id;
            output.note(&format!(
                "It is in the trash; `recordroute history restore {id}` takes it back."
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(one: &UnfinishedRecording) -> Vec<String> {
    vec![
        one.id.to_string(),
        local_minute(&one.started_at),
        clock(one.duration_ms),
        one.device.clone(),
        one.title.clone(),
    ]
}

/// Says what an earlier program left unfinished. That this cannot be told stops nothing.
pub fn report_unfinished(context: &Context<'_>, engine: &Engine) {
    match engine.unfinished_recordings() {
        Ok(unfinished) => {
            for one in unfinished {
                context.output.note(&format!(
                    "“{}” was left unfinished after {}. `recordroute recover` keeps it.",
                    one.title,
                    clock(one.duration_ms)
                ));
            }
        }
        Err(error) => tracing::warn!(%error, "unfinished recordings could not be looked for"),
    }
}
