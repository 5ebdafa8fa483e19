use std::path::{Path, PathBuf};

use jiff::Timestamp;
use recordroute_core::{MediaPlace, Recording};
use unicode_normalization::UnicodeNormalization;

use crate::{Library, StoreError};

/// Where copied media lies in the library folder.
pub(crate) const FOLDER: &str = "media";

/// Bytes of UTF-8 that a file name may have: 255 is what common file systems take, and copying
/// programs like to append a suffix of their own.
const MAX_NAME_BYTES: usize = 200;

/// Longest extension that is kept, in bytes.
const MAX_EXTENSION_BYTES: usize = 16;

/// A name for a media file: the moment in UTC, then the name that it came with, made safe for every
/// file system. Emoji and every script stay; Korean is NFC, also where macOS gave it decomposed.
///
/// The moment comes first, so names sort by time, never begin with a point, and never are one of
/// the names that Windows keeps for devices.
pub fn media_file_name(created_at: Timestamp, original: &str) -> String {
    let stamp = created_at.strftime("%Y%m%d-%H%M%S");
    let millisecond = created_at.subsec_millisecond().rem_euclid(1_000);
    let name = safe_name(original);
    if name.is_empty() {
        format!("{stamp}-{millisecond:03}")
    } else {
        format!("{stamp}-{millisecond:03} {name}")
    }
}

impl Library {
    /// A free place for a copy of a file that came as `original`: where to write it, and what to
    /// store in the recording. Nothing is made yet.
    pub fn new_media(&self, created_at: Timestamp, original: &str) -> (PathBuf, MediaPlace) {
        let name = media_file_name(created_at, original);
        let mut candidate = name.clone();
        let mut number = 2;
        loop {
            let path = self.dir().join(FOLDER).join(&candidate);
            // A link that leads nowhere counts as there: writing would follow it.
            if path.symlink_metadata().is_err() {
                return (path, MediaPlace::Library(format!("{FOLDER}/{candidate}")));
            }
            let (stem, extension) = split_extension(&name);
            candidate = format!("{stem} ({number}){extension}");
            number += 1;
        }
    }

    /// Where the media of a recording lies. A path that leads out of the library folder is refused.
    pub fn media_path(&self, recording: &Recording) -> Result<PathBuf, StoreError> {
        self.resolve(&recording.media)
    }

    pub(crate) fn resolve(&self, media: &MediaPlace) -> Result<PathBuf, StoreError> {
        match media {
            MediaPlace::Referenced(path) => Ok(PathBuf::from(path)),
            MediaPlace::Library(path) => {
                check_relative(path)?;
                let absolute = self.dir().join(path);
                // A link inside the library may lead out of it as well.
                if let (Ok(real), Ok(real_dir)) = (absolute.canonicalize(), self.dir().canonicalize())
                    && !real.starts_with(&real_dir)
                {
                    return Err(StoreError::UnsafeMediaPath(path.clone()));
                }
                Ok(absolute)
            }
        }
    }
}

/// Refuses whatever is not plain names with `/` between them.
pub(crate) fn check_relative(path: &str) -> Result<(), StoreError> {
    let plain = |part: &str| {
        !part.is_empty()
            && !matches!(part, "." | "..")
            && !part.contains(['\\', ':', '\0'])
            && Path::new(part).file_name().is_some_and(|name| name == part)
    };
    if path.split('/').all(plain) {
        Ok(())
    } else {
        Err(StoreError::UnsafeMediaPath(path.to_owned()))
    }
}

/// What is left of a name from outside once it is safe; may be empty.
fn safe_name(original: &str) -> String {
    // Programs give whole paths now and then, in the manner of either system.
    let last = original.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last
        .nfc()
        .map(|c| match c {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' | '%' => '_',
            // Marks that turn the direction of text make one name look like another.
            '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    let name = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    // Windows drops points and blanks at the end of a name, so two names would be one file.
    let name = name.trim_matches(['.', ' ']);
    let (stem, extension) = split_extension(name);
    let stem = truncate(stem, MAX_NAME_BYTES.saturating_sub(extension.len()));
    format!("{}{extension}", stem.trim_end_matches(['.', ' ']))
}

/// Parts a name before the point of its extension, where it has a plausible one.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= MAX_EXTENSION_BYTES => name.split_at(at),
        _ => (name, ""),
    }
}

/// At most `max_bytes` of `text`, cut between characters.
fn truncate(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let end = (0..=max_bytes)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(original: &str) -> String {
        let at: Timestamp = "2026-11-24T08:05:09.120Z".parse().unwrap();
        media_file_name(at, original)
    }

    #[test]
    fn names_from_outside_become_safe() {
        for (original, safe, why) in [
            ("talk.m4a", "20261124-080509-120 talk.m4a", "a usual name stays"),
            (
                "주간 회의 😀.mp3",
                "20261124-080509-120 주간 회의 😀.mp3",
                "Korean and emoji stay",
            ),
            (
                "../../etc/passwd",
                "20261124-080509-120 passwd",
                "a path is cut to its last part",
            ),
            (
                r"C:\Users\me\a.wav",
                "20261124-080509-120 a.wav",
                "also a path of Windows",
            ),
            ("..", "20261124-080509-120", "points alone are no name"),
            (
                ".hidden.wav",
                "20261124-080509-120 hidden.wav",
                "nothing is hidden",
            ),
            (
                "CON.wav",
                "20261124-080509-120 CON.wav",
                "with the time before it, it is no device",
            ),
            (
                "a\0b\nc\u{202E}d.wav",
                "20261124-080509-120 a b c d.wav",
                "control characters and tricks go",
            ),
            (
                "a:b|c?.wav. . ",
                "20261124-080509-120 a_b_c_.wav",
                "what Windows refuses is replaced",
            ),
            (
                "\u{1112}\u{116c}\u{110b}\u{1174}.wav",
                "20261124-080509-120 회의.wav",
                "Korean is composed",
            ),
            ("", "20261124-080509-120", "no name at all is fine"),
        ] {
            assert_eq!(named(original), safe, "{why}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = named(&format!("{}.flac", "긴".repeat(300)));
        assert!(
            name.len() <= 255,
            "file systems take 255 bytes, this has {}",
            name.len()
        );
        assert!(
            name.ends_with("긴.flac"),
            "cut between characters, with its extension: {name}"
        );
    }

    proptest! {
        #[test]
        fn no_name_leaves_the_folder(original in "\\PC{0,60}|[./\\\\:a가\0 ]{0,20}") {
            let name = named(&original);
            prop_assert!(name.len() <= 255, "{name} is too long");
            prop_assert!(check_relative(&format!("media/{name}")).is_ok(), "{name} is no plain name");
            prop_assert!(!name.ends_with(['.', ' ']), "Windows would rename {name}");
        }
    }
}
