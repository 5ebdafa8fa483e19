//! Long work beside the queue that a door began and may end early: adding files, work on models.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use recordroute_core::CancellationToken;

use crate::Error;

/// No model is named like these.
const ADDING: &str = "adding files";
const ASKING: &str = "answering a question";

type Tokens = Arc<Mutex<HashMap<String, CancellationToken>>>;

/// What is under way, by name.
#[derive(Debug, Default)]
pub struct Tasks {
    tokens: Tokens,
}

/// Work that is under way; dropping it says that it ended.
#[derive(Debug)]
pub struct Task {
    name: String,
    token: CancellationToken,
    tokens: Tokens,
}

impl Tasks {
    /// Begins to add files; one at a time.
    pub fn begin_adding(&self) -> Result<Task, Error> {
        self.begin(
            ADDING,
            "Files are being added already. Wait until that is done, or stop it.",
        )
    }

    /// Begins to answer a question; one at a time.
    pub fn begin_asking(&self) -> Result<Task, Error> {
        self.begin(
            ASKING,
            "A question is being answered already. Wait until that is done, or stop it.",
        )
    }

    /// Ends the answering early.
    pub fn stop_asking(&self) {
        self.cancel_model_work(ASKING);
    }

    /// Begins a download, import or check of a model; one for each model.
    pub fn begin_model_work(&self, id: &str) -> Result<Task, Error> {
        self.begin(
            id,
            "Something is being done with this model already. Wait until that is done, or cancel it.",
        )
    }

    fn begin(&self, name: &str, taken: &str) -> Result<Task, Error> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.contains_key(name) {
            return Err(Error::Invalid(taken.to_owned()));
        }
        let token = CancellationToken::new();
        tokens.insert(name.to_owned(), token.clone());
        Ok(Task {
            name: name.to_owned(),
            token,
            tokens: Arc::clone(&self.tokens),
        })
    }

    /// Ends the adding early.
    pub fn stop_adding(&self) {
        self.cancel_model_work(ADDING);
    }

    /// Ends the work on that model early; nothing where there is none any more.
    pub fn cancel_model_work(&self, name: &str) {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = tokens.get(name) {
            token.cancel();
        }
    }
}

impl Task {
    /// Is cancelled when somebody ends the work early.
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
