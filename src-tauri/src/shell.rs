use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use recordroute_engine::core::{ErrorCode as EngineCode, Event};
use recordroute_engine::models::ModelFolder;
use recordroute_engine::worker::WorkerCommand;
use recordroute_engine::{
    Engine, LibraryState, QueueMode, Settings, SettingsError, SettingsSources, begin_new_library,
    library_folder_in,
};
use tauri::async_runtime::spawn_blocking;
use tokio::sync::broadcast::Receiver;

use crate::error::{CommandError, ErrorCode};
use crate::events::AppEvent;
use crate::wire::Crossing;

/// Whom the shell tells what happens.
pub trait Page: Send + Sync {
    /// Tells the page; one that is gone needs no news.
    fn tell(&self, event: AppEvent);
    /// Tells the page what the engine tells us, until the engine is gone.
    fn follow(&self, engine: Receiver<Event>);
}

/// The settings and the engine, which is opened by the first command that needs it: the window
/// stands before the library is open, and where that fails it is there to say why.
#[derive(Clone)]
pub struct Shell {
    inner: Arc<Inner>,
}

struct Inner {
    sources: Result<SettingsSources, CommandError>,
    settings: Mutex<Result<Settings, CommandError>>,
    state: Mutex<State>,
    page: OnceLock<Box<dyn Page>>,
}

enum State {
    Closed,
    Open(Engine),
    /// The library cannot be opened until somebody does something about it.
    Refused(LibraryState, CommandError),
    /// The program is ending.
    Ended,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs what may block off the asynchronous runtime.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(CommandError::other(
            "The program made a mistake and could not finish this; try it again.",
        ))
    })
}

impl Shell {
    pub fn new(sources: Result<SettingsSources, SettingsError>) -> Self {
        let sources = sources.map_err(CommandError::from);
        let settings = sources
            .clone()
            .and_then(|sources| sources.load().map_err(CommandError::from));
        Self {
            inner: Arc::new(Inner {
                sources,
                settings: Mutex::new(settings),
                state: Mutex::new(State::Closed),
                page: OnceLock::new(),
            }),
        }
    }

    /// Names the page that is told from now on, once.
    pub fn attach(&self, page: impl Page + 'static) {
        // A second page would be a second window, which there is not.
        let _ = self.inner.page.set(Box::new(page));
    }

    /// Tells the page.
    pub fn tell(&self, event: AppEvent) {
        if let Some(page) = self.inner.page.get() {
            page.tell(event);
        }
    }

    /// The settings in force.
    pub fn settings(&self) -> Result<Settings, CommandError> {
        lock(&self.inner.settings).clone()
    }

    /// Saves what `change` makes of the settings and puts it in force.
    pub fn change_settings(
        &self,
        change: impl FnOnce(Settings) -> Result<Settings, CommandError>,
    ) -> Result<Settings, CommandError> {
        let sources = self.inner.sources.as_ref().map_err(Clone::clone)?;
        // Held meanwhile, so that two changes do not overwrite each other.
        let mut place = lock(&self.inner.settings);
        let now = place
            .clone()
            .or_else(|_| sources.load().map_err(CommandError::from))?;
        let saved = sources.save(&change(now)?)?;
        *place = Ok(saved.clone());
        drop(place);
        if let Some(engine) = self.opened() {
            engine.set_settings(saved.clone());
        }
        Ok(saved)
    }

    /// The models folder, which needs no library.
    pub fn models(&self) -> Result<ModelFolder, CommandError> {
        Ok(ModelFolder::new(self.settings()?.models))
    }

    /// Runs a use case of the engine off the asynchronous runtime.
    pub async fn call<T: Send + 'static>(
        &self,
        use_case: impl FnOnce(&Engine) -> Result<T, recordroute_engine::Error> + Send + 'static,
    ) -> Result<T, CommandError> {
        let shell = self.clone();
        blocking(move || {
            let engine = shell.engine()?;
            let result = use_case(&engine).map_err(CommandError::from);
            if matches!(&result, Err(error) if error.code == ErrorCode::DamagedLibrary) {
                shell.examine(&engine);
            }
            result
        })
        .await
    }

    /// The same, with the answer as the page knows it.
    pub async fn ask<T: Send + 'static, A: Crossing<T>>(
        &self,
        use_case: impl FnOnce(&Engine) -> Result<T, recordroute_engine::Error> + Send + 'static,
    ) -> Result<A, CommandError> {
        self.call(use_case).await.map(A::cross)
    }

    /// The engine, opened where it is not yet.
    pub fn engine(&self) -> Result<Engine, CommandError> {
        // Held while the library opens, so that two commands do not open it twice; only blocking
        // threads wait here.
        let mut state = lock(&self.inner.state);
        match &*state {
            State::Open(engine) => return Ok(engine.clone()),
            State::Refused(_, error) => return Err(error.clone()),
            State::Ended => return Err(CommandError::other("The program is ending.")),
            State::Closed => {}
        }
        let settings = self.settings();
        let dir = settings
            .as_ref()
            .map_or_else(|_| PathBuf::new(), |settings| settings.library.clone());
        let opened = match settings {
            Ok(settings) => open(settings, &dir),
            Err(error) => Err((unavailable(&dir, &error), error)),
        };
        match opened {
            Ok(engine) => {
                if let Some(page) = self.inner.page.get() {
                    page.follow(engine.subscribe());
                }
                *state = State::Open(engine.clone());
                Ok(engine)
            }
            Err((refused, error)) => {
                *state = State::Refused(refused, error.clone());
                Err(error)
            }
        }
    }

    /// The engine where it is open and nobody is opening it right now; never waits.
    pub fn opened(&self) -> Option<Engine> {
        match &*self.inner.state.try_lock().ok()? {
            State::Open(engine) => Some(engine.clone()),
            _ => None,
        }
    }

    /// How the library is.
    pub fn library_state(&self) -> LibraryState {
        match self.engine() {
            Ok(engine) => engine.library_state(),
            Err(error) => match &*lock(&self.inner.state) {
                State::Refused(state, _) => state.clone(),
                _ => unavailable(&PathBuf::new(), &error),
            },
        }
    }

    /// Closes the library and looks at it again, with the settings read anew.
    pub fn reopen(&self) -> LibraryState {
        self.close_as(State::Closed);
        if let Ok(sources) = &self.inner.sources {
            *lock(&self.inner.settings) = sources.load().map_err(CommandError::from);
        }
        let state = self.library_state();
        self.tell(AppEvent::LibraryState {
            state: Crossing::cross(state.clone()),
        });
        self.tell(AppEvent::LibraryChanged { recording_id: None });
        state
    }

    /// Opens the library that belongs into the folder that the user chose, from now on.
    pub fn move_to(&self, chosen: &Path) -> Result<LibraryState, CommandError> {
        let library = library_folder_in(chosen);
        self.change_settings(|settings| Ok(Settings { library, ..settings }))?;
        Ok(self.reopen())
    }

    /// Moves a damaged library aside and begins an empty one.
    pub fn begin_new(&self) -> Result<LibraryState, CommandError> {
        match self.library_state() {
            LibraryState::Damaged { path, .. } => {
                begin_new_library(&path)?;
                Ok(self.reopen())
            }
            // Whole libraries are never moved, whatever the page asks for.
            other => Ok(other),
        }
    }

    /// A use case met damage: looks closely, and closes the library where it is true.
    fn examine(&self, engine: &Engine) {
        let Some(state) = engine.examine_library() else {
            return;
        };
        let error = CommandError::new(EngineCode::DamagedLibrary, "The library's database is damaged.");
        self.close_as(State::Refused(state.clone(), error));
        self.tell(AppEvent::LibraryState {
            state: Crossing::cross(state),
        });
    }

    /// Lets go of the engine for good, which gives a running job back to the queue.
    pub fn close(&self) {
        self.close_as(State::Ended);
    }

    fn close_as(&self, next: State) {
        let before = std::mem::replace(&mut *lock(&self.inner.state), next);
        // Dropped outside the lock: it waits for the job's worker.
        drop(before);
    }
}

fn open(settings: Settings, dir: &Path) -> Result<Engine, (LibraryState, CommandError)> {
    let worker = WorkerCommand::this_program().map_err(|error| {
        let message = format!("The program cannot find its own file ({error}); start it again.");
        let error = CommandError::other(&message);
        (unavailable(dir, &error), error)
    })?;
    Engine::open(settings, worker, QueueMode::All)
        .map_err(|error| (LibraryState::after(&error, dir), CommandError::from(error)))
}

fn unavailable(dir: &Path, error: &CommandError) -> LibraryState {
    LibraryState::Unavailable {
        path: dir.to_owned(),
        message: error.message.clone(),
    }
}
