use std::cell::RefCell;
use std::sync::{Mutex, PoisonError, RwLock};

use recordroute_core::RecordingId;
use recordroute_store::{AnsweringIndex, EmbeddingModel, IndexedText, Library, Scope, StoreError};

use crate::matrix::{Matrix, Nearest};

/// The vectors of one library in memory: loaded when they are first asked for, and kept as they are in
/// the library, also where another program stores them. Meant to live as long as the library is open;
/// cheap to share in an `Arc`.
#[derive(Debug, Default)]
pub struct Vectors {
    loaded: RwLock<Loaded>,
    /// Held by whoever reads the library into memory, so that only one does.
    loading: Mutex<()>,
}

#[derive(Debug, Default)]
struct Loaded {
    index: Option<AnsweringIndex>,
    matrix: Matrix,
}

impl Vectors {
    /// The model whose vectors answer, which is the one that a question has to be embedded with; none
    /// while the library has no vectors.
    pub fn model(&self, library: &Library) -> Result<Option<EmbeddingModel>, StoreError> {
        Ok(library.answering_index()?.map(|index| index.model))
    }

    /// Number of passages in memory, and the bytes that they take there.
    pub fn size(&self) -> (usize, usize) {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        (loaded.matrix.n_rows(), loaded.matrix.n_bytes())
    }

    /// Lets the memory go; the next search reads the vectors again.
    pub fn unload(&self) {
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Loaded::default();
    }

    /// For each language the passages in `scope` that are nearest to a vector; none where the library has no
    /// vectors of that length.
    pub(crate) fn nearest(
        &self,
        library: &Library,
        vector: &[f32],
        n: usize,
        scope: &Scope,
    ) -> Result<Vec<Nearest>, StoreError> {
        self.refresh(library)?;
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        Ok(loaded.matrix.nearest(vector, n, scope))
    }

    pub(crate) fn similar(
        &self,
        library: &Library,
        id: RecordingId,
        scope: &Scope,
    ) -> Result<Vec<(RecordingId, f32)>, StoreError> {
        self.refresh(library)?;
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        Ok(loaded.matrix.similar(id, scope))
    }

    /// Length of the vectors in memory.
    pub(crate) fn n_dimensions(&self, library: &Library) -> Result<Option<usize>, StoreError> {
        self.refresh(library)?;
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        Ok(loaded.index.as_ref().map(|_| loaded.matrix.n_dimensions()))
    }

    /// Brings what is in memory to what is in the library.
    fn refresh(&self, library: &Library) -> Result<(), StoreError> {
        let Some(index) = library.answering_index()? else {
            self.unload();
            return Ok(());
        };
        if self.has(&index) {
            return Ok(());
        }
        let _alone = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if self.has(&index) {
            return Ok(());
        }
        let known = {
            let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
            let is_same_model = loaded
                .index
                .as_ref()
                .is_some_and(|known| known.model == index.model && known.model_id == index.model_id);
            if !is_same_model {
                // Both together would take twice the memory.
                *loaded = Loaded::default();
            }
            let texts = loaded.matrix.blocks().iter().map(|block| block.text);
            texts.collect::<Vec<IndexedText>>()
        };
        let (texts, n_vectors) = library.indexed_texts(&index)?;
        let is_known = |text: &IndexedText| {
            let at = known.binary_search_by_key(&text.recording_id, |known| known.recording_id);
            at.is_ok_and(|at| known.get(at) == Some(text))
        };
        let changed: Vec<IndexedText> = texts.iter().copied().filter(|text| !is_known(text)).collect();
        let room = if known.is_empty() { n_vectors } else { 0 };
        let newer = read(library, &index, &changed, room)?;
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            loaded.matrix = newer;
        } else {
            let is_kept = |id| texts.binary_search_by_key(&id, |text| text.recording_id).is_ok();
            loaded.matrix.update(&newer, &is_kept);
        }
        loaded.index = Some(index);
        Ok(())
    }

    fn has(&self, index: &AnsweringIndex) -> bool {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.index.as_ref() == Some(index)
    }
}

/// Reads the vectors of those recordings.
fn read(
    library: &Library,
    index: &AnsweringIndex,
    texts: &[IndexedText],
    room: usize,
) -> Result<Matrix, StoreError> {
    let matrix = RefCell::new(Matrix::with_capacity(index.model.n_dimensions, room));
    let mut damaged = Vec::new();
    for text in texts {
        let first_row = matrix.borrow().next_row();
        let is_whole = library.read_vectors(index, text.recording_id, &|vector| {
            matrix.borrow_mut().push(&vector);
        })?;
        let language = library.language(text.recording_id)?;
        matrix.borrow_mut().close_block(*text, language, first_row);
        if !is_whole {
            damaged.push(text.recording_id);
        }
    }
    // In a library that can only be read they stay as they are, and are passed over.
    if !damaged.is_empty() && !library.is_read_only() {
        library.mark_outdated(&damaged)?;
    }
    Ok(matrix.into_inner())
}
