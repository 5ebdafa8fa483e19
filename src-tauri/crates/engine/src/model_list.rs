//! The models as a user chooses among them: what is there, what can be had, what fits this machine.

use recordroute_core::ModelId;
use recordroute_models::{CatalogueEntry, InstalledModel, ModelFolder};

use crate::Error;
use crate::advice::{advised_here, machine_memory};

/// Everything that a list of models shows.
#[derive(Debug, Clone)]
pub struct ModelList {
    /// In the folder, damaged ones with their problem.
    pub installed: Vec<InstalledModel>,
    /// In the catalogue, in its order.
    pub offered: Vec<OfferedModel>,
    /// The speech model that fits this machine best.
    pub advised: Option<ModelId>,
}

/// A model that can be downloaded.
#[derive(Debug, Clone)]
pub struct OfferedModel {
    /// What the catalogue says.
    pub entry: CatalogueEntry,
    /// It is in the folder and can be used.
    pub is_installed: bool,
    /// Whether the machine has the memory that it needs, with some left to live.
    pub fits: bool,
    /// What a broken download left.
    pub partial_bytes: u64,
}

/// Looks the folder and the catalogue over. Needs no library.
pub fn list_models(folder: &ModelFolder) -> Result<ModelList, Error> {
    let installed = folder.list()?;
    let memory_bytes = machine_memory().total_bytes;
    let offered: Vec<OfferedModel> = folder
        .catalogue()
        .entries()
        .iter()
        .map(|entry| OfferedModel {
            is_installed: installed
                .iter()
                .any(|model| model.id == entry.id && model.problem.is_none()),
            fits: fits(entry.memory_bytes, memory_bytes),
            partial_bytes: folder.partial_bytes(entry),
            entry: entry.clone(),
        })
        .collect();
    let advised = offered
        .iter()
        .map(|offered| &offered.entry.id)
        .find(|id| id.as_str() == advised_here())
        .cloned();
    Ok(ModelList {
        installed,
        offered,
        advised,
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
        let base = list
            .offered
            .iter()
            .find(|offered| offered.entry.id.as_str() == "whisper-base");
        assert!(
            base.is_some_and(|base| base.partial_bytes == 1_000 && !base.is_installed),
            "the next download goes on from there: {base:?}"
        );
        let advised = list.advised.unwrap();
        assert!(
            list.offered
                .iter()
                .any(|offered| offered.entry.id == advised && offered.fits),
            "what is advised is offered and fits"
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
