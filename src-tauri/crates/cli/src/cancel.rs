//! Ctrl-C and SIGTERM as a token; a second one ends the program at once.

use recordroute_engine::core::CancellationToken;

use crate::output::CANCELLED;

/// A token that is cancelled when the user wants to stop.
pub fn on_interrupt() -> CancellationToken {
    let token = CancellationToken::new();
    let watched = token.clone();
    std::thread::spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::warn!(%error, "Ctrl-C cannot be caught");
                return;
            }
        };
        runtime.block_on(async {
            if interrupted().await {
                watched.cancel();
                interrupted().await;
                // The jobs are in the library and their leases run out: leaving is safe.
                std::process::exit(i32::from(CANCELLED));
            }
        });
    });
    token
}

async fn interrupted() -> bool {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return tokio::signal::ctrl_c().await.is_ok();
        };
        tokio::select! {
            interrupt = tokio::signal::ctrl_c() => interrupt.is_ok(),
            signal = terminate.recv() => signal.is_some(),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
