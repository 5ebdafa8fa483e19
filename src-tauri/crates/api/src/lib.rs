//! The HTTP door of RecordRoute: JSON over [`Engine`], for programs on the same computer.
//!
//! | route | answer |
//! |---|---|
//! | `GET /api/recordings?limit=&offset=&trashed=&tag=` | recordings, newest first |
//! | `GET /api/recordings/{id}` | one recording |
//! | `GET /api/recordings/{id}/transcript?format=` | its transcript: json (default), txt, srt, vtt, csv, md |
//! | `GET /api/recordings/{id}/minutes` | its minutes, newest first |
//! | `GET /api/recordings/{id}/similar?limit=` | recordings that are about the same |
//! | `GET /api/search?q=&mode=&limit=&from=&to=&language=&tag=&speaker=&title=` | hits, best first; mode: hybrid (default), words, meaning |
//! | `POST /api/ask` with `{question, thread?, filters?, model?, passages_only?}` | an answer with its passages; ends when the caller hangs up |
//! | `GET /api/index` | how far the index of search by meaning is |
//! | `GET /api/jobs` | jobs: running, waiting, ended |
//! | `POST /api/jobs/{id}/cancel`, `POST /api/jobs/{id}/retry` | the job |
//! | `GET /api/events` | everything that happens, as server-sent events |
//!
//! Errors are `{"error": {"code", "message"}}`. The door answers only to loopback names, so that a
//! web page cannot reach the library through a name of its own that leads to this computer.
#![warn(missing_docs)]

mod error;
mod events;
mod guard;
mod routes;

use std::future::Future;
use std::io;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use recordroute_engine::Engine;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What every route works with.
#[derive(Clone)]
struct Door {
    engine: Engine,
    /// Ends the event streams, which would otherwise keep the server from ending.
    closing: CancellationToken,
}

/// The routes over an engine, as a service that a test can call without a socket. `closing` ends
/// the event streams.
pub fn router(engine: Engine, closing: CancellationToken) -> Router {
    Router::new()
        .route("/api/recordings", get(routes::recordings))
        .route("/api/recordings/{id}", get(routes::recording))
        .route("/api/recordings/{id}/transcript", get(routes::transcript))
        .route("/api/recordings/{id}/minutes", get(routes::minutes))
        .route("/api/recordings/{id}/similar", get(routes::similar))
        .route("/api/search", get(routes::search))
        .route("/api/ask", post(routes::answer))
        .route("/api/index", get(routes::index))
        .route("/api/jobs", get(routes::jobs))
        .route("/api/jobs/{id}/cancel", post(routes::cancel_job))
        .route("/api/jobs/{id}/retry", post(routes::retry_job))
        .route("/api/events", get(events::stream))
        .layer(middleware::from_fn(guard::loopback_names_only))
        .with_state(Door { engine, closing })
}

/// Serves until `shutdown` is ready; requests under way are finished. The listener decides the
/// address: bind it to loopback.
pub async fn serve(
    listener: TcpListener,
    engine: Engine,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let closing = CancellationToken::new();
    let app = router(engine, closing.clone());
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            shutdown.await;
            closing.cancel();
        })
        .await
}
