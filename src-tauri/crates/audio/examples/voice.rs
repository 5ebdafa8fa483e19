//! Prints where somebody speaks in a file, so that anybody can measure the detector.
//!
//! `cargo run --release -p recordroute-audio --example voice -- FILE…`
//! prints a line for each stretch of speech: file, start and end in milliseconds, mean probability.
//! With `--kept` the stretches are those that are transcribed, pauses and edges included; with
//! `--probabilities` there is a line for each frame of 16 ms instead: file, start, probability.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};

use recordroute_audio::{AudioError, ChunkOptions, Chunks, Decoder, FRAME_SAMPLES, VoiceActivity};
use recordroute_core::{CancellationToken, samples_to_ms};

fn main() {
    let (flags, paths): (Vec<PathBuf>, Vec<PathBuf>) = std::env::args_os()
        .skip(1)
        .map(PathBuf::from)
        .partition(|arg| arg.to_string_lossy().starts_with("--"));
    let is_set = |name: &str| flags.iter().any(|flag| flag == Path::new(name));
    for path in &paths {
        let result = if is_set("--probabilities") {
            print_probabilities(path)
        } else {
            print_spans(path, is_set("--kept"))
        };
        if let Err(error) = result {
            println!("{}\tREFUSED\t{error}", path.display());
        }
    }
}

fn print_spans(path: &Path, kept: bool) -> Result<(), AudioError> {
    let chunks = Chunks::open(path, ChunkOptions::default(), CancellationToken::new())?;
    for chunk in chunks {
        let chunk = chunk?;
        if kept {
            for piece in chunk.map.pieces() {
                let (start, end) = (piece.source_start, piece.source_start + piece.n_samples);
                println!(
                    "{}\t{}\t{}\t1",
                    path.display(),
                    samples_to_ms(start),
                    samples_to_ms(end)
                );
            }
        } else {
            for span in &chunk.voice {
                let start_ms = chunk.map.start_to_source_ms(span.start_ms);
                let end_ms = chunk.map.end_to_source_ms(span.end_ms);
                println!(
                    "{}\t{start_ms}\t{end_ms}\t{:.3}",
                    path.display(),
                    span.probability
                );
            }
        }
    }
    Ok(())
}

fn print_probabilities(path: &Path) -> Result<(), AudioError> {
    let mut decoder = Decoder::open(path)?;
    let mut voice = VoiceActivity::new();
    let mut waiting = Vec::new();
    let mut n_samples: u64 = 0;
    while let Some(block) = decoder.next_block()? {
        waiting.extend(block.samples);
        let n_whole = waiting.len() - waiting.len() % FRAME_SAMPLES;
        for frame in waiting
            .drain(..n_whole)
            .collect::<Vec<f32>>()
            .chunks(FRAME_SAMPLES)
        {
            let probability = voice.probability(frame);
            println!(
                "{}\t{}\t{probability:.4}",
                path.display(),
                samples_to_ms(n_samples)
            );
            n_samples += FRAME_SAMPLES as u64;
        }
    }
    Ok(())
}
