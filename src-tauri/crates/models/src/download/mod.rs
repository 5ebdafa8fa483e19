//! Downloads the models of the catalogue. A download that broke off, was cancelled or lost its
//! program goes on where it stopped; nothing comes under a model's name before it was checked.
//!
//! `http` asks a source, `part` keeps what has arrived, `arriving` fills and checks it, `fetch` gets
//! one file from the first source that has it, and this file puts a model together.

mod arriving;
mod fetch;
mod http;
mod part;
mod progress;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use recordroute_core::{CancellationToken, ModelFormat, ModelId};

pub use self::progress::DownloadProgress;

use self::fetch::{Fetched, Fetcher};
use self::part::Part;
use self::progress::Meter;
use crate::catalogue::CatalogueEntry;
use crate::disk::{ModelLock, check_room, sync_dir};
use crate::error::{Halt, ModelsError};
use crate::folder::ModelFolder;
use crate::installed::{InstalledModel, inspect};
use crate::sidecar::Sidecar;

/// How a download ended that did not fail.
#[derive(Debug, Clone, PartialEq)]
pub enum DownloadOutcome {
    /// The model is there.
    Installed(Box<InstalledModel>),
    /// The token was cancelled; what has arrived is kept, and the next download goes on from it.
    Cancelled,
}

/// How long is waited for what.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    /// For a connection.
    connect: Duration,
    /// For an answer, and for more of the file.
    stall: Duration,
    /// Before the sources are asked again; the second time twice as long.
    pause: Duration,
    /// Rounds through all sources.
    n_tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            stall: Duration::from_secs(30),
            pause: Duration::from_secs(2),
            n_tries: 4,
        }
    }
}

impl ModelFolder {
    /// Downloads a model of the catalogue; one that is installed already is given back as it is.
    /// `progress` is told about ten times a second how far it is. Must be called within a tokio
    /// runtime that has its timers and its input and output enabled.
    pub async fn download(
        &self,
        id: &ModelId,
        cancel: &CancellationToken,
        mut progress: impl FnMut(DownloadProgress) + Send,
    ) -> Result<DownloadOutcome, ModelsError> {
        if let Ok(model) = self.find(id) {
            return Ok(DownloadOutcome::Installed(Box::new(model)));
        }
        let entry = self.entry(id)?;
        fs::create_dir_all(self.dir()).map_err(ModelsError::io("making", self.dir()))?;
        let _lock = ModelLock::acquire(self.dir(), id)?;
        // Another program may have finished it between the first look and the lock.
        if let Ok(model) = self.find(id) {
            return Ok(DownloadOutcome::Installed(Box::new(model)));
        }
        match self.fetch_model(entry, cancel, &mut progress).await {
            Ok(model) => Ok(DownloadOutcome::Installed(Box::new(model))),
            Err(Halt::Cancelled) => Ok(DownloadOutcome::Cancelled),
            Err(Halt::Failed(error)) => Err(error),
        }
    }

    async fn fetch_model(
        &self,
        entry: &CatalogueEntry,
        cancel: &CancellationToken,
        progress: &mut (dyn FnMut(DownloadProgress) + Send),
    ) -> Result<InstalledModel, Halt> {
        let target = self.path_of(&entry.id, entry.format);
        let draft = draft_of(&target);
        let parts = parts(entry, &draft)?;
        let there_bytes: u64 = parts.iter().map(Part::len).sum();
        check_room(self.dir(), entry.bytes().saturating_sub(there_bytes))?;

        let sizes = entry.files.iter().map(|file| file.bytes).collect();
        let mut meter = Meter::new(sizes, progress);
        let mut fetcher = Fetcher {
            id: &entry.id,
            format: entry.format,
            patience: &self.patience,
            cancel,
            meter: &mut meter,
        };
        let mut fetched = Vec::new();
        for (file, part) in entry.files.iter().zip(&parts) {
            fetched.push(fetcher.fetch(file, part).await?);
        }
        self.install(entry, &parts, fetched, &draft, &target)
    }

    /// Gives checked files the name of the model, in one step.
    fn install(
        &self,
        entry: &CatalogueEntry,
        parts: &[Part],
        fetched: Vec<Fetched>,
        draft: &Path,
        target: &Path,
    ) -> Result<InstalledModel, Halt> {
        if let Err(error) = inspect(draft, entry.format) {
            // Each file is what was published, so only another catalogue could help: say what is
            // wrong instead of offering a part that can never become a model.
            parts.iter().for_each(Part::discard);
            return Err(error.into());
        }
        let source = fetched
            .first()
            .map(|file| file.source.clone())
            .unwrap_or_default();
        let names = entry.files.iter().map(|file| match entry.format {
            ModelFormat::Safetensors => file.name.clone(),
            _ => target
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
        });
        let sha256: BTreeMap<_, _> = names.zip(fetched.into_iter().map(|file| file.sha256)).collect();
        if target.is_dir() {
            fs::remove_dir_all(target).map_err(ModelsError::io("removing", target))?;
        }
        parts.iter().for_each(Part::forget);
        fs::rename(draft, target).map_err(ModelsError::io("writing", target))?;
        Sidecar { source, sha256 }.write(target, &entry.id)?;
        sync_dir(self.dir());
        InstalledModel::recognise(target, self.catalogue())
            .filter(|model| model.problem.is_none())
            .ok_or_else(|| ModelsError::invalid(target, "it changed while it was downloaded").into())
    }
}

/// Where a model grows until it is whole: a file or folder that no list shows.
fn draft_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// The places of the growing files: the draft itself, or files in it.
fn parts(entry: &CatalogueEntry, draft: &Path) -> Result<Vec<Part>, ModelsError> {
    if entry.format != ModelFormat::Safetensors {
        return Ok(vec![Part::beside(draft)]);
    }
    fs::create_dir_all(draft).map_err(ModelsError::io("making", draft))?;
    Ok(entry
        .files
        .iter()
        .map(|file| Part::inside(draft, &file.name))
        .collect())
}
