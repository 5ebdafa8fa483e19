use std::sync::{Arc, OnceLock};

use recordroute_engine::{Engine, Error, Session};
use tauri::async_runtime::spawn_blocking;
use tauri::{AppHandle, Runtime};

use crate::events::{self, AppEvent};
use recordroute_wire::{CommandError, Crossing};

type Tell = dyn Fn(AppEvent) + Send + Sync;

/// What commands work with: the session, reached off the asynchronous runtime, and the page.
#[derive(Clone)]
pub struct Shell {
    session: Arc<Session>,
    page: Arc<OnceLock<Box<Tell>>>,
}

impl Shell {
    pub fn new(session: Session) -> Self {
        Self {
            session: Arc::new(session),
            page: Arc::default(),
        }
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Tells the page of this program from now on.
    pub fn attach<R: Runtime>(&self, app: &AppHandle<R>) {
        self.session.listen(Box::new(events::Page(app.clone())));
        let app = app.clone();
        // A second page would be a second window, which there is not.
        let _ = self.page.set(Box::new(move |event| events::tell(&app, event)));
    }

    /// Tells the page.
    pub fn tell(&self, event: AppEvent) {
        if let Some(tell) = self.page.get() {
            tell(event);
        }
    }

    /// Runs what blocks, and gives the answer as the page knows it.
    pub async fn run<T: Send + 'static, A: Crossing<T>>(
        &self,
        work: impl FnOnce(&Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<A, CommandError> {
        let session = Arc::clone(&self.session);
        let result = spawn_blocking(move || work(&session)).await;
        let mistake =
            |_| CommandError::other("The program made a mistake and could not finish this; try it again.");
        Ok(A::cross(result.map_err(mistake)??))
    }

    /// The same with a use case of the engine.
    pub async fn ask<T: Send + 'static, A: Crossing<T>>(
        &self,
        use_case: impl FnOnce(&Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<A, CommandError> {
        self.run(move |session| session.run(use_case)).await
    }

    /// The same with one that changes a recording, of which the page is told.
    pub async fn change(
        &self,
        recording_id: i64,
        use_case: impl FnOnce(&Engine) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), CommandError> {
        self.ask::<(), ()>(use_case).await?;
        let recording_id = Some(recording_id);
        self.tell(AppEvent::LibraryChanged { recording_id });
        Ok(())
    }
}
