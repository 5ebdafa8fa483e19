//! A throw-away library with vectors that are made here, of a table of words that mean the same.
#![allow(dead_code, clippy::unwrap_used)]

use std::time::Duration;

use recordroute_core::{
    DetectedLanguage, JobKind, MediaPlace, RecordingDraft, RecordingId, Segment, TranscribeOptions,
};
use recordroute_search::{Filters, Hit, Mode, PassageLimits, Query, Vectors, find, passages};
use recordroute_store::{ChunkRecord, EmbeddingModel, JobEnd, Library};

pub const N_DIMENSIONS: usize = 64;

/// Words of each row mean the same, in whatever language.
pub const MEANINGS: [&[&str]; 6] = [
    &["예산", "돈", "비용", "budget", "money", "cost"],
    &["고객", "손님", "customer", "client"],
    &["점심", "식사", "밥", "lunch", "meal"],
    &["출시", "공개", "release", "launch"],
    &["비", "날씨", "weather", "rain"],
    &["채용", "면접", "hire", "interview"],
];

pub fn model(name: &str) -> EmbeddingModel {
    EmbeddingModel {
        name: name.to_owned(),
        n_dimensions: N_DIMENSIONS,
    }
}

/// A direction that is the same on every machine.
pub fn direction(seed: u64) -> Vec<f32> {
    let mut state = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut roll = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let vector: Vec<f32> = (0..N_DIMENSIONS)
        .map(|_| (0..6).map(|_| roll()).sum::<f32>() - 3.0)
        .collect();
    normal(vector)
}

pub fn normal(vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.into_iter().map(|value| value / length).collect()
}

pub fn hash(text: &str) -> u64 {
    recordroute_store::text_hash(text)
}

/// What a text is about, with a little of its own.
pub fn embed(text: &str) -> Vec<f32> {
    let mut vector: Vec<f32> = direction(hash(text)).iter().map(|value| value * 0.4).collect();
    let text = text.to_lowercase();
    for (idx, words) in MEANINGS.iter().enumerate() {
        if words.iter().any(|word| text.contains(word)) {
            vector
                .iter_mut()
                .zip(direction(idx as u64))
                .for_each(|(value, more)| *value += more);
        }
    }
    normal(vector)
}

/// What a model gives for a language that it does not know.
pub fn embed_poorly(text: &str) -> Vec<f32> {
    direction(hash(text))
}

pub fn library() -> (tempfile::TempDir, Library, Vectors) {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    (dir, library, Vectors::default())
}

pub fn segment(idx: u64, text: &str, speaker: Option<&str>) -> Segment {
    Segment {
        start_ms: idx * 5_000,
        end_ms: idx * 5_000 + 4_900,
        text: text.to_owned(),
        confidence: 0.9,
        speaker: speaker.map(str::to_owned),
        flags: Vec::new(),
        words: Vec::new(),
    }
}

pub fn add_spoken(library: &Library, title: &str, said: &[(Option<&str>, &str)]) -> RecordingId {
    let draft = RecordingDraft {
        title: title.to_owned(),
        source: "a.wav".to_owned(),
        media: MediaPlace::Referenced("/a.wav".to_owned()),
        hash: String::new(),
        bytes: 0,
    };
    let id = library.add_recording(&draft).unwrap();
    hear(library, id, said);
    id
}

pub fn hear(library: &Library, id: RecordingId, said: &[(Option<&str>, &str)]) {
    let kind = JobKind::Transcribe {
        model: "tiny".to_owned(),
        options: TranscribeOptions::default(),
    };
    let segments: Vec<Segment> = (0..)
        .zip(said)
        .map(|(idx, (speaker, text))| segment(idx, text, *speaker))
        .collect();
    let job = library
        .enqueue_claimed(id, &kind, "test", Duration::from_secs(60))
        .unwrap();
    let chunk = ChunkRecord {
        source_end_ms: 1_000_000,
        segments: &segments,
        language: Some(&DetectedLanguage {
            code: "ko".to_owned(),
            probability: None,
        }),
    };
    library.record_chunk(job, "test", &chunk).unwrap();
    library.finish(job, "test", &JobEnd::Done).unwrap();
}

pub fn add(library: &Library, title: &str, texts: &[&str]) -> RecordingId {
    let said: Vec<_> = texts.iter().map(|text| (None, *text)).collect();
    let id = add_spoken(library, title, &said);
    index(library, id, &model("small"), embed);
    id
}

/// Passages of three segments, of which one is shared.
pub fn index(
    library: &Library,
    id: RecordingId,
    model: &EmbeddingModel,
    embed: impl Fn(&str) -> Vec<f32>,
) -> usize {
    let (transcript, version) = library.versioned_transcript(id).unwrap().unwrap();
    let limits = PassageLimits {
        max_tokens: 3,
        overlap_tokens: 1,
    };
    let n_tokens = vec![1; transcript.segments.len()];
    let passages = passages(&transcript.segments, &n_tokens, limits);
    let places: Vec<_> = passages.iter().map(|passage| passage.place).collect();
    let lacking = library.passages_to_embed(id, &places, model).unwrap();
    let new: Vec<_> = lacking
        .iter()
        .map(|idx| (*idx, embed(&passages[*idx].text)))
        .collect();
    assert!(
        library.store_passages(id, version, model, &places, &new).unwrap(),
        "it is indexed"
    );
    new.len()
}

pub fn query(text: &str, mode: Mode) -> Query {
    Query {
        text: text.to_owned(),
        mode,
        filters: Filters::default(),
        limit: 10,
    }
}

pub fn ask(library: &Library, vectors: &Vectors, text: &str, mode: Mode) -> Vec<Hit> {
    find(library, vectors, &query(text, mode), Some(&embed(text))).unwrap()
}

pub fn ids(hits: &[Hit]) -> Vec<RecordingId> {
    hits.iter().map(|hit| hit.recording_id).collect()
}

pub fn marks(hit: &Hit) -> Vec<&str> {
    let parts = hit.snippet.parts.iter().filter(|part| part.matched);
    parts.map(|part| part.text.as_str()).collect()
}

/// Recordings about nothing that is asked for, so that a spread can be known.
pub fn add_filler(library: &Library, n: usize) {
    for number in 0..n {
        let texts: Vec<String> = (0..6)
            .map(|idx| format!("그냥 하는 이야기 {number} {idx}"))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        add(library, &format!("잡담 {number}"), &texts);
    }
}
