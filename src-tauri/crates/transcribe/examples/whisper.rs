//! Transcribes files and tells how long it took:
//! `cargo run --release -p recordroute-transcribe --example whisper -- MODEL FILE…`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use recordroute_audio::{ChunkOptions, Chunks};
use recordroute_core::{CancellationToken, Language, TranscribeOptions, Transcriber};
use recordroute_transcribe::{LoadOptions, Whisper};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let model = args.next().ok_or("name a model and files")?;
    let language: Language = std::env::var("LANGUAGE_CODE")
        .unwrap_or_else(|_| "auto".to_owned())
        .parse()?;
    let mut whisper = Whisper::load(Path::new(&model), &LoadOptions::default())?;
    println!("{:?}", whisper.info());
    for file in args {
        let began = Instant::now();
        let options = TranscribeOptions {
            language,
            ..TranscribeOptions::default()
        };
        let cancel = CancellationToken::new();
        let chunks = Chunks::open(Path::new(&file), ChunkOptions::default(), cancel.clone())?;
        let mut n_chunks = 0;
        let mut chunks = chunks
            .map(|chunk| chunk.map_err(|error| error.to_string()))
            .inspect(|_| n_chunks += 1);
        let mut texts = Vec::new();
        whisper.transcribe(&mut chunks, &options, &cancel, &mut |chunk| {
            for segment in chunk.segments {
                println!(
                    "{:>8} {:>8} {:.2} {:?} {}",
                    segment.start_ms, segment.end_ms, segment.confidence, segment.flags, segment.text
                );
                texts.push(segment.text);
            }
            true
        })?;
        println!(
            "{file}: {n_chunks} chunks, {:.2} s",
            began.elapsed().as_secs_f64()
        );
        println!("TEXT {}", texts.join(" "));
    }
    Ok(())
}
