//! Prints what is said while it is recorded.

use recordroute_engine::{LiveLine, LiveText, LiveTextState};
use serde::Serialize;

use crate::follow::clock;
use crate::meter::Meter;
use crate::output::Output;

/// So far behind is worth a word.
const BEHIND_MS: u64 = 10_000;

/// Each line once, on stdout; what should be known beside it in sentences on stderr.
pub struct LivePrinter<'a> {
    output: &'a Output,
    n_lines: usize,
    state: LiveTextState,
    is_behind: bool,
}

/// One line of `--json`.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
enum LiveEvent<'a> {
    Live {
        start_ms: u64,
        end_ms: u64,
        text: &'a str,
        doubtful: bool,
    },
    LiveSkipped {
        start_ms: u64,
        end_ms: u64,
    },
}

impl<'a> LivePrinter<'a> {
    pub fn new(output: &'a Output) -> Self {
        Self {
            output,
            n_lines: 0,
            state: LiveTextState::Loading,
            is_behind: false,
        }
    }

    /// Lines that were printed.
    pub fn n_lines(&self) -> usize {
        self.n_lines
    }

    /// Prints what is new. Nobody reading is no reason to end a recording, so that nothing here fails.
    pub fn print(&mut self, text: &LiveText, meter: &Meter<'_>) {
        for line in &text.lines {
            meter.end();
            if let Err(error) = self.line(line) {
                tracing::debug!(?error, "nobody reads the live transcript");
            }
        }
        self.n_lines += text.lines.len();
        if self.state != text.state {
            self.state = text.state;
            match (text.state, &text.problem) {
                (LiveTextState::Listening, _) => meter.say("The live transcript listens."),
                (_, Some(problem)) => meter.say(&format!(
                    "There is no live transcript from here on; the recording goes on. {}",
                    problem.message
                )),
                _ => {}
            }
        }
        let is_behind = text.behind_ms > BEHIND_MS;
        if is_behind && !self.is_behind {
            let seconds = text.behind_ms / 1_000;
            meter.say(&format!("The live transcript is {seconds} seconds behind."));
        }
        self.is_behind = is_behind;
    }

    fn line(&self, line: &LiveLine) -> Result<(), crate::output::Failure> {
        let (start_ms, end_ms, doubtful) = (line.start_ms, line.end_ms, line.doubtful);
        let (from, to) = (clock(start_ms), clock(end_ms));
        match (&line.text, self.output.is_json()) {
            (Some(text), false) => self.output.line(&format!("[{from}] {text}")),
            (None, false) => self.output.line(&format!("[{from}–{to}] …")),
            (Some(text), true) => self.output.json(&LiveEvent::Live {
                start_ms,
                end_ms,
                text,
                doubtful,
            }),
            (None, true) => self.output.json(&LiveEvent::LiveSkipped { start_ms, end_ms }),
        }
    }
}
