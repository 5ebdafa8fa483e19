//! What has arrived of a file, and a small file beside it that says which file it belongs to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use recordroute_core::CancellationToken;
use serde::{Deserialize, Serialize};

use crate::catalogue::CatalogueFile;
use crate::digest::{Digest, Hasher, hash_file};
use crate::disk::read_limited;
use crate::error::{Halt, ModelsError};

const MAX_ORIGIN_BYTES: u64 = 64 << 10;

/// A growing file.
#[derive(Debug, Clone)]
pub(super) struct Part {
    path: PathBuf,
    origin: PathBuf,
}

/// Which file a part belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The address that it was begun from.
    pub(super) source: String,
    /// The strong entity tag that the source gave it (RFC 9110, section 8.8.3).
    pub(super) etag: Option<String>,
    /// Size of the whole file.
    pub(super) bytes: Option<u64>,
    /// Digest that the publisher states or the hub announced.
    pub(super) digest: Option<String>,
}

/// Where a download can go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resume {
    /// Bytes that are there; not 0.
    pub(super) n_bytes: u64,
    /// Asks the source for the whole file where it is another one by now.
    pub(super) if_range: Option<String>,
}

impl Part {
    /// The part of a model of one file; `path` ends in `.part`.
    pub(super) fn beside(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            origin: path.with_extension("part.json"),
        }
    }

    /// A file of a model that is a folder, which has the ending itself.
    pub(super) fn inside(dir: &Path, name: &str) -> Self {
        Self {
            path: dir.join(name),
            origin: dir.join(format!("{name}.part.json")),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that are there.
    pub(super) fn len(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |meta| meta.len())
    }

    pub(super) fn origin(&self) -> Option<Origin> {
        serde_json::from_slice(&read_limited(&self.origin, MAX_ORIGIN_BYTES).ok()?).ok()
    }

    pub(super) fn record(&self, origin: &Origin) -> Result<(), ModelsError> {
        let text = serde_json::to_vec_pretty(origin).unwrap_or_default();
        fs::write(&self.origin, text).map_err(ModelsError::io("writing", &self.origin))
    }

    /// Removes what is known of the part and leaves the part.
    pub(super) fn forget(&self) {
        remove(&self.origin);
    }

    /// Removes everything.
    pub(super) fn discard(&self) {
        remove(&self.path);
        remove(&self.origin);
    }

    /// Where the download of `file` from `source` can go on. With a digest any source may do so,
    /// since the whole is compared at the end; without one only the same source, and only where it
    /// can say whether the file is still the same. A part that is of no use is left until something
    /// better arrives: another source may still go on with it.
    pub(super) fn resume(&self, file: &CatalogueFile, source: &str) -> Option<Resume> {
        let n_bytes = self.len();
        let origin = self.origin().unwrap_or_default();
        let recorded = origin.digest.as_deref().and_then(Digest::from_hex);
        let same_source = origin.source == source;
        let etag = origin.etag.filter(|_| same_source);
        let fits = match (&file.digest, &recorded) {
            (Some(stated), Some(recorded)) => stated == recorded,
            (Some(_), None) => true,
            (None, Some(_)) => true,
            (None, None) => etag.is_some(),
        };
        let too_long = file.bytes.or(origin.bytes).is_some_and(|bytes| n_bytes > bytes);
        if n_bytes == 0 || !fits || too_long {
            return None;
        }
        Some(Resume {
            n_bytes,
            if_range: etag,
        })
    }

    /// A hasher that has read the whole part.
    pub(super) async fn hash(
        &self,
        stated: Option<&Digest>,
        cancel: &CancellationToken,
    ) -> Result<Hasher, Halt> {
        let mut hasher = Hasher::for_digest(stated);
        let (path, cancel) = (self.path.clone(), cancel.clone());
        blocking(&self.path, move || {
            hash_file(&path, &mut hasher, &cancel, &mut |_| {})?;
            Ok(hasher)
        })
        .await
    }
}

/// Runs what reads or writes much on a thread of its own.
pub(super) async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, Halt> + Send + 'static,
) -> Result<T, Halt> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ModelsError::io("checking", path)(io::Error::other(error)).into()),
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "could not be removed");
    }
}
