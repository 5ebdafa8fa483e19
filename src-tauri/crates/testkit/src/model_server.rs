use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a [`ModelServer`] was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRequest {
    /// Such as `POST`.
    pub method: String,
    /// Such as `/v1/chat/completions`.
    pub path: String,
    /// The value of `authorization`, where there was one.
    pub authorization: Option<String>,
    /// As it came.
    pub body: String,
}

/// A step of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// These bytes, in one packet.
    Bytes(Vec<u8>),
    /// Nothing for so long.
    Wait(Duration),
    /// The connection breaks off; nothing after it counts.
    HangUp,
}

/// What a [`ModelServer`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelReply {
    /// Such as 200.
    pub status: u16,
    /// Lines of the head, beside those of the length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub steps: Vec<Step>,
}

impl ModelReply {
    /// A body of this type, at once.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            steps: vec![Step::Bytes(body.into())],
        }
    }

    /// JSON.
    pub fn json(status: u16, body: &str) -> Self {
        Self::new(status, "application/json", body)
    }

    /// A stream of server-sent events from these steps.
    pub fn stream(steps: Vec<Step>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
            steps,
        }
    }

    /// A whole streamed chat answer, a piece of text an event.
    pub fn chat(pieces: &[&str]) -> Self {
        let mut steps: Vec<Step> = pieces
            .iter()
            .map(|piece| Step::Bytes(Self::event(piece)))
            .collect();
        steps.push(Step::Bytes(
            b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n".to_vec(),
        ));
        Self::stream(steps)
    }

    /// One event of a streamed chat answer.
    pub fn event(piece: &str) -> Vec<u8> {
        let mut quoted = String::new();
        for c in piece.chars() {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                '\n' => quoted.push_str("\\n"),
                c => quoted.push(c),
            }
        }
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{quoted}\"}}}}]}}\n\n")
            .into_bytes()
    }
}

type Respond = dyn Fn(&ModelRequest) -> ModelReply + Send + Sync;

struct Shared {
    respond: Box<Respond>,
    requests: Mutex<Vec<ModelRequest>>,
    n_gone: AtomicUsize,
    is_over: AtomicBool,
}

/// A small HTTP server on a free port of the loopback interface that answers as a test tells it: well,
/// slowly, with rubbish, or not to the end. It ends when it is dropped.
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl ModelServer {
    /// Answers each request by a function of it.
    ///
    /// # Panics
    /// Where no port is free.
    pub fn start(respond: impl Fn(&ModelRequest) -> ModelReply + Send + Sync + 'static) -> Self {
        #[allow(clippy::unwrap_used)]
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        #[allow(clippy::unwrap_used)]
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            respond: Box::new(respond),
            requests: Mutex::new(Vec::new()),
            n_gone: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let accepted = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepted.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&accepted);
                if let Ok(stream) = stream {
                    std::thread::spawn(move || shared.serve(stream));
                }
            }
        });
        Self { address, shared }
    }

    /// A server with these models, which answers every chat with one reply.
    pub fn with_chat(models: &'static [&'static str], reply: ModelReply) -> Self {
        Self::start(move |request| match request.path.as_str() {
            "/v1/models" => Self::models(models),
            "/v1/chat/completions" => reply.clone(),
            _ => ModelReply::json(404, "{\"error\": {\"message\": \"not found\"}}"),
        })
    }

    /// A list of models.
    pub fn models(models: &[&str]) -> ModelReply {
        let list: Vec<String> = models
            .iter()
            .map(|id| format!("{{\"id\":\"{id}\",\"object\":\"model\"}}"))
            .collect();
        ModelReply::json(
            200,
            &format!("{{\"object\":\"list\",\"data\":[{}]}}", list.join(",")),
        )
    }

    /// Such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.shared
            .requests
            .lock()
            .map(|requests| requests.clone())
            .unwrap_or_default()
    }

    /// How many clients went away before their answer was at its end.
    pub fn n_gone(&self) -> usize {
        self.shared.n_gone.load(Ordering::SeqCst)
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for the next connection.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let Some(request) = read_request(&stream) else {
            return;
        };
        if let Ok(mut requests) = self.requests.lock() {
            requests.push(request.clone());
        }
        let reply = (self.respond)(&request);
        if !self.write(&mut stream, &reply) {
            self.n_gone.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// `false` where the client was gone.
    fn write(&self, stream: &mut TcpStream, reply: &ModelReply) -> bool {
        let mut head = format!(
            "HTTP/1.1 {} -\r\nconnection: close\r\ntransfer-encoding: chunked\r\n",
            reply.status
        );
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        if stream.write_all(head.as_bytes()).is_err() {
            return false;
        }
        for step in &reply.steps {
            match step {
                Step::Bytes(bytes) if bytes.is_empty() => {}
                Step::Bytes(bytes) => {
                    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
                    chunk.extend_from_slice(bytes);
                    chunk.extend_from_slice(b"\r\n");
                    if stream.write_all(&chunk).and_then(|()| stream.flush()).is_err() {
                        return false;
                    }
                }
                Step::Wait(time) => {
                    if !self.wait(stream, *time) {
                        return false;
                    }
                }
                Step::HangUp => return true,
            }
        }
        stream.write_all(b"0\r\n\r\n").is_ok()
    }

    /// `false` where the client went away meanwhile.
    fn wait(&self, stream: &TcpStream, time: Duration) -> bool {
        const STEP: Duration = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        if stream.set_nonblocking(true).is_err() {
            return false;
        }
        let mut is_there = true;
        while waited < time && is_there && !self.is_over.load(Ordering::SeqCst) {
            std::thread::sleep(STEP);
            waited += STEP;
            is_there = match stream.peek(&mut [0]) {
                Ok(n) => n > 0,
                Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
            };
        }
        is_there && stream.set_nonblocking(false).is_ok()
    }
}

fn read_request(stream: &TcpStream) -> Option<ModelRequest> {
    const MAX_BODY_BYTES: u64 = 16 << 20;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut n_bytes, mut authorization) = (0_u64, None);
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => n_bytes = value.trim().parse().ok()?,
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = String::new();
    reader
        .take(n_bytes.min(MAX_BODY_BYTES))
        .read_to_string(&mut body)
        .ok()?;
    Some(ModelRequest {
        method,
        path,
        authorization,
        body,
    })
}
