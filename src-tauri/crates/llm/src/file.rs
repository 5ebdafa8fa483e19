//! Reading the small files of a model's folder.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use recordroute_core::InferenceError;
use serde::de::DeserializeOwned;

use crate::error::{invalid_model, unreadable};

/// A whole file, if it is not larger than any sound one.
pub(crate) fn read_limited(path: &Path, max_bytes: u64) -> Result<Vec<u8>, InferenceError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let n_bytes = file.metadata().map_err(|error| unreadable(path, &error))?.len();
    if n_bytes > max_bytes {
        return Err(invalid_model(path, "the file is larger than any known model's"));
    }
    let mut bytes = Vec::with_capacity(n_bytes as usize);
    file.take(max_bytes)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, InferenceError> {
    serde_json::from_slice(bytes).map_err(|error| {
        tracing::warn!(path = %path.display(), %error, "a configuration cannot be read");
        invalid_model(path, "its configuration is damaged or of an unknown form")
    })
}
