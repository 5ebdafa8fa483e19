//! Media over the loopback interface, for Linux only: WebKitGTK plays nothing from a protocol of a
//! program's own (its player, GStreamer, fetches by HTTP alone). Other systems use that protocol.
//!
//! Reachable from this computer only, and only for who knows the secret in the address, which is new
//! at each start; only recordings of the library are given.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::Engine;
use crate::media::{MediaName, MediaRange, locate};

/// Players open one or two.
const MAX_CONNECTIONS: usize = 16;
/// A request for media is a few hundred bytes.
const MAX_REQUEST_BYTES: u64 = 16 << 10;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that runs until the program ends.
pub(crate) struct MediaServer {
    base: String,
}

impl MediaServer {
    /// Starts it; `engine` gives the open library at each request.
    pub(crate) fn start(engine: impl Fn() -> Option<Engine> + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let secret = secret()?;
        let base = format!("http://127.0.0.1:{}/{secret}", listener.local_addr()?.port());
        let engine = Arc::new(engine);
        let n_open = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let place = Place::take(&n_open);
                let (engine, secret) = (Arc::clone(&engine), secret.clone());
                std::thread::spawn(move || {
                    if place.number <= MAX_CONNECTIONS
                        && let Err(error) = answer(&stream, &secret, &*engine)
                    {
                        // A player that has heard enough hangs up.
                        tracing::trace!(%error, "media connection ended");
                    }
                });
            }
        });
        Ok(Self { base })
    }

    /// Where the media of a recording is.
    pub(crate) fn address(&self, name: MediaName) -> String {
        format!("{}/{name}", self.base)
    }
}

/// Counts a connection for as long as it lives.
struct Place {
    number: usize,
    n_open: Arc<AtomicUsize>,
}

impl Place {
    fn take(n_open: &Arc<AtomicUsize>) -> Self {
        Self {
            number: n_open.fetch_add(1, Ordering::Relaxed) + 1,
            n_open: Arc::clone(n_open),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.n_open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn secret() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn answer(stream: &TcpStream, secret: &str, engine: &impl Fn() -> Option<Engine>) -> io::Result<()> {
    stream.set_read_timeout(Some(REQUEST_TIMEOUT))?;
    let mut lines = BufReader::new(stream.take(MAX_REQUEST_BYTES)).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut range = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("range")
        {
            range = Some(value.trim().to_owned());
        }
    }
    let mut out = stream;
    let mut words = first.split(' ');
    let head_only = match words.next() {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return refuse(out, "405 Method Not Allowed"),
    };
    let name = words
        .next()
        .and_then(|path| path.strip_prefix('/')?.strip_prefix(secret)?.strip_prefix('/'))
        .and_then(MediaName::parse);
    let path = name.and_then(|name| engine()?.named_media(name));
    let Some(located) = path.and_then(|path| locate(&path, range.as_deref()).ok()) else {
        return refuse(out, "404 Not Found");
    };
    let total = located.total;
    let (status, place, n_bytes) = match located.range {
        MediaRange::Whole => ("200 OK", String::new(), total),
        MediaRange::Part { first, end } => (
            "206 Partial Content",
            format!("Content-Range: bytes {first}-{}/{total}\r\n", end - 1),
            end - first,
        ),
        MediaRange::Unsatisfiable => {
            let place = format!("416 Range Not Satisfiable\r\nContent-Range: bytes */{total}");
            return refuse(out, &place);
        }
    };
    write!(
        out,
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {n_bytes}\r\n{place}Accept-Ranges: bytes\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        located.content_type
    )?;
    if !head_only {
        io::copy(&mut located.file.take(n_bytes), &mut out)?;
    }
    Ok(())
}

fn refuse(mut out: &TcpStream, status: &str) -> io::Result<()> {
    write!(
        out,
        "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use recordroute_core::{MediaPlace, RecordingDraft};

    use super::*;
    use crate::settings_file::SettingsSources;
    use crate::worker::WorkerCommand;
    use crate::{QueueMode, Session};

    fn ask(address: &str, path: &str, more: &str) -> String {
        let host = address.trim_start_matches("http://").split('/').next().unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn only_who_knows_the_address_hears_only_recordings() {
        let folder = tempfile::tempdir().unwrap();
        let media = folder.path().join("a.mp3");
        std::fs::write(&media, "0123456789").unwrap();
        let settings = SettingsSources::in_folder(folder.path()).load().unwrap();
        let worker = WorkerCommand::this_program().unwrap();
        let engine = Engine::open(settings, worker, QueueMode::Own).unwrap();
        let draft = RecordingDraft {
            title: "a".to_owned(),
            source: "a.mp3".to_owned(),
            media: MediaPlace::Referenced(media.display().to_string()),
            hash: String::new(),
            bytes: 10,
        };
        let id = engine.inner.library.add_recording(&draft).unwrap();
        let server = MediaServer::start(move || Some(engine.clone())).unwrap();
        let name = |is_copy| MediaName { id, is_copy };
        let address = server.address(name(false));
        let path = &address[address.rfind(':').unwrap()..];
        let path = &path[path.find('/').unwrap()..];
        let whole = ask(&address, path, "");
        assert!(
            whole.starts_with("HTTP/1.1 200") && whole.ends_with("\r\n\r\n0123456789"),
            "the media: {whole}"
        );
        let part = ask(&address, path, "Range: bytes=2-4\r\n");
        assert!(
            part.starts_with("HTTP/1.1 206") && part.ends_with("\r\n\r\n234"),
            "a range of it: {part}"
        );
        assert!(
            part.contains("Content-Range: bytes 2-4/10"),
            "which is named: {part}"
        );
        let beyond = ask(&address, path, "Range: bytes=10-\r\n");
        assert!(
            beyond.starts_with("HTTP/1.1 416"),
            "past the end is nothing: {beyond}"
        );
        for wrong in [
            "/1",
            "/",
            "/00000000000000000000000000000000/1",
            &format!("{path}9"),
            &format!("{path}/../x"),
        ] {
            let refused = ask(&address, wrong, "");
            assert!(
                refused.starts_with("HTTP/1.1 404"),
                "{wrong} is nothing: {refused}"
            );
        }
        let session = Session::new(Ok(SettingsSources::in_folder(folder.path())), "test");
        assert_ne!(
            session.media_address(id).unwrap(),
            address,
            "every start has its own secret"
        );
    }
}
