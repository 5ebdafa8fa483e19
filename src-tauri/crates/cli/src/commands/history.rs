use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use recordroute_engine::core::{Recording, RecordingId, SegmentFlag};
use recordroute_engine::{Engine, Format, Listing};

use super::destination::Destination;
use super::when::local_minute;
use crate::Context;
use crate::args::HistoryCommand;
use crate::follow::clock;
use crate::output::{CANCELLED, Failure};

pub fn run(context: &Context<'_>, command: HistoryCommand) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let output = context.output;
    match command {
        HistoryCommand::List { trash, tag, limit } => {
            let listing = Listing {
                trashed: trash,
                tag,
                limit: Some(limit),
                offset: 0,
            };
            let recordings = engine.recordings(&listing)?;
            if output.is_json() {
                output.json(&recordings)?;
            } else if recordings.is_empty() {
                output.note(if trash {
                    "The trash is empty."
                } else {
                    "There are no recordings yet."
                });
            } else {
                output.table(&recordings.iter().map(row).collect::<Vec<_>>())?;
            }
        }
        HistoryCommand::Show { id } => show(context, &engine, id)?,
        HistoryCommand::Rename { id, title } => {
            engine.rename(id, &title)?;
            acknowledge(context, &engine, id)?;
        }
        HistoryCommand::Tag { id, tag, remove } => {
            if remove {
                engine.remove_tag(id, &tag)?;
            } else {
                engine.add_tag(id, &tag)?;
            }
            acknowledge(context, &engine, id)?;
        }
        HistoryCommand::Export {
            id,
            format,
            output: place,
        } => {
            let destination = Destination::new(&place, format, output.is_json(), 1)?;
            let recording = engine.recording(id)?;
            destination.write(&engine, id, &recording.title, output)?;
        }
        HistoryCommand::Delete { id } => {
            engine.trash(id)?;
            acknowledge(context, &engine, id)?;
            if !output.is_json() {
                output.note(&format!(
                    "It is in the trash. `recordroute history restore {id}` brings it back."
                ));
            }
        }
        HistoryCommand::Restore { id } => {
            engine.restore(id)?;
            acknowledge(context, &engine, id)?;
        }
        HistoryCommand::Purge { yes } => return purge(context, &engine, yes),
    }
    Ok(ExitCode::SUCCESS)
}

fn row(recording: &Recording) -> Vec<String> {
    let mut title = recording.title.clone();
    for tag in &recording.tags {
        title.push_str(&format!("  [{tag}]"));
    }
    vec![
        format!("#{}", recording.id),
        local_minute(&recording.created_at),
        recording.duration_ms.map_or_else(|| "–".to_owned(), clock),
        recording
            .language
            .as_ref()
            .map_or_else(|| "–".to_owned(), |language| language.code.clone()),
        title,
    ]
}

fn acknowledge(context: &Context<'_>, engine: &Engine, id: RecordingId) -> Result<(), Failure> {
    let recording = engine.recording(id)?;
    if context.output.is_json() {
        return context.output.json(&recording);
    }
    context.output.table(&[row(&recording)])
}

fn show(context: &Context<'_>, engine: &Engine, id: RecordingId) -> Result<(), Failure> {
    let output = context.output;
    if output.is_json() {
        let mut bytes = Vec::new();
        engine.export(id, Format::Json, &mut bytes)?;
        bytes.push(b'\n');
        return output.bytes(&bytes);
    }
    let recording = engine.recording(id)?;
    let transcript = engine.transcript(id)?;
    output.table(&[row(&recording)])?;
    if let Some(notice) = &recording.notice {
        output.line(notice)?;
    }
    output.line("")?;
    for segment in &transcript.segments {
        let doubt = if segment.flags.is_empty() {
            String::new()
        } else {
            format!("  ({})", doubts(&segment.flags))
        };
        output.line(&format!(
            "{:>8}  {}{doubt}",
            clock(segment.start_ms),
            segment.text
        ))?;
    }
    if transcript.segments.is_empty() {
        output.note("There is no transcript yet.");
    }
    Ok(())
}

fn doubts(flags: &[SegmentFlag]) -> String {
    let words: Vec<&str> = flags
        .iter()
        .map(|flag| match flag {
            SegmentFlag::LowConfidence => "unsure",
            SegmentFlag::MaybeNoSpeech => "perhaps no speech",
            SegmentFlag::Repetition => "repeats itself",
            SegmentFlag::KnownPhantom => "perhaps invented",
            SegmentFlag::DamagedAudio => "damaged audio",
        })
        .collect();
    words.join(", ")
}

fn purge(context: &Context<'_>, engine: &Engine, yes: bool) -> Result<ExitCode, Failure> {
    let output = context.output;
    let listing = Listing {
        trashed: true,
        tag: None,
        limit: None,
        offset: 0,
    };
    let n_trashed = engine.recordings(&listing)?.len();
    if n_trashed > 0 && !yes && std::io::stdin().is_terminal() {
        let mut stderr = std::io::stderr();
        write!(
            stderr,
            "Delete {n_trashed} recording(s) and their sound for good? [y/N] "
        )?;
        stderr.flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(ExitCode::from(CANCELLED));
        }
    }
    let n_purged = engine.empty_trash()?;
    if output.is_json() {
        output.json(&serde_json::json!({ "purged": n_purged }))?;
    } else {
        output.line(&format!("{n_purged} deleted for good."))?;
    }
    Ok(ExitCode::SUCCESS)
}
