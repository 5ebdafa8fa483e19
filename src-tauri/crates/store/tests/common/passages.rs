//! Recordings with passages and vectors.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use recordroute_core::RecordingId;
use recordroute_store::{EmbeddingModel, Library, PassagePlace, text_hash};

use super::{library, transcribed};

pub fn model(name: &str) -> EmbeddingModel {
    EmbeddingModel {
        name: name.to_owned(),
        n_dimensions: 4,
    }
}

/// A passage for each segment of the recording.
pub fn wanted(library: &Library, id: RecordingId) -> Vec<PassagePlace> {
    let segments = library.segments(id).unwrap();
    (0..)
        .zip(&segments)
        .map(|(idx, segment)| PassagePlace {
            first_segment_idx: idx,
            last_segment_idx: idx,
            start_ms: segment.start_ms,
            end_ms: segment.end_ms,
            text_hash: text_hash(&segment.text),
        })
        .collect()
}

pub fn vector(seed: usize) -> Vec<f32> {
    let mut vector = vec![0.1, 0.2, 0.3, 0.4];
    vector[seed % 4] += 1.0 + seed as f32 / 10.0;
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.into_iter().map(|value| value / length).collect()
}

/// Gives every passage that lacks one a vector; how many there were.
pub fn index(library: &Library, id: RecordingId, model: &EmbeddingModel) -> usize {
    let (_, version) = library.versioned_transcript(id).unwrap().unwrap();
    let wanted = wanted(library, id);
    let lacking = library.passages_to_embed(id, &wanted, model).unwrap();
    let new: Vec<_> = lacking.iter().map(|idx| (*idx, vector(*idx))).collect();
    assert!(
        library.store_passages(id, version, model, &wanted, &new).unwrap(),
        "with all vectors it is indexed"
    );
    lacking.len()
}

pub fn status(library: &Library, model: &EmbeddingModel) -> (u64, u64, u64, u64) {
    let status = library.index_status(model).unwrap();
    (
        status.n_indexed,
        status.n_outdated,
        status.n_failed,
        status.n_waiting,
    )
}

/// Numbers and directions of what answers for a recording.
pub fn answers(library: &Library, id: RecordingId) -> Vec<Vec<f32>> {
    let Some(index) = library.answering_index().unwrap() else {
        return Vec::new();
    };
    let found = RefCell::new(Vec::new());
    library
        .read_vectors(&index, id, &|vector| {
            let components = vector.components.iter();
            found.borrow_mut().push(
                components
                    .map(|byte| f32::from(byte.cast_signed()) * vector.scale)
                    .collect(),
            );
        })
        .unwrap();
    found.into_inner()
}

pub fn index_file(dir: &Path) -> PathBuf {
    dir.join("index.db")
}

/// A library with some recordings indexed, closed.
pub fn indexed() -> (tempfile::TempDir, Vec<RecordingId>) {
    let (dir, library) = library();
    let ids: Vec<_> = (0..30)
        .map(|number| {
            let texts: Vec<String> = (0..20).map(|idx| format!("{number} 번 회의 {idx}")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            transcribed(&library, &format!("{number}"), &texts).0
        })
        .collect();
    for id in &ids {
        index(&library, *id, &model("small"));
    }
    (dir, ids)
}
