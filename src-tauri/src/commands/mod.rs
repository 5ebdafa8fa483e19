//! What the page may ask for. Each command is a few lines around one method of the engine.

pub mod adding;
pub mod jobs;
pub mod library;
pub mod models;
pub mod out;
pub mod program;
pub mod recordings;

use tauri::State;

use crate::error::CommandError;
use crate::shell::Shell;

/// What a command answers.
type Answer<T> = Result<T, CommandError>;
/// The shell, as commands are given it.
type Core<'a> = State<'a, Shell>;
