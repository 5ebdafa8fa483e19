//! The worker's side of a live transcript.

use std::io;

use recordroute_audio::{Heard, Phrases};
use recordroute_core::{CancellationToken, DetectedLanguage, Language, TranscribeOptions};

use super::protocol::{ListenRequest, Message, write_frame};
use super::serve::{Loaded, Worker, audio_failure, inference_failure};

/// From this probability on a language that was heard is that of the recording.
const SURE: f32 = 0.8;

/// So much speech says which language it is; a word alone may be of any.
const TELLING_MS: u64 = 2_000;

impl Worker<'_> {
    /// Tells what is said, phrase by phrase. The model is loaded while the phrases begin to wait.
    pub(super) fn listen(&mut self, job: &ListenRequest, cancel: &CancellationToken) -> io::Result<Message> {
        let mut phrases = match Phrases::open(&job.capture_path, job.start_ms, cancel.clone()) {
            Ok(phrases) => phrases,
            Err(error) => return Ok(audio_failure(&error)),
        };
        if let Err(end) = self.load(&job.model_path, job.options.n_threads)? {
            return Ok(end);
        }
        let Some(Loaded { transcriber, .. }) = &mut self.loaded else {
            return Ok(Message::Cancelled);
        };
        let mut options = job.options.clone();
        let mut told_ms = None;
        loop {
            let behind_ms = phrases.behind_ms();
            if told_ms.replace(behind_ms) != Some(behind_ms) {
                write_frame(&mut self.out, &Message::Listening { behind_ms })?;
            }
            let chunk = match phrases.next() {
                None => return Ok(Message::Cancelled),
                Some(Err(error)) => return Ok(audio_failure(&error)),
                Some(Ok(Heard::Skipped { start_ms, end_ms })) => {
                    write_frame(&mut self.out, &Message::Skipped { start_ms, end_ms })?;
                    continue;
                }
                Some(Ok(Heard::Speech(chunk))) => chunk,
            };
            let voiced_ms = chunk.voiced_ms(0, u64::MAX);
            let done = match transcriber.transcribe_now(chunk, &options, cancel) {
                Ok(Some(done)) => done,
                Ok(None) => return Ok(Message::Cancelled),
                Err(error) => return Ok(inference_failure(&error)),
            };
            if voiced_ms >= TELLING_MS {
                settle(&mut options, &done.language);
            }
            let message = Message::Chunk {
                source_end_ms: done.source_end_ms,
                segments: done.segments,
                language: done.language,
            };
            write_frame(&mut self.out, &message)?;
        }
    }
}

/// Listening for the language takes as long as listening for words, so it is done until it is known.
fn settle(options: &mut TranscribeOptions, heard: &DetectedLanguage) {
    if options.language == Language::Auto
        && heard.probability.is_some_and(|probability| probability >= SURE)
        && let Ok(language) = heard.code.parse()
    {
        options.language = language;
    }
}
