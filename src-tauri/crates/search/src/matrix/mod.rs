//! All vectors of the answering model in one piece of memory, and the search through them.
//!
//! Every vector is looked at; there is no approximate index, because at this size it does not pay. A
//! product of 384 bytes is some forty instructions, so that memory is what limits, and bytes are a quarter
//! of floats. Measured with `examples/search_bench.rs` on two cores with AVX-512, busy with other things:
//! a search by meaning takes 2.7 ms of one thread among 10,000 passages (100 hours) and 6.4 ms of each of
//! two among 100,000, of which 2 ms are words and texts; so 0.08 µs a row. A million (10,000
//! hours, 400 MB) would take 40 ms on two threads: that is where an approximate index would begin to pay,
//! which at 100,000 could save 4 ms and would cost the exactness, a third of the memory again for its
//! graph, and a filter that finds nothing.
//!
//! The search and [`Matrix::similar`] go over the rows in their order, a block of a recording at a
//! time, and pass over the blocks that are not asked for: what a filter leaves out costs nothing.

mod kernels;

use std::ops::Range;

use recordroute_core::{LanguageCode, RecordingId};
use recordroute_store::{IndexedText, Scope, StoredVector};

/// Rows whose products are computed at a time.
const STEP: usize = 128;

/// From so many components on a second thread saves more than it costs to start one.
const MIN_COMPONENTS_FOR_THREADS: usize = 6_000_000;

/// More threads than this wait for memory.
const MAX_THREADS: usize = 2;

/// Room that is kept for what is added later, and rows that are kept though nothing refers to them any
/// more, both as one part in so many of the whole.
const SLACK: usize = 16;

/// With fewer passages than that in a language their spread is not known.
pub(crate) const MIN_ROWS_FOR_SPREAD: usize = 30;

/// The rows of one recording.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub text: IndexedText,
    pub language: Option<LanguageCode>,
    rows: Range<usize>,
}

/// Where a passage is. A recording of 49 days has more milliseconds than fit; nobody makes one.
#[derive(Debug, Clone, Copy)]
struct Span {
    first_segment_idx: u32,
    last_segment_idx: u32,
    start_ms: u32,
    end_ms: u32,
}

/// Vectors of length 1.0, rounded to bytes, with what they belong to. For each row it takes 20 bytes
/// beside its components.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    n_dimensions: usize,
    components: Vec<i8>,
    scales: Vec<f32>,
    spans: Vec<Span>,
    /// By the recording's number.
    blocks: Vec<Block>,
    /// Rows that belong to no block.
    n_dead: usize,
}

/// A passage that is near to what was asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    pub recording_id: RecordingId,
    pub transcript_id: i64,
    pub first_segment_idx: u32,
    pub last_segment_idx: u32,
    pub start_ms: u64,
    pub end_ms: u64,
    /// Cosine of the angle between the two.
    pub similarity: f32,
}

/// The passages of one language that are nearest, the best first, and how all of them are spread that were
/// looked at.
#[derive(Debug, Default)]
pub(crate) struct Nearest {
    pub found: Vec<Near>,
    pub n_rows: usize,
    pub mean: f32,
    pub deviation: f32,
}

/// What one thread has seen in one language.
struct Seen {
    language: Option<LanguageCode>,
    /// Similarity, block and row; not in order.
    best: Vec<(f32, usize, usize)>,
    /// Nothing below it gets in any more.
    least: f32,
    n_rows: usize,
    sum: f64,
    square_sum: f64,
}

/// A vector as the inner loop wants it.
struct Asked {
    components: Vec<i16>,
    scale: f32,
}

impl Matrix {
    /// Makes room for so many rows, exactly.
    pub(crate) fn with_capacity(n_dimensions: usize, n_rows: usize) -> Self {
        let mut matrix = Self {
            n_dimensions,
            ..Self::default()
        };
        matrix.reserve(n_rows);
        matrix
    }

    fn reserve(&mut self, n_rows: usize) {
        self.components.reserve_exact(n_rows * self.n_dimensions);
        self.scales.reserve_exact(n_rows);
        self.spans.reserve_exact(n_rows);
    }

    pub(crate) fn n_dimensions(&self) -> usize {
        self.n_dimensions
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Rows that belong to a recording.
    pub(crate) fn n_rows(&self) -> usize {
        self.scales.len() - self.n_dead
    }

    /// What it takes in memory, bytes.
    pub(crate) fn n_bytes(&self) -> usize {
        self.components.capacity()
            + self.scales.capacity() * size_of::<f32>()
            + self.spans.capacity() * size_of::<Span>()
            + self.blocks.capacity() * size_of::<Block>()
    }

    /// Appends a row to the one that was appended last; [`Matrix::close_block`] says whose they are.
    pub(crate) fn push(&mut self, vector: &StoredVector<'_>) {
        debug_assert_eq!(
            vector.components.len(),
            self.n_dimensions,
            "store gives whole vectors only"
        );
        if self.scales.len() == self.scales.capacity() {
            // More than was counted: somebody stores meanwhile.
            self.reserve(self.scales.len() / SLACK + STEP);
        }
        self.components
            .extend(vector.components.iter().map(|byte| byte.cast_signed()));
        self.scales.push(vector.scale);
        self.spans.push(Span {
            first_segment_idx: vector.first_segment_idx,
            last_segment_idx: vector.last_segment_idx,
            start_ms: u32::try_from(vector.start_ms).unwrap_or(u32::MAX),
            end_ms: u32::try_from(vector.end_ms).unwrap_or(u32::MAX),
        });
    }

    /// Says that the rows since the last block belong to a recording, in the place of earlier ones.
    pub(crate) fn close_block(
        &mut self,
        text: IndexedText,
        language: Option<LanguageCode>,
        first_row: usize,
    ) {
        let block = Block {
            text,
            language,
            rows: first_row..self.scales.len(),
        };
        match self.place_of(text.recording_id) {
            Ok(at) => {
                if let Some(old) = self.blocks.get_mut(at) {
                    self.n_dead += old.rows.len();
                    *old = block;
                }
            }
            Err(at) => self.blocks.insert(at, block),
        }
    }

    /// The row that is appended next.
    pub(crate) fn next_row(&self) -> usize {
        self.scales.len()
    }

    /// Takes over the blocks of `newer`, and lets those go for which `is_kept` is false.
    pub(crate) fn update(&mut self, newer: &Self, is_kept: &dyn Fn(RecordingId) -> bool) {
        let mut n_dead = self.n_dead;
        self.blocks.retain(|block| {
            let stays = is_kept(block.text.recording_id);
            n_dead += if stays { 0 } else { block.rows.len() };
            stays
        });
        self.n_dead = n_dead;
        let n_rows = self.scales.len() + newer.scales.len();
        if n_rows > self.scales.capacity() {
            self.reserve(newer.scales.len() + n_rows / SLACK);
        }
        for block in &newer.blocks {
            let first_row = self.next_row();
            let components = block.rows.start * self.n_dimensions..block.rows.end * self.n_dimensions;
            self.components
                .extend_from_slice(newer.components.get(components).unwrap_or_default());
            self.scales
                .extend_from_slice(newer.scales.get(block.rows.clone()).unwrap_or_default());
            self.spans
                .extend_from_slice(newer.spans.get(block.rows.clone()).unwrap_or_default());
            self.close_block(block.text, block.language, first_row);
        }
        if self.n_dead > self.scales.len() / SLACK {
            self.close_gaps();
        }
    }

    /// Moves the rows together that are still referred to, in their place.
    fn close_gaps(&mut self) {
        let mut in_order: Vec<usize> = (0..self.blocks.len()).collect();
        in_order.sort_unstable_by_key(|idx| self.blocks.get(*idx).map(|block| block.rows.start));
        let mut to = 0;
        for idx in in_order {
            let Some(block) = self.blocks.get_mut(idx) else {
                continue;
            };
            let rows = block.rows.clone();
            let n_rows = rows.len();
            self.components.copy_within(
                rows.start * self.n_dimensions..rows.end * self.n_dimensions,
                to * self.n_dimensions,
            );
            self.scales.copy_within(rows.clone(), to);
            self.spans.copy_within(rows, to);
            block.rows = to..to + n_rows;
            to += n_rows;
        }
        self.components.truncate(to * self.n_dimensions);
        self.scales.truncate(to);
        self.spans.truncate(to);
        self.n_dead = 0;
    }

    fn place_of(&self, id: RecordingId) -> Result<usize, usize> {
        self.blocks
            .binary_search_by_key(&id, |block| block.text.recording_id)
    }

    /// For each language the `n` passages in `scope` that are nearest to a vector of length 1.0. Languages are
    /// kept apart because models of several put a text nearer to anything in its own language than to what
    /// means the same in another. One with too few passages to know their spread goes with the largest.
    pub(crate) fn nearest(&self, vector: &[f32], n: usize, scope: &Scope) -> Vec<Nearest> {
        let Some(asked) = Asked::new(vector).filter(|_| vector.len() == self.n_dimensions) else {
            return Vec::new();
        };
        let blocks: Vec<usize> = (0..self.blocks.len())
            .filter(|idx| {
                self.blocks
                    .get(*idx)
                    .is_some_and(|block| scope.has_recording(block.text.recording_id))
            })
            .collect();
        let n_rows: usize = blocks.iter().map(|idx| self.rows_of(*idx).len()).sum();
        let is_large = n_rows * self.n_dimensions >= MIN_COMPONENTS_FOR_THREADS;
        let n_threads = if is_large { MAX_THREADS } else { 1 };
        let seen = std::thread::scope(|threads| {
            let mut shares = self.shares(&blocks, n_rows.div_ceil(n_threads)).into_iter();
            let own = shares.next().unwrap_or_default();
            let others: Vec<_> = shares
                .map(|share| threads.spawn(|| self.look_through(share, &asked, n, scope)))
                .collect();
            let mut all = self.look_through(own, &asked, n, scope);
            all.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
            all
        });
        let mut by_language: Vec<Seen> = Vec::new();
        for one in seen {
            match by_language
                .iter_mut()
                .find(|other| other.language == one.language)
            {
                Some(other) => other.add(one),
                None => by_language.push(one),
            }
        }
        by_language.sort_by_key(|seen| std::cmp::Reverse(seen.n_rows));
        let mut by_language = by_language.into_iter();
        let mut kept: Vec<Seen> = by_language.next().into_iter().collect();
        for one in by_language {
            match kept.first_mut() {
                Some(largest) if one.n_rows < MIN_ROWS_FOR_SPREAD => largest.add(one),
                _ => kept.push(one),
            }
        }
        kept.into_iter().map(|seen| self.nearest_of(seen, n)).collect()
    }

    fn nearest_of(&self, mut seen: Seen, n: usize) -> Nearest {
        seen.keep_best(n);
        seen.best
            .sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.2.cmp(&a.2)));
        let n_rows = seen.n_rows.max(1) as f64;
        let mean = seen.sum / n_rows;
        Nearest {
            found: seen.best.into_iter().filter_map(|best| self.near(best)).collect(),
            n_rows: seen.n_rows,
            mean: mean as f32,
            deviation: (seen.square_sum / n_rows - mean * mean).max(0.0).sqrt() as f32,
        }
    }

    fn rows_of(&self, block_idx: usize) -> Range<usize> {
        self.blocks
            .get(block_idx)
            .map_or(0..0, |block| block.rows.clone())
    }

    /// Parts blocks into runs of about so many rows.
    fn shares<'a>(&self, blocks: &'a [usize], n_rows: usize) -> Vec<&'a [usize]> {
        let mut n_before = 0;
        blocks
            .chunk_by(|a, _| {
                let share = n_before / n_rows.max(1);
                n_before += self.rows_of(*a).len();
                n_before / n_rows.max(1) == share
            })
            .collect()
    }

    fn look_through(&self, blocks: &[usize], asked: &Asked, n: usize, scope: &Scope) -> Vec<Seen> {
        let products = kernels::best();
        let mut by_language: Vec<Seen> = Vec::new();
        let mut out = [0_i32; STEP];
        for block_idx in blocks {
            let Some(block) = self.blocks.get(*block_idx) else {
                continue;
            };
            let known = by_language
                .iter()
                .position(|seen| seen.language == block.language);
            let at = known.unwrap_or_else(|| {
                by_language.push(Seen::new(block.language));
                by_language.len() - 1
            });
            let Some(seen) = by_language.get_mut(at) else {
                continue;
            };
            let transcript_id = block.text.transcript_id;
            for first_row in block.rows.clone().step_by(STEP) {
                let rows = first_row..(first_row + STEP).min(block.rows.end);
                let components = rows.start * self.n_dimensions..rows.end * self.n_dimensions;
                let (Some(components), Some(scales), Some(spans)) = (
                    self.components.get(components),
                    self.scales.get(rows.clone()),
                    self.spans.get(rows.clone()),
                ) else {
                    continue;
                };
                products(components, &asked.components, &mut out);
                for (((product, scale), span), row) in out.iter().zip(scales).zip(spans).zip(rows) {
                    let (first, last) = (span.first_segment_idx, span.last_segment_idx);
                    if scope.speaker().is_some() && !scope.has_segments(transcript_id, first, last) {
                        continue;
                    }
                    let similarity = *product as f32 * scale * asked.scale;
                    seen.n_rows += 1;
                    seen.sum += f64::from(similarity);
                    seen.square_sum += f64::from(similarity) * f64::from(similarity);
                    if similarity > seen.least {
                        seen.best.push((similarity, *block_idx, row));
                        if seen.best.len() >= 2 * n.max(32) {
                            seen.keep_best(n);
                        }
                    }
                }
            }
        }
        by_language
    }

    fn near(&self, (similarity, block_idx, row): (f32, usize, usize)) -> Option<Near> {
        let text = self.blocks.get(block_idx)?.text;
        let span = self.spans.get(row)?;
        Some(Near {
            recording_id: text.recording_id,
            transcript_id: text.transcript_id,
            first_segment_idx: span.first_segment_idx,
            last_segment_idx: span.last_segment_idx,
            start_ms: span.start_ms.into(),
            end_ms: span.end_ms.into(),
            similarity,
        })
    }

    /// How alike other recordings are to one, the most alike first; nothing where it has no vectors. A
    /// recording is the mean of its passages, less the mean of all recordings: what they have in
    /// common (that people talk, in this language, in this model's favourite directions) makes all
    /// of them look alike, and only what is left tells them apart. In a library of few recordings the
    /// mean is mostly themselves, so that less of it is taken off.
    pub(crate) fn similar(&self, id: RecordingId, scope: &Scope) -> Vec<(RecordingId, f32)> {
        let Some(own) = self.place_of(id).ok().and_then(|at| self.blocks.get(at)) else {
            return Vec::new();
        };
        let mut own_mean = vec![0.0; self.n_dimensions];
        self.mean_of(own, &mut own_mean);
        let mut common = vec![0.0_f32; self.n_dimensions];
        let mut mean = vec![0.0_f32; self.n_dimensions];
        let others: Vec<&Block> = self
            .blocks
            .iter()
            .filter(|block| scope.has_recording(block.text.recording_id) && !block.rows.is_empty())
            .collect();
        for block in &others {
            self.mean_of(block, &mut mean);
            common
                .iter_mut()
                .zip(&mean)
                .for_each(|(common, mean)| *common += mean);
        }
        let share = 1.0 / (others.len() + FEW_RECORDINGS) as f32;
        common.iter_mut().for_each(|common| *common *= share);
        own_mean
            .iter_mut()
            .zip(&common)
            .for_each(|(own, common)| *own -= common);
        let own_length = own_mean.iter().map(|own| own * own).sum::<f32>().sqrt();
        let mut found = Vec::with_capacity(others.len());
        for block in others {
            if block.text.recording_id == id {
                continue;
            }
            self.mean_of(block, &mut mean);
            let (mut product, mut square) = (0.0, 0.0);
            for ((mean, common), own) in mean.iter().zip(&common).zip(&own_mean) {
                let particular = mean - common;
                product += particular * own;
                square += particular * particular;
            }
            let similarity = product / (square.sqrt() * own_length).max(f32::MIN_POSITIVE);
            found.push((block.text.recording_id, similarity.clamp(-1.0, 1.0)));
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| b.0.cmp(&a.0)));
        found
    }

    /// Writes the mean of a block's vectors into `mean`.
    fn mean_of(&self, block: &Block, mean: &mut [f32]) {
        mean.fill(0.0);
        let components = block.rows.start * self.n_dimensions..block.rows.end * self.n_dimensions;
        let components = self.components.get(components).unwrap_or_default();
        let scales = self.scales.get(block.rows.clone()).unwrap_or_default();
        let share = 1.0 / block.rows.len().max(1) as f32;
        for (row, scale) in components.chunks_exact(self.n_dimensions.max(1)).zip(scales) {
            let scale = scale * share;
            for (mean, component) in mean.iter_mut().zip(row) {
                *mean += f32::from(*component) * scale;
            }
        }
    }
}

/// So many recordings that have nothing in common are thought into every library.
const FEW_RECORDINGS: usize = 4;

impl Seen {
    fn new(language: Option<LanguageCode>) -> Self {
        Self {
            language,
            best: Vec::new(),
            least: f32::NEG_INFINITY,
            n_rows: 0,
            sum: 0.0,
            square_sum: 0.0,
        }
    }

    fn add(&mut self, other: Self) {
        self.best.extend(other.best);
        self.n_rows += other.n_rows;
        self.sum += other.sum;
        self.square_sum += other.square_sum;
    }

    fn keep_best(&mut self, n: usize) {
        if n == 0 {
            self.best.clear();
            self.least = f32::INFINITY;
        } else if self.best.len() > n {
            self.best
                .select_nth_unstable_by(n - 1, |a, b| b.0.total_cmp(&a.0));
            self.best.truncate(n);
            self.least = self.best.last().map_or(f32::NEG_INFINITY, |worst| worst.0);
        }
    }
}

impl Asked {
    /// None for a vector that points nowhere.
    fn new(vector: &[f32]) -> Option<Self> {
        let largest = vector
            .iter()
            .fold(0.0_f32, |largest, value| largest.max(value.abs()));
        if !vector.iter().all(|value| value.is_finite()) || largest < f32::MIN_POSITIVE {
            return None;
        }
        let steps = f32::from(kernels::largest_component(vector.len()));
        Some(Self {
            components: vector
                .iter()
                .map(|value| (value / largest * steps).round() as i16)
                .collect(),
            scale: largest / steps,
        })
    }
}

#[cfg(test)]
mod tests;
