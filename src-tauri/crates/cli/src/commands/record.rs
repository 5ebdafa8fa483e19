use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use recordroute_engine::capture::{CaptureState, EndReason};
use recordroute_engine::core::{CancellationToken, JobId};
use recordroute_engine::{Engine, LiveRecording, RecordOptions, Recorded};
use serde::Serialize;

use super::destination::Destination;
use super::recover::report_unfinished;
use crate::Context;
use crate::args::RecordArgs;
use crate::cancel::on_stop;
use crate::follow::{Ended, Follower, clock};
use crate::live::LivePrinter;
use crate::meter::Meter;
use crate::output::{CANCELLED, FAILED, Failure};

/// How often the clock and the level are looked at.
const TICK: Duration = Duration::from_millis(50);

pub fn run(context: &Context<'_>, args: &RecordArgs) -> Result<ExitCode, Failure> {
    let output = context.output;
    let is_sound = |path: &Path| {
        path.extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("wav"))
    };
    let sound = args.output.as_deref().filter(|path| is_sound(path));
    let text = args.output.as_deref().filter(|path| !is_sound(path));
    if args.no_transcribe && text.is_some() {
        return Err(Failure::usage(
            "Without a transcript there is nothing to write there. Name a file that ends in .wav, or leave --no-transcribe out.",
        ));
    }
    let destination = Destination::new(text.unwrap_or(Path::new("-")), None, output.is_json(), 1)?;
    let engine = context.engine()?;
    report_unfinished(context, &engine);
    // Before the recording ends, so that no event of its transcription is missed.
    let mut follower = Follower::new(&engine, output);
    let recording = engine.record(&RecordOptions {
        title: args.title.clone(),
        device: args.device.clone(),
        system: args.system,
        transcribe: !args.no_transcribe,
        live: args.live,
    })?;
    let stop = on_stop();
    watch(context, &recording, args.duration, &stop);
    let recorded = recording.stop()?;
    tell(context, &engine, &recorded)?;
    if let Some(path) = sound {
        std::fs::copy(&recorded.path, path).map_err(|error| {
            Failure::other(format!(
                "{} cannot be written ({error}). The recording is in the library as #{}.",
                path.display(),
                recorded.recording_id
            ))
        })?;
        output.note(&format!("Written: {}", path.display()));
    }
    let status = match recorded.reason {
        EndReason::Stopped => 0,
        EndReason::DiskFull | EndReason::DeviceLost | EndReason::WriteFailed(_) => FAILED,
    };
    let Some(job_id) = recorded.job_id else {
        print(context, &engine, &recorded)?;
        return Ok(ExitCode::from(status));
    };
    if stop.is_cancelled() {
        output.note("Press Ctrl-C again to leave the transcription to `recordroute jobs run`.");
    }
    let transcribed = transcribe(context, &engine, &mut follower, &destination, job_id, &recorded)?;
    Ok(ExitCode::from(status.max(transcribed)))
}

/// Shows how it goes until it is to end, or has ended by itself.
fn watch(
    context: &Context<'_>,
    recording: &LiveRecording,
    duration_s: Option<f64>,
    stop: &CancellationToken,
) {
    let mut meter = Meter::new(context.output);
    meter.begin(&recording.status());
    let mut live = LivePrinter::new(context.output);
    loop {
        let status = recording.status();
        let is_over = duration_s.is_some_and(|limit| status.elapsed_ms as f64 >= limit * 1_000.0);
        if stop.is_cancelled() || is_over || matches!(status.state, CaptureState::Ended { .. }) {
            meter.end();
            return;
        }
        if let Some(text) = recording.live_text(live.n_lines()) {
            live.print(&text, &meter);
        }
        meter.show(&status, &recording.take_levels());
        std::thread::sleep(TICK);
    }
}

fn tell(context: &Context<'_>, engine: &Engine, recorded: &Recorded) -> Result<(), Failure> {
    let output = context.output;
    match &recorded.reason {
        EndReason::Stopped => {}
        EndReason::DiskFull => {
            output.note("The recording was ended because the disk is nearly full. Free some space.");
        }
        EndReason::DeviceLost => {
            output.note("The recording was ended because the sound input did not come back.")
        }
        EndReason::WriteFailed(reason) => {
            output.note(&format!(
                "The recording was ended because it could not be written any more ({reason})."
            ));
        }
    }
    for notice in &recorded.notices {
        output.note(notice);
    }
    if let Some(reason) = &recorded.not_transcribed {
        output.note(&format!("It is not transcribed. {reason}"));
    }
    let title = engine.recording(recorded.recording_id)?.title;
    let length = clock(recorded.duration_ms);
    output.note(&format!("Saved: #{} “{title}”, {length}", recorded.recording_id));
    Ok(())
}

#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    title: &'a str,
    path: &'a Path,
    duration_ms: u64,
    n_frames_lost: u64,
    drift_ms: &'a [f64],
    reason: &'a EndReason,
    notices: &'a [String],
}

fn print(context: &Context<'_>, engine: &Engine, recorded: &Recorded) -> Result<(), Failure> {
    let title = engine.recording(recorded.recording_id)?.title;
    if !context.output.is_json() {
        return context.output.line(&format!(
            "#{}  {}",
            recorded.recording_id,
            recorded.path.display()
        ));
    }
    context.output.json(&Line {
        id: recorded.recording_id.0,
        title: &title,
        path: &recorded.path,
        duration_ms: recorded.duration_ms,
        n_frames_lost: recorded.n_frames_lost,
        drift_ms: &recorded.drift_ms,
        reason: &recorded.reason,
        notices: &recorded.notices,
    })
}

fn transcribe(
    context: &Context<'_>,
    engine: &Engine,
    follower: &mut Follower<'_>,
    destination: &Destination,
    job_id: JobId,
    recorded: &Recorded,
) -> Result<u8, Failure> {
    let title = engine.recording(recorded.recording_id)?.title;
    let streams = destination.streams();
    // The first Ctrl-C ended the recording; the second leaves the program, and the job waits.
    let nobody = CancellationToken::new();
    match follower.follow(job_id, &title, &nobody, streams)? {
        Ended::Done { .. } => {
            if !streams {
                destination.write(engine, recorded.recording_id, &title, context.output)?;
            }
            Ok(0)
        }
        Ended::Failed { .. } => Ok(FAILED),
        Ended::Cancelled => Ok(CANCELLED),
    }
}
