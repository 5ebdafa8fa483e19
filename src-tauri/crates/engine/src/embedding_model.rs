//! Which embedding model search by meaning works with.

use recordroute_core::{ModelId, ModelKind};
use recordroute_models::{InstalledModel, ModelFolder};

use crate::{Error, Settings};

/// Embedding models in the order in which they are taken where several are installed. The first is the
/// one to get: it knows Korean and English, and an ordinary laptop runs it quickly.
const PREFERRED: [&str; 3] = ["multilingual-e5-small", "bge-m3", "all-minilm-l6-v2"];

/// The model to index with: the one in the settings, else the preferred one of those installed.
pub(crate) fn choose_embedding_model(
    models: &ModelFolder,
    settings: &Settings,
) -> Result<InstalledModel, Error> {
    if let Some(name) = settings.embedding_model.as_deref() {
        return find_embedding_model(models, name);
    }
    let usable = |model: &InstalledModel| model.kind == ModelKind::Embedding && model.problem.is_none();
    let installed: Vec<InstalledModel> = models.list()?.into_iter().filter(usable).collect();
    let rank = |model: &InstalledModel| {
        let known = PREFERRED.iter().position(|id| *id == model.id.as_str());
        known.unwrap_or(PREFERRED.len())
    };
    installed
        .into_iter()
        .min_by_key(rank)
        .ok_or_else(|| Error::NoEmbeddingModel {
            advised: PREFERRED[0].to_owned(),
        })
}

/// The installed embedding model of that name.
pub(crate) fn find_embedding_model(models: &ModelFolder, name: &str) -> Result<InstalledModel, Error> {
    let id: ModelId = name.parse().map_err(|error| Error::Invalid(format!("{error}")))?;
    let model = models.find(&id)?;
    if model.kind != ModelKind::Embedding {
        return Err(Error::NotAnEmbeddingModel { id: id.to_string() });
    }
    Ok(model)
}
