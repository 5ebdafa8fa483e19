//! The media of a recording in slices, as players ask for them: RFC 9110, section 14.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use recordroute_core::{ErrorCode, RecordingId};

use crate::{Engine, Error, Session};

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

impl Engine {
    /// What the `Range` header of a request for a recording's media is answered with, the first two
    /// megabytes of it. Without a header a large file is answered with its first part as well: players
    /// ask on from there. `head_only` reads nothing.
    pub fn media_slice(
        &self,
        id: RecordingId,
        range: Option<&str>,
        head_only: bool,
    ) -> Result<MediaSlice, Error> {
        let path = self.media_path(id)?;
        slice(&path, range, head_only).map_err(|source| Error::Unreadable { path, source })
    }
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
    /// Answers a request for `/7`, the media of recording 7; nothing else can be reached. Blocks for as
    /// long as the file takes.
    pub fn media_answer(&self, method: &str, path: &str, range: Option<&str>) -> MediaAnswer {
        if !["GET", "HEAD"].contains(&method) {
            return MediaAnswer::bare(405);
        }
        let Some(id) = path.strip_prefix('/').and_then(recording_id) else {
            return MediaAnswer::bare(404);
        };
        let Ok(engine) = self.engine() else {
            return MediaAnswer::bare(503);
        };
        match engine.media_slice(id, range, method == "HEAD") {
            Ok(slice) => MediaAnswer::with(slice),
            Err(error) if error.code() == ErrorCode::NotFound => MediaAnswer::bare(404),
            Err(error) => {
                tracing::warn!(%error, "media could not be read");
                MediaAnswer::bare(500)
            }
        }
    }
}

/// Digits only: no sign, no other way to write the same number.
pub(crate) fn recording_id(text: &str) -> Option<RecordingId> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().map(RecordingId)
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
        assert_eq!(recording_id("7"), Some(RecordingId(7)), "a number");
        for text in [
            "",
            "+7",
            "-7",
            "7/../8",
            "..%2Fetc%2Fpasswd",
            "7.mp3",
            "99999999999999999999",
        ] {
            assert_eq!(recording_id(text), None, "{text} names nothing");
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
