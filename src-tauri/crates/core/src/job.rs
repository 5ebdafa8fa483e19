use serde::{Deserialize, Serialize};

use crate::{ErrorCode, JobId, RecordingId, Stage, TranscribeOptions};

/// What a job does, with everything that it needs to go on after a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum JobKind {
    /// Speech of a recording to segments.
    Transcribe {
        /// The model's id.
        model: String,
        /// What the user set.
        options: TranscribeOptions,
    },
    /// A transcript to minutes.
    Minutes {
        /// The language model's id.
        model: String,
        /// The template's id.
        template: String,
        /// The language to write in, as a code such as `ko`; none takes that of the recording.
        language: Option<String>,
        /// Minutes that the user changed are left as they are: nobody asked for just these.
        #[serde(default)]
        spare_own: bool,
    },
    /// A transcript to proposals that mend it.
    Correct {
        /// The language model's id.
        model: String,
    },
    /// A transcript to one line that says what it is about.
    Title {
        /// The language model's id.
        model: String,
        /// A title that the user gave is left as it is: nobody asked for just this one.
        #[serde(default)]
        spare_own: bool,
    },
}

impl JobKind {
    /// Whether it is the same work, whoever asked for it.
    pub fn is_same_work(&self, other: &Self) -> bool {
        self.clone().sparing_own() == other.clone().sparing_own()
    }

    /// The same, which leaves what the user wrote as it is.
    #[must_use]
    pub fn sparing_own(mut self) -> Self {
        if let Self::Minutes { spare_own, .. } | Self::Title { spare_own, .. } = &mut self {
            *spare_own = true;
        }
        self
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its turn.
    Queued,
    /// Some program works on it, or died doing so: then its lease runs out and it is taken up again.
    Running,
    /// Ended well.
    Done,
    /// Ended with an error; can be retried, what was stored stays.
    Failed,
    /// Ended by the user; can be retried, what was stored stays.
    Cancelled,
}

/// A job of the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The recording that it works on.
    pub recording_id: RecordingId,
    /// The recording's title, for lists.
    pub title: String,
    /// What it does.
    #[serde(flatten)]
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// What it is doing or was doing last.
    pub stage: Stage,
    /// Milliseconds of the recording whose segments are stored; a restart goes on from here.
    pub done_ms: u64,
    /// How often it was begun.
    pub n_attempts: u32,
    /// Why it failed: a sentence for the user.
    pub error: Option<String>,
    /// Why it failed, where a program branches on it.
    pub error_code: Option<ErrorCode>,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: String,
    /// When it ended, RFC 3339 in UTC.
    pub finished_at: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_of_earlier_versions_are_understood() {
        let options = serde_json::to_value(TranscribeOptions::default()).unwrap();
        let stored = serde_json::json!({ "kind": "transcribe", "model": "whisper-base", "options": options });
        assert!(
            matches!(serde_json::from_value(stored), Ok(JobKind::Transcribe { model, .. }) if model == "whisper-base"),
            "a queue outlives an update of the program"
        );
        let stored = serde_json::json!({ "kind": "title", "model": "qwen3-0.6b" });
        let title: JobKind = serde_json::from_value(stored).unwrap();
        let by_itself = JobKind::Title {
            model: "qwen3-0.6b".to_owned(),
            spare_own: true,
        };
        assert!(
            title != by_itself && title.is_same_work(&by_itself),
            "whoever asked"
        );
    }
}
