//! Everything that crosses between window and page, in one list, from which the page's types are
//! written. The only file that knows the generator.

use tauri::Runtime;
use tauri_specta::{Builder, collect_commands, collect_events};

use crate::commands::library;
use crate::events::LibraryEvent;

/// Commands and events of the window.
pub fn builder<R: Runtime>() -> Builder<R> {
    Builder::<R>::new()
        .commands(collect_commands![
            library::recordings::<tauri::Wry>,
            library::transcript::<tauri::Wry>,
            library::search::<tauri::Wry>,
            library::library_info::<tauri::Wry>,
        ])
        .events(collect_events![LibraryEvent])
        // Ids count up from 1 and times are milliseconds: both stay far below 2^53.
        .dangerously_cast_bigints_to_number()
        // One shape of each type: what is written is what is read.
        .disable_serde_phases()
}

#[cfg(test)]
mod tests {
    use specta_typescript::Typescript;

    use super::*;

    #[test]
    fn bindings_of_the_page_are_up_to_date() {
        let committed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/bindings.ts");
        let before = std::fs::read_to_string(&committed).unwrap_or_default();
        let folder = tempfile::tempdir().unwrap();
        let written = folder.path().join("bindings.ts");
        builder::<tauri::Wry>()
            .export(Typescript::default(), &written)
            .unwrap();
        let now = std::fs::read_to_string(&written).unwrap();
        if before.replace("\r\n", "\n") != now {
            std::fs::write(&committed, &now).unwrap();
            panic!("ui/src/bindings.ts was not what the commands say; it is written anew, commit it");
        }
    }
}
