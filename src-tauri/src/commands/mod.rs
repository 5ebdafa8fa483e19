//! What the page may ask for. Each command is a few lines around one method of the engine.

/// Commands that are one use case of the engine (`ask`, or `change` where it changes a recording) or of
/// the session (`run`) and nothing else.
macro_rules! commands {
    ($(
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $type:ty),*) -> $answer:ty = $way:ident $(($given:expr))? |$subject:ident| $work:expr;
    )*) => { $(
        $(#[$doc])*
        #[tauri::command]
        #[specta::specta]
        pub async fn $name(core: Core<'_>, $($argument: $type),*) -> Answer<$answer> {
            core.$way($($given,)? move |$subject| $work).await
        }
    )* };
}

pub mod adding;
pub mod finding;
pub mod jobs;
pub mod library;
pub mod models;
pub mod out;
pub mod program;
pub mod recorder;
pub mod recordings;
pub mod writing;

use tauri::State;
use tauri::ipc::{Channel, IpcResponse};

use crate::shell::Shell;
use recordroute_wire::{CommandError, Crossing};

/// What a command answers.
type Answer<T> = Result<T, CommandError>;
/// The shell, as commands are given it.
type Core<'a> = State<'a, Shell>;

/// Tells the page how far something is; a page that was reloaded listens no more, and the work goes on.
fn teller<D, C: Crossing<D> + IpcResponse + Send>(tell: Channel<C>) -> impl FnMut(D) + Send {
    move |progress| {
        let _ = tell.send(C::cross(progress));
    }
}
