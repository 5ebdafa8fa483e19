//! The `media` protocol: `media://localhost/7` (`http://media.localhost/7` on Windows) is the media of
//! recording 7, and nothing else can be reached.

use recordroute_engine::Session;
use tauri::http::{Request, Response, header};

/// Answers a request; blocks for as long as the file takes.
pub fn answer(session: &Session, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let range = request.headers().get(header::RANGE);
    let range = range.and_then(|range| range.to_str().ok());
    let answer = session.media_answer(request.method().as_str(), request.uri().path(), range);
    let builder = Response::builder().status(answer.status);
    let with = |builder: tauri::http::response::Builder, (name, value)| builder.header(name, value);
    let builder = answer.headers.into_iter().fold(builder, with);
    // Names and values are the engine's own, which are right.
    builder.body(answer.bytes).unwrap_or_default()
}
