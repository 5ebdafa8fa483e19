//! What is known of where a model came from: `<id>.json` beside it. Optional; a model without one
//! works as well, it can only not be verified.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use recordroute_core::ModelId;
use serde::{Deserialize, Serialize};

use crate::disk::read_limited;
use crate::error::ModelsError;

const MAX_BYTES: u64 = 1 << 20;

/// Provenance of an installed model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sidecar {
    /// An address, or what was imported or converted.
    pub(crate) source: String,
    /// SHA-256 of every file as it was installed, in hexadecimal digits, by name.
    pub(crate) sha256: BTreeMap<String, String>,
}

impl Sidecar {
    fn path(model: &Path, id: &ModelId) -> Option<PathBuf> {
        Some(model.parent()?.join(format!("{id}.json")))
    }

    /// The sidecar of the model at `model`, where there is one that can be read.
    pub(crate) fn read(model: &Path, id: &ModelId) -> Option<Self> {
        let path = Self::path(model, id)?;
        if !path.is_file() {
            return None;
        }
        serde_json::from_slice(&read_limited(&path, MAX_BYTES).ok()?).ok()
    }

    pub(crate) fn write(&self, model: &Path, id: &ModelId) -> Result<(), ModelsError> {
        let Some(path) = Self::path(model, id) else {
            return Ok(());
        };
        let draft = path.with_extension("json.part");
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        fs::write(&draft, text).map_err(ModelsError::io("writing", &draft))?;
        fs::rename(&draft, &path).map_err(ModelsError::io("writing", &path))
    }

    pub(crate) fn remove(model: &Path, id: &ModelId) {
        if let Some(path) = Self::path(model, id) {
            let _ = fs::remove_file(path);
        }
    }

    /// SHA-256 of a model of one file.
    pub(crate) fn sha256(&self) -> Option<String> {
        let mut digests = self.sha256.values();
        match (digests.next(), digests.next()) {
            (Some(digest), None) => Some(digest.clone()),
            _ => None,
        }
    }

    /// What `name` hashed to. A model of one file may have been renamed since.
    pub(crate) fn digest_of(&self, name: &str) -> Option<String> {
        self.sha256.get(name).cloned().or_else(|| self.sha256())
    }
}
