use recordroute_core::RecordingId;
use recordroute_store::{Filters, Library, StoreError};
use serde::{Deserialize, Serialize};

use crate::SearchError;
use crate::vectors::Vectors;

/// A recording that is about the same as another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimilarRecording {
    /// The recording.
    pub recording_id: RecordingId,
    /// Its title.
    pub title: String,
    /// When it was added, RFC 3339 in UTC.
    pub created_at: String,
    /// From -1.0 to 1.0; what has nothing in common has about 0.
    pub similarity: f32,
}

/// Recordings that are about the same as one, the most alike first, at most `limit`; without itself
/// and the trash. Those that have nothing in common with it are left out, and so all are where it or
/// the others are not indexed.
pub fn similar(
    library: &Library,
    vectors: &Vectors,
    id: RecordingId,
    limit: usize,
) -> Result<Vec<SimilarRecording>, SearchError> {
    let scope = library.scope(&Filters::default())?;
    let mut found = Vec::new();
    for (recording_id, similarity) in vectors.similar(library, id, &scope)? {
        if found.len() >= limit || similarity <= 0.0 {
            break;
        }
        let recording = match library.recording(recording_id) {
            Ok(recording) => recording,
            // It was deleted, and the index does not know yet.
            Err(StoreError::NotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        found.push(SimilarRecording {
            recording_id,
            title: recording.title,
            created_at: recording.created_at,
            similarity,
        });
    }
    Ok(found)
}
