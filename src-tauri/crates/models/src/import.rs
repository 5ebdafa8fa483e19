//! Takes models from elsewhere on the disk: copies what the program runs as it is, converts what it
//! does not. Nothing appears under a model's name before it is whole and was checked.

mod sniff;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use recordroute_core::{CancellationToken, ModelFormat, ModelId, Quantization};

use self::sniff::Incoming;
use crate::convert::{self, WhisperSource};
use crate::digest::{Hasher, hash_file};
use crate::disk::{ModelLock, check_room, sync_dir};
use crate::error::{Halt, ModelsError};
use crate::folder::ModelFolder;
use crate::installed::{InstalledModel, id_of, inspect, size_of};
use crate::sidecar::Sidecar;

/// What of an embedding model's folder is taken along, where it is there.
const EMBEDDING_FILES: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];

/// Share of the progress that conversion or copying takes; hashing takes the rest.
const WRITING_SHARE: f32 = 0.9;

/// What the user may choose for an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Name to install it under; none takes that of the file or folder.
    pub id: Option<ModelId>,
    /// Weight type to convert a speech model to; none keeps a ggml file as it is and converts
    /// others to 16-bit floats.
    pub quantize: Option<Quantization>,
    /// Replace a model that is installed under the name.
    pub replace: bool,
}

/// How an import ended that did not fail.
#[derive(Debug, Clone, PartialEq)]
pub enum ImportOutcome {
    /// The model is there.
    Installed(InstalledModel),
    /// The token was cancelled; nothing is left behind.
    Cancelled,
}

impl ModelFolder {
    /// Imports the file or folder at `path`: a ggml Whisper file, a GGUF file, a Whisper folder of
    /// transformers or of CTranslate2, or a folder of a BERT-like embedding model. `progress` is
    /// told the share that is done. Blocks for as long as it takes.
    pub fn import(
        &self,
        path: &Path,
        options: &ImportOptions,
        cancel: &CancellationToken,
        mut progress: impl FnMut(f32),
    ) -> Result<ImportOutcome, ModelsError> {
        let incoming = sniff::sniff(path)?;
        let id = self.name_for(&incoming, options)?;
        fs::create_dir_all(self.dir()).map_err(ModelsError::io("making", self.dir()))?;
        let _lock = ModelLock::acquire(self.dir(), &id)?;
        let there = self.locate(&id);
        if there.is_some() && !options.replace {
            return Err(ModelsError::AlreadyInstalled { id: id.to_string() });
        }
        let draft = self.dir().join(format!(".{id}.importing"));
        discard(&draft);
        match self.bring(incoming, &id, options, &draft, cancel, &mut progress) {
            Ok(model) => {
                if let Some(there) = there
                    && there.path != model.path
                {
                    discard(&there.path);
                }
                Ok(ImportOutcome::Installed(model))
            }
            Err(halt) => {
                discard(&draft);
                match halt {
                    Halt::Cancelled => Ok(ImportOutcome::Cancelled),
                    Halt::Failed(error) => Err(error),
                }
            }
        }
    }

    fn name_for(&self, incoming: &Incoming, options: &ImportOptions) -> Result<ModelId, ModelsError> {
        if let Some(id) = &options.id {
            return Ok(id.clone());
        }
        let path = incoming.path();
        let base = match incoming {
            Incoming::Ggml(path) => id_of(path, ModelFormat::Ggml, self.catalogue()),
            Incoming::Gguf(path) => id_of(path, ModelFormat::Gguf, self.catalogue()),
            _ => path
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(ModelId::nearest),
        };
        let suffix = match options.quantize {
            Some(Quantization::Q8_0) => "-q8_0",
            Some(Quantization::Q5_1) => "-q5_1",
            Some(Quantization::F16) | None => "",
        };
        base.and_then(|base| ModelId::nearest(&format!("{base}{suffix}")))
            .ok_or_else(|| ModelsError::not_a_model(path, "its name cannot name a model; give one with --id"))
    }

    fn bring(
        &self,
        incoming: Incoming,
        id: &ModelId,
        options: &ImportOptions,
        draft: &Path,
        cancel: &CancellationToken,
        progress: &mut dyn FnMut(f32),
    ) -> Result<InstalledModel, Halt> {
        let origin = incoming.path().to_owned();
        let mut share = |done: f32| progress(done * WRITING_SHARE);
        let (format, source) = match (incoming, options.quantize) {
            (Incoming::Gguf(path) | Incoming::Embedding(path), Some(_)) => {
                return Err(ModelsError::not_a_model(
                    &path,
                    "only speech models can be quantised here; take a quantised file instead",
                )
                .into());
            }
            (Incoming::Ggml(path), None) => {
                self.copy(&path, draft, cancel, &mut share)?;
                (ModelFormat::Ggml, "imported from")
            }
            (Incoming::Gguf(path), None) => {
                self.copy(&path, draft, cancel, &mut share)?;
                (ModelFormat::Gguf, "imported from")
            }
            (Incoming::Embedding(path), None) => {
                self.copy_folder(&path, draft, cancel, &mut share)?;
                (ModelFormat::Safetensors, "imported from")
            }
            (Incoming::Ggml(path), Some(weights)) => {
                self.convert(convert::open_ggml(&path)?, weights, draft, cancel, &mut share)?;
                (ModelFormat::Ggml, "converted from")
            }
            (Incoming::Ct2(path), weights) => {
                let weights = weights.unwrap_or(Quantization::F16);
                self.convert(convert::open_ct2(&path)?, weights, draft, cancel, &mut share)?;
                (ModelFormat::Ggml, "converted from the CTranslate2 model")
            }
            (Incoming::HfWhisper(path), weights) => {
                let weights = weights.unwrap_or(Quantization::F16);
                self.convert(convert::open_hf(&path)?, weights, draft, cancel, &mut share)?;
                (ModelFormat::Ggml, "converted from the transformers model")
            }
        };
        inspect(draft, format).map_err(|error| at_origin(error, &origin))?;
        let name = origin
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("a file");
        let target = self.path_of(id, format);
        let sidecar = Sidecar {
            source: format!("{source} {name}"),
            sha256: self.digests(draft, &target, cancel, progress)?,
        };
        if target.is_dir() {
            discard(&target);
        }
        fs::rename(draft, &target).map_err(ModelsError::io("writing", &target))?;
        sidecar.write(&target, id)?;
        sync_dir(self.dir());
        progress(1.0);
        InstalledModel::recognise(&target, self.catalogue())
            .filter(|model| model.problem.is_none())
            .ok_or_else(|| ModelsError::invalid(&target, "it changed while it was imported").into())
    }

    fn convert(
        &self,
        mut source: WhisperSource,
        weights: Quantization,
        draft: &Path,
        cancel: &CancellationToken,
        progress: &mut dyn FnMut(f32),
    ) -> Result<(), Halt> {
        check_room(self.dir(), convert::output_bytes(&source, weights))?;
        convert::write(&mut source, weights, draft, cancel, progress)
    }

    fn copy(
        &self,
        path: &Path,
        draft: &Path,
        cancel: &CancellationToken,
        progress: &mut dyn FnMut(f32),
    ) -> Result<(), Halt> {
        let total = size_of(path);
        check_room(self.dir(), total)?;
        let mut n_done = 0;
        copy_file(path, draft, cancel, &mut |n_bytes| {
            n_done += n_bytes;
            progress(n_done as f32 / total.max(1) as f32);
        })
    }

    fn copy_folder(
        &self,
        path: &Path,
        draft: &Path,
        cancel: &CancellationToken,
        progress: &mut dyn FnMut(f32),
    ) -> Result<(), Halt> {
        let total: u64 = EMBEDDING_FILES.iter().map(|name| size_of(&path.join(name))).sum();
        check_room(self.dir(), total)?;
        fs::create_dir_all(draft).map_err(ModelsError::io("making", draft))?;
        let mut n_done = 0;
        for name in EMBEDDING_FILES {
            copy_file(&path.join(name), &draft.join(name), cancel, &mut |n_bytes| {
                n_done += n_bytes;
                progress(n_done as f32 / total.max(1) as f32);
            })?;
        }
        sync_dir(draft);
        Ok(())
    }

    /// SHA-256 of the finished files, by the names that they will have.
    fn digests(
        &self,
        draft: &Path,
        target: &Path,
        cancel: &CancellationToken,
        progress: &mut dyn FnMut(f32),
    ) -> Result<BTreeMap<String, String>, Halt> {
        let files: Vec<(String, PathBuf)> = if draft.is_dir() {
            EMBEDDING_FILES
                .map(|name| (name.to_owned(), draft.join(name)))
                .to_vec()
        } else {
            let name = target
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            vec![(name.to_owned(), draft.to_owned())]
        };
        let total = size_of(draft).max(1);
        let mut n_done = 0;
        files
            .into_iter()
            .map(|(name, path)| {
                let mut hasher = Hasher::for_digest(None);
                hash_file(&path, &mut hasher, cancel, &mut |n_bytes| {
                    n_done += n_bytes;
                    let share = n_done as f32 / total as f32;
                    progress(WRITING_SHARE + share * (1.0 - WRITING_SHARE));
                })?;
                Ok((name, hasher.finish().sha256_hex()))
            })
            .collect()
    }
}

/// The user knows the file by where it came from and not by the draft's name.
fn at_origin(error: ModelsError, origin: &Path) -> ModelsError {
    match error {
        ModelsError::Invalid { reason, .. } => ModelsError::not_a_model(origin, reason),
        error => error,
    }
}

fn copy_file(
    from: &Path,
    to: &Path,
    cancel: &CancellationToken,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Halt> {
    let mut source = File::open(from).map_err(ModelsError::io("reading", from))?;
    let mut target = File::create(to).map_err(ModelsError::io("writing", to))?;
    let mut block = vec![0_u8; 1 << 20];
    loop {
        if cancel.is_cancelled() {
            return Err(Halt::Cancelled);
        }
        let n_bytes = source
            .read(&mut block)
            .map_err(ModelsError::io("reading", from))?;
        let Some(bytes) = block.get(..n_bytes).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        target.write_all(bytes).map_err(ModelsError::io("writing", to))?;
        progress(n_bytes as u64);
    }
    target.sync_all().map_err(ModelsError::io("writing", to))?;
    Ok(())
}

/// Removes a file or a folder of our own making, where it is there.
fn discard(path: &Path) {
    let gone = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    if let Err(error) = gone
        && path.exists()
    {
        tracing::warn!(%error, path = %path.display(), "could not be removed");
    }
}
