//! The models folder: what is in it, and taking things out of it.

use std::fs;
use std::path::{Path, PathBuf};

use recordroute_core::{ModelFormat, ModelId};

use crate::catalogue::{Catalogue, CatalogueEntry};
use crate::disk::ModelLock;
use crate::error::ModelsError;
use crate::installed::InstalledModel;
use crate::sidecar::Sidecar;

/// Entries of the folder that are looked at; somebody may point it at a home folder.
const MAX_ENTRIES: usize = 5_000;

/// The folder in which models lie, one file or folder each, named by the model.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    dir: PathBuf,
    catalogue: Catalogue,
    pub(crate) patience: crate::download::Patience,
}

impl ModelFolder {
    /// The folder at `dir`, which is made when the first model comes.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self::with_catalogue(dir, Catalogue::builtin().clone())
    }

    /// The same with another catalogue, such as one with a company's own mirror in it.
    pub fn with_catalogue(dir: impl Into<PathBuf>, catalogue: Catalogue) -> Self {
        Self {
            dir: dir.into(),
            catalogue,
            patience: crate::download::Patience::default(),
        }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The models that can be downloaded into it.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Every model in the folder, damaged ones with their problem, in the order of their names.
    pub fn list(&self) -> Result<Vec<InstalledModel>, ModelsError> {
        if !self.dir.exists() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&self.dir).map_err(ModelsError::io("reading", &self.dir))?;
        let mut models: Vec<InstalledModel> = entries
            .take(MAX_ENTRIES)
            .flatten()
            .filter_map(|entry| InstalledModel::recognise(&entry.path(), &self.catalogue))
            .collect();
        // Where two files give one name, that which bears it comes first and keeps it.
        models.sort_by_cached_key(|model| {
            let own = model.path.file_stem().and_then(|stem| stem.to_str());
            (model.id.clone(), own != Some(model.id.as_str()))
        });
        models.dedup_by(|later, first| later.id == first.id);
        Ok(models)
    }

    /// The installed model by that name, after a look at its header.
    pub fn find(&self, id: &ModelId) -> Result<InstalledModel, ModelsError> {
        let model = match self.locate(id) {
            Some(model) => model,
            None => return Err(self.missing(id)?),
        };
        match model.problem {
            Some(reason) => Err(ModelsError::Invalid {
                path: model.path,
                reason,
            }),
            None => Ok(model),
        }
    }

    /// What a broken download of a model left, in bytes; the next one goes on from there.
    pub fn partial_bytes(&self, entry: &CatalogueEntry) -> u64 {
        let mut draft = self.path_of(&entry.id, entry.format).into_os_string();
        draft.push(".part");
        crate::installed::size_of(Path::new(&draft))
    }

    /// Deletes the model and what is known of it; what was left of a broken download goes too.
    pub fn remove(&self, id: &ModelId) -> Result<(), ModelsError> {
        let model = self.locate(id);
        let parts = self.parts_of(id);
        if model.is_none() && parts.is_empty() {
            return Err(self.missing(id)?);
        }
        let _lock = ModelLock::acquire(&self.dir, id)?;
        for part in parts {
            remove_any(&part)?;
        }
        if let Some(model) = model {
            remove_any(&model.path)?;
            Sidecar::remove(&model.path, id);
        }
        Ok(())
    }

    /// The model by that name, also where it is damaged.
    pub(crate) fn locate(&self, id: &ModelId) -> Option<InstalledModel> {
        let named = [ModelFormat::Ggml, ModelFormat::Gguf, ModelFormat::Safetensors]
            .map(|format| self.path_of(id, format));
        named
            .iter()
            .find_map(|path| InstalledModel::recognise(path, &self.catalogue).filter(|model| model.id == *id))
            .or_else(|| self.list().ok()?.into_iter().find(|model| model.id == *id))
    }

    /// Where a model of that name and format belongs.
    pub(crate) fn path_of(&self, id: &ModelId, format: ModelFormat) -> PathBuf {
        self.dir.join(match format {
            ModelFormat::Ggml => format!("{id}.bin"),
            ModelFormat::Gguf => format!("{id}.gguf"),
            ModelFormat::Safetensors => id.to_string(),
        })
    }

    /// The catalogue's entry, or an error with the nearest name.
    pub(crate) fn entry(&self, id: &ModelId) -> Result<&CatalogueEntry, ModelsError> {
        self.catalogue.get(id).ok_or_else(|| self.unknown(id, &[]))
    }

    fn missing(&self, id: &ModelId) -> Result<ModelsError, ModelsError> {
        Ok(match self.catalogue.get(id) {
            Some(_) => ModelsError::NotInstalled { id: id.to_string() },
            None => self.unknown(id, &self.list()?),
        })
    }

    fn unknown(&self, id: &ModelId, installed: &[InstalledModel]) -> ModelsError {
        let names = self.catalogue.entries().iter().map(|entry| &entry.id);
        let suggestion = names
            .chain(installed.iter().map(|model| &model.id))
            .map(|name| (distance(id.as_str(), name.as_str()), name))
            .min()
            .filter(|(distance, name)| *distance <= name.as_str().len() / 3 + 1)
            .map(|(_, name)| name.to_string());
        ModelsError::Unknown {
            id: id.to_string(),
            suggestion,
        }
    }

    /// What broken downloads left, where there is any.
    fn parts_of(&self, id: &ModelId) -> Vec<PathBuf> {
        [ModelFormat::Ggml, ModelFormat::Gguf, ModelFormat::Safetensors]
            .into_iter()
            .flat_map(|format| {
                let path = self.path_of(id, format);
                [".part", ".part.json"].map(|ending| {
                    let mut name = path.as_os_str().to_owned();
                    name.push(ending);
                    PathBuf::from(name)
                })
            })
            .filter(|path| path.exists())
            .collect()
    }
}

fn remove_any(path: &Path) -> Result<(), ModelsError> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.map_err(ModelsError::io("removing", path))
}

/// Levenshtein's distance between names of at most a hundred letters; a name that begins like the
/// other is near, since people leave endings away.
fn distance(wanted: &str, name: &str) -> usize {
    if name.ends_with(wanted) || name.starts_with(wanted) {
        return 1;
    }
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (idx, a) in wanted.bytes().enumerate() {
        let mut diagonal = idx;
        let mut left = idx + 1;
        let mut next = vec![left];
        for (b, above) in name.bytes().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(a != b)).min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins() {
        assert_eq!(
            distance("kitten", "sitting"),
            3,
            "two exchanges and one letter more"
        );
        assert_eq!(
            distance("base", "whisper-base"),
            1,
            "people leave the family away"
        );
    }

    #[test]
    fn a_misspelt_name_gets_a_suggestion() {
        let dir = tempfile::tempdir().unwrap();
        let folder = ModelFolder::new(dir.path());
        let error = folder
            .find(&"whisper-bsae".parse().unwrap())
            .unwrap_err()
            .to_string();
        assert!(error.contains("did you mean “whisper-base”"), "{error}");
        let error = folder
            .find(&"whisper-base".parse().unwrap())
            .unwrap_err()
            .to_string();
        assert!(error.contains("recordroute models get whisper-base"), "{error}");
    }
}
