use std::sync::{Arc, Mutex, PoisonError};

use recordroute_engine::core::ErrorCode;
use recordroute_engine::worker::WorkerCommand;
use recordroute_engine::{Engine, QueueMode, Settings, SettingsError};
use tauri::async_runtime::spawn_blocking;
use tauri::{AppHandle, Runtime};

use crate::error::CommandError;
use crate::events;

/// The engine, opened by the first command that needs it: the window stands before the library is
/// open, and where that fails it is there to say why. A later command tries again.
#[derive(Clone)]
pub struct Shell {
    state: Arc<Mutex<State>>,
}

enum State {
    Waiting(Settings),
    Open(Engine),
    /// The settings are wrong, or the program is ending.
    Unusable(CommandError),
}

impl Shell {
    pub fn new(settings: Result<Settings, SettingsError>) -> Self {
        let state = match settings {
            Ok(settings) => State::Waiting(settings),
            Err(error) => State::Unusable(CommandError {
                code: ErrorCode::InvalidInput.into(),
                message: error.to_string(),
            }),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Runs a use case of the engine off the asynchronous runtime.
    pub async fn call<R: Runtime, T: Send + 'static>(
        &self,
        app: &AppHandle<R>,
        use_case: impl FnOnce(&Engine) -> Result<T, recordroute_engine::Error> + Send + 'static,
    ) -> Result<T, CommandError> {
        let (shell, app) = (self.clone(), app.clone());
        spawn_blocking(move || Ok(use_case(&shell.engine(&app)?)?))
            .await
            .map_err(|_| CommandError {
                code: ErrorCode::Other.into(),
                message: "The program made a mistake and could not finish this; try it again.".to_owned(),
            })?
    }

    fn engine<R: Runtime>(&self, app: &AppHandle<R>) -> Result<Engine, CommandError> {
        // Held while the library opens, so that two commands do not open it twice; only blocking
        // threads wait here.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = match &*state {
            State::Open(engine) => return Ok(engine.clone()),
            State::Unusable(error) => return Err(error.clone()),
            State::Waiting(settings) => settings.clone(),
        };
        let worker = WorkerCommand::this_program().map_err(|error| CommandError {
            code: ErrorCode::Other.into(),
            message: format!("The program cannot find its own file ({error}); start it again."),
        })?;
        let engine = Engine::open(settings, worker, QueueMode::All)?;
        events::forward(engine.subscribe(), app.clone());
        *state = State::Open(engine.clone());
        Ok(engine)
    }

    /// Lets go of the engine, which gives a running job back to the queue.
    pub fn close(&self) {
        let message = "The program is ending.".to_owned();
        let ended = State::Unusable(CommandError {
            code: ErrorCode::Other.into(),
            message,
        });
        let engine = std::mem::replace(
            &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner),
            ended,
        );
        drop(engine);
    }
}
