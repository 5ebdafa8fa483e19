//! The media of a recording in slices, as players ask for them: RFC 9110, section 14.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use recordroute_core::RecordingId;

use crate::Session;

/// The most that one answer holds: a player asks for the next piece itself, and a video of hours
/// must not be read into memory.
const MAX_SLICE_BYTES: u64 = 2 << 20;

/// A part of a media file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSlice {
    /// Type of the whole, such as `audio/mpeg`.
    pub content_type: &'static str,
    /// Size of the whole.
    pub total: u64,
    /// What was asked for.
    pub range: MediaRange,
    /// The bytes; none for a look at the head.
    pub bytes: Vec<u8>,
}

/// Which bytes of a file are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaRange {
    /// All of them.
    Whole,
    /// From `first` up to and without `end`; never empty.
    Part {
        /// The first byte.
        first: u64,
        /// One past the last byte.
        end: u64,
    },
    /// There is nothing where something was asked for.
    Unsatisfiable,
}

/// An answer to a request for media, for a door that speaks HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaAnswer {
    /// Its number.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl MediaAnswer {
    fn bare(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            bytes: Vec::new(),
        }
    }

    fn with(slice: MediaSlice) -> Self {
        let total = slice.total;
        let mut headers = vec![
            ("Content-Type", slice.content_type.to_owned()),
            ("Accept-Ranges", "bytes".to_owned()),
            ("Cache-Control", "no-cache".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
        ];
        let status = match slice.range {
            MediaRange::Whole => {
                headers.push(("Content-Length", total.to_string()));
                200
            }
            MediaRange::Part { first, end } => {
                headers.push(("Content-Length", (end - first).to_string()));
                headers.push(("Content-Range", format!("bytes {first}-{}/{total}", end - 1)));
                206
            }
            MediaRange::Unsatisfiable => {
                headers.push(("Content-Range", format!("bytes */{total}")));
                416
            }
        };
        Self {
            status,
            headers,
            bytes: slice.bytes,
        }
    }
}

impl Session {
    /// Answers a request for `/7`, the media of recording 7, or `/7.wav`, the copy of it that every player
    /// can decode; nothing else can be reached. Blocks for as long as the file takes.
    pub fn media_answer(&self, method: &str, path: &str, range: Option<&str>) -> MediaAnswer {
        if !["GET", "HEAD"].contains(&method) {
            return MediaAnswer::bare(405);
        }
        let Some(name) = path.strip_prefix('/').and_then(MediaName::parse) else {
            return MediaAnswer::bare(404);
        };
        let Ok(engine) = self.engine() else {
            return MediaAnswer::bare(503);
        };
        let Some(path) = engine.named_media(name) else {
            return MediaAnswer::bare(404);
        };
        match slice(&path, range, method == "HEAD") {
            Ok(slice) => MediaAnswer::with(slice),
            Err(error) if error.kind() == io::ErrorKind::NotFound => MediaAnswer::bare(404),
            Err(error) => {
                tracing::warn!(%error, "media could not be read");
                MediaAnswer::bare(500)
            }
        }
    }
}

/// What a player asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MediaName {
    pub(crate) id: RecordingId,
    /// The copy that every player can decode.
    pub(crate) is_copy: bool,
}

impl MediaName {
    /// Digits only: no sign, no other way to write the same number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_suffix(".wav").unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let id = plain.then(|| digits.parse().ok()).flatten().map(RecordingId)?;
        let is_copy = digits.len() < text.len();
        Some(Self { id, is_copy })
    }
}

impl std::fmt::Display for MediaName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}{}", self.id, if self.is_copy { ".wav" } else { "" })
    }
}

/// A media file, opened where a range begins.
pub(crate) struct Located {
    pub(crate) file: File,
    pub(crate) content_type: &'static str,
    pub(crate) total: u64,
    pub(crate) range: MediaRange,
}

pub(crate) fn locate(path: &Path, range: Option<&str>) -> io::Result<Located> {
    let metadata = std::fs::metadata(path)?;
    // Opening a pipe would wait for somebody to write into it.
    if !metadata.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut file = File::open(path)?;
    let total = metadata.len();
    let range = range.map_or(MediaRange::Whole, |range| parse(range, total));
    if let MediaRange::Part { first, .. } = range {
        file.seek(SeekFrom::Start(first))?;
    }
    Ok(Located {
        file,
        content_type: content_type(path),
        total,
        range,
    })
}

/// What the `Range` header of a request is answered with, the first two megabytes of it. Without a
/// header a large file is answered with its first part as well: players ask on from there. `head_only`
/// reads nothing.
fn slice(path: &Path, range: Option<&str>, head_only: bool) -> io::Result<MediaSlice> {
    let Located {
        file,
        content_type,
        total,
        mut range,
    } = locate(path, range)?;
    if range == MediaRange::Whole && total > MAX_SLICE_BYTES && !head_only {
        range = MediaRange::Part { first: 0, end: total };
    }
    let n_bytes = match &mut range {
        MediaRange::Whole => total,
        MediaRange::Part { first, end } => {
            *end = (*end).min(*first + MAX_SLICE_BYTES);
            *end - *first
        }
        MediaRange::Unsatisfiable => 0,
    };
    let mut bytes = Vec::new();
    if !head_only {
        file.take(n_bytes).read_to_end(&mut bytes)?;
    }
    Ok(MediaSlice {
        content_type,
        total,
        range,
        bytes,
    })
}

/// One range of bytes. What cannot be understood, and several ranges at once, count as none, which
/// the standard allows.
fn parse(range: &str, total: u64) -> MediaRange {
    let Some((from, to)) = range
        .trim()
        .strip_prefix("bytes=")
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.split_once('-'))
    else {
        return MediaRange::Whole;
    };
    let (first, end) = match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1)),
        (Ok(first), Err(_)) if to.trim().is_empty() => (first, total),
        // The last so many bytes.
        (Err(_), Ok(n_bytes)) if from.trim().is_empty() => (total.saturating_sub(n_bytes), total),
        _ => return MediaRange::Whole,
    };
    let end = end.min(total);
    if first < end {
        MediaRange::Part { first, end }
    } else {
        MediaRange::Unsatisfiable
    }
}

fn content_type(path: &Path) -> &'static str {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    match ending.as_str() {
        "mp3" | "mp2" => "audio/mpeg",
        "m4a" | "m4b" => "audio/mp4",
        "aac" => "audio/aac",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "weba" => "audio/webm",
        "webm" => "video/webm",
        "mka" => "audio/x-matroska",
        "mkv" => "video/x-matroska",
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "aif" | "aiff" | "aifc" => "audio/aiff",
        "caf" => "audio/x-caf",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers_name_a_recording() {
        let name = |is_copy| MediaName {
            id: RecordingId(7),
            is_copy,
        };
        for (text, is_copy) in [("7", false), ("7.wav", true)] {
            let parsed = MediaName::parse(text);
            assert_eq!(parsed, Some(name(is_copy)), "{text} is a number, and what of it");
            assert_eq!(name(is_copy).to_string(), text, "and is written like that");
        }
        for text in [
            "",
            "+7",
            "-7",
            "7/../8",
            "..%2Fetc%2Fpasswd",
            "7.mp3",
            ".wav",
            "7.wav.wav",
            "99999999999999999999",
        ] {
            assert_eq!(MediaName::parse(text), None, "{text} names nothing");
        }
    }

    fn part(first: u64, end: u64) -> MediaRange {
        MediaRange::Part { first, end }
    }

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (range, expected, why) in [
            ("bytes=0-0", part(0, 1), "the last byte of a range belongs to it"),
            ("bytes=10-", part(10, 100), "to the end"),
            ("bytes=-10", part(90, 100), "the last ten"),
            ("bytes=-1000", part(0, 100), "more than there is means all"),
            ("bytes=90-1000", part(90, 100), "past the end means to the end"),
            ("bytes=100-", MediaRange::Unsatisfiable, "nothing is there"),
            ("bytes=-0", MediaRange::Unsatisfiable, "no byte at all"),
            ("bytes=5-2", MediaRange::Whole, "what makes no sense is ignored"),
            ("bytes=0-1,4-5", MediaRange::Whole, "several may be ignored"),
            ("lines=0-1", MediaRange::Whole, "other units are ignored"),
            (
                "bytes=18446744073709551615-",
                MediaRange::Unsatisfiable,
                "large numbers do no harm",
            ),
        ] {
            assert_eq!(parse(range, 100), expected, "{range}: {why}");
        }
        assert_eq!(
            parse("bytes=0-", 0),
            MediaRange::Unsatisfiable,
            "an empty file has no first byte"
        );
    }

    #[test]
    fn a_large_file_comes_in_slices() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.mp4");
        let total = MAX_SLICE_BYTES * 5 / 2;
        File::create(&path).unwrap().set_len(total).unwrap();
        for range in [Some("bytes=0-"), None] {
            let first = slice(&path, range, false).unwrap();
            assert_eq!(
                first.range,
                part(0, MAX_SLICE_BYTES),
                "no more than a slice is read"
            );
            assert_eq!(first.bytes.len() as u64, MAX_SLICE_BYTES, "and it is whole");
        }
        let last = slice(&path, Some("bytes=-5"), false).unwrap();
        assert_eq!(last.range, part(total - 5, total), "it says which");
        assert_eq!(last.content_type, "video/mp4", "and what it is");
        let head = slice(&path, None, true).unwrap();
        assert_eq!(
            head.range,
            MediaRange::Whole,
            "a look at the head is one at the whole"
        );
        assert!(head.bytes.is_empty(), "and reads nothing");
    }
}
