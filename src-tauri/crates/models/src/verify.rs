//! Compares an installed model with what its publisher states, or with what it was when it came.

use std::path::PathBuf;

use recordroute_core::{CancellationToken, ModelId};
use serde::Serialize;

use crate::digest::{Hasher, hash_file};
use crate::error::{Halt, ModelsError};
use crate::folder::ModelFolder;
use crate::installed::{InstalledModel, size_of};
use crate::sidecar::Sidecar;

/// What a look at every byte of a model said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Verification {
    /// Bit for bit what its publisher states.
    Published,
    /// Bit for bit what it was when it was imported or converted.
    Unchanged,
    /// Its structure is right, and nothing is known that its bytes could be compared with.
    Unverifiable,
    /// Not what it was: get it again.
    Damaged {
        /// Half a sentence.
        reason: String,
    },
    /// The token was cancelled.
    Cancelled,
}

impl ModelFolder {
    /// Reads the whole model and compares it. `progress` is told the share that is done.
    pub fn verify(
        &self,
        id: &ModelId,
        cancel: &CancellationToken,
        mut progress: impl FnMut(f32),
    ) -> Result<Verification, ModelsError> {
        let model = match self.find(id) {
            Ok(model) => model,
            Err(ModelsError::Invalid { reason, .. }) => return Ok(Verification::Damaged { reason }),
            Err(error) => return Err(error),
        };
        match self.compare(&model, cancel, &mut progress) {
            Ok(verification) => Ok(verification),
            Err(Halt::Cancelled) => Ok(Verification::Cancelled),
            Err(Halt::Failed(error)) => Err(error),
        }
    }

    fn compare(
        &self,
        model: &InstalledModel,
        cancel: &CancellationToken,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Verification, Halt> {
        let entry = self.catalogue().get(&model.id);
        let sidecar = Sidecar::read(&model.path, &model.id);
        let files = files_of(model)?;
        let total = size_of(&model.path).max(1);
        let mut n_done = 0;
        let mut published = true;
        let mut unchanged = true;
        for path in &files {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let stated = entry
                .and_then(|entry| match entry.files.as_slice() {
                    [file] => Some(file),
                    files => files.iter().find(|file| file.name == name),
                })
                .and_then(|file| file.digest.as_ref());
            let mut hasher = Hasher::for_digest(stated);
            hash_file(path, &mut hasher, cancel, &mut |n_bytes| {
                n_done += n_bytes;
                progress(n_done as f32 / total as f32);
            })?;
            let digests = hasher.finish();
            published &= stated.is_some_and(|stated| digests.matches(stated));
            match sidecar.as_ref().and_then(|sidecar| sidecar.digest_of(name)) {
                Some(recorded) if recorded != digests.sha256_hex() => {
                    if !published {
                        return Ok(Verification::Damaged {
                            reason: format!("{name} is not what it was when it was installed"),
                        });
                    }
                    unchanged = false;
                }
                Some(_) => {}
                None => unchanged = false,
            }
        }
        Ok(match (published, unchanged) {
            (true, _) => Verification::Published,
            (false, true) => Verification::Unchanged,
            (false, false) => Verification::Unverifiable,
        })
    }
}

/// The files that make up a model, in the order of their names.
fn files_of(model: &InstalledModel) -> Result<Vec<PathBuf>, ModelsError> {
    if model.path.is_file() {
        return Ok(vec![model.path.clone()]);
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(&model.path)
        .map_err(ModelsError::io("reading", &model.path))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    Ok(files)
}
