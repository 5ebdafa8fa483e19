use std::process::ExitCode;

use recordroute_engine::{FoundBy, Query};

use crate::Context;
use crate::finding_args::{SearchArgs, SimilarArgs};
use crate::follow::clock;
use crate::output::Failure;

pub fn run(context: &Context<'_>, args: &SearchArgs) -> Result<ExitCode, Failure> {
    let query = Query {
        text: args.words.join(" "),
        mode: args.mode.into(),
        filters: (&args.filters).into(),
        limit: args.limit,
    };
    let found = context.engine()?.find(&query)?;
    let output = context.output;
    if let Some(problem) = &found.problem {
        output.note(problem);
    }
    if output.is_json() {
        output.json(&found.hits)?;
        return Ok(ExitCode::SUCCESS);
    }
    if found.hits.is_empty() {
        output.note("Nothing was found.");
    }
    for hit in &found.hits {
        let segment_ms = hit.segment.as_ref().map(|segment| segment.start_ms);
        let start_ms = segment_ms.or(hit.passage.map(|passage| passage.start_ms));
        let at = start_ms.map_or_else(String::new, clock);
        let by = match hit.found_by {
            FoundBy::Meaning => "  (by meaning)",
            FoundBy::Words | FoundBy::Both => "",
        };
        output.line(format!("#{}  {}  {at}{by}", hit.recording_id, hit.title).trim_end())?;
        output.line(&format!("    {}", hit.snippet.text))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Recordings that are about the same.
pub fn similar(context: &Context<'_>, args: &SimilarArgs) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let similar = engine.similar(args.id, args.limit)?;
    let output = context.output;
    if output.is_json() {
        output.json(&similar)?;
        return Ok(ExitCode::SUCCESS);
    }
    if similar.is_empty() {
        output.note(if engine.index_state(args.id)?.is_none() {
            "Nothing is indexed yet. `recordroute index status` says why."
        } else {
            "No recording is about the same."
        });
    }
    for one in &similar {
        output.line(&format!(
            "#{}  {}  {:.0} %",
            one.recording_id,
            one.title,
            one.similarity * 100.0
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
