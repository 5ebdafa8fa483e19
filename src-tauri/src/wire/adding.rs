use std::path::Path;

use recordroute_engine as engine;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{mirror, shown};
use crate::error::CommandError;

mirror! {
    /// What is done with a file that is in the library already.
    OnDuplicate = engine::OnDuplicate { Ask, AddAgain }
}

/// What became of one file.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AddResult {
    Added {
        path: String,
        name: String,
        recording_id: i64,
        job_id: Option<i64>,
        problem: Option<CommandError>,
    },
    Duplicate {
        path: String,
        name: String,
        recording_id: i64,
        title: String,
    },
    Refused {
        path: String,
        name: String,
        error: CommandError,
    },
}

/// How far the adding is.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AddProgress {
    pub n_done: u32,
    pub n_total: u32,
    pub result: Option<AddResult>,
}

/// What became of everything.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AddSummary {
    pub n_added: u32,
    pub n_duplicates: u32,
    pub n_refused: u32,
    pub stopped: bool,
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn result_of(path: &Path, result: engine::AddResult) -> AddResult {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    let path = shown(path);
    match result {
        engine::AddResult::Added {
            recording_id,
            job_id,
            problem,
        } => AddResult::Added {
            path,
            name,
            recording_id: recording_id.0,
            job_id: job_id.map(|id| id.0),
            problem: problem.map(CommandError::from),
        },
        engine::AddResult::Duplicate(recording) => AddResult::Duplicate {
            path,
            name,
            recording_id: recording.id.0,
            title: recording.title,
        },
        engine::AddResult::Refused(error) => AddResult::Refused {
            path,
            name,
            error: error.into(),
        },
    }
}

impl From<engine::AddProgress> for AddProgress {
    fn from(progress: engine::AddProgress) -> Self {
        Self {
            n_done: count(progress.n_done),
            n_total: count(progress.n_total),
            result: progress.file.map(|(path, result)| result_of(&path, result)),
        }
    }
}

impl From<engine::AddSummary> for AddSummary {
    fn from(summary: engine::AddSummary) -> Self {
        Self {
            n_added: count(summary.n_added),
            n_duplicates: count(summary.n_duplicates),
            n_refused: count(summary.n_refused),
            stopped: summary.stopped,
        }
    }
}
