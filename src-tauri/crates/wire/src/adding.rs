use recordroute_engine as engine;

use crate::error::CommandError;
use crate::{mirror, mirror_enum, mirror_tagged};

mirror_enum! {
    /// What is done with a file that is in the library already.
    OnDuplicate = engine::OnDuplicate { Ask, AddAgain }
}

mirror_tagged! {
    /// What became of one file.
    AddResult = engine::AddResult {
        Added {
            path: String, name: String, recording_id: i64, job_id: Option<i64>, problem: Option<CommandError>,
        },
        Duplicate { path: String, name: String, recording_id: i64, title: String },
        Refused { path: String, name: String, error: CommandError },
    }
}

mirror! {
    /// How far the adding is.
    AddProgress = engine::AddProgress { n_done: u32, n_total: u32, result: Option<AddResult> }
}

mirror! {
    /// What became of everything.
    AddSummary = engine::AddSummary { n_added: u32, n_duplicates: u32, n_refused: u32, stopped: bool }
}
