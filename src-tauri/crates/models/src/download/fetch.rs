//! Gets one file from the first source that has it.

use recordroute_core::{CancellationToken, ModelFormat, ModelId};
use reqwest::{Response, StatusCode};

use super::Patience;
use super::arriving::{Arriving, Expected};
use super::http::{self, Miss};
use super::part::{Origin, Part};
use super::progress::Meter;
use crate::catalogue::CatalogueFile;
use crate::digest::{Digest, Hasher};
use crate::disk::check_room;
use crate::error::{Halt, ModelsError};

/// What a try must bring for the next one to count as the first again.
const PROGRESS_BYTES: u64 = 1 << 20;

/// A file that is whole and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetched {
    /// In hexadecimal digits.
    pub(super) sha256: String,
    /// The address that it came from.
    pub(super) source: String,
}

/// Fetches the files of one model.
pub(super) struct Fetcher<'a, 'r> {
    pub(super) id: &'a ModelId,
    pub(super) format: ModelFormat,
    pub(super) patience: &'a Patience,
    pub(super) cancel: &'a CancellationToken,
    pub(super) meter: &'a mut Meter<'r>,
}

impl Fetcher<'_, '_> {
    /// Fetches `file` into `part`, from its sources in their order.
    pub(super) async fn fetch(&mut self, file: &CatalogueFile, part: &Part) -> Result<Fetched, Halt> {
        let mut reasons = Vec::new();
        for source in &file.sources {
            match self.fetch_from(source, file, part).await {
                Ok(sha256) => {
                    self.meter.finish_file(part.len());
                    let source = source.clone();
                    return Ok(Fetched { sha256, source });
                }
                Err(Miss::Halt(halt)) => return Err(halt),
                Err(Miss::Broken(reason) | Miss::Refused(reason)) => {
                    tracing::warn!(%source, %reason, "a source did not give the file");
                    reasons.push(format!("{} {reason}", http::host_of(source)));
                }
            }
        }
        Err(Halt::Failed(ModelsError::Download {
            id: self.id.to_string(),
            reason: reasons.join(", "),
        }))
    }

    /// Asks one source until it has given the file, or as often as patience lasts. Gives the
    /// SHA-256 of the file.
    async fn fetch_from(&mut self, source: &str, file: &CatalogueFile, part: &Part) -> Result<String, Miss> {
        let mut n_tries = 0;
        loop {
            let before = part.len();
            let reason = match self.attempt(source, file, part).await {
                Err(Miss::Broken(reason)) => reason,
                other => return other,
            };
            if part.len() >= before.saturating_add(PROGRESS_BYTES) {
                n_tries = 0;
            }
            n_tries += 1;
            if n_tries >= self.patience.n_tries {
                return Err(Miss::Broken(reason));
            }
            tracing::info!(%source, %reason, "the source is asked again");
            tokio::select! {
                () = self.cancel.cancelled() => return Err(Halt::Cancelled.into()),
                () = tokio::time::sleep(self.patience.pause * n_tries) => {}
            }
        }
    }

    async fn attempt(&mut self, source: &str, file: &CatalogueFile, part: &Part) -> Result<String, Miss> {
        let resume = part.resume(file, source);
        let mut arriving = Arriving {
            part,
            format: self.format,
            expected: Expected::stated(file),
            at: resume.as_ref().map_or(0, |resume| resume.n_bytes),
            resumed: resume.is_some(),
            hasher: part.hash(file.digest.as_ref(), self.cancel).await?,
        };
        self.meter.start(&http::host_of(source), arriving.at);
        if arriving.is_whole() && arriving.expected.digest.is_some() {
            return arriving.check().await;
        }

        let answer = http::ask(source, resume.as_ref(), self.patience, self.cancel).await?;
        if let Some(miss) = http::refusal(&answer.response) {
            return Err(miss);
        }
        arriving.expected.learn(answer.bytes, answer.digest)?;
        self.go_on(answer.response, source, &mut arriving).await?;
        arriving.check().await
    }

    /// Takes what an answer brings: the rest (206), the whole (200), or that nothing is missing (416).
    async fn go_on(
        &mut self,
        response: Response,
        source: &str,
        arriving: &mut Arriving<'_>,
    ) -> Result<(), Miss> {
        match response.status() {
            StatusCode::RANGE_NOT_SATISFIABLE => {
                arriving.expect_as_before()?;
                let (_, total) = http::content_range(&response);
                let total = total.or(arriving.expected.bytes);
                if !arriving.resumed || total != Some(arriving.at) || !arriving.fits(total) {
                    return Err(arriving.start_over());
                }
                Ok(())
            }
            StatusCode::PARTIAL_CONTENT => {
                arriving.expect_as_before()?;
                let (start, total) = http::content_range(&response);
                if !arriving.resumed || start != Some(arriving.at) || !arriving.fits(total) {
                    return Err(arriving.start_over());
                }
                arriving.expected.bytes = arriving.expected.bytes.or(total);
                self.receive(response, arriving).await
            }
            _ => {
                self.begin(&response, source, arriving)?;
                self.receive(response, arriving).await
            }
        }
    }

    /// Begins the file anew: it was not there, the source gives no ranges, or it has another file
    /// by now.
    fn begin(&mut self, response: &Response, source: &str, arriving: &mut Arriving<'_>) -> Result<(), Miss> {
        let was_known = arriving.expected.bytes.is_some();
        arriving.expected.learn(response.content_length(), None)?;
        let part = arriving.part;
        part.discard();
        if let (false, Some(bytes), Some(dir)) = (was_known, arriving.expected.bytes, part.path().parent()) {
            check_room(dir, bytes)?;
        }
        part.record(&Origin {
            source: source.to_owned(),
            etag: http::strong_etag(response),
            bytes: arriving.expected.bytes,
            digest: arriving.expected.digest.as_ref().map(Digest::to_hex),
        })?;
        arriving.at = 0;
        arriving.resumed = false;
        arriving.hasher = Hasher::for_digest(arriving.expected.digest.as_ref());
        self.meter.start(&http::host_of(source), 0);
        Ok(())
    }

    async fn receive(&mut self, response: Response, arriving: &mut Arriving<'_>) -> Result<(), Miss> {
        if let Some(bytes) = arriving.expected.bytes {
            self.meter.expect(bytes);
        }
        arriving
            .receive(response, self.patience.stall, self.cancel, self.meter)
            .await
    }
}
