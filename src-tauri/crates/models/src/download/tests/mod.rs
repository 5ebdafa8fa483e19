//! Downloads from a real server on this computer that behaves as well or as badly as it is told.

mod hostile;
mod resume;
mod server;
mod sources;

use std::path::Path;
use std::time::Duration;

use recordroute_core::{CancellationToken, ModelId};

use self::server::{Reply, Server};
use super::{DownloadOutcome, DownloadProgress, Patience};
use crate::catalogue::Catalogue;
use crate::digest::Hasher;
use crate::error::ModelsError;
use crate::folder::ModelFolder;
use crate::installed::InstalledModel;

/// What the catalogue of a test states of its one model, a GGUF file.
#[derive(Debug, Clone, Default)]
struct Stated {
    bytes: Option<usize>,
    sha256: Option<String>,
}

impl Stated {
    /// Size and digest of `body`.
    fn all_of(body: &[u8]) -> Self {
        Self {
            bytes: Some(body.len()),
            sha256: Some(sha256(body)),
        }
    }

    fn folder(&self, dir: &Path, hubs: &[&str]) -> ModelFolder {
        let bytes = self
            .bytes
            .map(|bytes| format!(", bytes = {bytes}"))
            .unwrap_or_default();
        let sha256 = self
            .sha256
            .as_ref()
            .map(|hex| format!(", sha256 = \"{hex}\""))
            .unwrap_or_default();
        folder(
            dir,
            hubs,
            "gguf",
            &format!("{{ name = \"model.gguf\"{bytes}{sha256} }}"),
        )
    }
}

fn folder(dir: &Path, hubs: &[&str], format: &str, files: &str) -> ModelFolder {
    let text = format!(
        r#"
        hubs = {hubs:?}
        [[models]]
        id = "small"
        kind = "language"
        format = "{format}"
        name = "Small"
        languages = ["en"]
        memory_bytes = 1
        licence = "MIT"
        note = {{ en = "a", ko = "a" }}
        repository = "somebody/small"
        revision = "main"
        files = [{files}]
        "#
    );
    let mut folder = ModelFolder::with_catalogue(dir, Catalogue::parse(&text).unwrap());
    folder.patience = Patience {
        connect: Duration::from_secs(5),
        stall: Duration::from_millis(800),
        pause: Duration::from_millis(5),
        n_tries: 3,
    };
    folder
}

/// A whole GGUF file of about 300 kB; other seeds give other files of the same size.
pub(crate) fn gguf(seed: u8) -> Vec<u8> {
    let metadata = [
        ("general.architecture", "llama"),
        ("tokenizer.ggml.model", "gpt2"),
    ];
    let n_weights = 75_000_u64;
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend((metadata.len() as u64).to_le_bytes());
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    };
    for (key, value) in metadata {
        text(&mut bytes, key);
        bytes.extend(8_u32.to_le_bytes());
        text(&mut bytes, value);
    }
    text(&mut bytes, "token_embd.weight");
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(n_weights.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    bytes.extend((0..n_weights * 4).map(|idx| (idx.wrapping_mul(2_654_435_761) >> 16) as u8 ^ seed));
    bytes
}

fn sha256(bytes: &[u8]) -> String {
    let mut hasher = Hasher::for_digest(None);
    hasher.update(bytes);
    hasher.finish().sha256_hex()
}

fn id() -> ModelId {
    "small".parse().unwrap()
}

async fn download(folder: &ModelFolder) -> Result<DownloadOutcome, ModelsError> {
    folder.download(&id(), &CancellationToken::new(), |_| {}).await
}

async fn installed(folder: &ModelFolder) -> Box<InstalledModel> {
    match download(folder).await.unwrap() {
        DownloadOutcome::Installed(model) => model,
        DownloadOutcome::Cancelled => panic!("nobody cancelled"),
    }
}

/// The error of a download that fails; no model may have come of it.
async fn failure(folder: &ModelFolder) -> String {
    let error = download(folder).await.unwrap_err().to_string();
    assert!(
        folder.list().unwrap().is_empty(),
        "a failed download is no model: {error}"
    );
    error
}

/// What lies in a folder beside locks, in order.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_whole_answer_becomes_a_model() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |_| Reply::whole(&sent)).await;
    let dir = tempfile::tempdir().unwrap();
    let folder = Stated::all_of(&body).folder(dir.path(), &[&server.url]);
    let mut reports: Vec<DownloadProgress> = Vec::new();
    let outcome = folder
        .download(&id(), &CancellationToken::new(), |report| reports.push(report))
        .await
        .unwrap();
    let DownloadOutcome::Installed(model) = outcome else {
        panic!("nobody cancelled")
    };
    assert_eq!(std::fs::read(&model.path).unwrap(), body, "every byte arrives");
    assert_eq!(model.sha256, Some(sha256(&body)), "its digest is remembered");
    assert_eq!(names(dir.path()), ["small.gguf", "small.json"], "no part is left");
    assert_eq!(
        server.requests()[0].path,
        "/somebody/small/resolve/main/model.gguf",
        "the address is the hub's for this repository, revision and file"
    );
    let last = reports.last().unwrap();
    assert_eq!(
        last.done_bytes,
        body.len() as u64,
        "the last report says that all is there"
    );
    assert_eq!(
        last.total_bytes,
        Some(body.len() as u64),
        "the catalogue states the size"
    );
    assert_eq!(last.source, "127.0.0.1", "the report names the host");

    assert_eq!(
        installed(&folder).await,
        model,
        "a model that is there is given back"
    );
    assert_eq!(server.requests().len(), 1, "and not asked for again");
}

#[tokio::test]
async fn a_folder_of_files_becomes_one_model() {
    let config = br#"{"model_type": "bert", "hidden_size": 4}"#.to_vec();
    let tokenizer = b"{}".to_vec();
    let weights = {
        let header = br#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend([7; 16]);
        bytes
    };
    let files = [
        ("config.json", config),
        ("tokenizer.json", tokenizer),
        ("model.safetensors", weights),
    ];
    let lines: Vec<String> = files
        .iter()
        .map(|(name, body)| {
            format!(
                "{{ name = \"{name}\", bytes = {}, sha256 = \"{}\" }}",
                body.len(),
                sha256(body)
            )
        })
        .collect();
    let sent = files.clone();
    let server = Server::start(move |request| {
        let (_, body) = sent
            .iter()
            .find(|(name, _)| request.path.ends_with(name))
            .unwrap();
        let reply = Reply::ranged(body, request);
        // The weights break off once in the middle.
        if request.idx == 2 {
            reply.cut_after(30)
        } else {
            reply
        }
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path(), &[&server.url], "safetensors", &lines.join(","));
    let model = installed(&folder).await;
    assert_eq!(
        names(&model.path),
        ["config.json", "model.safetensors", "tokenizer.json"],
        "the folder holds the files and nothing else"
    );
    assert_eq!(
        names(dir.path()),
        ["small", "small.json"],
        "the draft became the folder"
    );
    for (name, body) in &files {
        assert_eq!(
            &std::fs::read(model.path.join(name)).unwrap(),
            body,
            "{name} arrives whole"
        );
    }
    assert_eq!(
        server.requests().len(),
        4,
        "only what broke off was asked for twice"
    );
    assert_eq!(server.requests()[3].start, Some(30), "and only the rest of it");
}

#[tokio::test]
async fn two_programs_do_not_download_the_same_model() {
    let dir = tempfile::tempdir().unwrap();
    let _lock = crate::disk::ModelLock::acquire(dir.path(), &id()).unwrap();
    let error = failure(&Stated::default().folder(dir.path(), &["http://127.0.0.1:9"])).await;
    assert!(
        error.contains("Another program"),
        "the second one is told to wait: {error}"
    );
}

#[tokio::test]
async fn room_is_looked_for_before_anything_is_asked() {
    let server = Server::start(|_| Reply::whole(b"")).await;
    let dir = tempfile::tempdir().unwrap();
    let stated = Stated {
        bytes: Some(1 << 60),
        sha256: None,
    };
    let error = failure(&stated.folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("Free some room"),
        "no disk has an exabyte: {error}"
    );
    assert!(server.requests().is_empty(), "nothing is sent for nothing");
}
