//! What the page may ask for. Each command is a few lines around one method of the engine.

pub mod adding;
pub mod jobs;
pub mod library;
pub mod models;
pub mod out;
pub mod program;
pub mod recordings;

use tauri::State;
use tauri::ipc::{Channel, IpcResponse};

use crate::error::CommandError;
use crate::shell::Shell;
use crate::wire::Crossing;

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
