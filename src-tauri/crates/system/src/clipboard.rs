use std::sync::{Mutex, PoisonError};

/// The clipboard, kept open: on X11 what was copied is served by the program that copied it.
#[derive(Default)]
pub struct Clipboard {
    handle: Mutex<Option<arboard::Clipboard>>,
}

/// Nothing was copied: say the sentence.
#[derive(Debug, thiserror::Error)]
#[error("The clipboard cannot be used ({0}).")]
pub struct ClipboardError(#[from] arboard::Error);

impl Clipboard {
    /// Puts a text into it.
    pub fn copy(&self, text: String) -> Result<(), ClipboardError> {
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        let clipboard = match handle.take() {
            Some(clipboard) => clipboard,
            None => arboard::Clipboard::new()?,
        };
        Ok(handle.insert(clipboard).set_text(text)?)
    }

    /// Hands what was copied over to the system, where it takes it, before the program ends.
    pub fn close(&self) {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
