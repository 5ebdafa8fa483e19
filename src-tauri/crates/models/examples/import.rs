//! Imports a model into a models folder:
//! `cargo run -p recordroute-models --example import -- PATH --models DIR [--id ID] [--quantize q8_0|q5_1]`

use std::error::Error;
use std::path::PathBuf;

use recordroute_core::{CancellationToken, Quantization};
use recordroute_models::{ImportOptions, ImportOutcome, ModelFolder};

fn main() -> Result<(), Box<dyn Error>> {
    let mut path = None;
    let mut dir = None;
    let mut options = ImportOptions::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
        match argument.as_str() {
            "--models" => dir = Some(value()?),
            "--id" => options.id = Some(value()?.parse()?),
            "--replace" => options.replace = true,
            "--quantize" => {
                options.quantize = Some(match value()?.as_str() {
                    "f16" => Quantization::F16,
                    "q8_0" => Quantization::Q8_0,
                    "q5_1" => Quantization::Q5_1,
                    other => return Err(format!("{other} is none of f16, q8_0 and q5_1").into()),
                });
            }
            _ => path = Some(PathBuf::from(argument)),
        }
    }
    let folder = ModelFolder::new(dir.ok_or("--models DIR is missing")?);
    let path = path.ok_or("the file or folder to import is missing")?;
    let mut percent = 0;
    let outcome = folder.import(&path, &options, &CancellationToken::new(), |share| {
        let now = (share * 100.0) as u32;
        if now >= percent + 10 {
            percent = now;
            eprintln!("{percent} %");
        }
    })?;
    match outcome {
        ImportOutcome::Installed(model) => {
            eprintln!(
                "{}: {}, {} bytes, {}",
                model.id,
                model.description,
                model.bytes,
                model.path.display()
            );
        }
        ImportOutcome::Cancelled => eprintln!("cancelled"),
    }
    Ok(())
}
