//! A file while it arrives: its bytes go to the disk and through the hash, and at its end it is
//! compared with what it must be.

use std::time::{Duration, Instant};

use recordroute_core::{CancellationToken, ModelFormat};
use reqwest::Response;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;

use super::http::{Miss, within};
use super::part::{Part, blocking};
use super::progress::Meter;
use crate::catalogue::CatalogueFile;
use crate::digest::{Digest, Hasher};
use crate::error::ModelsError;
use crate::header::is_web_page;
use crate::installed::inspect_file;

/// More than any model that fits a computer; for sources that do not say how much they send.
const MAX_FILE_BYTES: u64 = 200 << 30;
/// What must arrive within the stall time. Single bytes now and then are a stall too.
const LEAST_BYTES: usize = 4 << 10;

/// What a file must be, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) bytes: Option<u64>,
    pub(super) digest: Option<Digest>,
}

impl Expected {
    pub(super) fn stated(file: &CatalogueFile) -> Self {
        Self {
            bytes: file.bytes,
            digest: file.digest,
        }
    }

    /// Takes what a source announces, and refuses a source that announces another file.
    pub(super) fn learn(&mut self, bytes: Option<u64>, digest: Option<Digest>) -> Result<(), Miss> {
        let other_size = self.bytes.zip(bytes).is_some_and(|(mine, theirs)| mine != theirs);
        // A stated SHA-1 and an announced SHA-256 cannot be compared.
        let other_digest = matches!(
            (&self.digest, &digest),
            (Some(Digest::Sha256(mine)), Some(Digest::Sha256(theirs))) if mine != theirs
        );
        if other_size || other_digest {
            return Err(Miss::Refused(
                "has another file than the one that was published".into(),
            ));
        }
        self.bytes = self.bytes.or(bytes);
        self.digest = self.digest.or(digest);
        Ok(())
    }
}

/// A file while it arrives.
pub(super) struct Arriving<'a> {
    pub(super) part: &'a Part,
    pub(super) format: ModelFormat,
    pub(super) expected: Expected,
    /// Bytes that are there, all of them fed to the hasher.
    pub(super) at: u64,
    /// Whether some of them are from an earlier try.
    pub(super) resumed: bool,
    pub(super) hasher: Hasher,
}

impl Arriving<'_> {
    pub(super) fn is_whole(&self) -> bool {
        self.expected.bytes == Some(self.at)
    }

    /// Whether a file of that size can be the one of which a part is here.
    pub(super) fn fits(&self, total: Option<u64>) -> bool {
        self.expected
            .bytes
            .zip(total)
            .is_none_or(|(expected, total)| expected == total)
    }

    /// Compares what the hub announces today with what it announced when the part was begun.
    pub(super) fn expect_as_before(&mut self) -> Result<(), Miss> {
        if !self.resumed {
            return Ok(());
        }
        let origin = self.part.origin().unwrap_or_default();
        let digest = origin.digest.as_deref().and_then(Digest::from_hex);
        self.expected
            .learn(origin.bytes, digest)
            .map_err(|_| self.start_over())
    }

    /// Drops the part, which belongs to another file than the source has; the next try begins anew.
    pub(super) fn start_over(&self) -> Miss {
        self.part.discard();
        Miss::Broken("has another file by now".into())
    }

    /// Appends the body to the part. What has arrived stays there, whatever way it ends.
    pub(super) async fn receive(
        &mut self,
        mut response: Response,
        stall: Duration,
        cancel: &CancellationToken,
        meter: &mut Meter<'_>,
    ) -> Result<(), Miss> {
        let path = self.part.path();
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .await
            .map_err(ModelsError::io("writing", path))?;
        let received = self
            .receive_into(&mut file, &mut response, stall, cancel, meter)
            .await;
        // Also after a failure: the next try goes on from what is there. The order matters, since
        // only flushing tells of writes that failed late.
        let flushed = file.flush().await;
        received?;
        flushed.map_err(ModelsError::io("writing", path))?;
        Ok(file.sync_all().await.map_err(ModelsError::io("writing", path))?)
    }

    async fn receive_into(
        &mut self,
        file: &mut File,
        response: &mut Response,
        stall: Duration,
        cancel: &CancellationToken,
        meter: &mut Meter<'_>,
    ) -> Result<(), Miss> {
        let limit_bytes = self.expected.bytes.unwrap_or(MAX_FILE_BYTES);
        let mut deadline = Instant::now() + stall;
        let mut n_new = 0;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(bytes) = within(left, cancel, response.chunk()).await? else {
                break;
            };
            if self.at == 0 && is_web_page(&bytes) {
                self.part.discard();
                return Err(Miss::web_page());
            }
            if bytes.len() as u64 > limit_bytes - self.at {
                self.part.discard();
                return Err(Miss::Refused("sent more than the file has".into()));
            }
            file.write_all(&bytes)
                .await
                .map_err(ModelsError::io("writing", self.part.path()))?;
            self.hasher.update(&bytes);
            self.at += bytes.len() as u64;
            meter.advance(self.at);
            n_new += bytes.len();
            if n_new >= LEAST_BYTES {
                n_new = 0;
                deadline = Instant::now() + stall;
            }
        }
        match self.expected.bytes {
            Some(bytes) if self.at < bytes => Err(Miss::Broken(format!(
                "stopped after {} of {bytes} bytes",
                self.at
            ))),
            _ => Ok(()),
        }
    }

    /// Compares the whole file with its digest and looks at its structure; gives its SHA-256. What
    /// is wrong is removed.
    pub(super) async fn check(self) -> Result<String, Miss> {
        let digests = self.hasher.finish();
        if self
            .expected
            .digest
            .is_some_and(|digest| !digests.matches(&digest))
        {
            self.part.discard();
            return Err(if self.resumed {
                Miss::Broken("sent bytes that do not fit those of an earlier try".into())
            } else {
                Miss::Refused("sent another file than the one that was published (its digest differs)".into())
            });
        }
        let (path, format) = (self.part.path().to_owned(), self.format);
        let checked = blocking(self.part.path(), move || Ok(inspect_file(&path, format))).await?;
        match checked {
            Ok(()) => Ok(digests.sha256_hex()),
            Err(ModelsError::Invalid { reason, .. } | ModelsError::NotAModel { reason, .. }) => {
                self.part.discard();
                Err(Miss::Refused(format!(
                    "sent a file that is no usable model ({reason})"
                )))
            }
            Err(error) => Err(error.into()),
        }
    }
}
