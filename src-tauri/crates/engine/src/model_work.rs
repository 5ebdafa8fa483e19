//! Long work on models, each with one kind of progress: downloads, imports, checks.

use std::path::Path;

use recordroute_core::{CancellationToken, ModelId};
use recordroute_models::{
    DownloadOutcome, DownloadProgress, ImportOptions, ImportOutcome, InstalledModel, ModelFolder,
    Verification,
};

use crate::Error;

/// What is done with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelWork {
    /// It comes from the network.
    Download,
    /// It comes from elsewhere on the disk.
    Import,
    /// Every byte of it is compared.
    Verify,
}

/// How a download ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownloadEnd {
    /// The model is there.
    Installed,
    /// It was cancelled; what has arrived is kept.
    Cancelled,
}

/// How far the work is.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelProgress {
    /// The model's name; of an import that of the file or folder, until it has one of its own.
    pub id: String,
    /// What is done.
    pub work: ModelWork,
    /// 0.0..=1.0; none while the size is unknown.
    pub fraction: Option<f32>,
    /// Bytes that are there.
    pub done_bytes: Option<u64>,
    /// Bytes of the whole.
    pub total_bytes: Option<u64>,
    /// Speed of the last seconds.
    pub bytes_per_second: Option<f64>,
    /// Time left at this speed.
    pub eta_ms: Option<u64>,
    /// The host that it comes from.
    pub source: Option<String>,
}

/// Reads a model's name.
pub fn model_id(id: &str) -> Result<ModelId, Error> {
    id.parse().map_err(|error| Error::Invalid(format!("{error}")))
}

/// What an import is called while it runs.
pub fn import_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    ModelId::nearest(&stem).map_or_else(|| "model".to_owned(), String::from)
}

/// Downloads a model of the catalogue, going on where a broken download ended. Must be called within a tokio runtime.
pub async fn download_model(
    folder: &ModelFolder,
    id: &str,
    cancel: &CancellationToken,
    mut tell: impl FnMut(ModelProgress) + Send,
) -> Result<DownloadEnd, Error> {
    let model = model_id(id)?;
    let outcome = folder.download(&model, cancel, |progress| tell(of_download(id, progress)));
    Ok(match outcome.await? {
        DownloadOutcome::Installed(_) => DownloadEnd::Installed,
        DownloadOutcome::Cancelled => DownloadEnd::Cancelled,
    })
}

/// Imports the model in a file or folder; none where it was cancelled.
pub fn import_model(
    folder: &ModelFolder,
    path: &Path,
    cancel: &CancellationToken,
    mut tell: impl FnMut(ModelProgress),
) -> Result<Option<InstalledModel>, Error> {
    let name = import_name(path);
    let outcome = folder.import(path, &ImportOptions::default(), cancel, |share| {
        tell(of_share(&name, ModelWork::Import, share));
    })?;
    Ok(match outcome {
        ImportOutcome::Installed(model) => Some(model),
        ImportOutcome::Cancelled => None,
    })
}

/// Reads a whole model and compares it with what it should be.
pub fn verify_model(
    folder: &ModelFolder,
    id: &str,
    cancel: &CancellationToken,
    mut tell: impl FnMut(ModelProgress),
) -> Result<Verification, Error> {
    let verification = folder.verify(&model_id(id)?, cancel, |share| {
        tell(of_share(id, ModelWork::Verify, share));
    });
    Ok(verification?)
}

fn of_share(id: &str, work: ModelWork, fraction: f32) -> ModelProgress {
    ModelProgress {
        id: id.to_owned(),
        work,
        fraction: Some(fraction),
        done_bytes: None,
        total_bytes: None,
        bytes_per_second: None,
        eta_ms: None,
        source: None,
    }
}

fn of_download(id: &str, progress: DownloadProgress) -> ModelProgress {
    let share = |total: u64| progress.done_bytes as f32 / total.max(1) as f32;
    ModelProgress {
        id: id.to_owned(),
        work: ModelWork::Download,
        fraction: progress.total_bytes.map(share),
        done_bytes: Some(progress.done_bytes),
        total_bytes: progress.total_bytes,
        bytes_per_second: progress.bytes_per_second,
        eta_ms: progress.eta_ms,
        source: Some(progress.source),
    }
}
