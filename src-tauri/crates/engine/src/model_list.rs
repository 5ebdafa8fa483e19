//! The models as a user chooses among them: what is there, what can be had, what fits this machine.

use recordroute_core::{ModelId, ModelKind};
use recordroute_models::{InstalledModel, ModelFolder, Note};

use crate::Error;
use crate::advice::{advised_here, machine_memory};

/// Everything that a list of models shows.
#[derive(Debug, Clone)]
pub struct ModelList {
    /// In the folder, damaged ones with their problem.
    pub installed: Vec<InstalledModel>,
    /// What can be downloaded, in the order of the catalogue.
    pub catalogue: Vec<OfferedModel>,
    /// The speech model that fits this machine best.
    pub advised: Option<ModelId>,
}

/// A model that can be downloaded.
#[derive(Debug, Clone)]
pub struct OfferedModel {
    /// Its name here.
    pub id: ModelId,
    /// What it is for.
    pub kind: ModelKind,
    /// Its name for people.
    pub name: String,
    /// Language codes; `*` stands for about a hundred.
    pub languages: Vec<String>,
    /// Size of the download.
    pub bytes: u64,
    /// Memory that it needs while it works.
    pub memory_bytes: u64,
    /// Licence of the weights.
    pub licence: String,
    /// What it is good for.
    pub note: Note,
    /// It is in the folder and can be used.
    pub installed: bool,
    /// It fits this machine best.
    pub advised: bool,
    /// The machine has the memory that it needs, with some left to live.
    pub fits: bool,
    /// What a broken download left.
    pub partial_bytes: u64,
}

/// Looks the folder and the catalogue over. Needs no library.
pub fn list_models(folder: &ModelFolder) -> Result<ModelList, Error> {
    let installed = folder.list()?;
    let memory_bytes = machine_memory().total_bytes;
    let advised = advised_here();
    let entries = folder.catalogue().entries().iter();
    let catalogue: Vec<OfferedModel> = entries
        .map(|entry| OfferedModel {
            id: entry.id.clone(),
            kind: entry.kind,
            name: entry.name.clone(),
            languages: entry.languages.clone(),
            bytes: entry.bytes(),
            memory_bytes: entry.memory_bytes,
            licence: entry.licence.clone(),
            note: entry.note.clone(),
            installed: installed
                .iter()
                .any(|model| model.id == entry.id && model.problem.is_none()),
            advised: entry.id.as_str() == advised,
            fits: fits(entry.memory_bytes, memory_bytes),
            partial_bytes: folder.partial_bytes(entry),
        })
        .collect();
    Ok(ModelList {
        advised: catalogue
            .iter()
            .find(|model| model.advised)
            .map(|model| model.id.clone()),
        installed,
        catalogue,
    })
}

/// A quarter of the memory is for the system and the user's other programs.
fn fits(model_bytes: u64, machine_bytes: u64) -> bool {
    machine_bytes == 0 || model_bytes <= machine_bytes / 4 * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_broke_off_shows_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("whisper-base.bin.part"), [0; 1_000]).unwrap();
        let list = list_models(&ModelFolder::new(folder.path())).unwrap();
        let find = |id: &str| list.catalogue.iter().find(|model| model.id.as_str() == id);
        assert!(
            find("whisper-base").is_some_and(|base| base.partial_bytes == 1_000 && !base.installed),
            "the next download goes on from there"
        );
        let advised = list.advised.as_ref().and_then(|id| find(id.as_str()));
        assert!(
            advised.is_some_and(|model| model.fits && model.advised),
            "what is advised is offered and fits: {advised:?}"
        );
    }

    #[test]
    fn a_model_leaves_room_to_live() {
        assert!(fits(3 << 30, 4 << 30), "three quarters are for the model");
        assert!(!fits(7 << 29, 4 << 30), "more would make the machine swap");
        assert!(
            fits(1 << 40, 0),
            "a machine that does not tell its memory is trusted"
        );
    }
}
