//! Which speech model fits this machine, and whether one fits into its memory now.

use recordroute_core::{ErrorCode, Language, ModelId, ModelKind};
use recordroute_models::{InstalledModel, ModelFolder};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::{Error, Settings};

/// Speech models from the least to the most demanding; the advice is a place in this row.
const LADDER: [&str; 5] = [
    "whisper-tiny",
    "whisper-base",
    "whisper-small-q5_1",
    "whisper-medium-q5_0",
    "whisper-large-v3-turbo-q5_0",
];

/// The machine's memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct MachineMemory {
    /// All of it.
    pub total_bytes: u64,
    /// What programs may still take without swapping.
    pub available_bytes: u64,
}

/// Asks the system; both are 0 where it does not tell.
pub fn machine_memory() -> MachineMemory {
    let refresh = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    System::new_with_specifics(refresh).map_or(
        MachineMemory {
            total_bytes: 0,
            available_bytes: 0,
        },
        |system| MachineMemory {
            total_bytes: system.total_memory(),
            available_bytes: system.available_memory(),
        },
    )
}

/// The model that a machine with so much memory and so many cores runs comfortably on its CPU.
pub(crate) fn advised_model(total_bytes: u64, n_cores: usize) -> &'static str {
    const GIB: u64 = 1 << 30;
    match (total_bytes / GIB, n_cores) {
        (..3, _) | (_, 1) => LADDER[0],
        (..7, _) | (_, ..4) => LADDER[1],
        (..15, _) | (_, ..8) => LADDER[2],
        _ => LADDER[4],
    }
}

/// The model that is advised for the machine at hand.
pub(crate) fn advised_here() -> &'static str {
    let n_cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    advised_model(machine_memory().total_bytes, n_cores)
}

/// The speech model to use: the wanted one, else the one in the settings, else the advised one
/// or, of what is installed, that which comes closest to it from below, then from above.
pub(crate) fn choose_speech_model(
    models: &ModelFolder,
    settings: &Settings,
    wanted: Option<&str>,
    language: Language,
) -> Result<InstalledModel, Error> {
    if let Some(name) = wanted.or(settings.model.as_deref()) {
        let id: ModelId = name.parse().map_err(|error| Error::Invalid(format!("{error}")))?;
        let model = models.find(&id)?;
        if model.kind != ModelKind::Speech {
            return Err(Error::NotASpeechModel { id: id.to_string() });
        }
        return Ok(model);
    }
    let advised = advised_here();
    let may_be_english_only = language == Language::ENGLISH;
    models
        .list()?
        .into_iter()
        .filter(|model| model.kind == ModelKind::Speech && (model.multilingual || may_be_english_only))
        .min_by_key(|model| distance(model.id.as_str(), advised, model.bytes))
        .ok_or_else(|| Error::NoSpeechModel {
            advised: advised.to_owned(),
        })
}

/// The most demanding model that follows a speaker on an ordinary machine.
const LIVE: &str = LADDER[2];

/// The speech model for text while somebody speaks: the one that transcribes afterwards, or where that
/// is too slow for it here, the best installed one that is not.
pub(crate) fn choose_live_model(models: &ModelFolder, settings: &Settings) -> Result<InstalledModel, Error> {
    let chosen = choose_speech_model(models, settings, None, settings.language)?;
    let advised = advised_here();
    if follows_speech(chosen.id.as_str(), advised) {
        return Ok(chosen);
    }
    let is_quick = |model: &InstalledModel| {
        model.kind == ModelKind::Speech
            && (model.multilingual || settings.language == Language::ENGLISH)
            && rung(model.id.as_str()).is_some()
            && follows_speech(model.id.as_str(), advised)
    };
    let quick = models.list()?.into_iter().filter(is_quick);
    Ok(quick
        .max_by_key(|model| rung(model.id.as_str()))
        .unwrap_or(chosen))
}

/// Whether a machine with this advice keeps up with a speaker; of a model of the user's own it is hoped.
fn follows_speech(id: &str, advised: &str) -> bool {
    rung(id) <= rung(advised).min(rung(LIVE))
}

/// Why a model is not loaded; a sentence for the user.
pub(crate) fn no_room(id: &str, needed_bytes: u64, available_bytes: u64) -> String {
    format!(
        "{id} needs about {} MB of memory and {} MB are free. Close other programs or choose a smaller model.",
        needed_bytes / 1_000_000,
        available_bytes / 1_000_000
    )
}

/// Refuses a model for which the memory has no room now.
pub(crate) fn refuse_what_does_not_fit(model: &InstalledModel) -> Result<(), Error> {
    let available = machine_memory().available_bytes;
    if available == 0 || model.memory_bytes <= available {
        return Ok(());
    }
    Err(Error::Refused {
        code: ErrorCode::OutOfMemory,
        message: no_room(model.id.as_str(), model.memory_bytes, available),
    })
}

/// The place of a model in the row of them.
fn rung(id: &str) -> Option<usize> {
    LADDER.iter().rposition(|step| family(id) == family(step))
}

/// Sorts models by how far they are from the advised one: itself, its other forms, smaller ones
/// from the largest down, then larger ones from the smallest up.
fn distance(id: &str, advised: &str, bytes: u64) -> (u8, u64) {
    match (rung(id), rung(advised)) {
        _ if id == advised => (0, 0),
        (Some(own), Some(wanted)) if own == wanted => (1, bytes),
        (Some(own), Some(wanted)) if own < wanted => (2, (wanted - own) as u64),
        (Some(own), Some(wanted)) => (3, (own - wanted) as u64),
        // An imported model of the user's own was put there to be used, but its size is unknown
        // to the ladder: after the known smaller ones.
        _ => (3, bytes),
    }
}

/// `whisper-small-q5_1` and `whisper-small.en` are both of the family `whisper-small`.
fn family(id: &str) -> &str {
    let id = id.split_once("-q").map_or(id, |(family, _)| family);
    id.strip_suffix(".en").unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_machines_get_small_models() {
        assert_eq!(
            advised_model(4 << 30, 8),
            "whisper-base",
            "4 GiB must be left room to live"
        );
        assert_eq!(
            advised_model(32 << 30, 2),
            "whisper-base",
            "two cores would take hours with more"
        );
        assert_eq!(
            advised_model(16 << 30, 8),
            "whisper-large-v3-turbo-q5_0",
            "a good laptop gets the best"
        );
    }

    #[test]
    fn text_while_somebody_speaks_is_for_models_that_keep_up() {
        let weak = "whisper-base";
        assert!(
            follows_speech("whisper-base.en", weak),
            "what is advised keeps up, in each form"
        );
        assert!(
            !follows_speech("whisper-small-q5_1", weak),
            "what is larger would fall behind"
        );
        let strong = "whisper-large-v3-turbo-q5_0";
        assert!(
            follows_speech("whisper-small-q8_0", strong),
            "a strong machine takes more"
        );
        assert!(
            !follows_speech(strong, strong),
            "and the largest nowhere: it is made for whole files"
        );
        assert!(
            follows_speech("my-own", weak),
            "the user's own choice is the user's"
        );
    }

    #[test]
    fn of_what_is_installed_the_nearest_from_below_is_taken() {
        let mut installed = ["whisper-large-v3-turbo-q5_0", "whisper-tiny", "whisper-base"];
        installed.sort_by_key(|id| distance(id, "whisper-small-q5_1", 0));
        assert_eq!(
            installed[0], "whisper-base",
            "the largest of the smaller ones is quick enough and best"
        );
        assert_eq!(
            installed[2], "whisper-large-v3-turbo-q5_0",
            "a model too large for the machine comes last"
        );
    }
}
