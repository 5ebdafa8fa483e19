//! One source of a recording: opened, listened to, opened again when it went away.

use std::time::{Duration, Instant};

use super::place::Placer;
use super::priority;
use super::recorder::DeviceStatus;
use super::source::{InputKind, OpenSource, Source};
use super::timeline::Timeline;

/// How often a device that went away is looked for.
const REOPEN_EVERY: Duration = Duration::from_millis(500);

/// A device that gives nothing for so long is taken for gone.
const STALLED: Duration = Duration::from_secs(3);

/// Some systems give nothing while nothing is played: then it is silence, not a fault.
const SILENT_OUTPUT: Duration = Duration::from_secs(1);

/// What may still be on its way from a device when silence is written in its place.
const UNDER_WAY_S: f64 = 0.3;

/// What happened to a track since it was last asked.
#[derive(Debug, Default)]
pub(super) struct Happened {
    /// It is gone since that position.
    pub lost_at_ms: Option<u64>,
    /// It is back since that position.
    pub back_at_ms: Option<u64>,
    /// Frames of the file that were lost.
    pub n_lost: u64,
    /// It is another device now.
    pub new_name: Option<String>,
}

pub(super) struct Track {
    source: Box<dyn Source>,
    open: Option<OpenSource>,
    pub placer: Placer,
    name: String,
    heard_at: Instant,
    opened_at: Instant,
    next_try: Instant,
    is_away: bool,
    n_xruns_before: u64,
    /// The thread that was made to be preferred.
    preferred: u32,
    block: Vec<f32>,
}

impl Track {
    pub fn new(source: Box<dyn Source>, open: OpenSource, placer: Placer) -> Self {
        let now = Instant::now();
        Self {
            source,
            name: open.name.clone(),
            open: Some(open),
            placer,
            heard_at: now,
            opened_at: now,
            next_try: now,
            is_away: false,
            n_xruns_before: 0,
            preferred: 0,
            block: Vec::new(),
        }
    }

    pub fn status(&self) -> DeviceStatus {
        DeviceStatus {
            name: self.name.clone(),
            is_connected: !self.is_away,
            drift_ms: self.placer.drift_ms(),
            n_xruns: self.n_xruns_before + self.open.as_ref().map_or(0, |open| open.faults.n_xruns()),
        }
    }

    /// When something was last heard.
    pub fn heard_at(&self) -> Instant {
        self.heard_at
    }

    pub fn is_away(&self) -> bool {
        self.is_away
    }

    /// Takes what the source delivered; looks after it where it delivers nothing.
    pub fn advance(&mut self, timeline: &mut Timeline, now: Instant) -> Happened {
        let mut happened = Happened::default();
        self.drain(timeline, &mut happened);
        self.prefer();
        let is_gone = self.open.as_ref().is_some_and(|open| open.faults.is_gone());
        let silent_for = now.saturating_duration_since(self.heard_at);
        let is_system = self.source.kind() == InputKind::System;
        let is_stalled = silent_for > STALLED && now.saturating_duration_since(self.opened_at) > STALLED;
        if self.open.is_some() && (is_gone || (is_stalled && !is_system)) {
            self.close(timeline, now, &mut happened);
        }
        if self.open.is_none() && now >= self.next_try {
            self.reopen(timeline, &mut happened);
        }
        let is_quiet_output = is_system && silent_for > SILENT_OUTPUT;
        if self.is_away || is_quiet_output {
            // Nobody waits for the others for longer than this.
            timeline.start(self.heard_at);
            self.placer
                .fill_to(timeline.position(now).as_secs_f64() - UNDER_WAY_S);
            if is_quiet_output {
                self.placer.let_go();
            }
        }
        happened
    }

    fn prefer(&mut self) {
        let calling = self.open.as_ref().map_or(0, |open| open.faults.call_thread.id());
        if calling != 0 && calling != self.preferred {
            self.preferred = calling;
            priority::raise(calling);
        }
    }

    fn drain(&mut self, timeline: &mut Timeline, happened: &mut Happened) {
        let Some(open) = &mut self.open else { return };
        let rate = f64::from(open.format.sample_rate_hz.max(1));
        let n_channels = usize::from(open.format.n_channels.max(1));
        while let Some(mark) = open.outlet.pop(&mut self.block) {
            let length = Duration::from_secs_f64(mark.n_frames as f64 / rate);
            let began_at = mark.ended_at.checked_sub(length).unwrap_or(mark.ended_at);
            timeline.start(began_at);
            // Blocks come late by more or less; none was said before the one that came before it.
            let follows_at = Some(self.heard_at.max(began_at)).filter(|at| *at < mark.ended_at);
            let follows_at = follows_at.unwrap_or(began_at);
            let took_s = mark.ended_at.saturating_duration_since(follows_at).as_secs_f64();
            self.heard_at = self.heard_at.max(mark.ended_at);
            if self.is_away {
                self.is_away = false;
                happened.back_at_ms = Some(timeline.position(began_at).as_millis() as u64);
            }
            let mut n_lost = mark.n_lost;
            for (from, to) in timeline.heard(follows_at, mark.ended_at) {
                let frame_at = |at: Instant| {
                    let share = at.saturating_duration_since(follows_at).as_secs_f64() / took_s;
                    ((share * mark.n_frames as f64).round() as usize).min(mark.n_frames)
                };
                let range = frame_at(from) * n_channels..frame_at(to) * n_channels;
                let part = self.block.get(range).unwrap_or_default();
                let heard_at = if from == follows_at { began_at } else { from };
                let start_s = timeline.position(heard_at).as_secs_f64();
                happened.n_lost += self.placer.place(part, open.format, start_s, n_lost);
                n_lost = 0;
            }
        }
    }

    fn close(&mut self, timeline: &Timeline, now: Instant, happened: &mut Happened) {
        if let Some(open) = self.open.take() {
            self.n_xruns_before += open.faults.n_xruns();
            tracing::warn!(device = self.name, "a device of the recording is gone");
        }
        if !self.is_away {
            self.is_away = true;
            happened.lost_at_ms = Some(timeline.position(self.heard_at).as_millis() as u64);
        }
        self.placer.let_go();
        self.next_try = now + REOPEN_EVERY;
    }

    fn reopen(&mut self, timeline: &Timeline, happened: &mut Happened) {
        match self.source.open() {
            Ok(open) => {
                tracing::info!(device = open.name, "the recording goes on with a device");
                if open.name != self.name {
                    self.name.clone_from(&open.name);
                    happened.new_name = Some(open.name.clone());
                }
                self.open = Some(open);
                self.opened_at = Instant::now();
                self.placer.let_go();
                // Where nothing is played nothing may come for long, and all is well.
                if self.is_away && self.source.kind() == InputKind::System {
                    self.is_away = false;
                    happened.back_at_ms = Some(timeline.position(self.opened_at).as_millis() as u64);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a device of the recording is not back yet");
                self.next_try = Instant::now() + REOPEN_EVERY;
            }
        }
    }

    /// Whether everything up to that moment has come.
    pub fn has_heard(&self, until: Instant) -> bool {
        self.is_away || self.open.is_none() || self.heard_at >= until
    }
}
