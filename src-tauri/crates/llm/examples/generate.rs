//! Answers a prompt with a GGUF model and says how long it took:
//! `cargo run --release -p recordroute-llm --example generate -- MODEL.gguf PROMPT [MAX_TOKENS] [--raw]`
#![allow(clippy::print_stdout)]

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use recordroute_core::{CancellationToken, GenerateOptions, Generator};
use recordroute_llm::{GgufGenerator, LoadOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, words): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let [path, prompt, rest @ ..] = words.as_slice() else {
        return Err("Name a model and a prompt.".into());
    };
    let path = Path::new(path);
    let mut options = GenerateOptions {
        raw: flags.iter().any(|flag| flag == "--raw"),
        ..GenerateOptions::default()
    };
    if let Some(max_tokens) = rest.first() {
        options.max_tokens = max_tokens.parse()?;
    }

    let load_options = LoadOptions::default();
    let needed_mb = GgufGenerator::memory_needed_bytes(path, &load_options)? / 1_000_000;
    let started = Instant::now();
    let mut generator = GgufGenerator::load(path, &load_options)?;
    let load_ms = started.elapsed().as_millis();
    let generated = generator.generate(prompt, &options, &CancellationToken::new(), &mut |text| {
        print!("{text}");
        std::io::stdout().flush().is_ok()
    })?;

    let info = generator.info();
    let per_second = |n_tokens: usize, ms: u64| n_tokens as f64 * 1_000.0 / ms.max(1) as f64;
    println!(
        "\n\n{} on {}, about {needed_mb} MB at most; loaded in {load_ms} ms",
        info.model, info.device
    );
    println!(
        "prompt: {} tokens, {:.1} a second; answer: {} tokens, {:.1} a second",
        generated.n_prompt_tokens,
        per_second(generated.n_prompt_tokens, generated.prompt_ms),
        generated.n_tokens,
        per_second(generated.n_tokens, generated.decode_ms),
    );
    Ok(())
}
