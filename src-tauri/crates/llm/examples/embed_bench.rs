//! Measures an embedding model on the lines of a file and prints JSON, one round for each line of the
//! standard input, so that another program can measure in turn:
//! `cargo run --release -p recordroute-llm --example embed_bench -- FOLDER TEXTS.txt…`
//! With `--vectors` it prints the vectors of the first file's texts instead.
#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use recordroute_core::{CancellationToken, Embedder, TextRole};
use recordroute_llm::BertEmbedder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let wants_vectors = args.iter().any(|arg| arg == "--vectors");
    args.retain(|arg| arg != "--vectors");
    let (folder, files) = args.split_first().ok_or("Name a model's folder.")?;
    let files = files
        .iter()
        .map(std::fs::read_to_string)
        .collect::<Result<Vec<_>, _>>()?;
    let started = Instant::now();
    let mut embedder = BertEmbedder::load(Path::new(folder))?;
    let load_ms = started.elapsed().as_millis() as u64;
    let cancel = CancellationToken::new();
    if wants_vectors {
        let texts: Vec<&str> = files.iter().flat_map(|file| file.lines()).collect();
        let vectors = embedder.embed(&texts, TextRole::Passage, &cancel)?;
        println!("{}", serde_json::to_string(&vectors)?);
        return Ok(());
    }
    for round in std::io::stdin().lines() {
        round?;
        let mut seconds = Vec::new();
        for file in &files {
            let texts: Vec<&str> = file.lines().collect();
            let started = Instant::now();
            embedder.embed(&texts, TextRole::Passage, &cancel)?;
            seconds.push(started.elapsed().as_secs_f64());
        }
        let report = serde_json::json!({
            "seconds": seconds,
            "load_ms": load_ms,
            "peak_memory_mb": peak_memory_mb(),
            "n_threads": embedder.info().n_threads,
        });
        println!("{report}");
    }
    Ok(())
}

/// Where the system tells it.
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1_024 / 1_000_000)
}
