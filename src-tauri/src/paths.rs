//! Files that the user handed to the program. The page may add what came this way and nothing else.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use recordroute_engine::core::ErrorCode;
use tauri::{AppHandle, Manager, Runtime};

use crate::error::CommandError;
use crate::events::{AppEvent, tell};
use crate::wire::shown;

#[derive(Default)]
pub struct Paths {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Dropped, chosen or opened, with everything in them where they are folders.
    offered: HashSet<String>,
    /// Opened before the page could listen.
    waiting: Vec<String>,
    page_listens: bool,
}

impl Paths {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what the user handed over, and gives it back as the page names it.
    pub fn offer(&self, paths: impl IntoIterator<Item = PathBuf>) -> Vec<String> {
        let paths: Vec<String> = paths.into_iter().map(|path| shown(&path)).collect();
        self.lock().offered.extend(paths.iter().cloned());
        paths
    }

    /// The paths, if the user handed over each of them or a folder around it.
    pub fn check(&self, paths: Vec<String>) -> Result<Vec<PathBuf>, CommandError> {
        let inner = self.lock();
        let is_offered = |path: &str| {
            let plain = !Path::new(path)
                .components()
                .any(|part| part == Component::ParentDir);
            plain
                && Path::new(path)
                    .ancestors()
                    .any(|part| inner.offered.contains(&shown(part)))
        };
        if paths.iter().all(|path| is_offered(path)) {
            return Ok(paths.into_iter().map(PathBuf::from).collect());
        }
        Err(CommandError::new(
            ErrorCode::InvalidInput,
            "Only files that were dropped or chosen can be added. Drop them again.",
        ))
    }

    /// What was opened before the page listened; from now on it is told.
    pub fn take_waiting(&self) -> Vec<String> {
        let mut inner = self.lock();
        inner.page_listens = true;
        std::mem::take(&mut inner.waiting)
    }

    /// Hands opened files to the page, or keeps them until it asks.
    pub fn open<R: Runtime>(app: &AppHandle<R>, paths: Vec<PathBuf>) {
        if paths.is_empty() {
            return;
        }
        let this = app.state::<Self>();
        let paths = this.offer(paths);
        let mut inner = this.lock();
        if inner.page_listens {
            drop(inner);
            tell(app, AppEvent::FilesOpened { paths });
        } else {
            inner.waiting.extend(paths);
        }
    }
}

/// Files among the arguments of a start in `folder`.
pub fn files_of(arguments: impl IntoIterator<Item = OsString>, folder: &Path) -> Vec<PathBuf> {
    arguments
        .into_iter()
        .skip(1)
        .filter(|argument| !argument.is_empty() && !argument.to_string_lossy().starts_with('-'))
        .map(|argument| folder.join(argument))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_adds_only_what_the_user_handed_over() {
        let paths = Paths::default();
        paths.offer([PathBuf::from("/media/talks"), PathBuf::from("/home/a.wav")]);
        let check = |path: &str| paths.check(vec![path.to_owned()]).is_ok();
        assert!(check("/home/a.wav"), "a file that was dropped");
        assert!(
            check("/media/talks/one/b.wav"),
            "a file in a folder that was dropped"
        );
        assert!(!check("/home/b.wav"), "its neighbour was not");
        assert!(
            !check("/media/talks/../secret.wav"),
            "and nothing leads out of a folder"
        );
    }

    #[test]
    fn arguments_are_files_where_the_program_was_started() {
        let arguments = ["recordroute", "--hidden", "a.wav", "/b.wav"].map(OsString::from);
        assert_eq!(
            files_of(arguments, Path::new("/home")),
            [PathBuf::from("/home/a.wav"), PathBuf::from("/b.wav")],
            "relative to the folder, without flags and without the program itself"
        );
    }
}
