//! Recognises models on the disk by what is in the files, so that a folder that was copied from
//! elsewhere just works.

use std::fs;
use std::path::{Path, PathBuf};

use recordroute_core::{ModelFormat, ModelId, ModelKind};
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::catalogue::{Catalogue, CatalogueEntry};
use crate::disk::read_limited;
use crate::error::ModelsError;
use crate::header::{ggml, gguf, safetensors};
use crate::sidecar::Sidecar;

const MAX_CONFIG_BYTES: u64 = 1 << 20;
/// Tokenizers of large vocabularies have about 35 MB.
const MAX_JSON_BYTES: u64 = 128 << 20;

/// A model in the models folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InstalledModel {
    /// Its name: that of the file or folder, or of the catalogue where the file is named as there.
    pub id: ModelId,
    /// What it is for.
    pub kind: ModelKind,
    /// How it lies on the disk.
    pub format: ModelFormat,
    /// The file or folder.
    pub path: PathBuf,
    /// Size on the disk.
    pub bytes: u64,
    /// Its name for people.
    pub name: String,
    /// What its header says, such as `whisper base, multilingual, f16`.
    pub description: String,
    /// Language codes; `*` stands for about a hundred; empty where nothing says.
    pub languages: Vec<String>,
    /// Whether it knows languages besides English.
    pub multilingual: bool,
    /// A language model that was taught to follow instructions, as those with a chat template are, and those
    /// whose names say so.
    pub is_instructed: bool,
    /// Memory that it needs while it works, in bytes; an estimate from above.
    pub memory_bytes: u64,
    /// Whether a model of that name is in the catalogue.
    pub known: bool,
    /// SHA-256 that it had when it was installed, where that is recorded.
    pub sha256: Option<String>,
    /// Why it cannot be used, where it is damaged or of a kind that does not run; half a sentence.
    pub problem: Option<String>,
}

/// What the files of a model say about it.
pub(crate) struct Inspected {
    pub(crate) kind: ModelKind,
    pub(crate) format: ModelFormat,
    description: String,
    /// None where the files do not say.
    multilingual: Option<bool>,
    is_instructed: bool,
    memory_bytes: u64,
}

impl InstalledModel {
    /// The model at `path`; none where nothing there looks like one. A model that looks like one
    /// and is damaged comes with its problem.
    pub(crate) fn recognise(path: &Path, catalogue: &Catalogue) -> Option<Self> {
        if !path.exists() {
            return None;
        }
        let format = format_by_name(path)?;
        let id = id_of(path, format, catalogue)?;
        let bytes = size_of(path);
        let entry = catalogue.get(&id);
        let inspected = inspect(path, format);
        let problem = match &inspected {
            Err(ModelsError::Invalid { reason, .. } | ModelsError::NotAModel { reason, .. }) => {
                Some(reason.clone())
            }
            Err(ModelsError::Io { source, .. }) => Some(format!("it could not be read ({source})")),
            Err(error) => Some(error.to_string()),
            Ok(_) => None,
        };
        let inspected = inspected.unwrap_or_else(|_| Inspected {
            kind: entry.map_or(kind_by_format(format), |entry| entry.kind),
            format,
            description: "damaged".into(),
            multilingual: None,
            is_instructed: false,
            memory_bytes: 0,
        });
        let multilingual = inspected
            .multilingual
            .or_else(|| entry.map(CatalogueEntry::is_multilingual));
        let languages = match (entry, multilingual) {
            (Some(entry), _) => entry.languages.clone(),
            (None, Some(true)) => vec!["*".into()],
            (None, Some(false)) => vec!["en".into()],
            (None, None) => Vec::new(),
        };
        Some(Self {
            name: entry.map_or_else(|| id.to_string(), |entry| entry.name.clone()),
            known: entry.is_some(),
            sha256: Sidecar::read(path, &id).and_then(|sidecar| sidecar.sha256()),
            id,
            kind: inspected.kind,
            format: inspected.format,
            path: path.to_owned(),
            bytes,
            description: inspected.description,
            languages,
            multilingual: multilingual.unwrap_or(true),
            is_instructed: inspected.is_instructed,
            memory_bytes: inspected.memory_bytes.max(bytes),
            problem,
        })
    }
}

fn format_by_name(path: &Path) -> Option<ModelFormat> {
    let name = path.file_name()?.to_str()?;
    if name.starts_with('.') || name.ends_with(".part") {
        return None;
    }
    if path.is_dir() {
        return path
            .join("config.json")
            .is_file()
            .then_some(ModelFormat::Safetensors);
    }
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "bin" => Some(ModelFormat::Ggml),
        "gguf" => Some(ModelFormat::Gguf),
        _ => None,
    }
}

fn kind_by_format(format: ModelFormat) -> ModelKind {
    match format {
        ModelFormat::Ggml => ModelKind::Speech,
        ModelFormat::Gguf => ModelKind::Language,
        ModelFormat::Safetensors => ModelKind::Embedding,
    }
}

/// The catalogue's name where the file is named as it is published, `whisper-…` for other files
/// named as whisper.cpp does, else the name of the file or folder.
pub(crate) fn id_of(path: &Path, format: ModelFormat, catalogue: &Catalogue) -> Option<ModelId> {
    let name = path.file_name()?.to_str()?;
    if let Some(entry) = catalogue.by_file_name(name) {
        return Some(entry.id.clone());
    }
    let stem = match format {
        ModelFormat::Safetensors => name,
        _ => path.file_stem()?.to_str()?,
    };
    let stem = match stem.strip_prefix("ggml-") {
        Some(rest) if format == ModelFormat::Ggml => format!("whisper-{rest}"),
        _ => stem.to_owned(),
    };
    ModelId::nearest(&stem)
}

/// Reads the headers; the weights themselves are not read.
pub(crate) fn inspect(path: &Path, format: ModelFormat) -> Result<Inspected, ModelsError> {
    match format {
        ModelFormat::Ggml => inspect_ggml(path),
        ModelFormat::Gguf => inspect_gguf(path),
        ModelFormat::Safetensors => inspect_folder(path),
    }
}

/// Checks one file of a model that may not be whole yet.
pub(crate) fn inspect_file(path: &Path, format: ModelFormat) -> Result<(), ModelsError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    match (format, ending) {
        (ModelFormat::Ggml | ModelFormat::Gguf, _) => inspect(path, format).map(drop),
        (ModelFormat::Safetensors, Some("safetensors")) => safetensors::read(path).map(drop),
        (ModelFormat::Safetensors, Some("json")) => {
            let text = read_limited(path, MAX_JSON_BYTES)?;
            serde_json::from_slice::<IgnoredAny>(&text)
                .map(drop)
                .map_err(|_| ModelsError::invalid(path, "it is not JSON"))
        }
        (ModelFormat::Safetensors, _) => Ok(()),
    }
}

fn inspect_ggml(path: &Path) -> Result<Inspected, ModelsError> {
    let header = ggml::read(path)?;
    let numbers = header.hyperparameters;
    let languages = if numbers.is_multilingual() {
        "multilingual"
    } else {
        "English"
    };
    Ok(Inspected {
        kind: ModelKind::Speech,
        format: ModelFormat::Ggml,
        description: format!(
            "whisper {}, {languages}, {}",
            numbers.size_name(),
            header.weight_type()
        ),
        multilingual: Some(numbers.is_multilingual()),
        is_instructed: false,
        memory_bytes: size_of(path) + numbers.working_memory_bytes(),
    })
}

fn inspect_gguf(path: &Path) -> Result<Inspected, ModelsError> {
    let header = gguf::read(path)?;
    let kind = header
        .kind()
        .map_err(|reason| ModelsError::invalid(path, reason))?;
    let name = header.name.as_deref().unwrap_or(&header.architecture);
    let context = header
        .n_context
        .map(|n_context| format!(", context {n_context}"))
        .unwrap_or_default();
    Ok(Inspected {
        kind,
        format: ModelFormat::Gguf,
        description: format!(
            "{name} ({}), {}{context}",
            header.architecture,
            header.weight_type()
        ),
        multilingual: None,
        is_instructed: header.is_instructed,
        // Weights, the cache of a few thousand tokens, and scratch space.
        memory_bytes: size_of(path) / 2 * 3 + 400_000_000,
    })
}

fn inspect_folder(path: &Path) -> Result<Inspected, ModelsError> {
    let config = read_limited(&path.join("config.json"), MAX_CONFIG_BYTES)?;
    let config: Value = serde_json::from_slice(&config)
        .map_err(|_| ModelsError::invalid(path, "its config.json is damaged"))?;
    let model_type = config
        .get("model_type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !matches!(model_type, "bert" | "xlm-roberta") {
        return Err(ModelsError::invalid(
            path,
            format!(
                "its architecture “{model_type}” is not among those this program runs (bert, xlm-roberta)"
            ),
        ));
    }
    let weights = path.join("model.safetensors");
    if !weights.is_file() {
        return Err(ModelsError::invalid(path, "it has no model.safetensors"));
    }
    if !path.join("tokenizer.json").is_file() {
        return Err(ModelsError::invalid(path, "it has no tokenizer.json"));
    }
    let n_tensors = safetensors::read(&weights)?.len();
    if n_tensors == 0 {
        return Err(ModelsError::invalid(path, "it has no weights"));
    }
    let n_dims = config.get("hidden_size").and_then(Value::as_u64).unwrap_or(0);
    Ok(Inspected {
        kind: ModelKind::Embedding,
        format: ModelFormat::Safetensors,
        description: format!("{model_type} embeddings, {n_dims} dimensions"),
        multilingual: None,
        is_instructed: false,
        memory_bytes: size_of(path) / 4 * 5 + 200_000_000,
    })
}

/// Size of a file, or of the files right in a folder.
pub(crate) fn size_of(path: &Path) -> u64 {
    let Ok(meta) = fs::metadata(path) else { return 0 };
    if meta.is_file() {
        return meta.len();
    }
    fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|meta| meta.len())
        .sum()
}
