//! Requests that can be cancelled, with limits on time and size.

use std::error::Error;
use std::time::Duration;

use recordroute_core::CancellationToken;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use crate::address::Address;
use crate::error::{Miss, cleaned};
use crate::event::error_message;
use crate::generator::RemoteOptions;

/// Of lists and errors; no honest one is longer.
const MAX_SMALL_BYTES: usize = 4 << 20;

/// A connection to one server, whose name was looked up and found near.
pub(crate) struct Server {
    pub address: Address,
    client: Client,
    api_key: Option<String>,
    connect_timeout: Duration,
}

impl Server {
    pub async fn reach(options: &RemoteOptions, cancel: &CancellationToken) -> Result<Self, Miss> {
        let address = Address::parse(&options.address)?;
        let found = address.resolve(options.connect_timeout, cancel).await?;
        let mut client = Client::builder()
            .redirect(Policy::none())
            // A proxy is another computer.
            .no_proxy()
            // Between two requests nobody looks after a connection.
            .pool_max_idle_per_host(0)
            .connect_timeout(options.connect_timeout);
        if let Some(name) = address.name() {
            // What the name means was decided above; it is not looked up again.
            client = client.resolve_to_addrs(name, &found);
        }
        let client = client.build().map_err(|error| {
            tracing::warn!(%error, "no HTTP client could be made");
            Miss::Failed("No connection can be made to a model server on this computer.".to_owned())
        })?;
        Ok(Self {
            address,
            client,
            api_key: options.api_key.clone().filter(|key| !key.trim().is_empty()),
            connect_timeout: options.connect_timeout,
        })
    }

    fn request(&self, method: Method, path: &str, body: Option<&Value>) -> RequestBuilder {
        let mut request = self.client.request(method, self.address.join(path));
        if let Some(key) = &self.api_key {
            request = request.bearer_auth(key.trim());
        }
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        request
    }

    /// The head of an answer; one that is no success is a [`Miss::Refused`].
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<Response, Miss> {
        let sent = self.request(method, path, body).send();
        let response = self.within(limit, cancel, sent).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        // What it says is of use, but not worth an error of its own.
        let text = match self.small(response, cancel).await {
            Err(Miss::Cancelled) => return Err(Miss::Cancelled),
            text => text.unwrap_or_default(),
        };
        Err(Miss::Refused {
            status,
            message: said(&text),
        })
    }

    /// The next bytes of an answer; none at its end.
    pub async fn chunk(
        &self,
        response: &mut Response,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<Option<impl AsRef<[u8]>>, Miss> {
        self.within(limit, cancel, response.chunk()).await
    }

    /// A small answer in JSON.
    pub async fn json(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        cancel: &CancellationToken,
    ) -> Result<Value, Miss> {
        // A server that is loading a model answers slowly, but lists do not wait for that.
        let limit = self.connect_timeout * 2;
        let response = self.send(method, path, body, limit, cancel).await?;
        let text = self.small(response, cancel).await?;
        serde_json::from_str(&text).map_err(|_| {
            Miss::Failed(format!(
                "What answers at {} is no model server. Check the address and the port.",
                self.address.host
            ))
        })
    }

    async fn small(&self, mut response: Response, cancel: &CancellationToken) -> Result<String, Miss> {
        let mut bytes: Vec<u8> = Vec::new();
        let limit = self.connect_timeout * 2;
        while let Some(chunk) = self.within(limit, cancel, response.chunk()).await? {
            if bytes.len() + chunk.len() > MAX_SMALL_BYTES {
                return Err(Miss::Failed(format!(
                    "The answer of the server at {} is longer than it should be, and was not read on.",
                    self.address.host
                )));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn within<T>(
        &self,
        limit: Duration,
        cancel: &CancellationToken,
        work: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, Miss> {
        let host = &self.address.host;
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Miss::Cancelled),
            result = tokio::time::timeout(limit, work) => match result {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(error)) => {
                    tracing::warn!(host, error = describe(&error), "a model server cannot be spoken to");
                    Err(Miss::Failed(if error.is_connect() || error.is_timeout() {
                        format!("Nobody answers at {host}. Start the model server, or check its address and port.")
                    } else {
                        format!("The connection to {host} broke off. Try again, or look into the log of the model server.")
                    }))
                }
                Err(_) => Err(Miss::Failed(format!(
                    "The model server at {host} said nothing for {} seconds. Try again, or choose a smaller model there.",
                    limit.as_secs().max(1)
                ))),
            },
        }
    }
}

/// A server's own words about an error, out of the shapes in which they come.
fn said(text: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        // A page of HTML says nothing in one sentence.
        let is_page = text.trim_start().starts_with('<');
        return if is_page {
            String::new()
        } else {
            cleaned(text, 200)
        };
    };
    error_message(&value)
        .or_else(|| {
            let message = value.get("message").or_else(|| value.get("detail"))?;
            Some(cleaned(message.as_str()?, 200))
        })
        .unwrap_or_default()
}

/// An error with its causes, for the log; never the prompt, which is not part of it.
fn describe(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_in_many_shapes() {
        for (text, expected) in [
            (
                r#"{"error": {"message": "model 'x' not found", "type": "api_error"}}"#,
                "model 'x' not found",
            ),
            (r#"{"error": "too\nlong"}"#, "too long"),
            (r#"{"detail": "Not Found"}"#, "Not Found"),
            ("plain words", "plain words"),
            ("<html><body>nginx</body></html>", ""),
            ("{}", ""),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }
}
