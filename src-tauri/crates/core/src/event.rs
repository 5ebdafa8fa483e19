use serde::{Deserialize, Serialize};

use crate::{ErrorCode, JobId, MinutesSection, RecordingId, Segment};

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for its turn.
    Waiting,
    /// The model is being loaded.
    LoadingModel,
    /// Speech is becoming text; decoding and voice activity run along.
    Transcribing,
    /// A language model reads the transcript and writes.
    Writing,
    /// Everything is stored.
    Finished,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Share of the audio, or of what is to be written, that is done, 0.0..=1.0; none while the length
    /// is unknown.
    pub fraction: Option<f32>,
    /// Audio done, milliseconds; 0 where a text is written.
    pub audio_done_ms: u64,
    /// Length of the audio, milliseconds, where known.
    pub audio_total_ms: Option<u64>,
    /// Audio seconds a wall-clock second in this run.
    pub speed: Option<f32>,
    /// Milliseconds until it is done as it goes now.
    pub eta_ms: Option<u64>,
    /// What computes, such as `CPU (2 threads)`.
    pub device: Option<String>,
}

/// Everything that the engine tells its doors. Closed: a door handles each of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// A job waits in the queue.
    JobQueued {
        /// The job.
        job_id: JobId,
        /// Its recording.
        recording_id: RecordingId,
    },
    /// A job moved on.
    JobProgress {
        /// The job.
        job_id: JobId,
        /// Its recording.
        recording_id: RecordingId,
        /// How far it is.
        progress: Progress,
    },
    /// Segments were stored.
    Segments {
        /// The job.
        job_id: JobId,
        /// Its recording.
        recording_id: RecordingId,
        /// In order of time; they come after all that came before.
        segments: Vec<Segment>,
    },
    /// The index of meaning moved on.
    Indexed {
        /// Recordings that wait to be indexed.
        n_waiting: u64,
    },
    /// Minutes that are being written, so far.
    MinutesDraft {
        /// The job.
        job_id: JobId,
        /// Its recording.
        recording_id: RecordingId,
        /// The template's id.
        template: String,
        /// In the template's order; each event replaces the one before.
        sections: Vec<MinutesSection>,
    },
    /// A job ended well.
    JobDone {
        /// The job.
        job_id: JobId,
        /// Its recording.
        recording_id: RecordingId,
        /// What should be known about the result; a sentence.
        notice: Option<String>,
    },
    /// A job ended with an error.
    JobFailed {
        /// The job.
        job_id: JobId,
        /// Its recording.
        recording_id: RecordingId,
        /// A sentence for the user.
        message: String,
        /// Where a program branches on it.
        code: ErrorCode,
    },
    /// A job was ended by the user.
    JobCancelled {
        /// The job.
        job_id: JobId,
        /// Its recording.
        recording_id: RecordingId,
    },
}
