//! One request for a file. Redirects are followed by hand, because model hubs announce size and
//! digest of a file on the redirect to where it lies (`x-linked-size`, `x-linked-etag`).

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use recordroute_core::CancellationToken;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_RANGE, LOCATION, RANGE,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use super::Patience;
use super::part::Resume;
use crate::digest::Digest;
use crate::error::{Halt, ModelsError};

const MAX_REDIRECTS: usize = 8;
const LINKED_ETAG: HeaderName = HeaderName::from_static("x-linked-etag");
const LINKED_SIZE: HeaderName = HeaderName::from_static("x-linked-size");

/// Why a source did not give the file. The reasons go on after the name of the host.
#[derive(Debug)]
pub(super) enum Miss {
    /// Another try with the same source may do.
    Broken(String),
    /// Only another source can do.
    Refused(String),
    /// No source can do: it was cancelled, or the disk failed.
    Halt(Halt),
}

impl Miss {
    /// Hotels, stations and companies answer so before somebody has logged in.
    pub(super) fn web_page() -> Self {
        Self::Refused(
            "answered with a web page instead of the model (a network may want a login first)".into(),
        )
    }
}

impl From<Halt> for Miss {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl From<ModelsError> for Miss {
    fn from(error: ModelsError) -> Self {
        Self::Halt(Halt::Failed(error))
    }
}

/// An answer whose body was not read yet.
pub(super) struct Answer {
    pub(super) response: Response,
    /// SHA-256 that the hub announces.
    pub(super) digest: Option<Digest>,
    /// Size of the whole file that the hub announces.
    pub(super) bytes: Option<u64>,
}

/// Name of the host as the user knows it.
pub(super) fn host_of(source: &str) -> String {
    Url::parse(source)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| source.to_owned())
}

/// Asks `source` for the file, or for what is missing of it.
pub(super) async fn ask(
    source: &str,
    resume: Option<&Resume>,
    patience: &Patience,
    cancel: &CancellationToken,
) -> Result<Answer, Miss> {
    let mut url = Url::parse(source).map_err(|_| Miss::Refused("has no valid address".into()))?;
    let client = client(&url, patience)?;
    let mut announced = HeaderMap::new();
    for _ in 0..=MAX_REDIRECTS {
        let mut request = client.get(url.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some(resume) = resume {
            request = request.header(RANGE, format!("bytes={}-", resume.n_bytes));
            if let Some(etag) = &resume.if_range {
                request = request.header(IF_RANGE, etag);
            }
        }
        let response = within(patience.stall, cancel, request.send()).await?;
        for name in [LINKED_ETAG, LINKED_SIZE] {
            if let Some(value) = response.headers().get(&name) {
                announced.entry(name).or_insert_with(|| value.clone());
            }
        }
        if !response.status().is_redirection() {
            return Ok(Answer {
                digest: text(&announced, &LINKED_ETAG).and_then(announced_digest),
                bytes: text(&announced, &LINKED_SIZE).and_then(|text| text.trim().parse().ok()),
                response,
            });
        }
        url = next(&url, &response)?;
    }
    Err(Miss::Refused("redirects without end".into()))
}

/// Waits for `work`, but neither beyond the time limit nor after being cancelled.
pub(super) async fn within<T>(
    limit: Duration,
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T, reqwest::Error>>,
) -> Result<T, Miss> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Halt::Cancelled.into()),
        result = tokio::time::timeout(limit, work) => match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Miss::Broken(describe(&error))),
            Err(_) => Err(Miss::Broken("stopped sending".into())),
        },
    }
}

/// Says what an answer that brings no file means; none for those that may bring one.
pub(super) fn refusal(response: &Response) -> Option<Miss> {
    let status = response.status();
    let code = status.as_u16();
    let is_page = text(response.headers(), &CONTENT_TYPE)
        .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"));
    match status {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT if is_page => Some(Miss::web_page()),
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => None,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(Miss::Refused(format!(
            "does not give the file to everybody (status {code})"
        ))),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            Some(Miss::Refused(format!("does not have the file (status {code})")))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Some(Miss::Broken(format!("is busy (status {code})")))
        }
        _ if status.is_server_error() => Some(Miss::Broken(format!("is out of order (status {code})"))),
        _ => Some(Miss::Refused(format!("answered with status {code}"))),
    }
}

/// The strong entity tag of an answer; weak ones cannot tell whether bytes are the same.
pub(super) fn strong_etag(response: &Response) -> Option<String> {
    text(response.headers(), &ETAG)
        .filter(|etag| etag.starts_with('"') && etag.len() <= 1_024)
        .map(str::to_owned)
}

/// First byte and size of the whole, as far as an answer's `Content-Range` says them:
/// `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10` (RFC 9110, section 14.4).
pub(super) fn content_range(response: &Response) -> (Option<u64>, Option<u64>) {
    let Some((range, total)) = text(response.headers(), &CONTENT_RANGE)
        .and_then(|range| range.trim().strip_prefix("bytes"))
        .and_then(|range| range.split_once('/'))
    else {
        return (None, None);
    };
    let start = range
        .split_once('-')
        .and_then(|(start, _)| start.trim().parse().ok());
    (start, total.trim().parse().ok())
}

fn client(source: &Url, patience: &Patience) -> Result<Client, Miss> {
    let builder = Client::builder()
        .user_agent(concat!("recordroute/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(patience.connect)
        .redirect(Policy::none());
    // The system's proxy reaches the world, but not this computer.
    let builder = if is_this_computer(source) {
        builder.no_proxy()
    } else {
        builder
    };
    builder
        .build()
        .map_err(|error| Miss::Refused(format!("cannot be asked ({})", cause(&error))))
}

fn is_this_computer(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

/// Where a redirect leads; never from a protected connection to an open one.
fn next(url: &Url, response: &Response) -> Result<Url, Miss> {
    let next = text(response.headers(), &LOCATION).and_then(|location| url.join(location).ok());
    match next {
        Some(next) if next.scheme() == "https" || next.scheme() == url.scheme() => Ok(next),
        Some(_) => Err(Miss::Refused("redirects to an unprotected address".into())),
        None => Err(Miss::Refused(format!(
            "redirects to nowhere (status {})",
            response.status().as_u16()
        ))),
    }
}

/// For large files hubs announce the SHA-256. Git's own object names, which are shorter, are
/// digests of something else than the file.
fn announced_digest(etag: &str) -> Option<Digest> {
    let hex = etag.trim().trim_start_matches("W/").trim_matches('"');
    Digest::from_hex(hex).filter(|digest| matches!(digest, Digest::Sha256(_)))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn describe(error: &reqwest::Error) -> String {
    if error.is_connect() {
        format!("cannot be reached ({})", cause(error))
    } else if error.is_timeout() {
        "does not answer".into()
    } else {
        format!("broke the connection off ({})", cause(error))
    }
}

/// The innermost cause, which names the trouble; the outer ones repeat the address.
fn cause(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
