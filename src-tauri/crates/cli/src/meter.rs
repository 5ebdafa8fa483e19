//! The line that shows how a recording goes, and sentences about what should be known at once.

use std::io::{IsTerminal, Write};

use recordroute_engine::capture::{CaptureStatus, Levels};

use crate::follow::clock;
use crate::output::Output;

/// Columns of the bar.
const BAR_COLUMNS: usize = 24;

/// Loudness at the left end of the bar.
const FLOOR_DB: f32 = -60.0;

/// How many samples at full scale are worth a word.
const CLIPPED: u64 = 100;

/// On a terminal a line that changes, elsewhere only the sentences.
pub struct Meter<'a> {
    output: &'a Output,
    is_terminal: bool,
    peak: f32,
    told: Told,
}

/// What was said already.
#[derive(Default)]
struct Told {
    no_signal: bool,
    clipped: bool,
    disk_low: bool,
    lost: u64,
    away: Vec<bool>,
}

impl<'a> Meter<'a> {
    pub fn new(output: &'a Output) -> Self {
        Self {
            output,
            is_terminal: std::io::stderr().is_terminal(),
            peak: 0.0,
            told: Told::default(),
        }
    }

    /// Says what is recorded.
    pub fn begin(&mut self, status: &CaptureStatus) {
        let names: Vec<&str> = status.devices.iter().map(|device| device.name.as_str()).collect();
        self.output.note(&format!(
            "Recording from {}. Ctrl-C ends and saves it.",
            names.join(" and ")
        ));
    }

    /// Shows what came since the last time.
    pub fn show(&mut self, status: &CaptureStatus, levels: &[Levels]) {
        self.warn(status);
        let newest = levels
            .iter()
            .flat_map(|levels| levels.channels.iter().map(|channel| channel.peak()))
            .fold(0.0, f32::max);
        // It falls slowly, as the needle of a meter does.
        self.peak = newest.max(self.peak * 0.9);
        if self.is_terminal {
            let mut stderr = std::io::stderr();
            // Nobody has to see this.
            let _ = write!(
                stderr,
                "\r\x1b[K● {}  {}  {:>5.1} dB",
                clock(status.elapsed_ms),
                bar(self.peak),
                decibels(self.peak)
            );
            let _ = stderr.flush();
        }
    }

    /// Clears the line.
    pub fn end(&self) {
        if self.is_terminal {
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "\r\x1b[K");
            let _ = stderr.flush();
        }
    }

    /// Says a sentence instead of the line.
    pub fn say(&self, sentence: &str) {
        self.end();
        self.output.note(sentence);
    }

    fn warn(&mut self, status: &CaptureStatus) {
        let at = clock(status.elapsed_ms);
        if status.has_no_signal() != self.told.no_signal {
            self.told.no_signal = status.has_no_signal();
            self.say(&match self.told.no_signal {
                true => format!("{at}: nothing is heard. Check that the input is connected and not muted."),
                false => format!("{at}: there is a signal."),
            });
        }
        if !self.told.clipped && status.n_clipped.iter().any(|n_clipped| *n_clipped > CLIPPED) {
            self.told.clipped = true;
            self.say(&format!(
                "{at}: it is too loud and distorted. Turn the input down."
            ));
        }
        if let Some(free) = status.disk_low_bytes.filter(|_| !self.told.disk_low) {
            self.told.disk_low = true;
            let megabytes = free / 1_000_000;
            self.say(&format!(
                "{at}: the disk has only {megabytes} MB left. Free some space."
            ));
        }
        if status.n_frames_lost > self.told.lost {
            self.told.lost = status.n_frames_lost;
            let lost = status.n_frames_lost;
            self.say(&format!(
                "{at}: {lost} frames are lost; the computer is too busy."
            ));
        }
        let away: Vec<bool> = status.devices.iter().map(|device| !device.is_connected).collect();
        if away != self.told.away && (away.contains(&true) || !self.told.away.is_empty()) {
            for (device, is_away) in status.devices.iter().zip(&away) {
                let name = &device.name;
                self.say(&match is_away {
                    true => format!("{at}: {name} is away. The recording goes on and waits for it."),
                    false => format!("{at}: {name} is heard."),
                });
            }
            self.told.away = away;
        }
    }
}

fn decibels(peak: f32) -> f32 {
    (20.0 * peak.max(1e-6).log10()).max(FLOOR_DB)
}

fn bar(peak: f32) -> String {
    let share = 1.0 - decibels(peak) / FLOOR_DB;
    let n_full = ((share * BAR_COLUMNS as f32).round() as usize).min(BAR_COLUMNS);
    format!("{}{}", "━".repeat(n_full), "─".repeat(BAR_COLUMNS - n_full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_in_decibels() {
        assert_eq!(bar(1.0), "━".repeat(24), "full scale fills it");
        assert_eq!(bar(0.0), "─".repeat(24), "silence leaves it empty");
        assert_eq!(bar(0.031_622_8).matches('━').count(), 12, "-30 dB is the middle");
    }
}
