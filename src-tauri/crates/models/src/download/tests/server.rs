//! A real HTTP server on this computer whose every answer the test decides, down to the byte at
//! which the connection breaks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// How many requests came before.
    pub(super) idx: usize,
    pub(super) path: String,
    /// First byte of an open range.
    pub(super) start: Option<usize>,
    pub(super) if_range: Option<String>,
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    /// Stays open and silent.
    Hang,
    /// Sends a byte now and then.
    Drip,
}

/// What is answered; the connection ends after it.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    status: &'static str,
    headers: Vec<String>,
    body: Vec<u8>,
    end: End,
}

impl Reply {
    pub(super) fn new(status: &'static str, body: &[u8]) -> Self {
        Self {
            status,
            headers: vec![format!("content-length: {}", body.len())],
            body: body.to_vec(),
            end: End::Close,
        }
    }

    /// The whole file, as a server without ranges sends it.
    pub(super) fn whole(body: &[u8]) -> Self {
        Self::new("200 OK", body)
    }

    /// The file from where it was asked for, as a good server sends it.
    pub(super) fn ranged(body: &[u8], request: &Request) -> Self {
        match request.start {
            None => Self::whole(body),
            Some(start) if start >= body.len() => Self::new("416 Range Not Satisfiable", b"")
                .header(&format!("content-range: bytes */{}", body.len())),
            Some(start) => Self::new("206 Partial Content", &body[start..]).header(&format!(
                "content-range: bytes {start}-{}/{}",
                body.len() - 1,
                body.len()
            )),
        }
    }

    pub(super) fn header(mut self, line: &str) -> Self {
        self.headers.push(line.into());
        self
    }

    /// Promises the whole and closes the connection after `n_bytes`.
    pub(super) fn cut_after(mut self, n_bytes: usize) -> Self {
        self.body.truncate(n_bytes);
        self
    }

    /// Promises the whole and falls silent after `n_bytes`.
    pub(super) fn hang_after(mut self, n_bytes: usize) -> Self {
        self.end = End::Hang;
        self.cut_after(n_bytes)
    }

    /// Promises the whole and sends single bytes after `n_bytes`.
    pub(super) fn drip_after(mut self, n_bytes: usize) -> Self {
        self.end = End::Drip;
        self.cut_after(n_bytes)
    }

    /// Says nothing of how much comes.
    pub(super) fn without_length(mut self) -> Self {
        self.headers.retain(|line| !line.starts_with("content-length"));
        self
    }
}

/// Runs as long as the test's runtime.
pub(super) struct Server {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(super) async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&seen), Arc::clone(&answer)));
            }
        });
        Self { url, requests }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    seen: Arc<Mutex<Vec<Request>>>,
    answer: Arc<impl Fn(&Request) -> Reply + Send + Sync>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let request = {
        let mut seen = seen.lock().unwrap();
        let request = parse(&String::from_utf8_lossy(&head), seen.len());
        seen.push(request.clone());
        request
    };
    let reply = answer(&request);
    let mut head = format!("HTTP/1.1 {}\r\nconnection: close\r\n", reply.status);
    for line in &reply.headers {
        head.push_str(&format!("{line}\r\n"));
    }
    head.push_str("\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&reply.body).await;
    let _ = stream.flush().await;
    match reply.end {
        End::Close => {}
        // Until the other side goes.
        End::Hang => drop(stream.read_u8().await),
        End::Drip => {
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn parse(head: &str, idx: usize) -> Request {
    let value = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    };
    Request {
        idx,
        path: head.split(' ').nth(1).unwrap_or_default().into(),
        start: value("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()),
        if_range: value("if-range"),
    }
}
