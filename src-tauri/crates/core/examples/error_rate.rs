//! Scores a transcript of any program against what was said, with the normalisation that this
//! project uses throughout: `cargo run -p recordroute-core --example error_rate -- REFERENCE TRANSCRIPT`
#![allow(clippy::print_stdout)]

use std::error::Error;

use recordroute_core::{character_error_rate, word_error_rate};

fn main() -> Result<(), Box<dyn Error>> {
    let mut texts = std::env::args_os().skip(1).map(std::fs::read_to_string);
    let (Some(reference), Some(transcript)) = (texts.next(), texts.next()) else {
        return Err("name the reference and the transcript".into());
    };
    let (reference, transcript) = (reference?, transcript?);
    let wer = word_error_rate(&reference, &transcript).rate();
    let cer = character_error_rate(&reference, &transcript).rate();
    println!("{{\"wer\":{wer:.4},\"cer\":{cer:.4}}}");
    Ok(())
}
