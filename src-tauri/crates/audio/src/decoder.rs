use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use recordroute_core::{CancellationToken, samples_to_ms};
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;

use crate::AudioError;
use crate::codec;
use crate::container::{self, MediaInfo, Opened};
use crate::mix;
use crate::notice::Findings;
use crate::resample::To16k;
use crate::timeline::Timeline;

/// Samples of a block, more or less: half a second.
const BLOCK_SAMPLES: usize = 8_000;

/// Silence is made in pieces of this many frames.
const SILENCE_FRAMES: u64 = 16_384;

/// Errors of the demuxer in a row after which the file counts as ended.
const MAX_DEMUX_ERRORS: u32 = 2_000;

/// Packets in a row that cannot be decoded after which the file counts as ended.
const MAX_BAD_PACKETS: u32 = 50_000;

/// Packets that a demuxer may hand out without reading a byte of the file.
const MAX_IDLE_PACKETS: u32 = 200_000;

/// A packet lasts at most this long; longer claims are cut, so that no packet makes hours of
/// silence.
const MAX_PACKET_SECONDS: u64 = 10;

/// Headers and the clock of the sound may differ by this much before a file counts as cut short.
const CUT_TOLERANCE_MS: u64 = 1_000;

/// A stretch of decoded sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Mono, 16 kHz, within -1.0..=1.0.
    pub samples: Vec<f32>,
    /// Position of the first sample in the recording.
    pub start_sample: u64,
    /// A part of it could not be decoded and is silence instead.
    pub damaged: bool,
}

/// Streams a file as 16 kHz mono.
///
/// Single packets that cannot be decoded become silence of the same length, so that times stay
/// right; [`Decoder::notice`] tells of them.
pub struct Decoder {
    opened: Opened,
    decoder: Box<dyn AudioDecoder>,
    timeline: Option<Timeline>,
    resampler: Option<To16k>,
    /// The frames decoded last, mixed down, and how far they are placed.
    frames: Vec<f32>,
    placed_to: usize,
    is_placing: bool,
    /// What was placed and not resampled yet: silence, then a part of `frames`.
    n_silence: u64,
    part: Range<usize>,
    /// Frames kept back because they are padding if the stream ends now.
    held: VecDeque<f32>,
    n_raw_frames: u64,
    out: Vec<f32>,
    n_samples: u64,
    out_damaged: bool,
    damage: Damage,
    findings: Findings,
    ended: bool,
    io_error: Option<std::io::Error>,
}

/// Counts what could not be decoded.
#[derive(Debug, Default)]
struct Damage {
    any_good: bool,
    n_bad_in_a_row: u32,
    n_demux_errors: u32,
    n_idle: u32,
    n_bytes_read: u64,
}

impl Decoder {
    /// Opens a file and reads its headers.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        Self::open_cancellable(path, CancellationToken::new())
    }

    /// Like [`Decoder::open`]; once `cancel` is cancelled, reading ends.
    pub fn open_cancellable(path: &Path, cancel: CancellationToken) -> Result<Self, AudioError> {
        let opened = container::open(path, cancel)?;
        let decoder = codec::decoder(&opened.prepared.params, &opened.prepared.name)?;
        let findings = Findings {
            announced_ms: opened.announced_ms,
            core_only_hz: opened
                .prepared
                .core_only
                .then_some(opened.info.sample_rate_hz / 2)
                .filter(|hz| *hz < 8_000),
            ..Findings::default()
        };
        Ok(Self {
            opened,
            decoder,
            timeline: None,
            resampler: None,
            frames: Vec::new(),
            placed_to: 0,
            is_placing: false,
            n_silence: 0,
            part: 0..0,
            held: VecDeque::new(),
            n_raw_frames: 0,
            out: Vec::new(),
            n_samples: 0,
            out_damaged: false,
            damage: Damage::default(),
            findings,
            ended: false,
            io_error: None,
        })
    }

    /// What the file is.
    pub fn info(&self) -> &MediaInfo {
        &self.opened.info
    }

    /// Samples handed out so far; after the end the length of the recording.
    pub fn n_samples(&self) -> u64 {
        self.n_samples
    }

    /// After the end: what the user should know, such as that the file is cut short.
    pub fn notice(&self) -> Option<String> {
        self.findings.notice()
    }

    /// The next half second or so; none at the end. An error means that the file became
    /// unreadable or never gave any sound; what came before stands.
    pub fn next_block(&mut self) -> Result<Option<Block>, AudioError> {
        while self.out.len() < BLOCK_SAMPLES && !self.ended {
            self.advance()?;
        }
        if self.out.is_empty() {
            if let Some(error) = self.io_error.take() {
                return Err(AudioError::Io(error));
            }
            return Ok(None);
        }
        let mut samples = std::mem::take(&mut self.out);
        for sample in &mut samples {
            *sample = if sample.is_finite() {
                sample.clamp(-1.0, 1.0)
            } else {
                0.0
            };
        }
        let start_sample = self.n_samples;
        self.n_samples += samples.len() as u64;
        Ok(Some(Block {
            samples,
            start_sample,
            damaged: std::mem::take(&mut self.out_damaged),
        }))
    }

    /// Does one small step: resamples what was placed, places what was decoded, or decodes.
    fn advance(&mut self) -> Result<(), AudioError> {
        if self.n_silence > 0 {
            let n_frames = self.n_silence.min(SILENCE_FRAMES);
            self.n_silence -= n_frames;
            return self.resample(&vec![0.0; n_frames as usize]);
        }
        if !self.part.is_empty() {
            let part = std::mem::take(&mut self.part);
            let frames = std::mem::take(&mut self.frames);
            let result = self.hold_back(frames.get(part).unwrap_or_default());
            self.frames = frames;
            return result;
        }
        if let Some(timeline) = &mut self.timeline
            && self.is_placing
        {
            match timeline.place(self.frames.len(), self.placed_to) {
                Some(placed) => {
                    self.n_silence = placed.n_silence;
                    self.part = placed.start..placed.end;
                    self.placed_to = placed.end;
                }
                None => self.is_placing = false,
            }
            return Ok(());
        }
        self.decode_packet()
    }

    fn decode_packet(&mut self) -> Result<(), AudioError> {
        let reader = &mut self.opened.reader;
        let packet = match catch_unwind(AssertUnwindSafe(|| reader.next_packet())) {
            Ok(Ok(Some(packet))) => packet,
            Ok(Ok(None)) => return self.finish(false),
            Ok(Err(SymphoniaError::ResetRequired)) => return self.restart(),
            Ok(Err(error)) => {
                tracing::debug!(%error, "demuxer failed");
                self.damage.n_demux_errors += 1;
                let hopeless = self.damage.n_demux_errors > MAX_DEMUX_ERRORS
                    || matches!(&error, SymphoniaError::IoError(_)) && !self.opened.stamped
                    || self.opened.status.is_cancelled();
                return if hopeless { self.finish(true) } else { Ok(()) };
            }
            Err(_) => {
                tracing::warn!("demuxer panicked");
                return self.finish(true);
            }
        };
        let n_bytes_read = self.opened.status.n_bytes_read();
        self.damage.n_idle = if n_bytes_read == self.damage.n_bytes_read {
            self.damage.n_idle + 1
        } else {
            0
        };
        self.damage.n_bytes_read = n_bytes_read;
        if self.damage.n_idle > MAX_IDLE_PACKETS {
            return self.finish(true);
        }
        if packet.track_id != self.opened.track_id {
            return Ok(());
        }
        self.damage.n_demux_errors = 0;
        self.decode(packet)
    }

    fn decode(&mut self, mut packet: Packet) -> Result<(), AudioError> {
        let n_padding = if self.opened.trims_packets {
            packet.trim_end.get()
        } else {
            0
        };
        if !codec::trims_itself(self.opened.prepared.params.codec) {
            packet.trim_start = Duration::ZERO;
            packet.trim_end = Duration::ZERO;
        }
        self.frames.clear();
        self.placed_to = 0;
        let (decoder, frames) = (&mut self.decoder, &mut self.frames);
        let decoded = catch_unwind(AssertUnwindSafe(|| match decoder.decode(&packet) {
            Ok(buffer) => Ok(mix::down(&buffer, frames)),
            Err(error) => Err(error),
        }));
        match decoded {
            Ok(Ok((rate_hz, n_channels))) => {
                self.note_good(n_channels);
                self.prepare_rate(rate_hz)?;
            }
            Ok(Err(SymphoniaError::ResetRequired)) => {
                self.decoder.reset();
                return Ok(());
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "packet cannot be decoded");
                self.replace_by_silence(&packet)?;
            }
            Err(_) => {
                tracing::warn!("decoder panicked");
                self.decoder = codec::decoder(&self.opened.prepared.params, &self.opened.prepared.name)?;
                self.replace_by_silence(&packet)?;
            }
        }
        self.n_raw_frames += self.frames.len() as u64;
        self.stamp(&packet);
        let n_kept = (self.frames.len() as u64).saturating_sub(n_padding);
        self.frames.truncate(n_kept as usize);
        self.is_placing = true;
        Ok(())
    }

    fn note_good(&mut self, n_channels: usize) {
        if self.damage.n_bad_in_a_row > 0 && self.damage.any_good {
            self.findings.n_damaged += 1;
        }
        self.damage.n_bad_in_a_row = 0;
        self.damage.any_good = true;
        self.opened.info.n_channels = u16::try_from(n_channels).unwrap_or(u16::MAX);
    }

    fn replace_by_silence(&mut self, packet: &Packet) -> Result<(), AudioError> {
        self.damage.n_bad_in_a_row += 1;
        if self.damage.n_bad_in_a_row > MAX_BAD_PACKETS {
            return self.finish(true);
        }
        let rate_hz = self
            .resampler
            .as_ref()
            .map_or(self.opened.info.sample_rate_hz, To16k::source_rate_hz);
        let n_frames = self.in_frames(i64::try_from(packet.dur.get()).unwrap_or(0), rate_hz);
        let n_frames = n_frames
            .unsigned_abs()
            .min(u64::from(rate_hz) * MAX_PACKET_SECONDS);
        self.frames.clear();
        self.frames.resize(n_frames as usize, 0.0);
        self.out_damaged |= self.damage.any_good;
        if rate_hz > 0 {
            self.prepare_rate(rate_hz)
        } else {
            Ok(())
        }
    }

    /// Makes ready for frames at a rate, which may change in chained streams.
    fn prepare_rate(&mut self, rate_hz: u32) -> Result<(), AudioError> {
        match &mut self.resampler {
            Some(resampler) if resampler.source_rate_hz() == rate_hz => return Ok(()),
            Some(resampler) => {
                let held: Vec<f32> = self.held.drain(..).collect();
                resampler.push(&held, &mut self.out)?;
                resampler.finish(&mut self.out)?;
                if let Some(timeline) = &mut self.timeline {
                    timeline.change_rate(rate_hz);
                }
                self.opened.stamped = false;
            }
            None => {
                self.opened.info.sample_rate_hz = rate_hz;
                self.timeline = Some(self.opened.plan.timeline(rate_hz));
            }
        }
        self.resampler = Some(To16k::new(rate_hz)?);
        Ok(())
    }

    fn stamp(&mut self, packet: &Packet) {
        if !self.opened.stamped {
            return;
        }
        let Some(rate_hz) = self.resampler.as_ref().map(To16k::source_rate_hz) else {
            return;
        };
        let offset = i64::try_from(self.opened.stamp_offset_frames).unwrap_or(0);
        let media_frame = self.in_frames(packet.pts.get(), rate_hz).saturating_sub(offset);
        if let Some(timeline) = &mut self.timeline {
            timeline.stamp(media_frame);
        }
    }

    /// Units of the track's time base in frames at a rate, rounded.
    fn in_frames(&self, units: i64, rate_hz: u32) -> i64 {
        let (numer, denom) = match self.opened.time_base {
            Some(base) => (i128::from(base.numer.get()), i128::from(base.denom.get())),
            None => (1, i128::from(rate_hz.max(1))),
        };
        let scaled = i128::from(units) * numer * i128::from(rate_hz) + denom / 2;
        i64::try_from(scaled.div_euclid(denom)).unwrap_or(0)
    }

    /// Padding at the end is known only once the end is there, so as much is always held back.
    fn hold_back(&mut self, frames: &[f32]) -> Result<(), AudioError> {
        let n_held = usize::try_from(self.opened.padding_frames.min(1 << 16)).unwrap_or(0);
        if n_held == 0 {
            return self.resample(frames);
        }
        self.held.extend(frames);
        let n_free = self.held.len().saturating_sub(n_held);
        let free: Vec<f32> = self.held.drain(..n_free).collect();
        self.resample(&free)
    }

    fn resample(&mut self, frames: &[f32]) -> Result<(), AudioError> {
        match &mut self.resampler {
            Some(resampler) => resampler.push(frames, &mut self.out),
            None => Ok(()),
        }
    }

    /// A chained stream goes on with other parameters.
    fn restart(&mut self) -> Result<(), AudioError> {
        let params = self
            .opened
            .reader
            .tracks()
            .iter()
            .find_map(|track| match &track.codec_params {
                Some(symphonia::core::codecs::CodecParameters::Audio(params)) => {
                    Some((track.id, track.time_base, codec::prepare(params).ok()?))
                }
                _ => None,
            });
        let Some((track_id, time_base, prepared)) = params else {
            return self.finish(true);
        };
        self.decoder = codec::decoder(&prepared.params, &prepared.name)?;
        self.opened.track_id = track_id;
        self.opened.time_base = time_base;
        self.opened.prepared = prepared;
        Ok(())
    }

    /// Nothing more will come: lets out what was held back and judges how it ended.
    fn finish(&mut self, by_error: bool) -> Result<(), AudioError> {
        self.ended = true;
        self.io_error = self.opened.status.take_error();
        let cancelled = self.opened.status.is_cancelled();
        let is_whole = self.opened.n_raw_frames.is_none_or(|expected| {
            let tolerance = 2 * 1_152;
            self.n_raw_frames.abs_diff(expected) <= tolerance
        });
        let held = std::mem::take(&mut self.held);
        if let Some(resampler) = &mut self.resampler {
            if !is_whole {
                let held: Vec<f32> = held.into_iter().collect();
                resampler.push(&held, &mut self.out)?;
            }
            resampler.finish(&mut self.out)?;
        }
        let n_samples = self.n_samples + self.out.len() as u64;
        if n_samples == 0 && self.io_error.is_none() && !cancelled {
            return Err(if by_error || self.damage.n_bad_in_a_row > 0 {
                AudioError::Damaged("none of its sound can be decoded".to_owned())
            } else {
                AudioError::NoAudio("The file has a header but no sound in it.".to_owned())
            });
        }
        if self.damage.n_bad_in_a_row > 0 && self.damage.any_good {
            self.findings.n_damaged += 1;
        }
        let read_ms = samples_to_ms(n_samples);
        let too_short = self
            .findings
            .announced_ms
            .is_some_and(|announced_ms| read_ms + CUT_TOLERANCE_MS < announced_ms);
        self.findings.read_ms = read_ms;
        self.findings.cut_short = !cancelled
            && (by_error || too_short || self.opened.cut_short || self.opened.status.ended_early());
        Ok(())
    }
}
