use std::process::ExitCode;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use recordroute_engine::core::{ModelId, ModelKind};
use recordroute_engine::models::{
    Catalogue, DownloadOutcome, ImportOptions, ImportOutcome, InstalledModel, ModelFolder, Verification,
};
use serde_json::json;

use crate::Context;
use crate::args::ModelsCommand;
use crate::cancel::on_interrupt;
use crate::output::{CANCELLED, FAILED, Failure};

pub fn run(context: &Context<'_>, command: ModelsCommand) -> Result<ExitCode, Failure> {
    // Models need no library: a damaged or missing one must not keep anybody from getting a model.
    let folder = ModelFolder::new(&context.settings.models);
    match command {
        ModelsCommand::List => list(context, &folder),
        ModelsCommand::Get { id } => get(context, &folder, &parse(&id)?),
        ModelsCommand::Import { path, id, quantize } => {
            let id = id.as_deref().map(parse).transpose()?;
            import(
                context,
                &folder,
                &path,
                &ImportOptions {
                    id,
                    quantize,
                    ..ImportOptions::default()
                },
            )
        }
        ModelsCommand::Verify { id } => verify(context, &folder, id.as_deref().map(parse).transpose()?),
        ModelsCommand::Remove { id } => {
            let id = parse(&id)?;
            folder.remove(&id)?;
            if context.output.is_json() {
                context.output.json(&json!({ "removed": id }))?;
            } else {
                context.output.line(&format!("{id} removed"))?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn parse(id: &str) -> Result<ModelId, Failure> {
    id.parse().map_err(|error| Failure::usage(format!("{error}")))
}

fn list(context: &Context<'_>, folder: &ModelFolder) -> Result<ExitCode, Failure> {
    let installed = folder.list()?;
    let available = Catalogue::builtin().entries();
    let output = context.output;
    if output.is_json() {
        let available: Vec<_> = available
            .iter()
            .map(|entry| {
                json!({
                    "id": entry.id,
                    "kind": entry.kind,
                    "name": entry.name,
                    "languages": entry.languages,
                    "bytes": entry.bytes(),
                    "memory_bytes": entry.memory_bytes,
                    "licence": entry.licence,
                    "note": entry.note,
                })
            })
            .collect();
        output.json(&json!({ "installed": installed, "available": available }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows: Vec<Vec<String>> = installed.iter().map(|model| row(model, "installed")).collect();
    for entry in available {
        if !installed.iter().any(|model| model.id == entry.id) {
            rows.push(vec![
                entry.id.to_string(),
                kind(entry.kind).to_owned(),
                HumanBytes(entry.bytes()).to_string(),
                String::new(),
                entry.note.en.clone(),
            ]);
        }
    }
    output.table(&rows)?;
    Ok(ExitCode::SUCCESS)
}

fn row(model: &InstalledModel, state: &str) -> Vec<String> {
    vec![
        model.id.to_string(),
        kind(model.kind).to_owned(),
        HumanBytes(model.bytes).to_string(),
        state.to_owned(),
        model.description.clone(),
    ]
}

fn kind(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Speech => "speech",
        ModelKind::Language => "language",
        ModelKind::Embedding => "embedding",
    }
}

fn get(context: &Context<'_>, folder: &ModelFolder, id: &ModelId) -> Result<ExitCode, Failure> {
    let cancel = on_interrupt();
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(
        "{prefix:.bold} {bar:24} {bytes}/{total_bytes}  {bytes_per_sec}, {eta} left",
    ) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar.set_prefix(id.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(folder.download(id, &cancel, |progress| {
        bar.set_length(progress.total_bytes.unwrap_or(0));
        bar.set_position(progress.done_bytes);
    }));
    bar.finish_and_clear();
    match outcome? {
        DownloadOutcome::Installed(model) => installed(context, &model),
        DownloadOutcome::Cancelled => {
            context
                .output
                .note("Stopped. What was downloaded is kept, and the same command goes on from there.");
            Ok(ExitCode::from(CANCELLED))
        }
    }
}

fn import(
    context: &Context<'_>,
    folder: &ModelFolder,
    path: &std::path::Path,
    options: &ImportOptions,
) -> Result<ExitCode, Failure> {
    let cancel = on_interrupt();
    let bar = percent_bar("importing");
    let outcome = folder.import(path, options, &cancel, |fraction| {
        bar.set_position((fraction * 100.0) as u64)
    });
    bar.finish_and_clear();
    match outcome? {
        ImportOutcome::Installed(model) => installed(context, &model),
        ImportOutcome::Cancelled => {
            context.output.note("Stopped. Nothing was imported.");
            Ok(ExitCode::from(CANCELLED))
        }
    }
}

fn installed(context: &Context<'_>, model: &InstalledModel) -> Result<ExitCode, Failure> {
    if context.output.is_json() {
        context.output.json(model)?;
    } else {
        context.output.table(&[row(model, "installed")])?;
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(context: &Context<'_>, folder: &ModelFolder, id: Option<ModelId>) -> Result<ExitCode, Failure> {
    let ids = match id {
        Some(id) => vec![id],
        None => folder.list()?.into_iter().map(|model| model.id).collect(),
    };
    let output = context.output;
    let cancel = on_interrupt();
    let mut results = Vec::new();
    let mut all_good = true;
    for id in ids {
        let bar = percent_bar(id.as_str());
        let verification = folder.verify(&id, &cancel, |fraction| {
            bar.set_position((fraction * 100.0) as u64)
        });
        bar.finish_and_clear();
        let (is_good, sentence) = match verification {
            Ok(Verification::Published) => (true, "as published".to_owned()),
            Ok(Verification::Unchanged) => (true, "as it was imported".to_owned()),
            Ok(Verification::Unverifiable) => {
                (true, "whole; nobody says what its bytes should be".to_owned())
            }
            Ok(Verification::Damaged { reason }) => (false, reason),
            Ok(Verification::Cancelled) => return Ok(ExitCode::from(CANCELLED)),
            Err(error) => (false, error.to_string()),
        };
        all_good &= is_good;
        results.push((id, is_good, sentence));
    }
    if output.is_json() {
        let results: Vec<_> = results
            .iter()
            .map(|(id, ok, result)| json!({ "id": id, "ok": ok, "result": result }))
            .collect();
        output.json(&results)?;
    } else {
        let rows: Vec<_> = results
            .into_iter()
            .map(|(id, _, sentence)| vec![id.to_string(), sentence])
            .collect();
        output.table(&rows)?;
    }
    Ok(ExitCode::from(if all_good { 0 } else { FAILED }))
}

fn percent_bar(what: &str) -> ProgressBar {
    let bar = ProgressBar::new(100);
    if let Ok(style) = ProgressStyle::with_template("{prefix:.bold} {bar:24} {percent:>3}%") {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar.set_prefix(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
