//! The `media` protocol: `media://localhost/7` (`http://media.localhost/7` on Windows) is the media of
//! recording 7, and nothing else can be reached. Ranges as in RFC 9110, section 14.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use recordroute_engine::core::RecordingId;
use tauri::http::{Method, Request, Response, StatusCode, header};
use tauri::{AppHandle, Manager, Runtime};

use crate::shell::Shell;

/// The most that one answer holds: a player asks for the next piece itself, and a video of hours
/// must not be read into memory.
const MAX_SLICE_BYTES: u64 = 2 << 20;

/// Answers a request; blocks for as long as the file takes.
pub fn answer<R: Runtime>(app: &AppHandle<R>, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let is_head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        _ => return bare(StatusCode::METHOD_NOT_ALLOWED),
    };
    let id = request.uri().path().strip_prefix('/').and_then(recording_id);
    let Some(id) = id else {
        return bare(StatusCode::NOT_FOUND);
    };
    let path = app
        .state::<Shell>()
        .engine(app)
        .ok()
        .and_then(|engine| engine.media_path(id).ok());
    let Some(path) = path else {
        return bare(StatusCode::NOT_FOUND);
    };
    let range = request
        .headers()
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok());
    serve(&path, range, is_head).unwrap_or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => bare(StatusCode::NOT_FOUND),
        _ => {
            tracing::warn!(%error, "media could not be read");
            bare(StatusCode::INTERNAL_SERVER_ERROR)
        }
    })
}

/// Digits only: no sign, no other way to write the same number.
fn recording_id(text: &str) -> Option<RecordingId> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn serve(path: &Path, range: Option<&str>, is_head: bool) -> io::Result<Response<Vec<u8>>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(bare(StatusCode::NOT_FOUND));
    }
    let total = metadata.len();
    let (first, wanted_end, is_part) = match range.map_or(Range::Whole, |range| parse(range, total)) {
        Range::Unsatisfiable => {
            return Ok(with(
                StatusCode::RANGE_NOT_SATISFIABLE,
                &[(header::CONTENT_RANGE, format!("bytes */{total}"))],
                Vec::new(),
            ));
        }
        Range::Part { first, end } => (first, end, true),
        // A player that asks for everything of a large file gets its beginning and asks on from there.
        Range::Whole => (0, total, total > MAX_SLICE_BYTES && !is_head),
    };
    let end = if is_part {
        wanted_end.min(first + MAX_SLICE_BYTES)
    } else {
        wanted_end
    };
    let mut headers = vec![
        (header::CONTENT_TYPE, content_type(path).to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_LENGTH, (end - first).to_string()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if is_part {
        headers.push((
            header::CONTENT_RANGE,
            format!("bytes {first}-{}/{total}", end - 1),
        ));
    }
    let mut body = Vec::new();
    if !is_head {
        file.seek(SeekFrom::Start(first))?;
        file.take(end - first).read_to_end(&mut body)?;
    }
    let status = if is_part {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    Ok(with(status, &headers, body))
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// From `first` up to and without `end`; never empty.
    Part {
        first: u64,
        end: u64,
    },
    Unsatisfiable,
}

/// One range of bytes. What cannot be understood, and several ranges at once, count as none, which
/// the standard allows.
fn parse(range: &str, total: u64) -> Range {
    let Some((from, to)) = range
        .trim()
        .strip_prefix("bytes=")
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.split_once('-'))
    else {
        return Range::Whole;
    };
    let (first, end) = match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1)),
        (Ok(first), Err(_)) if to.trim().is_empty() => (first, total),
        // The last so many bytes.
        (Err(_), Ok(n_bytes)) if from.trim().is_empty() => (total.saturating_sub(n_bytes), total),
        _ => return Range::Whole,
    };
    let end = end.min(total);
    if first < end {
        Range::Part { first, end }
    } else {
        Range::Unsatisfiable
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

fn bare(status: StatusCode) -> Response<Vec<u8>> {
    with(status, &[], Vec::new())
}

fn with(status: StatusCode, headers: &[(header::HeaderName, String)], body: Vec<u8>) -> Response<Vec<u8>> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    // Names and values are our own, so that this cannot fail; an empty answer would be the page's 200.
    builder.body(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(first: u64, end: u64) -> Range {
        Range::Part { first, end }
    }

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (range, expected, why) in [
            ("bytes=0-0", part(0, 1), "the last byte of a range belongs to it"),
            ("bytes=10-", part(10, 100), "to the end"),
            ("bytes=-10", part(90, 100), "the last ten"),
            ("bytes=-1000", part(0, 100), "more than there is means all"),
            ("bytes=90-1000", part(90, 100), "past the end means to the end"),
            ("bytes=100-", Range::Unsatisfiable, "nothing is there"),
            ("bytes=-0", Range::Unsatisfiable, "no byte at all"),
            ("bytes=5-2", Range::Whole, "what makes no sense is ignored"),
            ("bytes=0-1,4-5", Range::Whole, "several may be ignored"),
            ("lines=0-1", Range::Whole, "other units are ignored"),
            (
                "bytes=18446744073709551615-",
                Range::Unsatisfiable,
                "large numbers do no harm",
            ),
        ] {
            assert_eq!(parse(range, 100), expected, "{range}: {why}");
        }
        assert_eq!(
            parse("bytes=0-", 0),
            Range::Unsatisfiable,
            "an empty file has no first byte"
        );
    }

    #[test]
    fn a_large_file_comes_in_slices() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.mp4");
        let total = MAX_SLICE_BYTES * 5 / 2;
        File::create(&path).unwrap().set_len(total).unwrap();
        let first = serve(&path, Some("bytes=0-"), false).unwrap();
        assert_eq!(
            first.status(),
            StatusCode::PARTIAL_CONTENT,
            "a range is answered in part"
        );
        assert_eq!(
            first.body().len() as u64,
            MAX_SLICE_BYTES,
            "and holds no more than a slice"
        );
        let range = format!("bytes 0-{}/{total}", MAX_SLICE_BYTES - 1);
        assert_eq!(
            first.headers()[header::CONTENT_RANGE],
            range.as_str(),
            "it says which"
        );
        assert_eq!(
            first.headers()[header::CONTENT_TYPE],
            "video/mp4",
            "and what it is"
        );
        let head = serve(&path, None, true).unwrap();
        assert_eq!(head.status(), StatusCode::OK, "a look at the whole");
        assert_eq!(
            head.headers()[header::CONTENT_LENGTH],
            total.to_string().as_str(),
            "tells its length"
        );
        assert!(head.body().is_empty(), "and reads nothing");
        let beyond = serve(&path, Some("bytes=99999999-"), false).unwrap();
        assert_eq!(
            beyond.status(),
            StatusCode::RANGE_NOT_SATISFIABLE,
            "past the end there is nothing"
        );
    }

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
}
