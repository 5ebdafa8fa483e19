//! Finds the media in folders that somebody dropped: without end, on a drive that stalls, or full of
//! other things.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crossbeam_channel::Sender;
use recordroute_core::CancellationToken;

/// Files that are taken at once; more than anybody records, less than a whole disk.
const MAX_FILES: usize = 20_000;
/// Entries that are looked at.
const MAX_ENTRIES: usize = 500_000;
/// Folders in folders.
const MAX_DEPTH: usize = 64;

/// Endings of audio and video files, also of some that are refused with a reason.
pub const MEDIA_ENDINGS: [&str; 34] = [
    "3g2", "3gp", "aac", "ac3", "aif", "aifc", "aiff", "amr", "ape", "avi", "caf", "flac", "flv", "m2ts",
    "m4a", "m4b", "m4v", "mka", "mkv", "mov", "mp2", "mp3", "mp4", "mpeg", "mpg", "oga", "ogg", "opus", "ts",
    "wav", "weba", "webm", "wma", "wmv",
];

/// Files with these endings are not even opened.
const OTHER_ENDINGS: [&str; 40] = [
    "bin", "bmp", "c", "css", "csv", "db", "dll", "doc", "docx", "exe", "gif", "gz", "heic", "htm", "html",
    "hwp", "ini", "iso", "jpeg", "jpg", "js", "json", "log", "md", "part", "pdf", "png", "ppt", "pptx", "py",
    "rtf", "srt", "svg", "tmp", "txt", "vtt", "xls", "xlsx", "xml", "zip",
];

/// What a walk tells.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    File(PathBuf),
    /// There is more than is taken at once.
    TooMany,
}

/// Sends every file that was named, whatever it is, and the media in the folders that were named, in
/// the order of their names. Ends early where it is cancelled or nobody listens any more.
pub(crate) fn walk(paths: Vec<PathBuf>, cancel: &CancellationToken, found: &Sender<Found>) {
    let mut walk = Walk {
        cancel,
        found,
        n_files: 0,
        n_entries: 0,
    };
    for path in paths {
        // A link that was dropped itself means what it leads to.
        let goes_on = if path.is_dir() {
            walk.folder(&path, 0)
        } else {
            walk.file(path)
        };
        if goes_on.is_none() {
            return;
        }
    }
}

struct Walk<'a> {
    cancel: &'a CancellationToken,
    found: &'a Sender<Found>,
    n_files: usize,
    n_entries: usize,
}

impl Walk<'_> {
    /// None ends the walk.
    fn file(&mut self, path: PathBuf) -> Option<()> {
        self.n_files += 1;
        if self.n_files > MAX_FILES {
            // Nobody listening is the end as well.
            let _ = self.found.send(Found::TooMany);
            return None;
        }
        self.found.send(Found::File(path)).ok()
    }

    fn folder(&mut self, dir: &Path, depth: usize) -> Option<()> {
        let Ok(entries) = fs::read_dir(dir) else {
            tracing::info!("a folder could not be read and was left out");
            return Some(());
        };
        let mut paths = Vec::new();
        for entry in entries.flatten() {
            self.n_entries += 1;
            if self.cancel.is_cancelled() {
                return None;
            }
            if self.n_entries > MAX_ENTRIES {
                let _ = self.found.send(Found::TooMany);
                return None;
            }
            // Names that begin with a point are hidden, also what macOS keeps beside real files.
            if !entry.file_name().to_string_lossy().starts_with('.') {
                paths.push(entry.path());
            }
        }
        paths.sort();
        for path in paths {
            if self.cancel.is_cancelled() {
                return None;
            }
            // Links to folders are not followed: they may lead in a circle or out over the disk.
            let is_link = path
                .symlink_metadata()
                .is_ok_and(|metadata| metadata.is_symlink());
            if path.is_dir() {
                if !is_link && depth < MAX_DEPTH {
                    self.folder(&path, depth + 1)?;
                }
            } else if path.is_file() && is_media(&path) {
                self.file(path)?;
            }
        }
        Some(())
    }
}

/// By its ending, or by its first bytes where the ending says nothing.
fn is_media(path: &Path) -> bool {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    if MEDIA_ENDINGS.contains(&ending.as_str()) {
        return true;
    }
    !OTHER_ENDINGS.contains(&ending.as_str()) && begins_like_media(path)
}

/// The signatures of what the program plays; the worker looks closely later.
fn begins_like_media(path: &Path) -> bool {
    let mut head = Vec::with_capacity(12);
    let Ok(file) = fs::File::open(path) else {
        return false;
    };
    if file.take(12).read_to_end(&mut head).is_err() {
        return false;
    }
    let form = head.get(8..12).unwrap_or_default();
    let starts = |magic: &[u8]| head.starts_with(magic);
    head.get(4..8) == Some(b"ftyp")
        || (starts(b"RIFF") && form == b"WAVE")
        || (starts(b"FORM") && matches!(form, b"AIFF" | b"AIFC"))
        || [
            &b"OggS"[..],
            b"fLaC",
            b"ID3",
            b"caff",
            b"RF64",
            b"\x1a\x45\xdf\xa3",
        ]
        .iter()
        .any(|magic| starts(magic))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(paths: Vec<PathBuf>) -> Vec<String> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        walk(paths, &CancellationToken::new(), &sender);
        drop(sender);
        let name = |found| match found {
            Found::File(path) => path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            Found::TooMany => "too many".to_owned(),
        };
        receiver.into_iter().map(name).collect()
    }

    #[test]
    fn of_a_folder_only_the_media_is_taken_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            path
        };
        write("b.mp3", b"");
        write("a.M4A", b"");
        write("notes.docx", b"PK");
        write("._a.M4A", b"");
        write("deep/recording", b"RIFF\0\0\0\0WAVEfmt ");
        write("deep/readme", b"no sound");
        let named = write("letter.txt", b"hello");
        assert_eq!(
            walked(vec![folder.path().to_owned()]),
            ["a.M4A", "b.mp3", "recording"],
            "by ending or by content, sorted, and nothing hidden"
        );
        assert_eq!(
            walked(vec![named, folder.path().join("gone.mp3")]),
            ["letter.txt", "gone.mp3"],
            "what was named itself is always tried: the user is told why it is refused"
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_circle_end() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.wav"), b"").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        assert_eq!(
            walked(vec![folder.path().to_owned()]),
            ["a.wav"],
            "the circle is not walked"
        );
    }
}
