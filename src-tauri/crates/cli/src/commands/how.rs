use recordroute_engine::Settings;
use recordroute_engine::core::{Sampling, TranscribeOptions};

use crate::args::HowArgs;
use crate::output::Failure;

/// Longest vocabulary file that is read; the model's prompt holds some hundred words.
const MAX_VOCABULARY_BYTES: u64 = 1 << 20;

/// Flags over settings, as the engine wants them.
pub fn options(args: &HowArgs, settings: &Settings) -> Result<TranscribeOptions, Failure> {
    Ok(TranscribeOptions {
        language: args.language.unwrap_or(settings.language),
        translate: args.translate,
        prompt: args.prompt.clone(),
        vocabulary: args
            .vocabulary
            .as_deref()
            .map(read_vocabulary)
            .transpose()?
            .unwrap_or_else(|| settings.vocabulary.clone()),
        vad: !args.no_vad,
        n_threads: args.threads.map(usize::from).or(settings.threads),
        sampling: if args.beam > 1 {
            Sampling::Beam { size: args.beam }
        } else {
            Sampling::Greedy
        },
    })
}

fn read_vocabulary(path: &std::path::Path) -> Result<Vec<String>, Failure> {
    let unreadable = |reason: String| {
        Failure::usage(format!(
            "The vocabulary {} cannot be read ({reason}).",
            path.display()
        ))
    };
    let bytes = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if bytes > MAX_VOCABULARY_BYTES {
        return Err(unreadable("it is longer than a megabyte".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    Ok(text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect())
}
