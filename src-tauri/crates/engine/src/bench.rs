//! Measures decoding and transcription of one file, as the queue does them, without the library; and
//! how fast a language model is.

use std::path::{Path, PathBuf};
use std::time::Instant;

use recordroute_core::{
    CancellationToken, EngineInfo, GeneratorSpeed, Segment, SpeedLengths, TranscribeOptions,
    character_error_rate, word_error_rate,
};
use serde::Serialize;

use crate::advice::choose_speech_model;
use crate::language_model::{ChosenModel, choose_language_model};
use crate::worker::{LanguageModel, Message, Request, TICK, TranscribeRequest, WorkerProcess};
use crate::{Engine, Error};

/// What to measure.
#[derive(Debug, Clone, Default)]
pub struct BenchOptions {
    /// Speech model; none takes the one that a transcription would take.
    pub model: Option<String>,
    /// What is said in the file: gives word and character error rates.
    pub reference: Option<String>,
    /// Decode only, without a model.
    pub decode_only: bool,
    /// How to transcribe.
    pub transcribe: TranscribeOptions,
}

/// How far the transcript is from the reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReferenceScores {
    /// Word error rate, 0.0 being perfect; can exceed 1.0.
    pub wer: f64,
    /// Character error rate, the measure for Korean.
    pub cer: f64,
}

/// What was measured. Times are wall-clock milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchReport {
    /// The file.
    pub file: PathBuf,
    /// Length of its audio.
    pub duration_ms: u64,
    /// Decoding and resampling alone, in a process of its own.
    pub decode_ms: u64,
    /// Audio seconds decoded a second.
    pub decode_speed: f64,
    /// The model, where one was used.
    pub model: Option<String>,
    /// What computed.
    pub device: Option<String>,
    /// Start of the process to model in memory.
    pub load_ms: Option<u64>,
    /// Model in memory to last segment; decoding and voice activity run along.
    pub transcribe_ms: Option<u64>,
    /// Real-time factor: `transcribe_ms` / `duration_ms`; smaller is faster.
    pub rtf: Option<f64>,
    /// Its inverse: audio seconds transcribed a second.
    pub speed: Option<f64>,
    /// The most memory the worker held, in bytes.
    pub peak_memory_bytes: Option<u64>,
    /// Number of segments.
    pub n_segments: Option<usize>,
    /// Error rates against the reference, where one was given.
    pub scores: Option<ReferenceScores>,
    /// What should be known about the file.
    pub notice: Option<String>,
}

/// What was measured of a language model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LanguageBenchReport {
    /// The model.
    pub model: String,
    /// How fast it loads, reads and writes.
    #[serde(flatten)]
    pub speed: GeneratorSpeed,
    /// The most memory the worker held, in bytes.
    pub peak_memory_bytes: Option<u64>,
}

impl Engine {
    /// Measures one file.
    pub fn bench(
        &self,
        file: &Path,
        options: &BenchOptions,
        cancel: &CancellationToken,
    ) -> Result<BenchReport, Error> {
        let file = std::path::absolute(file).map_err(|source| Error::Unreadable {
            path: file.to_owned(),
            source,
        })?;
        let media_path = file.clone();
        let decode = self.measure(cancel, |seq| Request::Decode {
            seq,
            media_path,
            wav_path: None,
        })?;
        let decode_ms = decode.total_ms.max(1);
        let mut report = BenchReport {
            file: file.clone(),
            duration_ms: decode.duration_ms,
            decode_ms,
            decode_speed: decode.duration_ms as f64 / decode_ms as f64,
            model: None,
            device: None,
            load_ms: None,
            transcribe_ms: None,
            rtf: None,
            speed: None,
            peak_memory_bytes: decode.peak_memory_bytes,
            n_segments: None,
            scores: None,
            notice: decode.notice,
        };
        if options.decode_only {
            return Ok(report);
        }
        let settings = self.settings();
        let language = options.transcribe.language;
        let model = choose_speech_model(&self.inner.models, &settings, options.model.as_deref(), language)?;
        let job = TranscribeRequest {
            model_path: model.path.clone(),
            media_path: file,
            options: options.transcribe.clone(),
            resume_from_ms: 0,
        };
        let run = self.measure(cancel, |seq| Request::Transcribe { seq, job })?;
        let load_ms = run.loaded_after_ms.unwrap_or_default();
        let transcribe_ms = run.total_ms.saturating_sub(load_ms).max(1);
        let text: Vec<&str> = run.segments.iter().map(|segment| segment.text.as_str()).collect();
        let text = text.join(" ");
        report.model = Some(model.id.to_string());
        report.device = run.info.map(|info| info.device);
        report.load_ms = Some(load_ms);
        report.transcribe_ms = Some(transcribe_ms);
        report.rtf = Some(transcribe_ms as f64 / report.duration_ms.max(1) as f64);
        report.speed = Some(report.duration_ms as f64 / transcribe_ms as f64);
        report.peak_memory_bytes = run.peak_memory_bytes;
        report.n_segments = Some(run.segments.len());
        report.scores = options.reference.as_ref().map(|reference| ReferenceScores {
            wer: word_error_rate(reference, &text).rate(),
            cer: character_error_rate(reference, &text).rate(),
        });
        Ok(report)
    }

    /// Measures an installed language model: how fast it loads, reads and writes.
    pub fn bench_language(
        &self,
        model: Option<&str>,
        lengths: SpeedLengths,
        cancel: &CancellationToken,
    ) -> Result<LanguageBenchReport, Error> {
        let settings = self.settings();
        let ChosenModel::Installed(model) = choose_language_model(&self.inner.models, &settings, model)?
        else {
            return Err(Error::Invalid(
                "A server's model cannot be measured. Name an installed one.".to_owned(),
            ));
        };
        let model = LanguageModel {
            path: model.path,
            id: model.id.to_string(),
            n_threads: settings.threads,
            max_context_tokens: lengths.longest(),
        };
        let id = model.id.clone();
        let request = |seq| Request::MeasureLanguage { seq, model, lengths };
        let (speed, peak_memory_bytes) = self.ask_worker(cancel, request, |message| match message {
            Message::LanguageMeasured {
                speed,
                peak_memory_bytes,
            } => Some((speed, peak_memory_bytes)),
            _ => None,
        })?;
        Ok(LanguageBenchReport {
            model: id,
            speed,
            peak_memory_bytes,
        })
    }

    fn measure(
        &self,
        cancel: &CancellationToken,
        request: impl FnOnce(u64) -> Request,
    ) -> Result<Measured, Error> {
        let began = Instant::now();
        let elapsed_ms = || began.elapsed().as_millis() as u64;
        let mut measured = Measured::default();
        self.ask_worker(cancel, request, |message| {
            match message {
                Message::ModelLoaded { info } => {
                    measured.loaded_after_ms = Some(elapsed_ms());
                    measured.info = Some(info);
                }
                Message::Chunk { segments, .. } => measured.segments.extend(segments),
                Message::Done {
                    duration_ms,
                    notice,
                    peak_memory_bytes,
                    ..
                } => {
                    measured.total_ms = elapsed_ms();
                    measured.duration_ms = duration_ms;
                    measured.notice = notice;
                    measured.peak_memory_bytes = peak_memory_bytes;
                    return Some(std::mem::take(&mut measured));
                }
                _ => {}
            }
            None
        })
    }

    /// Sends a request to a worker of its own, and hands over what that answers until `take` has what
    /// it wants.
    fn ask_worker<T>(
        &self,
        cancel: &CancellationToken,
        request: impl FnOnce(u64) -> Request,
        mut take: impl FnMut(Message) -> Option<T>,
    ) -> Result<T, Error> {
        let mut worker = WorkerProcess::spawn(&self.inner.worker_command)?;
        worker.send(request)?;
        loop {
            if cancel.is_cancelled() {
                worker.kill();
                return Err(Error::Invalid("The measurement was cancelled.".to_owned()));
            }
            match worker.receive(TICK)? {
                None => {}
                Some(Message::Failed { code, message }) => return Err(Error::Refused { code, message }),
                Some(message) => {
                    if let Some(taken) = take(message) {
                        return Ok(taken);
                    }
                }
            }
        }
    }
}

#[derive(Default)]
struct Measured {
    total_ms: u64,
    loaded_after_ms: Option<u64>,
    info: Option<EngineInfo>,
    segments: Vec<Segment>,
    duration_ms: u64,
    notice: Option<String>,
    peak_memory_bytes: Option<u64>,
}
