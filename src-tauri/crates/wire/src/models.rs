use recordroute_engine as engine;
use recordroute_engine::core as domain;
use recordroute_engine::models;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{mirror, mirror_enum, mirror_tagged};

mirror_enum! {
    /// What a model is for.
    ModelKind = domain::ModelKind { Speech, Language, Embedding }
}

mirror! {
    /// A model in the models folder.
    InstalledModel = models::InstalledModel {
        id: String, kind: ModelKind, name: String, description: String, bytes: u64, memory_bytes: u64,
        languages: Vec<String>, multilingual: bool, known: bool, problem: Option<String>,
    }
}

mirror! {
    /// A model that can be downloaded.
    CatalogueModel = engine::OfferedModel {
        id: String, kind: ModelKind, name: String, languages: Vec<String>, bytes: u64, memory_bytes: u64,
        licence: String, note: Note, installed: bool, advised: bool, fits: bool, partial_bytes: u64,
    }
}

mirror! {
    /// A sentence in both languages.
    Note = models::Note { en: String, ko: String }
}

mirror! {
    /// Everything that a list of models shows.
    Models = engine::ModelList {
        installed: Vec<InstalledModel>, catalogue: Vec<CatalogueModel>, advised: Option<String>,
    }
}

mirror_tagged! {
    /// What a look at every byte of a model said.
    Verification = models::Verification {
        Published, Unchanged, Unverifiable, Cancelled, Damaged { reason: String },
    }
}

mirror_enum! {
    /// What is done with a model.
    ModelWork = engine::ModelWork { Download, Import, Verify }
}

mirror! {
    /// How far the work on a model is.
    ModelProgress = engine::ModelProgress {
        id: String, work: ModelWork, fraction: Option<f32>, done_bytes: Option<u64>, total_bytes: Option<u64>,
        bytes_per_second: Option<f64>, eta_ms: Option<u64>, source: Option<String>,
    }
}

/// What an import begins from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ImportFrom {
    File,
    Folder,
}

mirror_enum! {
    /// How a download ended.
    DownloadOutcome = engine::DownloadEnd { Installed, Cancelled }
}
