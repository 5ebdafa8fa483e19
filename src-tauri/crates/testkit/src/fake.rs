use std::path::PathBuf;
use std::time::Duration;

use recordroute_core::{
    CancellationToken, ChunkSource, DetectedLanguage, EngineInfo, InferenceError, Outcome, Segment,
    TranscribeOptions, TranscribedChunk, Transcriber, samples_to_ms,
};

/// What a fake does beside answering, read from the worker's arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// Takes so long for a chunk, and does not look at the token meanwhile.
    pub chunk_ms: u64,
    /// Aborts the process before this chunk.
    pub die_at: Option<usize>,
    /// Dies only as long as this file is not there; makes it when it dies.
    pub die_once: Option<PathBuf>,
    /// Refuses to load.
    pub refuse: bool,
    /// Says this in each chunk, beside the chunk's number.
    pub say: Option<String>,
    /// Says the words that it was told may occur.
    pub say_vocabulary: bool,
    /// A language model takes so long to load.
    pub load_ms: u64,
    /// A language model takes so long for a token.
    pub token_ms: u64,
    /// A language model aborts the process before this token of a text; obeys `die_once`.
    pub die_at_token: Option<usize>,
    /// A language model does not look at the token of cancellation.
    pub deaf: bool,
    /// Memory that a language model says it needs.
    pub needed_bytes: u64,
}

impl Behaviour {
    /// Reads the fields with hyphens, such as `chunk-ms=…` or `refuse`; other arguments are ignored.
    pub fn from_args(args: impl Iterator<Item = String>) -> Self {
        let mut behaviour = Self::default();
        for arg in args {
            match arg.split_once('=') {
                Some(("chunk-ms", value)) => behaviour.chunk_ms = value.parse().unwrap_or_default(),
                Some(("die-at", value)) => behaviour.die_at = value.parse().ok(),
                Some(("die-once", value)) => behaviour.die_once = Some(PathBuf::from(value)),
                Some(("say", value)) => behaviour.say = Some(value.to_owned()),
                Some(("load-ms", value)) => behaviour.load_ms = value.parse().unwrap_or_default(),
                Some(("token-ms", value)) => behaviour.token_ms = value.parse().unwrap_or_default(),
                Some(("die-at-token", value)) => behaviour.die_at_token = value.parse().ok(),
                Some(("needed-bytes", value)) => behaviour.needed_bytes = value.parse().unwrap_or_default(),
                None if arg == "refuse" => behaviour.refuse = true,
                None if arg == "say-vocabulary" => behaviour.say_vocabulary = true,
                None if arg == "deaf" => behaviour.deaf = true,
                _ => {}
            }
        }
        behaviour
    }

    fn dies_at(&self, chunk_idx: usize) -> bool {
        self.die_at == Some(chunk_idx) && self.may_die()
    }

    /// Whether it has not died yet, or may do so again.
    pub(crate) fn may_die(&self) -> bool {
        self.die_once.as_ref().is_none_or(|marker| {
            let first = !marker.exists();
            first && std::fs::write(marker, b"").is_ok()
        })
    }
}

/// Answers each chunk with one segment, `chunk 0`, `chunk 1` …, over the chunk's whole time.
pub struct FakeTranscriber {
    behaviour: Behaviour,
}

impl FakeTranscriber {
    /// A fake, or the refusal that its behaviour asks for.
    pub fn load(behaviour: &Behaviour) -> Result<Self, InferenceError> {
        if behaviour.refuse {
            return Err(InferenceError::InvalidModel(
                "The model is damaged. Get it again.".to_owned(),
            ));
        }
        Ok(Self {
            behaviour: behaviour.clone(),
        })
    }
}

impl FakeTranscriber {
    fn text_of(&self, chunk_idx: usize, options: &TranscribeOptions) -> String {
        match &self.behaviour.say {
            _ if self.behaviour.say_vocabulary => options.vocabulary.join(" "),
            Some(words) => format!("chunk {chunk_idx} {words}"),
            None => format!("chunk {chunk_idx}"),
        }
    }
}

impl Transcriber for FakeTranscriber {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            device: "fake".to_owned(),
            n_threads: 1,
            model: "fake".to_owned(),
        }
    }

    fn transcribe(
        &mut self,
        chunks: &mut ChunkSource<'_>,
        options: &TranscribeOptions,
        cancel: &CancellationToken,
        sink: &mut dyn FnMut(TranscribedChunk) -> bool,
    ) -> Result<Outcome, InferenceError> {
        for chunk in chunks {
            let chunk = chunk.map_err(InferenceError::Source)?;
            if self.behaviour.dies_at(chunk.idx) {
                std::process::abort();
            }
            std::thread::sleep(Duration::from_millis(self.behaviour.chunk_ms));
            if cancel.is_cancelled() {
                return Ok(Outcome::Cancelled);
            }
            let (start_ms, end_ms) = (
                samples_to_ms(chunk.map.source_start()),
                samples_to_ms(chunk.map.source_end()),
            );
            let segment = Segment {
                start_ms,
                end_ms,
                text: self.text_of(chunk.idx, options),
                confidence: 0.9,
                speaker: None,
                flags: Vec::new(),
                words: Vec::new(),
            };
            let language = DetectedLanguage {
                code: "en".to_owned(),
                probability: Some(0.5),
            };
            let done = TranscribedChunk {
                chunk_idx: chunk.idx,
                source_end_ms: end_ms,
                segments: vec![segment],
                language,
            };
            if !sink(done) {
                return Ok(Outcome::Cancelled);
            }
        }
        Ok(Outcome::Complete)
    }
}
