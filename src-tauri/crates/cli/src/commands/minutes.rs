use std::process::ExitCode;

use recordroute_engine::core::{Language, RecordingId};
use recordroute_engine::{Engine, MinutesChoice, WrittenFormat};

use super::text_of::with_transcript;
use crate::Context;
use crate::args::{MinutesArgs, WritingArgs};
use crate::cancel::on_interrupt;
use crate::follow::{Ended, Follower, clock};
use crate::output::{CANCELLED, FAILED, Failure, Output};

pub fn run(context: &Context<'_>, args: &MinutesArgs) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let choice = choice(&args.how);
    // What is missing for the minutes is said before a long transcription.
    let template = engine.check_minutes(&choice)?;
    let cancel = on_interrupt();
    let Some(id) = with_transcript(context, &engine, &args.of, &cancel)? else {
        return Ok(ended_early(cancel.is_cancelled()));
    };
    if args.again || !is_there(context.output, &engine, id, &template, &choice)? {
        let mut follower = Follower::new(&engine, context.output);
        let job_id = engine.make_minutes(id, &choice)?;
        tell_cost(context.output, &engine, id, &choice);
        let title = engine.recording(id)?.title;
        if !matches!(
            follower.follow(job_id, &title, &cancel, false)?,
            Ended::Done { .. }
        ) {
            return Ok(ended_early(cancel.is_cancelled()));
        }
    }
    print(context.output, &engine, id, &template, args.how.format)?;
    Ok(ExitCode::SUCCESS)
}

/// The flags as the engine wants them.
pub fn choice(how: &WritingArgs) -> MinutesChoice {
    MinutesChoice {
        template: how.template.clone(),
        model: how.model.clone(),
        language: how.language.and_then(Language::code).map(str::to_owned),
    }
}

/// Prints the minutes of a recording.
pub fn print(
    output: &Output,
    engine: &Engine,
    id: RecordingId,
    template: &str,
    format: Option<WrittenFormat>,
) -> Result<(), Failure> {
    let format = format.unwrap_or(if output.is_json() {
        WrittenFormat::Json
    } else {
        WrittenFormat::Md
    });
    output.bytes(engine.minutes_text(id, Some(template), format)?.as_bytes())
}

/// Whether the minutes that are wanted are there, written from the text as it is. What the user made of
/// them is not written over by itself.
fn is_there(
    output: &Output,
    engine: &Engine,
    id: RecordingId,
    template: &str,
    choice: &MinutesChoice,
) -> Result<bool, Failure> {
    let all = engine.minutes(id)?;
    let Some(stored) = all.iter().find(|stored| stored.minutes.template == template) else {
        return Ok(false);
    };
    let minutes = &stored.minutes;
    let is_wanted = choice.model.as_ref().is_none_or(|model| *model == minutes.model)
        && choice
            .language
            .as_ref()
            .is_none_or(|language| *language == minutes.language);
    if stored.is_edited && !is_wanted {
        return Err(Failure::usage(
            "These minutes were changed by hand. `--again` puts new ones in their place.",
        ));
    }
    if stored.is_edited && stored.is_outdated {
        output.note(
            "The transcript was changed since, and these minutes were changed by hand. `--again` puts new ones in their place.",
        );
    }
    Ok(is_wanted && (stored.is_edited || !stored.is_outdated))
}

fn tell_cost(output: &Output, engine: &Engine, id: RecordingId, choice: &MinutesChoice) {
    match engine.minutes_estimate(id, choice) {
        Ok(estimate) => {
            if let Some(seconds) = estimate.seconds {
                output.note(&format!("This takes about {}.", clock(seconds * 1_000)));
            }
        }
        // The job says what is wrong.
        Err(error) => tracing::debug!(%error, "what it takes is not known"),
    }
}

/// The exit status of what was not brought to its end.
pub fn ended_early(cancelled: bool) -> ExitCode {
    ExitCode::from(if cancelled { CANCELLED } else { FAILED })
}
