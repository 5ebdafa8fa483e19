//! The recording that a command is about, with a transcript.

use std::path::Path;

use recordroute_engine::core::{CancellationToken, JobId, RecordingId, TranscribeOptions};
use recordroute_engine::{AddOptions, Added, Engine, OnDuplicate};

use crate::Context;
use crate::follow::{Ended, Follower, clock};
use crate::output::Failure;

/// The recording of a file, added where the library does not have it yet.
pub fn recording_of(context: &Context<'_>, engine: &Engine, file: &Path) -> Result<RecordingId, Failure> {
    let options = AddOptions {
        on_duplicate: OnDuplicate::Ask,
        media: None,
    };
    match engine.add(file, &options)? {
        Added::New(id) => Ok(id),
        Added::Duplicate(existing) => {
            if existing.trashed_at.is_some() {
                engine.restore(existing.id)?;
                context
                    .output
                    .note(&format!("#{} was taken out of the trash.", existing.id));
            }
            Ok(existing.id)
        }
    }
}

/// The job that transcribes a recording: one that did not come to its end goes on.
pub fn transcription(
    context: &Context<'_>,
    engine: &Engine,
    id: RecordingId,
    model: Option<&str>,
    options: &TranscribeOptions,
) -> Result<JobId, Failure> {
    let Some(job) = engine.resume_transcription(id, model, options)? else {
        return Ok(engine.transcribe(id, model, options.clone())?);
    };
    let from = clock(job.done_ms);
    context
        .output
        .note(&format!("Going on with job {} from {from}.", job.id));
    Ok(job.id)
}

/// What a number or a path names: a recording, which is transcribed first where it came as a file and
/// was not yet. `None` where that was cancelled or failed, which was told.
pub fn with_transcript(
    context: &Context<'_>,
    engine: &Engine,
    of: &Path,
    cancel: &CancellationToken,
) -> Result<Option<RecordingId>, Failure> {
    let text = of.to_string_lossy();
    let number = text.strip_prefix('#').unwrap_or(&text).parse::<RecordingId>();
    if let Ok(id) = number
        && !of.exists()
    {
        return Ok(Some(engine.recording(id)?.id));
    }
    let id = recording_of(context, engine, of)?;
    if engine.is_transcribed(id)? {
        return Ok(Some(id));
    }
    let recording = engine.recording(id)?;
    let mut follower = Follower::new(engine, context.output);
    let job_id = transcription(context, engine, id, None, &context.settings.transcribe_options())?;
    let ended = follower.follow(job_id, &recording.source, cancel, false)?;
    Ok(matches!(ended, Ended::Done { .. }).then_some(id))
}
