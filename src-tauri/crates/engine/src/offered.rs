//! Files that the user handed to a program with a page. The page may add what came this way and
//! nothing else.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Error;

/// What was handed over so far.
#[derive(Default)]
pub struct OfferedPaths {
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

/// A path as a page shows it and gives it back.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl OfferedPaths {
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
    pub fn check(&self, paths: Vec<String>) -> Result<Vec<PathBuf>, Error> {
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
        Err(Error::Invalid(
            "Only files that were dropped or chosen can be added. Drop them again.".to_owned(),
        ))
    }

    /// What was opened before the page listened; from now on it is told.
    pub fn take_waiting(&self) -> Vec<String> {
        let mut inner = self.lock();
        inner.page_listens = true;
        std::mem::take(&mut inner.waiting)
    }

    /// Takes opened files; those that the page is to be told of now, and none where they wait until
    /// it asks.
    pub fn open(&self, paths: Vec<PathBuf>) -> Option<Vec<String>> {
        let paths = self.offer(paths);
        let mut inner = self.lock();
        if inner.page_listens && !paths.is_empty() {
            return Some(paths);
        }
        inner.waiting.extend(paths);
        None
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
        let paths = OfferedPaths::default();
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
    fn what_comes_before_the_page_listens_waits_for_it() {
        let paths = OfferedPaths::default();
        assert_eq!(
            paths.open(vec![PathBuf::from("/a.wav")]),
            None,
            "nobody listens yet"
        );
        assert_eq!(paths.take_waiting(), ["/a.wav"], "it is asked for");
        assert_eq!(
            paths.open(vec![PathBuf::from("/b.wav")]),
            Some(vec!["/b.wav".to_owned()]),
            "from then on it is told"
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
