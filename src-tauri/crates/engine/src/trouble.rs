//! What whoever does not see the window has to be told of a recording.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::{LiveState, LiveStatus};

/// A device that is away for less is another one that was chosen, or a plug that was moved.
const AWAY: Duration = Duration::from_secs(3);

/// What is wrong with a recording that is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// It has ended by itself.
    Ended,
    /// A device is away.
    DeviceAway,
    /// There is little room left on the disk.
    DiskLow,
    /// Nothing is heard.
    NoSignal,
}

/// Finds what is new of it. Each is told once in a recording, a device that goes again once more.
#[derive(Debug, Default)]
pub struct Troubles {
    told: BTreeSet<Trouble>,
    away_since: Option<Instant>,
}

impl Troubles {
    /// What is wrong since the last look; none where nothing is recorded.
    pub fn look(&mut self, status: Option<&LiveStatus>, now: Instant) -> Option<Trouble> {
        let Some(status) = status else {
            *self = Self::default();
            return None;
        };
        let is_away = status.devices.iter().any(|device| !device.is_connected);
        if is_away {
            self.away_since.get_or_insert(now);
        } else {
            self.away_since = None;
            self.told.remove(&Trouble::DeviceAway);
        }
        let is_long_away = self
            .away_since
            .is_some_and(|since| now.duration_since(since) >= AWAY);
        let has_ended = !matches!(status.state, LiveState::Running | LiveState::Paused);
        let found = [
            (Trouble::Ended, has_ended),
            (Trouble::DeviceAway, is_long_away && !has_ended),
            (Trouble::DiskLow, status.disk_low_bytes.is_some()),
            (Trouble::NoSignal, status.no_signal),
        ];
        let mut found = found.into_iter().filter(|(_, is_so)| *is_so);
        found
            .find(|(trouble, _)| self.told.insert(*trouble))
            .map(|(trouble, _)| trouble)
    }
}

#[cfg(test)]
mod tests {
    use recordroute_audio::capture::DeviceStatus;

    use super::*;

    fn status() -> LiveStatus {
        LiveStatus {
            state: LiveState::Running,
            elapsed_ms: 60_000,
            devices: vec![DeviceStatus {
                name: "Microphone".to_owned(),
                is_connected: true,
                drift_ms: 0.0,
                n_xruns: 0,
            }],
            no_signal: false,
            n_clipped: vec![0],
            lost_ms: 0,
            away_ms: 0,
            disk_low_bytes: None,
            levels: Vec::new(),
            text: None,
        }
    }

    #[test]
    fn each_trouble_is_told_once_in_a_recording() {
        let mut troubles = Troubles::default();
        let now = Instant::now();
        assert_eq!(troubles.look(Some(&status()), now), None, "all is well");
        let muted = LiveStatus {
            no_signal: true,
            ..status()
        };
        let full = LiveStatus {
            disk_low_bytes: Some(1),
            ..muted.clone()
        };
        assert_eq!(troubles.look(Some(&muted), now), Some(Trouble::NoSignal));
        assert_eq!(troubles.look(Some(&full), now), Some(Trouble::DiskLow));
        assert_eq!(troubles.look(Some(&full), now), None);
        assert_eq!(troubles.look(Some(&status()), now), None);
        assert_eq!(
            troubles.look(Some(&muted), now),
            None,
            "whoever mutes it now and then is told once"
        );
        let ended = LiveStatus {
            state: LiveState::WriteFailed,
            ..status()
        };
        assert_eq!(troubles.look(Some(&ended), now), Some(Trouble::Ended));
        assert_eq!(troubles.look(None, now), None, "nothing is recorded");
        assert_eq!(
            troubles.look(Some(&muted), now),
            Some(Trouble::NoSignal),
            "the next one is another one"
        );
    }

    #[test]
    fn a_device_that_is_gone_is_told_of_each_time_and_not_at_once() {
        let mut troubles = Troubles::default();
        let mut away = status();
        away.devices[0].is_connected = false;
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(troubles.look(Some(&away), start), None, "it may be another one");
        assert_eq!(troubles.look(Some(&away), after(4)), Some(Trouble::DeviceAway));
        assert_eq!(troubles.look(Some(&away), after(5)), None);
        assert_eq!(troubles.look(Some(&status()), after(6)), None, "it is back");
        assert_eq!(troubles.look(Some(&away), after(7)), None);
        assert_eq!(troubles.look(Some(&away), after(11)), Some(Trouble::DeviceAway));
    }
}
