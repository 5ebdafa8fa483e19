//! Ctrl-C and SIGTERM as a token; a second one ends the program at once.

use recordroute_engine::core::CancellationToken;

use crate::output::CANCELLED;

/// A token that is cancelled when the user wants to stop.
pub fn on_interrupt() -> CancellationToken {
    on(false)
}

/// The same for a recording, which also ends well when its terminal is closed.
pub fn on_stop() -> CancellationToken {
    on(true)
}

fn on(also_hangup: bool) -> CancellationToken {
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
            if interrupted(also_hangup).await {
                watched.cancel();
                interrupted(false).await;
                // The jobs are in the library and their leases run out: leaving is safe.
                std::process::exit(i32::from(CANCELLED));
            }
        });
    });
    token
}

async fn interrupted(also_hangup: bool) -> bool {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return tokio::signal::ctrl_c().await.is_ok();
        };
        // Only who asks for it catches this signal; it ends everybody else.
        let mut hangup = if also_hangup {
            signal(SignalKind::hangup()).ok()
        } else {
            None
        };
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            interrupt = tokio::signal::ctrl_c() => interrupt.is_ok(),
            signal = terminate.recv() => signal.is_some(),
            signal = hung_up => signal.is_some(),
        }
    }
    #[cfg(not(unix))]
    {
        let _ = also_hangup;
        tokio::signal::ctrl_c().await.is_ok()
    }
}
