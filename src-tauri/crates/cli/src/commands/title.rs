use std::process::ExitCode;

use recordroute_engine::WrittenFormat;

use super::minutes::ended_early;
use crate::Context;
use crate::args::{HighlightsArgs, TitleArgs};
use crate::cancel::on_interrupt;
use crate::follow::{Ended, Follower};
use crate::output::Failure;

pub fn run(context: &Context<'_>, args: &TitleArgs) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let cancel = on_interrupt();
    let mut follower = Follower::new(&engine, context.output);
    let job_id = engine.make_title(args.id, args.model.as_deref())?;
    let title = engine.recording(args.id)?.title;
    if !matches!(
        follower.follow(job_id, &title, &cancel, false)?,
        Ended::Done { .. }
    ) {
        return Ok(ended_early(cancel.is_cancelled()));
    }
    let recording = engine.recording(args.id)?;
    if context.output.is_json() {
        let found = serde_json::json!({ "id": recording.id, "title": recording.title });
        context.output.json(&found)?;
    } else {
        context.output.line(&recording.title)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What can be said without a language model.
pub fn highlights(context: &Context<'_>, args: &HighlightsArgs) -> Result<ExitCode, Failure> {
    let format = args.format.unwrap_or(if context.output.is_json() {
        WrittenFormat::Json
    } else {
        WrittenFormat::Txt
    });
    let text = context.engine()?.highlights_text(args.id, format)?;
    context.output.bytes(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
