//! The list of models that the program offers, built in from `models/catalog.toml`.

use std::collections::HashSet;
use std::sync::LazyLock;

use recordroute_core::{ModelFormat, ModelId, ModelKind};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::ModelsError;

const BUILT_IN: &str = include_str!("../../../../models/catalog.toml");

/// Models by name, in the order in which they are shown.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    entries: Vec<CatalogueEntry>,
}

/// A model that can be downloaded.
#[derive(Debug, Clone)]
pub struct CatalogueEntry {
    /// Its name here.
    pub id: ModelId,
    /// What it is for.
    pub kind: ModelKind,
    /// How it lies on the disk.
    pub format: ModelFormat,
    /// Its name for people.
    pub name: String,
    /// Language codes; `*` stands for about a hundred.
    pub languages: Vec<String>,
    /// Memory that it needs while it works, in bytes; an estimate from above.
    pub memory_bytes: u64,
    /// Licence of the weights.
    pub licence: String,
    /// What it is good for.
    pub note: Note,
    /// One file for ggml and GGUF, several for a safetensors folder.
    pub files: Vec<CatalogueFile>,
}

/// A sentence in both languages of the interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// English.
    pub en: String,
    /// Korean.
    pub ko: String,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueFile {
    /// Its name where it is published; in a folder also its name here.
    pub name: String,
    /// Its size, where the publisher states it.
    pub bytes: Option<u64>,
    /// Its digest, where the publisher states one; else what the hub announces is taken.
    pub digest: Option<Digest>,
    /// Addresses in the order in which they are tried.
    pub sources: Vec<String>,
}

impl CatalogueEntry {
    /// Size of the download in bytes, as far as it is stated.
    pub fn bytes(&self) -> u64 {
        self.files.iter().filter_map(|file| file.bytes).sum()
    }

    /// SHA-256 of the one file, in hexadecimal digits, where it is stated.
    pub fn sha256(&self) -> Option<String> {
        match self.files.as_slice() {
            [file] => match file.digest {
                Some(digest @ Digest::Sha256(_)) => Some(digest.to_hex()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it knows languages besides English.
    pub fn is_multilingual(&self) -> bool {
        self.languages != ["en"]
    }

    /// Addresses of the first file, in the order in which they are tried.
    pub fn sources(&self) -> &[String] {
        self.files.first().map_or(&[], |file| &file.sources)
    }
}

impl Catalogue {
    /// The catalogue that came with the program.
    pub fn builtin() -> &'static Self {
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
            // A test parses the same text, so this cannot fail in a program that was tested; an
            // empty catalogue leaves imported models usable.
            Catalogue::parse(BUILT_IN).unwrap_or_else(|error| {
                tracing::error!(%error, "the built-in catalogue is not used");
                Catalogue::default()
            })
        });
        &CATALOGUE
    }

    /// Reads and checks a catalogue.
    pub fn parse(text: &str) -> Result<Self, ModelsError> {
        let document: Document =
            toml::from_str(text).map_err(|error| ModelsError::Catalogue(error.to_string().trim().into()))?;
        let entries = document
            .models
            .into_iter()
            .map(|model| model.into_entry(&document.hubs))
            .collect::<Result<Vec<_>, _>>()?;
        let mut ids = HashSet::new();
        if let Some(twice) = entries.iter().find(|entry| !ids.insert(&entry.id)) {
            return Err(ModelsError::Catalogue(format!("{} stands in it twice", twice.id)));
        }
        Ok(Self { entries })
    }

    /// All models.
    pub fn entries(&self) -> &[CatalogueEntry] {
        &self.entries
    }

    /// The model by that name.
    pub fn get(&self, id: &ModelId) -> Option<&CatalogueEntry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }

    /// The model of one file that is published under `file_name`.
    pub fn by_file_name(&self, file_name: &str) -> Option<&CatalogueEntry> {
        self.entries.iter().find(|entry| match entry.files.as_slice() {
            [file] => file.name.eq_ignore_ascii_case(file_name),
            _ => false,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    hubs: Vec<String>,
    models: Vec<Model>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    id: ModelId,
    kind: ModelKind,
    format: ModelFormat,
    name: String,
    languages: Vec<String>,
    memory_bytes: u64,
    licence: String,
    note: Note,
    repository: String,
    revision: String,
    files: Vec<ModelFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    name: String,
    bytes: Option<u64>,
    sha256: Option<String>,
    sha1: Option<String>,
}

impl Model {
    fn into_entry(self, hubs: &[String]) -> Result<CatalogueEntry, ModelsError> {
        let wrong = |what: &str| ModelsError::Catalogue(format!("{}: {what}", self.id));
        let one_file = self.format != ModelFormat::Safetensors;
        if self.files.is_empty() || one_file && self.files.len() != 1 {
            return Err(wrong("the number of files does not fit the format"));
        }
        if self.languages.is_empty() || self.memory_bytes == 0 {
            return Err(wrong("languages and memory must be stated"));
        }
        let files = self
            .files
            .iter()
            .map(|file| {
                if file.name.contains(['/', '\\']) || file.name.starts_with('.') {
                    return Err(wrong("a file must have a plain name"));
                }
                let stated = file.sha256.as_ref().or(file.sha1.as_ref());
                let digest = stated
                    .map(|hex| Digest::from_hex(hex).ok_or_else(|| wrong("a digest is damaged")))
                    .transpose()?;
                let sources = hubs
                    .iter()
                    .map(|hub| {
                        format!(
                            "{hub}/{}/resolve/{}/{}",
                            self.repository, self.revision, file.name
                        )
                    })
                    .collect();
                Ok(CatalogueFile {
                    name: file.name.clone(),
                    bytes: file.bytes,
                    digest,
                    sources,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(CatalogueEntry {
            id: self.id,
            kind: self.kind,
            format: self.format,
            name: self.name,
            languages: self.languages,
            memory_bytes: self.memory_bytes,
            licence: self.licence,
            note: self.note,
            files,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_sound() {
        let catalogue = Catalogue::parse(BUILT_IN).unwrap();
        for entry in catalogue.entries() {
            let id = &entry.id;
            assert!(
                !entry.note.en.is_empty() && !entry.note.ko.is_empty(),
                "{id} says what it is good for"
            );
            assert!(
                entry.memory_bytes > entry.bytes() * 9 / 10,
                "{id} needs the memory its weights take"
            );
            for file in &entry.files {
                assert!(
                    file.bytes.is_some_and(|bytes| bytes > 0),
                    "{id} states the size of {}",
                    file.name
                );
                assert!(
                    !file.sources.is_empty() && file.sources.iter().all(|url| url.starts_with("https://")),
                    "{id} comes over a protected connection"
                );
            }
        }
    }

    #[test]
    fn every_promised_model_is_there() {
        let catalogue = Catalogue::builtin();
        let promised = [
            "whisper-tiny",
            "whisper-base",
            "whisper-small",
            "whisper-medium",
            "whisper-large-v3",
            "whisper-large-v3-turbo",
            "whisper-tiny.en",
            "whisper-base.en",
            "whisper-small.en",
            "whisper-base-q5_1",
            "whisper-base-q8_0",
            "whisper-large-v3-turbo-q5_0",
            "qwen3-0.6b",
            "qwen3-1.7b",
            "qwen3-4b",
            "gemma-3-270m-it",
            "gemma-3-1b-it",
            "gemma-3-4b-it",
            "llama-3.2-1b-instruct",
            "llama-3.2-3b-instruct",
            "smollm2-135m-instruct",
            "smollm2-360m-instruct",
            "multilingual-e5-small",
            "bge-m3",
            "all-minilm-l6-v2",
        ];
        for id in promised {
            let id: ModelId = id.parse().unwrap();
            assert!(
                catalogue.get(&id).is_some(),
                "{id} belongs to the least that is offered"
            );
        }
    }

    #[test]
    fn a_wrong_catalogue_is_refused() {
        let twice = r#"
            hubs = ["https://example.org"]
            [[models]]
            id = "a"
            kind = "speech"
            format = "ggml"
            name = "A"
            languages = ["en"]
            memory_bytes = 1
            licence = "MIT"
            note = { en = "a", ko = "a" }
            repository = "x/y"
            revision = "main"
            files = [{ name = "../a.bin" }]
        "#;
        let error = Catalogue::parse(twice).unwrap_err().to_string();
        assert!(
            error.contains("plain name"),
            "a file name must not leave the folder: {error}"
        );
    }
}
