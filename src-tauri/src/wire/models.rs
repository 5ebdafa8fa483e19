use recordroute_engine as engine;
use recordroute_engine::core as domain;
use recordroute_engine::models;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{mirror, mirror_enum, mirror_tagged};

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

/// What is done with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ModelWork {
    Download,
    Import,
    Verify,
}

/// What an import begins from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ImportFrom {
    File,
    Folder,
}

/// How a download ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DownloadOutcome {
    Installed,
    Cancelled,
}

/// How far the work on a model is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct ModelProgress {
    pub id: String,
    pub work: ModelWork,
    pub fraction: Option<f32>,
    pub done_bytes: Option<u64>,
    pub total_bytes: Option<u64>,
    pub bytes_per_second: Option<f64>,
    pub eta_ms: Option<u64>,
    pub source: Option<String>,
}

impl ModelProgress {
    /// Of work that only knows its share.
    pub fn share(id: &str, work: ModelWork, fraction: f32) -> Self {
        Self {
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

    pub fn download(id: &str, progress: models::DownloadProgress) -> Self {
        let share = |total: u64| progress.done_bytes as f32 / total.max(1) as f32;
        Self {
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
}
