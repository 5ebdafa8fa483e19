//! Looks the installation over and says what is wrong and how to mend it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use recordroute_core::ModelKind;
use serde::Serialize;

use crate::advice::{MachineMemory, advised_here, machine_memory};
use crate::worker::WorkerProcess;
use crate::{Engine, Error};

/// Below this much free space a library is in danger: an hour of recording is 115 MB.
const LOW_DISK_BYTES: u64 = 1_000_000_000;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Works, but could hurt soon.
    Warning,
    /// Something does not work.
    Problem,
}

/// Something that is wrong, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong; a sentence.
    pub what: String,
    /// What mends it; a sentence.
    pub mend: String,
}

/// A folder of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Folder {
    /// What it is for.
    pub purpose: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Whether files can be made in it.
    pub writable: bool,
    /// Free space of its disk in bytes, where the system tells it.
    pub free_bytes: Option<u64>,
}

/// An installed model, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelLine {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub kind: ModelKind,
    /// Size in bytes.
    pub bytes: u64,
}

/// Everything that a bug report needs, and no word of any transcript.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of the program.
    pub version: &'static str,
    /// Operating system and architecture.
    pub system: String,
    /// Cores that the program may use.
    pub n_cores: usize,
    /// Memory of the machine.
    pub memory: MachineMemory,
    /// The program's folders.
    pub folders: Vec<Folder>,
    /// Installed models.
    pub models: Vec<ModelLine>,
    /// The speech model that fits this machine.
    pub advised_model: &'static str,
    /// Recordings in the library, without the trash.
    pub n_recordings: u64,
    /// Jobs that wait, run, or were left by a program that died.
    pub n_open_jobs: usize,
    /// What is wrong; empty where all is well.
    pub findings: Vec<Finding>,
}

impl Engine {
    /// Looks everything over.
    pub fn doctor(&self) -> Result<Report, Error> {
        let settings = self.settings();
        let mut findings = Vec::new();
        let folders = vec![
            folder("library", &settings.library),
            folder("models", &settings.models),
            folder("logs", &settings.logs),
        ];
        for folder in &folders {
            judge_folder(folder, &mut findings);
        }
        if self.is_read_only() {
            findings.push(problem(
                "The library can only be read.",
                "Give yourself the right to write in its folder, or choose another one with --library.",
            ));
        }
        let advised_model = advised_here();
        let models = self.models().list()?;
        if !models.iter().any(|model| model.kind == ModelKind::Speech) {
            findings.push(problem(
                "No speech model is installed.",
                &format!("Run `recordroute models get {advised_model}`, or `recordroute models import` with a file."),
            ));
        }
        let memory = machine_memory();
        for model in &models {
            if model.kind == ModelKind::Speech && model.memory_bytes > memory.total_bytes {
                findings.push(warning(
                    &format!("{} needs more memory than this computer has.", model.id),
                    &format!("Use {advised_model} instead."),
                ));
            }
        }
        if let Err(error) = self.try_worker() {
            findings.push(problem(
                &format!("The model's process does not run: {error}."),
                "Install RecordRoute again; a virus scanner may have removed a part of it.",
            ));
        }
        let n_open_jobs = self.open_jobs()?.len();
        Ok(Report {
            version: env!("CARGO_PKG_VERSION"),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            n_cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory,
            folders,
            models: models
                .into_iter()
                .map(|model| ModelLine {
                    id: model.id.to_string(),
                    kind: model.kind,
                    bytes: model.bytes,
                })
                .collect(),
            advised_model,
            n_recordings: self.inner.library.n_recordings(false)?,
            n_open_jobs,
            findings,
        })
    }

    /// Starts a worker and sees that it stays.
    fn try_worker(&self) -> Result<(), Error> {
        let mut worker = WorkerProcess::spawn(&self.inner.worker_command)?;
        worker.receive(Duration::from_millis(200))?;
        Ok(())
    }
}

fn folder(purpose: &'static str, path: &Path) -> Folder {
    // The folder may not be there yet: then the nearest parent that is there decides.
    let existing = path
        .ancestors()
        .find(|ancestor| ancestor.is_dir())
        .unwrap_or(path);
    Folder {
        purpose,
        path: path.to_owned(),
        writable: is_writable(existing),
        free_bytes: fs4::available_space(existing).ok(),
    }
}

/// Rights, read-only disks and full quotas all show only when one tries.
fn is_writable(dir: &Path) -> bool {
    let probe = dir.join(format!(".recordroute-{}", std::process::id()));
    let made = std::fs::write(&probe, b"").is_ok();
    made && std::fs::remove_file(&probe).is_ok()
}

fn judge_folder(folder: &Folder, findings: &mut Vec<Finding>) {
    let path = folder.path.display();
    if !folder.writable {
        findings.push(problem(
            &format!("The {} folder {path} cannot be written.", folder.purpose),
            "Give yourself the right to write there, or choose another folder in the settings.",
        ));
    } else if let Some(free) = folder.free_bytes
        && free < LOW_DISK_BYTES
    {
        findings.push(warning(
            &format!(
                "Only {} MB are free where the {} folder {path} lies.",
                free / 1_000_000,
                folder.purpose
            ),
            "Free some space, or move the folder to a larger disk.",
        ));
    }
}

fn problem(what: &str, mend: &str) -> Finding {
    Finding {
        severity: Severity::Problem,
        what: what.to_owned(),
        mend: mend.to_owned(),
    }
}

fn warning(what: &str, mend: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        what: what.to_owned(),
        mend: mend.to_owned(),
    }
}
