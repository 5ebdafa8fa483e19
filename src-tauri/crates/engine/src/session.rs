//! What a program with a window holds: settings that change, and an engine that may not be open.
//!
//! The engine is opened by the first use case that needs it, so that a window stands before its
//! library is open, and is there to say why where that fails.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use recordroute_core::{ErrorCode, Event, Language, RecordingId};
use recordroute_models::ModelFolder;
use tokio::sync::broadcast::Receiver;

use crate::advice::machine_memory;
use crate::closing::Closing;
use crate::diagnostics::{diagnostics, n_cores, system_name};
use crate::library_state::{begin_new_library, library_folder_in};
use crate::live::Live;
use crate::logs::{LogLine, log_tail};
use crate::media::MediaName;
#[cfg(target_os = "linux")]
use crate::media_server::MediaServer;
use crate::worker::WorkerCommand;
use crate::{Engine, Error, LibraryState, QueueMode, Settings, SettingsError, SettingsSources};

/// Lines of the log in a report.
const REPORT_LINES: usize = 200;

/// Who wants to know what becomes of the session.
pub trait SessionListener: Send + Sync {
    /// A library was opened; this is everything that happens in it.
    fn opened(&self, events: Receiver<Event>);
    /// The library is another one, or in another state; everything about it may have changed.
    fn library_state(&self, state: LibraryState);
}

/// What the program is and where it keeps things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Of the program.
    pub version: String,
    /// Such as `Windows 11, x86_64`.
    pub system: String,
    /// Cores that the program may use.
    pub n_cores: usize,
    /// Memory of the machine.
    pub memory_bytes: u64,
    /// Folder of the library.
    pub library_dir: PathBuf,
    /// Folder of the models.
    pub models_dir: PathBuf,
    /// Folder of the log files.
    pub logs_dir: PathBuf,
    /// Codes of the languages that can be spoken.
    pub languages: Vec<String>,
}

/// A folder of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The library.
    Library,
    /// Where the copy of a damaged library is: beside it.
    Backup,
    /// The models.
    Models,
    /// The log files.
    Logs,
    /// The user's own templates of minutes.
    Templates,
}

/// Settings and the engine. Methods block.
pub struct Session {
    sources: Result<SettingsSources, Refusal>,
    settings: Mutex<Result<Settings, Refusal>>,
    state: Arc<Mutex<State>>,
    live: Arc<Live>,
    pub(crate) closing: Closing,
    #[cfg(target_os = "linux")]
    media_server: Mutex<Option<MediaServer>>,
    listener: OnceLock<Box<dyn SessionListener>>,
    log_prefix: &'static str,
}

/// An error that is told more than once.
#[derive(Clone)]
struct Refusal {
    code: ErrorCode,
    message: String,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl From<SettingsError> for Refusal {
    fn from(error: SettingsError) -> Self {
        Error::from(error).into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused {
            code: refusal.code,
            message: refusal.message,
        }
    }
}

enum State {
    Closed,
    Open(Engine),
    /// The library cannot be opened until somebody does something about it.
    Refused(LibraryState, Refusal),
    /// The program is ending.
    Ended,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Reads the settings; the library is opened later. The program's log files begin with
    /// `log_prefix`.
    pub fn new(sources: Result<SettingsSources, SettingsError>, log_prefix: &'static str) -> Self {
        let sources = sources.map_err(Refusal::from);
        let settings = sources
            .clone()
            .and_then(|sources| sources.load().map_err(Refusal::from));
        Self {
            sources,
            settings: Mutex::new(settings),
            state: Arc::new(Mutex::new(State::Closed)),
            live: Arc::default(),
            closing: Closing::default(),
            #[cfg(target_os = "linux")]
            media_server: Mutex::default(),
            listener: OnceLock::new(),
            log_prefix,
        }
    }

    /// Names who is told from now on; the first one stays.
    pub fn listen(&self, listener: Box<dyn SessionListener>) {
        if self.listener.set(listener).is_err() {
            tracing::debug!("a second listener of the session is not told");
        }
    }

    /// The settings in force.
    pub fn settings(&self) -> Result<Settings, Error> {
        Ok(lock(&self.settings).clone()?)
    }

    /// Saves what `change` makes of the settings, puts it in force, and tells what is in force then.
    pub fn change_settings(&self, change: impl FnOnce(Settings) -> Settings) -> Result<Settings, Error> {
        let sources = self.sources.as_ref().map_err(Refusal::clone)?;
        // Held meanwhile, so that two changes do not overwrite each other.
        let mut place = lock(&self.settings);
        let now = match &*place {
            Ok(settings) => settings.clone(),
            Err(_) => sources.load()?,
        };
        let saved = sources.save(&change(now).tidied())?;
        *place = Ok(saved.clone());
        drop(place);
        if let Some(engine) = self.opened() {
            engine.set_settings(saved.clone());
        }
        Ok(saved)
    }

    /// The models folder, which needs no library.
    pub fn models(&self) -> Result<ModelFolder, Error> {
        Ok(ModelFolder::new(self.settings()?.models))
    }

    /// Runs a use case of the engine. Where it meets a damaged library, the library is examined and,
    /// where that is true, copied and closed.
    pub fn run<T>(&self, use_case: impl FnOnce(&Engine) -> Result<T, Error>) -> Result<T, Error> {
        let engine = self.engine()?;
        let result = use_case(&engine);
        if matches!(&result, Err(error) if error.code() == ErrorCode::DamagedLibrary)
            && let Some(state) = engine.examine_library()
        {
            let refusal = Refusal {
                code: ErrorCode::DamagedLibrary,
                message: "The library's database is damaged.".to_owned(),
            };
            drop(engine);
            self.close_as(State::Refused(state.clone(), refusal));
            self.tell(&state);
        }
        result
    }

    /// The engine, opened where it is not yet.
    pub fn engine(&self) -> Result<Engine, Error> {
        // Held while the library opens, so that two use cases do not open it twice.
        let mut state = lock(&self.state);
        match &*state {
            State::Open(engine) => return Ok(engine.clone()),
            State::Refused(_, refusal) => return Err(refusal.clone().into()),
            State::Ended => return Err(Error::Invalid("The program is ending.".to_owned())),
            State::Closed => {}
        }
        let settings = lock(&self.settings).clone();
        let dir = settings
            .as_ref()
            .map_or_else(|_| PathBuf::new(), |settings| settings.library.clone());
        match settings.map_err(Error::from).and_then(open) {
            Ok(engine) => {
                if let Some(listener) = self.listener.get() {
                    listener.opened(engine.subscribe());
                }
                *state = State::Open(engine.clone());
                Ok(engine)
            }
            Err(error) => {
                *state = State::Refused(LibraryState::after(&error, &dir), Refusal::from(error));
                drop(state);
                self.engine()
            }
        }
    }

    /// The recording that is being made.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// The engine where it is open and nobody is opening it right now; never waits.
    pub fn opened(&self) -> Option<Engine> {
        match &*self.state.try_lock().ok()? {
            State::Open(engine) => Some(engine.clone()),
            _ => None,
        }
    }

    /// How the library is.
    pub fn library_state(&self) -> LibraryState {
        let error = match self.engine() {
            Ok(engine) => return engine.library_state(),
            Err(error) => error,
        };
        match &*lock(&self.state) {
            State::Refused(state, _) => state.clone(),
            _ => LibraryState::after(&error, Path::new("")),
        }
    }

    /// Closes the library and looks at it again, with the settings read anew.
    pub fn reopen(&self) -> LibraryState {
        self.close_as(State::Closed);
        if let Ok(sources) = &self.sources {
            *lock(&self.settings) = sources.load().map_err(Refusal::from);
        }
        let state = self.library_state();
        self.tell(&state);
        state
    }

    /// Opens the library that belongs into the folder that the user chose, from now on.
    pub fn move_to(&self, chosen: &Path) -> Result<LibraryState, Error> {
        self.live.refuse_while_busy()?;
        let library = library_folder_in(chosen);
        self.change_settings(|settings| Settings { library, ..settings })?;
        Ok(self.reopen())
    }

    /// Moves a damaged library aside and begins an empty one. Whole libraries are never moved.
    pub fn begin_new(&self) -> Result<LibraryState, Error> {
        self.live.refuse_while_busy()?;
        match self.library_state() {
            LibraryState::Damaged { path, .. } => {
                begin_new_library(&path)?;
                Ok(self.reopen())
            }
            other => Ok(other),
        }
    }

    /// What the program is and where it keeps things.
    pub fn about(&self, version: &str) -> Result<About, Error> {
        let settings = self.settings()?;
        Ok(About {
            version: version.to_owned(),
            system: system_name(),
            n_cores: n_cores(),
            memory_bytes: machine_memory().total_bytes,
            library_dir: settings.library,
            models_dir: settings.models,
            logs_dir: settings.logs,
            languages: Language::codes().iter().map(|code| (*code).to_owned()).collect(),
        })
    }

    /// A folder of the program, made where nothing came into it yet.
    pub fn place(&self, place: Place) -> Result<PathBuf, Error> {
        let settings = self.settings()?;
        let path = match place {
            Place::Library | Place::Backup => settings.library,
            Place::Models => settings.models,
            Place::Logs => settings.logs,
            Place::Templates => return self.engine()?.templates_folder(),
        };
        match std::fs::create_dir_all(&path) {
            Ok(()) => Ok(path),
            Err(source) => Err(Error::Unwritable { path, source }),
        }
    }

    /// The last lines of the program's log, oldest first.
    pub fn logs(&self, limit: usize) -> Result<Vec<LogLine>, Error> {
        Ok(log_tail(&self.settings()?.logs, self.log_prefix, limit))
    }

    /// What a bug report needs, without any text of a transcript.
    pub fn diagnostics(&self, version: &str) -> Result<String, Error> {
        let (settings, log) = (self.settings()?, self.logs(REPORT_LINES)?);
        let library = self.library_state();
        Ok(diagnostics(
            version,
            &settings,
            &library,
            self.opened().as_ref(),
            &log,
        ))
    }

    /// Where a page finds the media of a recording: at the protocol of the window, or where a web view
    /// plays nothing from there, at a server for this page alone.
    pub fn media_address(&self, id: RecordingId) -> Result<String, Error> {
        self.address_of(MediaName { id, is_copy: false })
    }

    /// The same of a copy that every player can decode, which is made where there is none yet.
    pub fn playable_address(&self, id: RecordingId) -> Result<String, Error> {
        self.engine()?.make_playable(id)?;
        self.address_of(MediaName { id, is_copy: true })
    }

    fn address_of(&self, name: MediaName) -> Result<String, Error> {
        #[cfg(target_os = "linux")]
        return self.served_address(name);
        #[cfg(not(target_os = "linux"))]
        Ok(match cfg!(windows) {
            true => format!("http://media.localhost/{name}"),
            false => format!("media://localhost/{name}"),
        })
    }

    #[cfg(target_os = "linux")]
    fn served_address(&self, name: MediaName) -> Result<String, Error> {
        let mut server = lock(&self.media_server);
        if server.is_none() {
            let state = Arc::clone(&self.state);
            let engine = move || match &*lock(&state) {
                State::Open(engine) => Some(engine.clone()),
                _ => None,
            };
            let started = MediaServer::start(engine);
            *server = Some(
                started.map_err(|error| Error::Invalid(format!("Nothing can be played now ({error}).")))?,
            );
        }
        Ok(server
            .as_ref()
            .map(|server| server.address(name))
            .unwrap_or_default())
    }

    /// Puts what is being recorded into the library and lets go of the engine for good, which gives a
    /// running job back to the queue.
    pub fn close(&self) {
        if let Err(error) = self.live.close() {
            tracing::error!(%error, "a recording is offered as unfinished at the next start");
        }
        self.close_as(State::Ended);
    }

    fn close_as(&self, next: State) {
        let before = std::mem::replace(&mut *lock(&self.state), next);
        // Dropped outside the lock: it waits for the job's worker.
        drop(before);
    }

    fn tell(&self, state: &LibraryState) {
        if let Some(listener) = self.listener.get() {
            listener.library_state(state.clone());
        }
    }
}

fn open(settings: Settings) -> Result<Engine, Error> {
    let worker = WorkerCommand::this_program().map_err(crate::worker::WorkerError::Start)?;
    Engine::open(settings, worker, QueueMode::All)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Theme;

    fn session(dir: &Path) -> Session {
        Session::new(Ok(SettingsSources::in_folder(dir)), "test")
    }

    #[test]
    fn a_damaged_library_is_refused_until_a_new_one_begins() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("library");
        fs::create_dir_all(&library).unwrap();
        fs::write(library.join("library.db"), "rubbish").unwrap();
        let session = session(folder.path());
        let state = session.library_state();
        assert!(
            matches!(&state, LibraryState::Damaged { backup_path: Some(copy), .. } if copy.is_file()),
            "it is said, and a copy is there: {state:?}"
        );
        let error = session.run(|engine| engine.tags()).unwrap_err();
        assert_eq!(
            error.code(),
            ErrorCode::DamagedLibrary,
            "every use case says why it cannot be"
        );
        let state = session.begin_new().unwrap();
        assert!(
            matches!(state, LibraryState::Ready { n_recordings: 0, .. }),
            "then an empty one begins: {state:?}"
        );
        let old = fs::read_dir(&library)
            .unwrap()
            .flatten()
            .filter(|entry| fs::read(entry.path()).is_ok_and(|bytes| bytes == b"rubbish"));
        assert_eq!(old.count(), 2, "the old one and its copy are both there");
        assert!(
            matches!(session.begin_new().unwrap(), LibraryState::Ready { .. }),
            "a whole library is not moved"
        );
    }

    #[test]
    fn settings_change_while_the_library_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let session = session(folder.path());
        let engine = session.engine().unwrap();
        session
            .change_settings(|settings| Settings {
                theme: Theme::Dark,
                trash_days: 7,
                ..settings
            })
            .unwrap();
        assert_eq!(engine.settings().trash_days, 7, "the engine has them at once");
        assert_eq!(
            session.reopen(),
            session.library_state(),
            "and opens again with them"
        );
        assert_eq!(
            session.settings().unwrap().theme,
            Theme::Dark,
            "they are in the file"
        );
        let other = folder.path().join("other");
        session.move_to(&other).unwrap();
        assert!(
            other.join("library.db").is_file(),
            "a library begins where the user chose"
        );
        session.close();
        assert!(session.engine().is_err(), "nothing opens while the program ends");
    }

    #[test]
    fn wrong_settings_are_said_and_can_be_mended() {
        let folder = tempfile::tempdir().unwrap();
        let sources = SettingsSources::in_folder(folder.path());
        fs::write(sources.file(), "trash_days = \"many\"").unwrap();
        let session = session(folder.path());
        assert!(
            matches!(session.library_state(), LibraryState::Unavailable { .. }),
            "a library is not looked for in a place that nobody named"
        );
        fs::write(sources.file(), "trash_days = 3").unwrap();
        assert!(
            matches!(session.reopen(), LibraryState::Ready { .. }),
            "once the file is mended another look opens it"
        );
    }
}
