//! The `media` protocol: `media://localhost/7` (`http://media.localhost/7` on Windows) is the media of
//! recording 7, and nothing else can be reached.

use recordroute_engine::core::{ErrorCode, RecordingId};
use recordroute_engine::{MediaRange, MediaSlice, Session};
use tauri::http::{Method, Request, Response, StatusCode, header};

/// Answers a request; blocks for as long as the file takes.
pub fn answer(session: &Session, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let head_only = request.method() == Method::HEAD;
    if !head_only && request.method() != Method::GET {
        return bare(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Some(id) = request.uri().path().strip_prefix('/').and_then(recording_id) else {
        return bare(StatusCode::NOT_FOUND);
    };
    let Ok(engine) = session.engine() else {
        return bare(StatusCode::SERVICE_UNAVAILABLE);
    };
    let range = request
        .headers()
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok());
    match engine.media_slice(id, range, head_only) {
        Ok(slice) => with(slice),
        Err(error) if error.code() == ErrorCode::NotFound => bare(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::warn!(%error, "media could not be read");
            bare(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// Digits only: no sign, no other way to write the same number.
fn recording_id(text: &str) -> Option<RecordingId> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn with(slice: MediaSlice) -> Response<Vec<u8>> {
    let total = slice.total;
    let builder = Response::builder()
        .header(header::CONTENT_TYPE, slice.content_type)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let builder = match slice.range {
        MediaRange::Whole => builder.header(header::CONTENT_LENGTH, total),
        MediaRange::Part { first, end } => builder
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_LENGTH, end - first)
            .header(
                header::CONTENT_RANGE,
                format!("bytes {first}-{}/{total}", end - 1),
            ),
        MediaRange::Unsatisfiable => builder
            .status(StatusCode::RANGE_NOT_SATISFIABLE)
            .header(header::CONTENT_RANGE, format!("bytes */{total}")),
    };
    builder
        .body(slice.bytes)
        .unwrap_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR))
}

fn bare(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
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
}
