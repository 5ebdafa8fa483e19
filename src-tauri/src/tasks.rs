//! Long work that the page began and may end early.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use recordroute_engine::core::{CancellationToken, ErrorCode};

use crate::error::CommandError;

/// No model is named like this.
const ADDING: &str = "adding files";

type Tokens = Arc<Mutex<HashMap<String, CancellationToken>>>;

#[derive(Default)]
pub struct Tasks {
    tokens: Tokens,
}

/// Work that is under way; dropping it says that it ended.
pub struct Task {
    name: String,
    token: CancellationToken,
    tokens: Tokens,
}

impl Tasks {
    pub fn begin_adding(&self) -> Result<Task, CommandError> {
        self.begin(
            ADDING,
            "Files are being added already. Wait until that is done, or stop it.",
        )
    }

    pub fn begin_model_work(&self, id: &str) -> Result<Task, CommandError> {
        self.begin(
            id,
            "Something is being done with this model already. Wait until that is done, or cancel it.",
        )
    }

    fn begin(&self, name: &str, taken: &str) -> Result<Task, CommandError> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.contains_key(name) {
            return Err(CommandError::new(ErrorCode::InvalidInput, taken));
        }
        let token = CancellationToken::new();
        tokens.insert(name.to_owned(), token.clone());
        Ok(Task {
            name: name.to_owned(),
            token,
            tokens: Arc::clone(&self.tokens),
        })
    }

    pub fn stop_adding(&self) {
        self.cancel(ADDING);
    }

    /// Ends the work of that name; nothing where there is none any more.
    pub fn cancel(&self, name: &str) {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = tokens.get(name) {
            token.cancel();
        }
    }
}

impl Task {
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_can_be_ended_and_begun_again() {
        let tasks = Tasks::default();
        let first = tasks.begin_adding().unwrap();
        assert!(tasks.begin_adding().is_err(), "one at a time");
        tasks.stop_adding();
        assert!(first.token().is_cancelled(), "the work learns of it");
        drop(first);
        let second = tasks.begin_adding().unwrap();
        assert!(!second.token().is_cancelled(), "the next one begins afresh");
    }
}
