use std::process::ExitCode;

use recordroute_engine::core::{SpeedAt, SpeedLengths};
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
    if args.llm {
        return language(context, args);
    }
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

fn language(context: &Context<'_>, args: BenchArgs) -> Result<ExitCode, Failure> {
    let folder = tempfile::tempdir()?;
    let lengths = SpeedLengths {
        prefill: args.prefill,
        decode_after: args.decode_after,
    };
    let mut settings = context.settings.clone();
    settings.library = folder.path().join("library");
    settings.threads = args.how.threads.map(usize::from).or(settings.threads);
    let engine = context.engine_over(settings, QueueMode::Own)?;
    let report = engine.bench_language(args.how.model.as_deref(), lengths, &on_interrupt())?;
    if context.output.is_json() {
        context.output.json(&report)?;
        return Ok(ExitCode::SUCCESS);
    }
    let speed = &report.speed;
    let mut rows = vec![
        vec!["model".to_owned(), report.model],
        vec!["threads".to_owned(), speed.n_threads.to_string()],
        vec!["loading".to_owned(), seconds(speed.load_ms)],
    ];
    let per_second = |name: &str, at: &SpeedAt| {
        vec![
            format!("{name} {} tokens", at.n_tokens),
            format!("{:.1} tokens a second", at.tokens_per_second),
        ]
    };
    rows.extend(speed.prefill.iter().map(|at| per_second("reading", at)));
    rows.extend(speed.decode.iter().map(|at| per_second("writing after", at)));
    rows.extend(
        report
            .peak_memory_bytes
            .map(|bytes| vec!["peak memory".to_owned(), megabytes(bytes)]),
    );
    context.output.table(&rows)?;
    Ok(ExitCode::SUCCESS)
}

fn seconds(ms: u64) -> String {
    format!("{:.2} s", ms as f64 / 1_000.0)
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

fn print(context: &Context<'_>, report: &BenchReport) -> Result<(), Failure> {
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
            .map(|bytes| ("peak memory", megabytes(bytes))),
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
