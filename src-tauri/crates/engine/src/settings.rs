//! Settings, each source over the one before: defaults < config file < environment and `.env` <
//! flags. The environment's names are `RECORDROUTE_` and the field in capitals.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use recordroute_core::Language;
use serde::{Deserialize, Serialize};

/// Whether the media of new recordings is copied into the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaPolicy {
    /// Copy: the recording stays whole when the original is moved or deleted.
    Copy,
    /// Leave it where it is.
    Reference,
}

/// Everything that can be set; always complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Folder of the library.
    pub library: PathBuf,
    /// Folder of the models.
    pub models: PathBuf,
    /// Folder of the log files.
    pub logs: PathBuf,
    /// Speech model; none lets the program choose among the installed ones.
    pub model: Option<String>,
    /// Spoken language.
    pub language: Language,
    /// Threads for inference; none lets the program choose.
    pub threads: Option<usize>,
    /// Copy media or leave it in place.
    pub media: MediaPolicy,
    /// Days after which the trash is emptied; 0 keeps everything.
    pub trash_days: u32,
    /// Minutes after which an idle model leaves the memory.
    pub model_idle_minutes: u32,
    /// What is logged, as a `tracing` filter such as `info` or `recordroute=debug`.
    pub log: String,
}

/// What the flags of a door set; `None` leaves the other sources standing.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--library`
    pub library: Option<PathBuf>,
    /// `--models`
    pub models: Option<PathBuf>,
}

/// The settings cannot be read: say which file and line; never guess.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A source has a wrong value; the message names it.
    #[error("The settings cannot be read: {0}. Correct or remove that value.")]
    Invalid(#[from] config::ConfigError),
    /// The system tells no home folder: ask for `--library` and `--models`.
    #[error("This user has no home folder. Name the folders with --library and --models.")]
    NoHome,
}

impl Settings {
    /// Reads all sources. `.env` is looked for in the working folder.
    pub fn load(overrides: &Overrides) -> Result<Self, SettingsError> {
        let dirs = ProjectDirs::from("", "", "RecordRoute").ok_or(SettingsError::NoHome)?;
        // `.env` is read without touching the process's environment; the real environment wins.
        let mut environment: HashMap<String, String> = dotenvy::dotenv_iter()
            .map(|pairs| pairs.filter_map(Result::ok).collect())
            .unwrap_or_default();
        environment.extend(
            std::env::vars_os()
                .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))),
        );
        environment.retain(|_, value| !value.trim().is_empty());
        Self::from_sources(&dirs, environment, overrides)
    }

    fn from_sources(
        dirs: &ProjectDirs,
        environment: HashMap<String, String>,
        overrides: &Overrides,
    ) -> Result<Self, SettingsError> {
        let data = dirs.data_dir();
        let mut builder = config::Config::builder()
            .set_default("library", text(&data.join("library")))?
            .set_default("models", text(&data.join("models")))?
            .set_default("logs", text(&data.join("logs")))?
            .set_default("language", "auto")?
            .set_default("media", "copy")?
            .set_default("trash_days", 30)?
            .set_default("model_idle_minutes", 5)?
            .set_default("log", "info")?
            .add_source(config::File::from(dirs.config_dir().join("config.toml")).required(false))
            .add_source(
                config::Environment::with_prefix("RECORDROUTE")
                    .source(Some(environment))
                    .try_parsing(true),
            );
        if let Some(library) = &overrides.library {
            builder = builder.set_override("library", text(library))?;
        }
        if let Some(models) = &overrides.models {
            builder = builder.set_override("models", text(models))?;
        }
        Ok(builder.build()?.try_deserialize()?)
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dirs() -> ProjectDirs {
        ProjectDirs::from_path(PathBuf::from("recordroute-settings-test")).unwrap()
    }

    #[test]
    fn flags_win_over_the_environment_which_wins_over_defaults() {
        let environment = HashMap::from([
            ("RECORDROUTE_LIBRARY".to_owned(), "/from/environment".to_owned()),
            ("RECORDROUTE_LANGUAGE".to_owned(), "ko".to_owned()),
            ("RECORDROUTE_THREADS".to_owned(), "3".to_owned()),
        ]);
        let plain = Settings::from_sources(&dirs(), environment.clone(), &Overrides::default()).unwrap();
        assert_eq!(
            plain.library,
            PathBuf::from("/from/environment"),
            "the environment beats the default"
        );
        assert_eq!(plain.language, Language::KOREAN, "codes are read as languages");
        assert_eq!(plain.threads, Some(3), "numbers in the environment are text");
        assert_eq!(plain.trash_days, 30, "what nobody sets keeps its default");

        let flags = Overrides {
            library: Some("/from/flag".into()),
            models: None,
        };
        let flagged = Settings::from_sources(&dirs(), environment, &flags).unwrap();
        assert_eq!(
            flagged.library,
            PathBuf::from("/from/flag"),
            "a flag beats everything"
        );
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        let environment = HashMap::from([("RECORDROUTE_LANGUAGE".to_owned(), "klingon".to_owned())]);
        let error = Settings::from_sources(&dirs(), environment, &Overrides::default()).unwrap_err();
        assert!(
            error.to_string().contains("klingon"),
            "the user must find the value: {error}"
        );
    }
}
