use std::path::Path;
use std::process::ExitCode;

use recordroute_engine::core::{GenerateOptions, Outcome};

use super::minutes::ended_early;
use crate::Context;
use crate::args::GenerateArgs;
use crate::cancel::on_interrupt;
use crate::output::Failure;

/// Longest schema that is read.
const MAX_SCHEMA_BYTES: u64 = 1 << 20;

pub fn run(context: &Context<'_>, args: GenerateArgs) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let output = context.output;
    let options = GenerateOptions {
        max_tokens: args.max_tokens,
        temperature: (args.temperature > 0.0).then_some(args.temperature),
        top_k: args.top_k,
        top_p: args.top_p,
        min_p: args.min_p,
        repetition_penalty: args.repetition_penalty,
        seed: args.seed,
        json_schema: args.schema.as_deref().map(read_schema).transpose()?,
        system: args.system,
        raw: args.raw,
        ..GenerateOptions::default()
    };
    let cancel = on_interrupt();
    let mut broken = None;
    let generated = engine.generate(
        args.model.as_deref(),
        &args.prompt,
        &options,
        &cancel,
        &mut |text| {
            if !output.is_json() {
                broken = output.bytes(text.as_bytes()).err();
            }
            broken.is_none()
        },
    )?;
    if let Some(failure) = broken {
        return Err(failure);
    }
    let Some(generated) = generated else {
        return Ok(ended_early(true));
    };
    if output.is_json() {
        output.json(&generated)?;
    } else {
        output.line("")?;
        output.note(&format!(
            "{} tokens read in {} ms, {} written in {} ms",
            generated.n_prompt_tokens, generated.prompt_ms, generated.n_tokens, generated.decode_ms
        ));
    }
    Ok(match generated.outcome {
        Outcome::Complete => ExitCode::SUCCESS,
        Outcome::Cancelled => ended_early(true),
    })
}

fn read_schema(path: &Path) -> Result<serde_json::Value, Failure> {
    let unreadable = |reason: String| {
        Failure::usage(format!(
            "The schema {} cannot be read ({reason}).",
            path.display()
        ))
    };
    let bytes = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if bytes > MAX_SCHEMA_BYTES {
        return Err(unreadable("it is longer than a megabyte".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
}
