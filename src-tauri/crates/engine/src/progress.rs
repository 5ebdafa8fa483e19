use std::time::Instant;

use recordroute_core::{Progress, Stage};

/// Works out fraction, speed and remaining time of one run of a job.
pub(crate) struct ProgressMeter {
    stage: Stage,
    audio_total_ms: Option<u64>,
    audio_done_ms: u64,
    /// Where this run began in the audio and on the clock; set when transcribing begins.
    began: Option<(u64, Instant)>,
    device: Option<String>,
}

impl ProgressMeter {
    /// A run that goes on from `audio_done_ms`.
    pub(crate) fn new(audio_done_ms: u64, audio_total_ms: Option<u64>) -> Self {
        Self {
            stage: Stage::Waiting,
            audio_total_ms,
            audio_done_ms,
            began: None,
            device: None,
        }
    }

    pub(crate) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        if stage == Stage::Transcribing && self.began.is_none() {
            self.began = Some((self.audio_done_ms, Instant::now()));
        }
    }

    pub(crate) fn set_device(&mut self, device: String) {
        self.device = Some(device);
    }

    pub(crate) fn device(&self) -> Option<&str> {
        self.device.as_deref()
    }

    pub(crate) fn set_total_ms(&mut self, total_ms: Option<u64>) {
        self.audio_total_ms = total_ms.or(self.audio_total_ms);
    }

    pub(crate) fn reach(&mut self, audio_done_ms: u64) {
        self.audio_done_ms = self.audio_done_ms.max(audio_done_ms);
    }

    /// Audio seconds a wall-clock second in this run.
    pub(crate) fn speed(&self) -> Option<f32> {
        let (from_ms, since) = self.began?;
        let wall_ms = since.elapsed().as_millis() as f32;
        let audio_ms = self.audio_done_ms.saturating_sub(from_ms) as f32;
        (audio_ms > 0.0 && wall_ms > 0.0).then(|| audio_ms / wall_ms)
    }

    pub(crate) fn snapshot(&self) -> Progress {
        let speed = self.speed();
        let left_ms = self
            .audio_total_ms
            .map(|total| total.saturating_sub(self.audio_done_ms));
        let fraction = match self.stage {
            Stage::Finished => Some(1.0),
            _ => self
                .audio_total_ms
                .filter(|total| *total > 0)
                .map(|total| (self.audio_done_ms as f32 / total as f32).min(1.0)),
        };
        Progress {
            stage: self.stage,
            fraction,
            audio_done_ms: self.audio_done_ms,
            audio_total_ms: self.audio_total_ms,
            speed,
            eta_ms: left_ms
                .zip(speed)
                .map(|(left, speed)| (left as f32 / speed) as u64),
            device: self.device.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_run_measures_its_own_speed_only() {
        let mut meter = ProgressMeter::new(60_000, Some(120_000));
        meter.enter(Stage::Transcribing);
        assert_eq!(meter.snapshot().speed, None, "nothing was done yet in this run");
        assert_eq!(
            meter.snapshot().fraction,
            Some(0.5),
            "what an earlier run did counts as done"
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
        meter.reach(60_100);
        let speed = meter.speed().unwrap();
        assert!(
            speed < 10.0,
            "the first minute was not done in these milliseconds: {speed}"
        );
    }
}
