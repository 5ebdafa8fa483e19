use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use recordroute_engine::core::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::Door;

/// How often a silent stream says that it is alive; proxies cut silent ones after half a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Everything that happens from now on. A reader that falls behind gets an event named `lagged`
/// and looks the state up again.
pub(crate) async fn stream(State(door): State<Door>) -> Sse<impl Stream<Item = Result<Frame, Infallible>>> {
    let events = stream::unfold(
        (door.engine.subscribe(), door.closing),
        |(mut events, closing)| async move {
            let frame = next_frame(&mut events, &closing).await?;
            Some((Ok(frame), (events, closing)))
        },
    );
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

async fn next_frame(events: &mut Receiver<Event>, closing: &CancellationToken) -> Option<Frame> {
    let received = tokio::select! {
        () = closing.cancelled() => return None,
        received = events.recv() => received,
    };
    match received {
        Ok(event) => Frame::default().json_data(&event).ok(),
        Err(RecvError::Lagged(_)) => Some(Frame::default().event("lagged")),
        Err(RecvError::Closed) => None,
    }
}
