//! Settings, each source over the one before: defaults < config file < environment and `.env` <
//! flags. The environment's names are `RECORDROUTE_` and the field in capitals.

use std::path::PathBuf;

use recordroute_core::{Language, TranscribeOptions};
use serde::{Deserialize, Serialize};

use crate::settings_file::SettingsSources;

/// Whether the media of new recordings is copied into the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaPolicy {
    /// Copy: the recording stays whole when the original is moved or deleted.
    Copy,
    /// Leave it where it is.
    Reference,
}

/// Language of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterfaceLanguage {
    /// As the system is set.
    System,
    /// Korean.
    Ko,
    /// English.
    En,
}

impl InterfaceLanguage {
    /// Whether the user is spoken to in Korean, also where the system decides.
    pub fn is_korean(self) -> bool {
        match self {
            Self::Ko => true,
            Self::En => false,
            Self::System => sys_locale::get_locale().is_some_and(|locale| locale.starts_with("ko")),
        }
    }
}

/// Colours of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system is set.
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
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
    /// Folder of the user's own templates of minutes.
    pub templates: PathBuf,
    /// Speech model; none lets the program choose among the installed ones.
    pub model: Option<String>,
    /// Spoken language.
    pub language: Language,
    /// Names and jargon that may occur.
    pub vocabulary: Vec<String>,
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
    /// Language of the window.
    pub interface_language: InterfaceLanguage,
    /// Colours of the window.
    pub theme: Theme,
    /// Id of the microphone that is recorded; none takes the system's.
    pub record_device: Option<String>,
    /// A microphone is recorded.
    pub record_microphone: bool,
    /// The computer's own sound is recorded.
    pub record_system: bool,
    /// A recording is transcribed when it ends.
    pub record_transcribe: bool,
    /// Keys that begin and end a recording from any program, such as `Ctrl+Shift+KeyR`; none takes none.
    pub record_shortcut: Option<String>,
    /// What is said is shown while it is recorded.
    pub record_live: bool,
    /// Language model: an installed one, or `server:` and the name that it has there; none lets the
    /// program choose among the installed ones.
    pub language_model: Option<String>,
    /// Embedding model of search by meaning; none lets the program choose among the installed ones.
    pub embedding_model: Option<String>,
    /// Address of a server of the user's own that speaks as OpenAI's does, such as Ollama's.
    pub server_url: Option<String>,
    /// What that server wants to be shown; most want nothing.
    pub server_key: Option<String>,
    /// Longest text of a language model, prompt and answer together, in tokens; memory is spent in proportion.
    pub language_context: usize,
    /// Template of the minutes that are made without asking.
    pub minutes_template: String,
    /// A new transcript gets proposals that correct it.
    pub auto_correct: bool,
    /// A new transcript gets a title where the user gave none.
    pub auto_title: bool,
    /// A new transcript gets minutes.
    pub auto_minutes: bool,
    /// Tell when a long job ends and the window is not in front.
    pub notify: bool,
    /// The first start is over.
    pub welcomed: bool,
}

/// What the flags of a door set; `None` leaves the other sources standing.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--library`
    pub library: Option<PathBuf>,
    /// `--models`
    pub models: Option<PathBuf>,
}

/// The settings cannot be read or written: say which file and line; never guess.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A source has a wrong value; the message names it.
    #[error("The settings cannot be read: {0}. Correct or remove that value.")]
    Invalid(#[from] config::ConfigError),
    /// The system tells no home folder: ask for `--library` and `--models`.
    #[error("This user has no home folder. Name the folders with --library and --models.")]
    NoHome,
    /// The file of the settings is no TOML; it is left as it is.
    #[error("The settings file {} cannot be understood ({reason}). Correct or remove it.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// The file of the settings cannot be written; what was set before stands.
    #[error("The settings cannot be saved in {} ({source}). Check the free space and your rights there.", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl Settings {
    /// Reads all sources. `.env` is looked for in the working folder.
    pub fn load(overrides: &Overrides) -> Result<Self, SettingsError> {
        SettingsSources::of_user(overrides)?.load()
    }

    /// Without what people leave behind while they type.
    pub(crate) fn tidied(mut self) -> Self {
        let words = self.vocabulary.iter().map(|word| word.trim().to_owned());
        self.vocabulary = words.filter(|word| !word.is_empty()).collect();
        self.threads = self.threads.filter(|n_threads| *n_threads > 0);
        for text in [
            &mut self.language_model,
            &mut self.embedding_model,
            &mut self.server_url,
            &mut self.server_key,
        ] {
            *text = text.take().filter(|text| !text.trim().is_empty());
        }
        self.record_shortcut = self.record_shortcut.filter(|keys| !keys.trim().is_empty());
        self
    }

    /// How a recording is transcribed where nothing else is said.
    pub fn transcribe_options(&self) -> TranscribeOptions {
        TranscribeOptions {
            language: self.language,
            vocabulary: self.vocabulary.clone(),
            n_threads: self.threads,
            ..TranscribeOptions::default()
        }
    }
}
