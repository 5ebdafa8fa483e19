//! Decodes files and prints a line for each: length, what it is, what became of it.
//!
//! `cargo run --release -p recordroute-audio --example decode -- FILE…`
//! With `--raw` the samples of the first file go to standard output as little-endian `f32`.
#![allow(clippy::print_stdout)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use recordroute_audio::{AudioError, Decoder};

fn main() {
    let mut raw = false;
    let paths: Vec<PathBuf> = std::env::args_os()
        .skip(1)
        .filter(|arg| {
            raw |= arg == "--raw";
            arg != "--raw"
        })
        .map(PathBuf::from)
        .collect();
    for path in &paths {
        if raw {
            if let Err(error) = write_raw(path) {
                println!("{error}");
            }
            return;
        }
        let started = Instant::now();
        match decode(path) {
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
