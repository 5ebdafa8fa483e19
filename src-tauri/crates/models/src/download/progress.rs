//! How far a download is, how fast it goes and when it will be done.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Time between two reports.
const EVERY: Duration = Duration::from_millis(100);
/// Speed is that of the last seconds, so that it follows the line and does not jump.
const WINDOW: Duration = Duration::from_secs(5);
/// Below this a speed would be a guess.
const LEAST_WINDOW: Duration = Duration::from_millis(500);

/// How far a download is.
#[derive(Debug, Clone, PartialEq)]
pub struct DownloadProgress {
    /// Bytes of the whole model that are there, with those of an earlier try.
    pub done_bytes: u64,
    /// Bytes of the whole model, where all its files' sizes are known.
    pub total_bytes: Option<u64>,
    /// Speed of the last seconds.
    pub bytes_per_second: Option<f64>,
    /// Time left at this speed, in milliseconds.
    pub eta_ms: Option<u64>,
    /// The host that the file comes from.
    pub source: String,
}

/// Measures, and reports now and then.
pub(super) struct Meter<'a> {
    report: &'a mut (dyn FnMut(DownloadProgress) + Send),
    /// Sizes of all files, as far as they are known.
    sizes: Vec<Option<u64>>,
    n_finished: usize,
    /// Bytes of the files before this one.
    finished_bytes: u64,
    source: String,
    samples: VecDeque<(Instant, u64)>,
}

impl<'a> Meter<'a> {
    pub(super) fn new(sizes: Vec<Option<u64>>, report: &'a mut (dyn FnMut(DownloadProgress) + Send)) -> Self {
        Self {
            report,
            sizes,
            n_finished: 0,
            finished_bytes: 0,
            source: String::new(),
            samples: VecDeque::new(),
        }
    }

    /// A source begins or goes on at `at` bytes of the file.
    pub(super) fn start(&mut self, source: &str, at: u64) {
        source.clone_into(&mut self.source);
        self.samples.clear();
        self.advance(at);
    }

    /// The source says how large the file is.
    pub(super) fn expect(&mut self, n_bytes: u64) {
        if let Some(size) = self.sizes.get_mut(self.n_finished) {
            *size = Some(n_bytes);
        }
    }

    /// `at` bytes of the file are there.
    pub(super) fn advance(&mut self, at: u64) {
        let now = Instant::now();
        if self.samples.back().is_some_and(|(last, _)| now - *last < EVERY) {
            return;
        }
        self.sample(now, self.finished_bytes + at);
    }

    /// The file is there and has `n_bytes`.
    pub(super) fn finish_file(&mut self, n_bytes: u64) {
        self.expect(n_bytes);
        self.n_finished += 1;
        self.finished_bytes += n_bytes;
        self.sample(Instant::now(), self.finished_bytes);
    }

    fn sample(&mut self, now: Instant, done_bytes: u64) {
        self.samples.push_back((now, done_bytes));
        while self.samples.len() > 2
            && self
                .samples
                .front()
                .is_some_and(|(first, _)| now - *first > WINDOW)
        {
            self.samples.pop_front();
        }
        let bytes_per_second = self.samples.front().and_then(|(first, bytes)| {
            let time = now - *first;
            (time >= LEAST_WINDOW).then(|| done_bytes.saturating_sub(*bytes) as f64 / time.as_secs_f64())
        });
        let total_bytes: Option<u64> = self.sizes.iter().copied().sum();
        let left_bytes = total_bytes.map(|total| total.saturating_sub(done_bytes));
        let eta_ms = bytes_per_second
            .filter(|speed| *speed >= 1.0)
            .zip(left_bytes)
            .map(|(speed, left)| (left as f64 / speed * 1_000.0) as u64);
        (self.report)(DownloadProgress {
            done_bytes,
            total_bytes,
            bytes_per_second,
            eta_ms,
            source: self.source.clone(),
        });
    }
}
