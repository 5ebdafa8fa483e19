//! Decodes files and prints a line for each: length, what it is, what became of it.
//!
//! `cargo run --release -p recordroute-audio --example decode -- FILE…`
//! With `--raw` the samples of the first file go to standard output as little-endian `f32`; with
//! `--chunks` files are cut into chunks as for a transcription, and their number is printed.
#![allow(clippy::print_stdout)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use recordroute_audio::{AudioError, ChunkOptions, Chunks, Decoder};
use recordroute_core::CancellationToken;

fn main() {
    let (flags, paths): (Vec<PathBuf>, Vec<PathBuf>) = std::env::args_os()
        .skip(1)
        .map(PathBuf::from)
        .partition(|arg| arg.to_string_lossy().starts_with("--"));
    let is_set = |name: &str| flags.iter().any(|flag| flag == Path::new(name));
    for path in &paths {
        if is_set("--raw") {
            if let Err(error) = write_raw(path) {
                println!("{error}");
            }
            return;
        }
        let started = Instant::now();
        let result = if is_set("--chunks") {
            cut(path)
        } else {
            decode(path)
        };
        match result {
            Ok(line) => println!(
                "{}\t{line}\t{:.0} ms",
                path.display(),
                started.elapsed().as_secs_f64() * 1e3
            ),
            Err(error) => println!("{}\tREFUSED\t{error}", path.display()),
        }
    }
}

fn decode(path: &Path) -> Result<String, AudioError> {
    let mut decoder = Decoder::open(path)?;
    let mut error = None;
    loop {
        match decoder.next_block() {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(failure) if decoder.n_samples() == 0 => return Err(failure),
            Err(failure) => {
                error = Some(failure.to_string());
                break;
            }
        }
    }
    let info = decoder.info();
    Ok(format!(
        "{:.3}\t{}/{} {} Hz {} ch, {:?} ms announced{}\t{}",
        decoder.n_samples() as f64 / 16_000.0,
        info.container,
        info.codec,
        info.sample_rate_hz,
        info.n_channels,
        info.duration_ms,
        if info.has_video { ", video" } else { "" },
        error.or(decoder.notice()).unwrap_or_default()
    ))
}

fn cut(path: &Path) -> Result<String, AudioError> {
    let mut chunks = Chunks::open(path, ChunkOptions::default(), CancellationToken::new())?;
    let (mut n_chunks, mut n_samples) = (0, 0);
    for chunk in chunks.by_ref() {
        n_samples += chunk?.samples.len();
        n_chunks += 1;
    }
    Ok(format!(
        "{:.3}\t{n_chunks} chunks of {:.3} s in all\t{}",
        chunks.total_ms().unwrap_or_default() as f64 / 1e3,
        n_samples as f64 / 16_000.0,
        chunks.notice().unwrap_or_default()
    ))
}

fn write_raw(path: &Path) -> Result<(), AudioError> {
    let mut decoder = Decoder::open(path)?;
    let mut out = std::io::stdout().lock();
    while let Some(block) = decoder.next_block()? {
        let bytes: Vec<u8> = block
            .samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        out.write_all(&bytes)?;
    }
    Ok(())
}
