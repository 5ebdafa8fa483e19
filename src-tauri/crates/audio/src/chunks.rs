use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use recordroute_core::{CancellationToken, Chunk, samples_to_ms};

use crate::gain::AutoGain;
use crate::pack::Packer;
use crate::segment::{Flagged, Frame, Segmenter};
use crate::vad::{FRAME_SAMPLES, VoiceActivity};
use crate::{AudioError, Block, Decoder, MediaInfo, Peaks};

/// Chunks that wait to be taken at most; each is up to 2 MB.
const MAX_WAITING: usize = 4;

/// How a recording is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkOptions {
    /// Leave long silences out and cut in pauses between words. Without it everything is kept
    /// and cuts are made at the quietest moment near 30 seconds.
    pub vad: bool,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self { vad: true }
    }
}

/// What is known at the end.
#[derive(Debug, Default)]
struct Summary {
    notice: Option<String>,
    peaks: Option<Vec<u8>>,
    n_samples: u64,
    ended: bool,
}

/// The chunks of one file in order. A thread of its own decodes ahead by a few chunks.
///
/// The same file and options give the same chunks, so a job is resumed by leaving out the chunks
/// whose end in the recording lies before what is stored. An error comes last, after the chunks of
/// everything that was read before it; cancelling ends the iteration without an error.
pub struct Chunks {
    info: MediaInfo,
    received: Option<Receiver<Result<Chunk, AudioError>>>,
    thread: Option<JoinHandle<()>>,
    summary: Arc<Mutex<Summary>>,
    cancel: CancellationToken,
}

impl Chunks {
    /// Opens a file; fails at once where its headers show that it cannot be decoded.
    pub fn open(path: &Path, options: ChunkOptions, cancel: CancellationToken) -> Result<Self, AudioError> {
        let cancel = cancel.child_token();
        let decoder = Decoder::open_cancellable(path, cancel.clone())?;
        let info = decoder.info().clone();
        let summary = Arc::new(Mutex::new(Summary::default()));
        let (sender, receiver) = sync_channel(MAX_WAITING);
        let cutter = Cutter {
            decoder,
            peaks: Peaks::new(),
            gain: AutoGain::default(),
            voice: options.vad.then(VoiceActivity::new),
            segmenter: Segmenter::default(),
            packer: Packer::default(),
            waiting: Vec::new(),
            n_framed: 0,
            sender,
            summary: Arc::clone(&summary),
            cancel: cancel.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("decode".to_owned())
            .spawn(move || cutter.run())?;
        Ok(Self {
            info,
            received: Some(receiver),
            thread: Some(thread),
            summary,
            cancel,
        })
    }

    /// What the file is.
    pub fn info(&self) -> &MediaInfo {
        &self.info
    }

    /// After the last chunk: what the user should know, such as that the file is cut short.
    pub fn notice(&self) -> Option<String> {
        self.summary().notice.clone()
    }

    /// After the last chunk: the waveform, once (see [`Peaks`] for its form).
    pub fn take_peaks(&self) -> Option<Vec<u8>> {
        self.summary().peaks.take()
    }

    /// Length of the recording in milliseconds: exact after everything was decoded, before that
    /// as the headers tell.
    pub fn total_ms(&self) -> Option<u64> {
        let summary = self.summary();
        if summary.ended {
            Some(samples_to_ms(summary.n_samples))
        } else {
            self.info.duration_ms
        }
    }

    fn summary(&self) -> MutexGuard<'_, Summary> {
        self.summary.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Iterator for Chunks {
    type Item = Result<Chunk, AudioError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cancel.is_cancelled() {
            return None;
        }
        let item = self.received.as_ref()?.recv().ok();
        if item.is_none() {
            self.received = None;
            if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
                return Some(Err(AudioError::Damaged("it cannot be decoded".to_owned())));
            }
        }
        item
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        // The thread looks at the token at each block and fails to send into a closed channel.
        self.cancel.cancel();
        self.received = None;
    }
}

/// The thread's side.
struct Cutter {
    decoder: Decoder,
    peaks: Peaks,
    gain: AutoGain,
    voice: Option<VoiceActivity>,
    segmenter: Segmenter,
    packer: Packer,
    /// Samples that do not fill a frame yet.
    waiting: Vec<f32>,
    n_framed: u64,
    sender: SyncSender<Result<Chunk, AudioError>>,
    summary: Arc<Mutex<Summary>>,
    cancel: CancellationToken,
}

impl Cutter {
    fn run(mut self) {
        let mut chunks = Vec::new();
        let error = loop {
            if self.cancel.is_cancelled() {
                return;
            }
            match self.decoder.next_block() {
                Ok(Some(block)) => self.push(&block, &mut chunks),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
            for chunk in chunks.drain(..) {
                if self.sender.send(Ok(chunk)).is_err() {
                    return;
                }
            }
        };
        self.finish(&mut chunks);
        {
            let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
            summary.notice = self.decoder.notice();
            summary.peaks = Some(self.peaks.finish());
            summary.n_samples = self.decoder.n_samples();
            summary.ended = true;
        }
        let items = chunks.into_iter().map(Ok).chain(error.map(Err));
        for item in items {
            if self.sender.send(item).is_err() {
                return;
            }
        }
    }

    fn push(&mut self, block: &Block, chunks: &mut Vec<Chunk>) {
        self.peaks.push(&block.samples);
        self.waiting.extend_from_slice(&block.samples);
        let waiting = std::mem::take(&mut self.waiting);
        let frames = waiting.chunks_exact(FRAME_SAMPLES);
        self.waiting.extend_from_slice(frames.remainder());
        for samples in frames {
            self.push_frame(samples, block.damaged, chunks);
        }
    }

    fn push_frame(&mut self, samples: &[f32], damaged: bool, chunks: &mut Vec<Chunk>) {
        let frame = Frame {
            samples: samples.into(),
            source_start: self.n_framed,
            probability: 1.0,
            damaged,
        };
        self.n_framed += samples.len() as u64;
        let mut even = Vec::new();
        self.gain.push(frame, &mut even);
        self.listen(even, chunks);
    }

    fn listen(&mut self, frames: Vec<Frame>, chunks: &mut Vec<Chunk>) {
        let mut flagged = Vec::new();
        for mut frame in frames {
            if let Some(voice) = &mut self.voice {
                frame.probability = voice.probability(&frame.samples);
                self.segmenter.push(frame, &mut flagged);
            } else {
                flagged.push(Flagged { frame, voiced: true });
            }
        }
        for one in flagged {
            self.packer.push(one, chunks);
        }
    }

    fn finish(&mut self, chunks: &mut Vec<Chunk>) {
        let rest = std::mem::take(&mut self.waiting);
        if !rest.is_empty() {
            self.push_frame(&rest, false, chunks);
        }
        let mut even = Vec::new();
        self.gain.finish(&mut even);
        self.listen(even, chunks);
        let mut flagged = Vec::new();
        self.segmenter.finish(&mut flagged);
        for one in flagged {
            self.packer.push(one, chunks);
        }
        self.packer.finish(chunks);
    }
}
