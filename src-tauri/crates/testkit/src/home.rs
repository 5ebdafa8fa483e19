use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The folder of models that the installed program uses: `RECORDROUTE_MODELS`, else the user's
/// data folder. Tests find the small real models there that the set-up has put in.
pub fn installed_models() -> PathBuf {
    if let Some(folder) = std::env::var_os("RECORDROUTE_MODELS") {
        return PathBuf::from(folder);
    }
    directories::ProjectDirs::from("", "", "RecordRoute")
        .map(|dirs| dirs.data_dir().join("models"))
        .unwrap_or_default()
}

/// A throw-away home of one test: a folder for its library, logs and files.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// A new, empty home.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
        })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where its library lies.
    pub fn library(&self) -> PathBuf {
        self.join("library")
    }
}
