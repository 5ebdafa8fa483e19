//! Gets one file from the first source that has it.

use std::time::Duration;

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

/// What a try must bring for the same source to be asked again at once.
const PROGRESS_BYTES: u64 = 1 << 20;

/// A file that is whole and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetched {
    /// In hexadecimal digits.
    pub(super) sha256: String,
    /// The address that it came from.
    pub(super) source: String,
}

/// An address, and how it went there the last time.
struct Source<'a> {
    address: &'a str,
    /// Goes on after the name of the host.
    reason: String,
    /// Whether asking again is of no use.
    refused: bool,
}

impl<'a> Source<'a> {
    fn new(address: &'a String) -> Self {
        Self {
            address,
            reason: String::new(),
            refused: false,
        }
    }
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
    /// Fetches `file` into `part`, from its sources in their order. Sources that may recover are
    /// asked again, all of them by turns, so that a dead one does not keep anybody from the next.
    pub(super) async fn fetch(&mut self, file: &CatalogueFile, part: &Part) -> Result<Fetched, Halt> {
        let mut sources: Vec<Source> = file.sources.iter().map(Source::new).collect();
        for round in 0..self.patience.n_tries {
            if sources.iter().all(|source| source.refused) {
                break;
            }
            if round > 0 {
                pause(self.cancel, self.patience.pause * round).await?;
            }
            for source in sources.iter_mut().filter(|source| !source.refused) {
                match self.fetch_from(source.address, file, part).await {
                    Ok(sha256) => {
                        self.meter.finish_file(part.len());
                        let source = source.address.to_owned();
                        return Ok(Fetched { sha256, source });
                    }
                    Err(Miss::Halt(halt)) => return Err(halt),
                    Err(Miss::Broken(reason)) => source.reason = reason,
                    Err(Miss::Refused(reason)) => {
                        source.reason = reason;
                        source.refused = true;
                    }
                }
                tracing::warn!(
                    source = source.address,
                    reason = source.reason,
                    "a source did not give the file"
                );
            }
        }
        let reasons: Vec<String> = sources
            .iter()
            .map(|source| format!("{} {}", http::host_of(source.address), source.reason))
            .collect();
        Err(Halt::Failed(ModelsError::Download {
            id: self.id.to_string(),
            reason: reasons.join(", "),
        }))
    }

    /// Asks one source as long as each try brings much. Gives the SHA-256 of the file.
    async fn fetch_from(&mut self, source: &str, file: &CatalogueFile, part: &Part) -> Result<String, Miss> {
        loop {
            let before = part.len();
            match self.attempt(source, file, part).await {
                Err(Miss::Broken(reason)) if part.len() >= before.saturating_add(PROGRESS_BYTES) => {
                    tracing::info!(source, reason, "the source is asked for the rest");
                    pause(self.cancel, self.patience.pause).await?;
                }
                other => return other,
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
            hasher: match &resume {
                Some(_) => part.hash(file.digest.as_ref(), self.cancel).await?,
                None => Hasher::for_digest(file.digest.as_ref()),
            },
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

/// Waits, unless somebody cancels.
async fn pause(cancel: &CancellationToken, time: Duration) -> Result<(), Halt> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Halt::Cancelled),
        () = tokio::time::sleep(time) => Ok(()),
    }
}
