//! Puts written recordings into a library, to try search, questions and minutes by hand:
//! `cargo run -p recordroute-testkit --features library --example shelf -- RECORDINGS.json LIBRARY`
//! (`tests/fixtures/finding/library.json` is such a file).

use std::path::Path;

use recordroute_store::Library;
use recordroute_testkit::WrittenRecording;
use serde::Deserialize;

#[derive(Deserialize)]
struct Written {
    recordings: Vec<WrittenRecording>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(file), Some(folder)) = (args.next(), args.next()) else {
        return Err("Name a file of recordings and the folder of a library.".into());
    };
    let written: Written = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let library = Library::open(Path::new(&folder))?;
    for recording in &written.recordings {
        recording.keep(&library)?;
    }
    Ok(())
}
