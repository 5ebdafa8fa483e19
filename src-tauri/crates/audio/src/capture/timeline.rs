//! The recording's own clock: the computer's monotonic one, standing still in pauses.

use std::time::{Duration, Instant};

/// Maps moments to positions in the recording.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    started: Option<Instant>,
    /// In order; only the last may be open.
    pauses: Vec<(Instant, Option<Instant>)>,
}

impl Timeline {
    /// Position 0 is there, unless it was set before.
    pub fn start(&mut self, at: Instant) {
        self.started.get_or_insert(at);
    }

    pub fn is_started(&self) -> bool {
        self.started.is_some()
    }

    pub fn is_paused(&self) -> bool {
        matches!(self.pauses.last(), Some((_, None)))
    }

    pub fn pause(&mut self, at: Instant) {
        if !self.is_paused() {
            self.pauses.push((at, None));
        }
    }

    /// Tells how long it stood still.
    pub fn resume(&mut self, at: Instant) -> Duration {
        match self.pauses.last_mut() {
            Some((from, to)) if to.is_none() => {
                *to = Some(at);
                at.saturating_duration_since(*from)
            }
            _ => Duration::ZERO,
        }
    }

    /// Time of the recording at a moment; before its start, that is 0.
    pub fn position(&self, at: Instant) -> Duration {
        let Some(started) = self.started else {
            return Duration::ZERO;
        };
        let paused: Duration = self
            .pauses
            .iter()
            .map(|(from, to)| {
                let to = to.unwrap_or(at).min(at);
                to.saturating_duration_since((*from).max(started))
            })
            .sum();
        at.saturating_duration_since(started).saturating_sub(paused)
    }

    /// The parts of a stretch that lie in no pause and not before the start, in order.
    pub fn heard(&self, from: Instant, to: Instant) -> Vec<(Instant, Instant)> {
        let mut rest = self.started.map_or(from, |started| started.max(from));
        let mut heard = Vec::new();
        for (paused, resumed) in &self.pauses {
            if *paused >= to {
                break;
            }
            if rest < *paused {
                heard.push((rest, *paused));
            }
            rest = rest.max(resumed.unwrap_or(to));
        }
        if rest < to {
            heard.push((rest, to));
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_cut_out_and_take_no_time() {
        let zero = Instant::now();
        let at = |ms: u64| zero + Duration::from_millis(ms);
        let mut timeline = Timeline::default();
        timeline.start(at(1_000));
        timeline.pause(at(2_000));
        assert_eq!(
            timeline.position(at(9_000)).as_millis(),
            1_000,
            "time stands still"
        );
        assert_eq!(timeline.resume(at(5_000)).as_millis(), 3_000, "for so long");
        assert_eq!(timeline.position(at(5_500)).as_millis(), 1_500, "then it goes on");
        assert_eq!(
            timeline.heard(at(500), at(6_000)),
            [(at(1_000), at(2_000)), (at(5_000), at(6_000))],
            "what came before the start and in the pause is left out"
        );
        assert!(
            timeline.heard(at(3_000), at(4_000)).is_empty(),
            "nothing of a pause is heard"
        );
    }
}
