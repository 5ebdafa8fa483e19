//! Models: which there are ([`Catalogue`]), which are installed ([`ModelFolder`]), and how they get
//! there: by download, or by import with conversion.
//!
//! A model is one file (`<id>.bin` in whisper.cpp's ggml layout, `<id>.gguf`) or one folder (`<id>/`
//! with safetensors) right in the models folder, found by looking at what is there: a folder that was
//! copied from another computer just works. `<id>.json` beside it says where it came from and what it
//! hashed to, and may be missing.
//!
//! Nothing appears under a model's name before every byte of it is on the disk and was checked: size,
//! digest where one is known, and the structure of the file. Every file is treated as hostile.

mod catalogue;
mod convert;
mod digest;
mod disk;
mod download;
mod error;
mod folder;
mod header;
mod import;
mod installed;
mod sidecar;
mod verify;

pub use catalogue::{Catalogue, CatalogueEntry, CatalogueFile, Note};
pub use digest::Digest;
pub use download::{DownloadOutcome, DownloadProgress};
pub use error::ModelsError;
pub use folder::ModelFolder;
pub use import::{ImportOptions, ImportOutcome};
pub use installed::InstalledModel;
pub use verify::Verification;
