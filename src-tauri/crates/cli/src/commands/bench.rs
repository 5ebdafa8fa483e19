use std::process::ExitCode;

use recordroute_engine::{BenchOptions, BenchReport, QueueMode};

use super::how;
use crate::Context;
use crate::args::BenchArgs;
use crate::cancel::on_interrupt;
use crate::output::Failure;

/// The sample that is measured where no file is named: speech made by the project itself.
const SAMPLE: &[u8] = include_bytes!("../../../../../tests/fixtures/sample-en.m4a");
const SAMPLE_TEXT: &str = include_str!("../../../../../tests/fixtures/sample-en.txt");

pub fn run(context: &Context<'_>, args: BenchArgs) -> Result<ExitCode, Failure> {
    let mut options = BenchOptions {
        model: args.how.model.clone(),
        reference: None,
        decode_only: args.decode_only,
        transcribe: how::options(&args.how, &context.settings)?,
    };
    if let Some(path) = &args.reference {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!(
                "The reference {} cannot be read ({error}).",
                path.display()
            ))
        })?;
        options.reference = Some(text);
    }
    let folder = tempfile::tempdir()?;
    let file = match args.file {
        Some(file) => file,
        None => {
            let file = folder.path().join("sample-en.m4a");
            std::fs::write(&file, SAMPLE)?;
            options.reference.get_or_insert_with(|| SAMPLE_TEXT.to_owned());
            file
        }
    };
    // Measuring must leave the library alone, also a read-only one.
    let mut settings = context.settings.clone();
    settings.library = folder.path().join("library");
    let report = context
        .engine_over(settings, QueueMode::Own)?
        .bench(&file, &options, &on_interrupt())?;
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(context, &report)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(context: &Context<'_>, report: &BenchReport) -> Result<(), Failure> {
    let seconds = |ms: u64| format!("{:.2} s", ms as f64 / 1_000.0);
    let mut rows = vec![
        ("audio", seconds(report.duration_ms)),
        (
            "decoding",
            format!(
                "{} ({:.0}× real time)",
                seconds(report.decode_ms),
                report.decode_speed
            ),
        ),
    ];
    rows.extend(report.model.clone().map(|model| ("model", model)));
    rows.extend(report.device.clone().map(|device| ("device", device)));
    rows.extend(report.load_ms.map(|ms| ("loading", seconds(ms))));
    rows.extend(report.transcribe_ms.map(|ms| ("transcribing", seconds(ms))));
    rows.extend(
        report
            .speed
            .zip(report.rtf)
            .map(|(speed, rtf)| ("speed", format!("{speed:.2}× real time (RTF {rtf:.3})"))),
    );
    rows.extend(
        report
            .peak_memory_bytes
            .map(|bytes| ("peak memory", format!("{} MB", bytes / 1_000_000))),
    );
    rows.extend(report.scores.as_ref().map(|scores| {
        (
            "error rates",
            format!("WER {:.1} %, CER {:.1} %", scores.wer * 100.0, scores.cer * 100.0),
        )
    }));
    rows.extend(report.notice.clone().map(|notice| ("notice", notice)));
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    context.output.table(&rows)
}
