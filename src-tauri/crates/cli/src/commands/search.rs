use std::process::ExitCode;

use crate::Context;
use crate::args::SearchArgs;
use crate::follow::clock;
use crate::output::Failure;

pub fn run(context: &Context<'_>, args: &SearchArgs) -> Result<ExitCode, Failure> {
    let hits = context.engine()?.search(&args.words.join(" "), args.limit)?;
    let output = context.output;
    if output.is_json() {
        output.json(&hits)?;
        return Ok(ExitCode::SUCCESS);
    }
    if hits.is_empty() {
        output.note("Nothing was found.");
    }
    for hit in &hits {
        let at = hit
            .segment
            .as_ref()
            .map_or_else(String::new, |segment| clock(segment.start_ms));
        output.line(format!("#{}  {}  {at}", hit.recording_id, hit.title).trim_end())?;
        output.line(&format!("    {}", hit.snippet.text))?;
    }
    Ok(ExitCode::SUCCESS)
}
