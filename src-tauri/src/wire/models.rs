use recordroute_engine::core as domain;
use recordroute_engine::{ModelList, OfferedModel, models};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::mirror;

mirror! {
    /// What a model is for.
    ModelKind = domain::ModelKind { Speech, Language, Embedding }
}

/// A model in the models folder.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct InstalledModel {
    pub id: String,
    pub kind: ModelKind,
    pub name: String,
    pub description: String,
    pub bytes: u64,
    pub memory_bytes: u64,
    pub languages: Vec<String>,
    pub multilingual: bool,
    pub known: bool,
    pub problem: Option<String>,
}

/// A model that can be downloaded.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CatalogueModel {
    pub id: String,
    pub kind: ModelKind,
    pub name: String,
    pub languages: Vec<String>,
    pub bytes: u64,
    pub memory_bytes: u64,
    pub licence: String,
    pub note: Note,
    pub installed: bool,
    pub advised: bool,
    pub fits: bool,
    pub partial_bytes: u64,
}

/// A sentence in both languages.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[specta(inline)]
pub struct Note {
    pub en: String,
    pub ko: String,
}

/// Everything that a list of models shows.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Models {
    pub installed: Vec<InstalledModel>,
    pub catalogue: Vec<CatalogueModel>,
    pub advised: Option<String>,
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

/// How a download ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DownloadOutcome {
    Installed,
    Cancelled,
}

/// What a look at every byte of a model said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Verification {
    Published,
    Unchanged,
    Unverifiable,
    Cancelled,
    Damaged { reason: String },
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

impl From<models::InstalledModel> for InstalledModel {
    fn from(model: models::InstalledModel) -> Self {
        Self {
            id: model.id.to_string(),
            kind: model.kind.into(),
            name: model.name,
            description: model.description,
            bytes: model.bytes,
            memory_bytes: model.memory_bytes,
            languages: model.languages,
            multilingual: model.multilingual,
            known: model.known,
            problem: model.problem,
        }
    }
}

impl From<ModelList> for Models {
    fn from(list: ModelList) -> Self {
        let advised = list.advised.map(String::from);
        let catalogue = list
            .offered
            .into_iter()
            .map(|offered| catalogue_model(offered, advised.as_deref()))
            .collect();
        Self {
            installed: list.installed.into_iter().map(InstalledModel::from).collect(),
            catalogue,
            advised,
        }
    }
}

fn catalogue_model(offered: OfferedModel, advised: Option<&str>) -> CatalogueModel {
    let entry = offered.entry;
    CatalogueModel {
        bytes: entry.bytes(),
        advised: advised == Some(entry.id.as_str()),
        id: entry.id.to_string(),
        kind: entry.kind.into(),
        name: entry.name,
        languages: entry.languages,
        memory_bytes: entry.memory_bytes,
        licence: entry.licence,
        note: Note {
            en: entry.note.en,
            ko: entry.note.ko,
        },
        installed: offered.is_installed,
        fits: offered.fits,
        partial_bytes: offered.partial_bytes,
    }
}

impl From<models::Verification> for Verification {
    fn from(verification: models::Verification) -> Self {
        match verification {
            models::Verification::Published => Self::Published,
            models::Verification::Unchanged => Self::Unchanged,
            models::Verification::Unverifiable => Self::Unverifiable,
            models::Verification::Cancelled => Self::Cancelled,
            models::Verification::Damaged { reason } => Self::Damaged { reason },
        }
    }
}
