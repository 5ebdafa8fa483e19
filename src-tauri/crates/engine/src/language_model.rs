//! Which language model writes: one that is installed, or one of a server of the user's own.

use std::time::Duration;

use recordroute_core::{CancellationToken, Generator, InferenceError, ModelId, ModelKind};
use recordroute_models::{InstalledModel, ModelFolder};
use recordroute_remote::{RemoteGenerator, RemoteModel, RemoteOptions};

use crate::advice::machine_memory;
use crate::diagnostics::n_cores;
use crate::error::inference_error_code;
use crate::worker::{LanguageModel, WorkerCommand, WorkerGenerator, WorkerProcess};
use crate::{Engine, Error, Settings};

/// Language models from the least to the most demanding; the advice is a place in this row.
const LADDER: [&str; 4] = ["gemma-3-270m-it", "qwen3-0.6b", "qwen3-1.7b", "qwen3-4b"];

/// Words in the names of models that write nothing.
const OTHER_MODELS: [&str; 5] = ["embed", "rerank", "minilm", "bge-", "whisper"];

/// Before the name of a model that a server has.
const SERVER: &str = "server:";

/// How long a list of models waits for a server.
const LIST_TIMEOUT: Duration = Duration::from_secs(2);

/// Where a language model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LanguageModelSource {
    /// In the folder of the models.
    Installed,
    /// On the server that is set.
    Server,
}

/// A language model that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageModelEntry {
    /// What it is chosen by.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Where it is.
    pub source: LanguageModelSource,
}

/// The language models there are, and which one writes where none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageModels {
    /// Installed ones first.
    pub models: Vec<LanguageModelEntry>,
    /// None where there is none at all.
    pub default: Option<String>,
    /// Why the server that is set gives none; a sentence.
    pub server_problem: Option<String>,
}

/// A language model that was chosen, ready to be loaded.
pub(crate) enum ChosenModel {
    Installed(InstalledModel),
    Server(RemoteOptions),
}

impl ChosenModel {
    /// What it is chosen by, and stored under.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Installed(model) => model.id.to_string(),
            Self::Server(options) => format!("{SERVER}{}", options.model),
        }
    }

    /// The longest context that it gets.
    pub(crate) fn max_context_tokens(&self, settings: &Settings) -> usize {
        match self {
            Self::Installed(_) => settings.language_context,
            Self::Server(options) => options.max_context_tokens,
        }
    }

    /// Lets `work` write with the model, in `worker` where it is an installed one. The worker is kept
    /// for the next job unless it had to be ended. `None` where it was cancelled while loading.
    pub(crate) fn with<T>(
        self,
        worker: &mut Option<WorkerProcess>,
        command: &WorkerCommand,
        settings: &Settings,
        cancel: &CancellationToken,
        work: impl FnOnce(&mut dyn Generator) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self {
            Self::Server(options) => match RemoteGenerator::connect(options, cancel).map_err(refused)? {
                Some(mut generator) => work(&mut generator).map(Some),
                None => Ok(None),
            },
            Self::Installed(model) => {
                let model = LanguageModel {
                    path: model.path,
                    id: model.id.to_string(),
                    n_threads: settings.threads,
                    max_context_tokens: settings.language_context,
                };
                let Some(mut generator) = WorkerGenerator::load(worker.take(), command, model, cancel)?
                else {
                    return Ok(None);
                };
                let done = work(&mut generator);
                let death = generator.last_death();
                *worker = generator.into_worker();
                match (done, death) {
                    // That the process died says more than what came of it.
                    (Err(_), Some(death)) if !cancel.is_cancelled() => Err(death.into()),
                    (done, _) => done.map(Some),
                }
            }
        }
    }
}

/// The model failed; its own message says what to do.
pub(crate) fn refused(error: InferenceError) -> Error {
    Error::Refused {
        code: inference_error_code(&error),
        message: error.to_string(),
    }
}

/// The model to write with: the wanted one, else the one in the settings, else of those installed the
/// one that comes closest to what is advised for this machine, else one of the user's own server.
pub(crate) fn choose_language_model(
    models: &ModelFolder,
    settings: &Settings,
    wanted: Option<&str>,
) -> Result<ChosenModel, Error> {
    choose(models, settings, wanted, || server_models(settings))
}

/// `offered` asks the server, which takes a moment and is left out where nothing depends on it.
fn choose(
    models: &ModelFolder,
    settings: &Settings,
    wanted: Option<&str>,
    offered: impl FnOnce() -> Result<Vec<RemoteModel>, Error>,
) -> Result<ChosenModel, Error> {
    if let Some(name) = wanted.or(settings.language_model.as_deref()) {
        return named(models, settings, name);
    }
    if let Some(best) = best_installed(models)? {
        return Ok(ChosenModel::Installed(best));
    }
    let writing = offered()?.into_iter().find(|model| writes(&model.id));
    let Some(model) = writing else {
        return Err(Error::NoLanguageModel {
            advised: advised_here().to_owned(),
        });
    };
    Ok(ChosenModel::Server(server_options(settings, &model.id)?))
}

fn named(models: &ModelFolder, settings: &Settings, name: &str) -> Result<ChosenModel, Error> {
    if let Some(name) = name.strip_prefix(SERVER) {
        return Ok(ChosenModel::Server(server_options(settings, name)?));
    }
    let id: ModelId = name.parse().map_err(|error| Error::Invalid(format!("{error}")))?;
    let model = models.find(&id)?;
    if model.kind != ModelKind::Language {
        return Err(Error::NotALanguageModel { id: id.to_string() });
    }
    Ok(ChosenModel::Installed(model))
}

fn server_options(settings: &Settings, name: &str) -> Result<RemoteOptions, Error> {
    let address = settings.server_url.clone().ok_or_else(|| {
        Error::Invalid("No language server is set. Type its address in the settings first.".to_owned())
    })?;
    Ok(RemoteOptions {
        address,
        model: name.to_owned(),
        api_key: settings.server_key.clone(),
        max_context_tokens: settings.language_context,
        ..RemoteOptions::default()
    })
}

/// What the user's own server has; nothing where none is set.
fn server_models(settings: &Settings) -> Result<Vec<RemoteModel>, Error> {
    if settings.server_url.is_none() {
        return Ok(Vec::new());
    }
    let options = RemoteOptions {
        connect_timeout: LIST_TIMEOUT,
        ..server_options(settings, "")?
    };
    let listed = RemoteGenerator::models(&options, &CancellationToken::new()).map_err(refused)?;
    Ok(listed.unwrap_or_default())
}

/// Whether a model of a server writes, by its name: servers list those for search and for speech as well.
fn writes(id: &str) -> bool {
    let id = id.to_lowercase();
    !OTHER_MODELS.iter().any(|word| id.contains(word))
}

fn best_installed(models: &ModelFolder) -> Result<Option<InstalledModel>, Error> {
    let advised = advised_here();
    let advised_bytes = models
        .catalogue()
        .entries()
        .iter()
        .find(|entry| entry.id.as_str() == advised)
        .map_or(0, |entry| entry.memory_bytes);
    let usable = models.list()?.into_iter().filter(is_usable);
    Ok(usable.min_by_key(|model| rank(model.memory_bytes, model.is_instructed, advised_bytes)))
}

fn is_usable(model: &InstalledModel) -> bool {
    model.kind == ModelKind::Language && model.problem.is_none()
}

/// Models that fit before those that are too large, of these the ones that follow instructions before those
/// that only go on with a text, and of these the nearest.
fn rank(memory_bytes: u64, is_instructed: bool, advised_bytes: u64) -> (bool, bool, u64) {
    let is_too_large = memory_bytes > advised_bytes;
    (is_too_large, !is_instructed, memory_bytes.abs_diff(advised_bytes))
}

/// The model that a machine with so much memory and so many cores runs comfortably on its CPU.
fn advised_model(total_bytes: u64, n_cores: usize) -> &'static str {
    const GIB: u64 = 1 << 30;
    match (total_bytes / GIB, n_cores) {
        (..4, _) => LADDER[0],
        (..7, _) | (_, ..3) => LADDER[1],
        (..15, _) | (_, ..8) => LADDER[2],
        _ => LADDER[3],
    }
}

fn advised_here() -> &'static str {
    advised_model(machine_memory().total_bytes, n_cores())
}

impl Engine {
    /// The language models there are. A server that does not answer has none, and that is said.
    pub fn language_models(&self) -> Result<LanguageModels, Error> {
        let settings = self.settings();
        let installed = self.inner.models.list()?.into_iter().filter(is_usable);
        let mut models: Vec<LanguageModelEntry> = installed
            .map(|model| LanguageModelEntry {
                id: model.id.to_string(),
                title: model.name,
                source: LanguageModelSource::Installed,
            })
            .collect();
        let (offered, server_problem) = match server_models(&settings) {
            Ok(offered) => (offered, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        models.extend(offered.iter().map(|model| LanguageModelEntry {
            id: format!("{SERVER}{}", model.id),
            title: model.id.clone(),
            source: LanguageModelSource::Server,
        }));
        let default = match choose(&self.inner.models, &settings, None, || Ok(offered)) {
            Ok(model) => Some(model.id()),
            Err(error) => {
                tracing::debug!(%error, "no language model writes by itself");
                None
            }
        };
        Ok(LanguageModels {
            models,
            default,
            server_problem,
        })
    }

    /// The id of the model that would write; an error where there is none.
    pub(crate) fn language_model_id(&self, wanted: Option<&str>) -> Result<String, Error> {
        Ok(choose_language_model(&self.inner.models, &self.settings(), wanted)?.id())
    }
}

#[cfg(test)]
mod tests {
    use recordroute_core::ErrorCode;

    use super::*;
    use crate::SettingsSources;

    fn settings(folder: &std::path::Path) -> Settings {
        SettingsSources::in_folder(folder).load().unwrap()
    }

    #[test]
    fn a_machine_without_a_language_model_is_told_what_it_can_have() {
        let folder = tempfile::tempdir().unwrap();
        let models = ModelFolder::new(folder.path());
        let settings = settings(folder.path());
        let error = choose_language_model(&models, &settings, None).err().unwrap();
        assert_eq!(
            error.code(),
            ErrorCode::ModelMissing,
            "a door offers the list of models"
        );
        assert!(
            error.to_string().contains("recordroute highlights"),
            "and what needs no model: {error}"
        );
        let advised = models.catalogue().get(&advised_here().parse().unwrap());
        assert!(advised.is_some(), "what is advised can be had");
    }

    #[test]
    fn a_model_of_a_server_needs_a_server() {
        let folder = tempfile::tempdir().unwrap();
        let models = ModelFolder::new(folder.path());
        let mut settings = settings(folder.path());
        settings.language_model = Some("server:qwen3:8b".to_owned());
        assert!(
            choose_language_model(&models, &settings, None).is_err(),
            "nobody knows where to ask"
        );
        settings.server_url = Some("http://localhost:11434".to_owned());
        let chosen = choose_language_model(&models, &settings, None).unwrap();
        assert_eq!(
            chosen.id(),
            "server:qwen3:8b",
            "names of servers have colons of their own"
        );
    }

    #[test]
    fn of_what_is_installed_the_largest_that_fits_writes() {
        let mut models = [(800, true), (4_300, true), (1_500, true), (2_000, false)];
        models.sort_by_key(|(bytes, is_instructed)| rank(*bytes, *is_instructed, 2_400));
        assert_eq!(
            models,
            [(1_500, true), (800, true), (2_000, false), (4_300, true)],
            "one that only goes on with a text, or is too large, is better than none"
        );
        assert_eq!(advised_model(8 << 30, 4), "qwen3-1.7b", "an ordinary laptop");
        assert_eq!(
            advised_model(64 << 30, 2),
            "qwen3-0.6b",
            "two cores would take hours with more"
        );
    }
}
