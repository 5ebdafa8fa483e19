//! The thread of a recording: drains the rings, places what came, writes it, and watches over it all.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::CaptureError;
use super::file::{CaptureFile, CaptureFormat};
use super::levels::Meter;
use super::log::{CaptureLog, CaptureTrack, Gap, GapReason, Pause};
use super::place::Placer;
use super::recorder::{
    CaptureOptions, CaptureState, CaptureStatus, Control, EndReason, Finished, Shared, labelled, lock,
};
use super::source::{OpenSource, SampleWidth, Source};
use super::timeline::Timeline;
use super::track::{Happened, Track};

/// How often the rings are looked into.
const TICK: Duration = Duration::from_millis(20);

/// How long the last block before a stop may take to come.
const LAST_BLOCK: Duration = Duration::from_millis(500);

/// How often the disk is looked at, and changes of the log are written.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// When the clock on the wall goes so much further than the computer's own, it slept.
const SLEPT: Duration = Duration::from_secs(5);

/// Most channels of a file; more than the decoder takes would be of no use.
const MAX_CHANNELS: u16 = 8;

/// Gaps that are listed one by one; beyond that only the lost frames are counted.
const MAX_GAPS: usize = 1_000;

pub(super) struct Writer {
    tracks: Vec<Track>,
    timeline: Timeline,
    file: CaptureFile,
    path: PathBuf,
    format: CaptureFormat,
    meter: Meter,
    log: CaptureLog,
    log_is_new: bool,
    options: CaptureOptions,
    shared: Arc<Mutex<Shared>>,
    looked_at: Instant,
    ticked_at: (Instant, SystemTime),
    disk_low_bytes: Option<u64>,
    frames: Vec<f32>,
}

impl Writer {
    pub fn begin(
        mut sources: Vec<Box<dyn Source>>,
        path: &Path,
        options: CaptureOptions,
    ) -> Result<Self, CaptureError> {
        let folder = path.parent().unwrap_or(path);
        if (options.free_bytes)(folder).is_some_and(|free| free < options.stop_below_bytes) {
            return Err(CaptureError::DiskFull {
                path: folder.to_owned(),
            });
        }
        let opened: Vec<OpenSource> = sources
            .iter_mut()
            .map(|source| source.open())
            .collect::<Result<_, _>>()?;
        let format = format_of(&opened)?;
        let described = sources.iter().zip(&opened).map(|(source, open)| CaptureTrack {
            kind: source.kind(),
            device: open.name.clone(),
            label: None,
        });
        let log = CaptureLog {
            version: 1,
            format,
            started_at_unix_ms: unix_ms(),
            tracks: labelled(described.collect()),
            pauses: Vec::new(),
            gaps: Vec::new(),
            n_frames_lost: 0,
            changed_devices: Vec::new(),
        };
        let file = CaptureFile::create(path, format)?;
        log.save(path)?;
        let is_aligned = opened.len() > 1;
        let n_channels = if is_aligned { 1 } else { format.n_channels };
        let tracks: Vec<Track> = sources
            .into_iter()
            .zip(opened)
            .map(|(source, open)| {
                Track::new(
                    source,
                    open,
                    Placer::new(format.sample_rate_hz, n_channels, is_aligned),
                )
            })
            .collect();
        let status = CaptureStatus {
            state: CaptureState::Running,
            elapsed_ms: 0,
            written_ms: 0,
            format,
            devices: tracks.iter().map(Track::status).collect(),
            levels: None,
            n_clipped: vec![0; usize::from(format.n_channels)],
            silent_ms: vec![0; usize::from(format.n_channels)],
            n_frames_lost: 0,
            gaps: Vec::new(),
            disk_low_bytes: None,
        };
        Ok(Self {
            tracks,
            timeline: Timeline::default(),
            file,
            path: path.to_owned(),
            format,
            meter: Meter::new(format.sample_rate_hz, format.n_channels),
            log,
            log_is_new: false,
            options,
            shared: Arc::new(Mutex::new(Shared {
                status,
                levels: VecDeque::new(),
            })),
            looked_at: Instant::now(),
            ticked_at: (Instant::now(), SystemTime::now()),
            disk_low_bytes: None,
            frames: Vec::new(),
        })
    }

    pub fn shared(&self) -> Arc<Mutex<Shared>> {
        Arc::clone(&self.shared)
    }

    pub fn run(mut self, controls: &Receiver<Control>) -> Result<Finished, CaptureError> {
        let reason = loop {
            match controls.recv_timeout(TICK) {
                Ok(Control::Pause(at)) => self.pause(at),
                Ok(Control::Resume(at)) => self.resume(at),
                Ok(Control::Stop) | Err(RecvTimeoutError::Disconnected) => break EndReason::Stopped,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(reason) = self.tick() {
                break reason;
            }
        };
        self.finish(reason)
    }

    fn pause(&mut self, at: Instant) {
        if !self.timeline.is_paused() {
            self.timeline.pause(at);
            self.log.pauses.push(Pause {
                at_ms: self.timeline.position(at).as_millis() as u64,
                length_ms: None,
                asleep: false,
            });
            self.log_is_new = true;
        }
    }

    fn resume(&mut self, at: Instant) {
        let length = self.timeline.resume(at);
        if let Some(pause) = self
            .log
            .pauses
            .last_mut()
            .filter(|pause| pause.length_ms.is_none())
        {
            pause.length_ms = Some(length.as_millis() as u64);
            self.log_is_new = true;
        }
    }

    /// Goes on with what came. A reason to end it, if there is one.
    fn tick(&mut self) -> Option<EndReason> {
        let now = Instant::now();
        self.notice_sleep(now);
        for idx in 0..self.tracks.len() {
            let Some(track) = self.tracks.get_mut(idx) else {
                continue;
            };
            let happened = track.advance(&mut self.timeline, now);
            self.note(idx, happened);
        }
        if let Err(error) = self.write() {
            tracing::error!(%error, "the recording cannot be written any more");
            return Some(match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => EndReason::DiskFull,
                _ => EndReason::WriteFailed(error.to_string()),
            });
        }
        let mut reason = None;
        if now.saturating_duration_since(self.looked_at) >= LOOK_EVERY {
            self.looked_at = now;
            reason = self.look(now);
        }
        self.tell(now);
        reason
    }

    /// Monotonic clocks stand still while a computer sleeps, on most systems; the wall's goes on.
    fn notice_sleep(&mut self, now: Instant) {
        let wall = SystemTime::now();
        let (before, wall_before) = std::mem::replace(&mut self.ticked_at, (now, wall));
        let by_wall = wall.duration_since(wall_before).unwrap_or_default();
        let by_clock = now.saturating_duration_since(before);
        let slept = by_wall.saturating_sub(by_clock);
        // A pause of the user's goes on meanwhile, and is noted as one.
        if slept > SLEPT && self.timeline.is_started() && !self.timeline.is_paused() {
            self.log.pauses.push(Pause {
                at_ms: self.timeline.position(now).as_millis() as u64,
                length_ms: Some(slept.as_millis() as u64),
                asleep: true,
            });
            self.log_is_new = true;
        }
    }

    fn note(&mut self, track: usize, happened: Happened) {
        if let Some(start_ms) = happened.lost_at_ms {
            self.add_gap(Gap {
                track,
                start_ms,
                end_ms: None,
                reason: GapReason::DeviceLost,
            });
        }
        if let Some(back_ms) = happened.back_at_ms {
            let open = |gap: &&mut Gap| gap.track == track && gap.end_ms.is_none();
            if let Some(gap) = self.log.gaps.iter_mut().rev().find(open) {
                gap.end_ms = Some(back_ms.max(gap.start_ms));
            }
            self.log_is_new = true;
        }
        if happened.n_lost > 0 {
            let end_ms = self
                .format
                .duration_ms(self.file.n_frames() + self.pending() as u64);
            self.add_gap(Gap {
                track,
                start_ms: end_ms.saturating_sub(self.format.duration_ms(happened.n_lost)),
                end_ms: Some(end_ms),
                reason: GapReason::Overrun,
            });
            self.log.n_frames_lost += happened.n_lost;
        }
        if let Some(name) = happened.new_name {
            self.log.changed_devices.push(name);
            self.log_is_new = true;
        }
    }

    fn add_gap(&mut self, gap: Gap) {
        if self.log.gaps.len() < MAX_GAPS {
            self.log.gaps.push(gap);
        }
        self.log_is_new = true;
    }

    /// Frames that every track has.
    fn pending(&self) -> usize {
        self.tracks
            .iter()
            .map(|track| track.placer.n_pending())
            .min()
            .unwrap_or(0)
    }

    fn write(&mut self) -> io::Result<()> {
        let n_frames = self.pending();
        if n_frames == 0 {
            return Ok(());
        }
        self.frames.clear();
        match self.tracks.as_mut_slice() {
            [only] => self.frames.extend(only.placer.take(n_frames)),
            [me, others] => {
                let pairs = me.placer.take(n_frames).zip(others.placer.take(n_frames));
                self.frames.extend(pairs.flat_map(|(left, right)| [left, right]));
            }
            _ => return Ok(()),
        }
        self.file.append(&self.frames, self.options.sync_every)?;
        let mut shared = lock(&self.shared);
        self.meter.push(&self.frames, |levels| shared.push_levels(levels));
        Ok(())
    }

    fn look(&mut self, now: Instant) -> Option<EndReason> {
        if std::mem::take(&mut self.log_is_new)
            && let Err(error) = self.log.save(&self.path)
        {
            tracing::warn!(%error, "what happened in the recording could not be noted");
        }
        let free = (self.options.free_bytes)(&self.path);
        self.disk_low_bytes = free.filter(|free| *free < self.options.warn_below_bytes);
        if free.is_some_and(|free| free < self.options.stop_below_bytes) {
            return Some(EndReason::DiskFull);
        }
        let is_away = |track: &Track| {
            track.is_away() && now.saturating_duration_since(track.heard_at()) > self.options.give_up_after
        };
        self.tracks.iter().all(is_away).then_some(EndReason::DeviceLost)
    }

    fn tell(&self, now: Instant) {
        let mut shared = lock(&self.shared);
        let status = &mut shared.status;
        status.state = if self.timeline.is_paused() {
            CaptureState::Paused
        } else {
            CaptureState::Running
        };
        status.elapsed_ms = self.timeline.position(now).as_millis() as u64;
        status.written_ms = self.format.duration_ms(self.file.n_frames());
        status.devices = self.tracks.iter().map(Track::status).collect();
        status.n_clipped = self.meter.n_clipped().collect();
        status.silent_ms = self.meter.silent_ms().collect();
        status.n_frames_lost = self.log.n_frames_lost;
        status.gaps.clone_from(&self.log.gaps);
        status.disk_low_bytes = self.disk_low_bytes;
    }

    fn finish(mut self, reason: EndReason) -> Result<Finished, CaptureError> {
        if reason == EndReason::Stopped {
            self.take_the_rest();
        }
        let n_written = self.file.n_frames();
        let finished = match self.file.finish() {
            Ok(finished) => finished,
            Err(error) => {
                tracing::error!(%error, n_written, "a recording could not be ended well");
                let reason = match reason {
                    EndReason::Stopped => EndReason::WriteFailed(error.to_string()),
                    known => known,
                };
                lock(&self.shared).status.state = CaptureState::Ended { reason };
                return Err(error);
            }
        };
        let duration_ms = self.format.duration_ms(finished.n_frames);
        for gap in self.log.gaps.iter_mut().filter(|gap| gap.end_ms.is_none()) {
            gap.end_ms = Some(duration_ms.max(gap.start_ms));
        }
        if let Err(error) = self.log.save(&self.path) {
            tracing::warn!(%error, "what happened in the recording could not be noted");
        }
        tracing::info!(n_written, duration_ms, ?reason, "a recording ended");
        let mut shared = lock(&self.shared);
        shared.status.state = CaptureState::Ended {
            reason: reason.clone(),
        };
        shared.status.elapsed_ms = duration_ms;
        shared.status.written_ms = duration_ms;
        drop(shared);
        Ok(Finished {
            path: self.path,
            format: self.format,
            n_frames: finished.n_frames,
            duration_ms,
            log: self.log,
            reason,
        })
    }

    /// What was said up to this moment is still on its way from the device.
    fn take_the_rest(&mut self) {
        let stopped_at = Instant::now();
        self.timeline.pause(stopped_at);
        while stopped_at.elapsed() < LAST_BLOCK
            && !self.tracks.iter().all(|track| track.has_heard(stopped_at))
        {
            std::thread::sleep(TICK);
            if self.tick().is_some() {
                return;
            }
        }
        let end_s = self.timeline.position(stopped_at).as_secs_f64();
        let n_longest = self.tracks.iter().map(|track| track.placer.n_placed()).max();
        let longest_s = n_longest.unwrap_or(0) as f64 / f64::from(self.format.sample_rate_hz);
        for track in &mut self.tracks {
            track
                .placer
                .fill_to(if track.is_away() { end_s } else { longest_s });
        }
        if let Err(error) = self.write() {
            tracing::error!(%error, "the end of the recording could not be written");
        }
    }
}

/// One source keeps its channels; of two, each is one channel, at the higher of their rates.
fn format_of(opened: &[OpenSource]) -> Result<CaptureFormat, CaptureError> {
    let formats = || opened.iter().map(|open| open.format);
    let n_channels = match opened {
        [] => return Err(CaptureError::NoDevice),
        [only] => only.format.n_channels.clamp(1, MAX_CHANNELS),
        _ => 2,
    };
    Ok(CaptureFormat {
        sample_rate_hz: formats()
            .map(|format| format.sample_rate_hz)
            .max()
            .unwrap_or(0)
            .max(1),
        n_channels,
        width: formats()
            .map(|format| format.width)
            .max()
            .unwrap_or(SampleWidth::Bits16),
    })
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
