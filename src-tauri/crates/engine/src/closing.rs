//! Whether a window may close, or has to ask because something is being done.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use recordroute_core::JobState;

use crate::Session;

/// Asking so often in so short a time closes: a page that does not answer must not keep its window open.
const N_INSISTING: u32 = 3;
const INSISTING: Duration = Duration::from_secs(5);

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// Jobs that run.
    pub n_running: usize,
    /// Something is recorded.
    pub recording: bool,
}

/// What the user said and did about closing.
#[derive(Default)]
pub(crate) struct Closing {
    state: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    agreed: bool,
    /// Since when how often the window was to close.
    lately: Option<(Instant, u32)>,
}

impl Session {
    /// What the user has to be asked about before the window closes; none where it may.
    pub fn ask_before_closing(&self) -> Option<Busy> {
        let jobs = self.opened().and_then(|engine| engine.open_jobs().ok());
        let running = |job: &&recordroute_core::Job| job.state == JobState::Running;
        let busy = Busy {
            n_running: jobs.unwrap_or_default().iter().filter(running).count(),
            recording: self.live().is_busy(),
        };
        ((busy.recording || busy.n_running > 0) && self.closing.must_ask()).then_some(busy)
    }

    /// The user wants it to close.
    pub fn agree_to_close(&self) {
        self.closing.agree();
    }
}

impl Closing {
    fn agree(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).agreed = true;
    }

    fn must_ask(&self) -> bool {
        let mut asked = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, n_asked) = asked
            .lately
            .filter(|(since, _)| since.elapsed() < INSISTING)
            .unwrap_or((Instant::now(), 0));
        asked.lately = Some((since, n_asked + 1));
        n_asked + 1 < N_INSISTING && !asked.agreed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_kept_open_by_a_question_and_not_by_a_page_that_hangs() {
        let closing = Closing::default();
        assert!(closing.must_ask() && closing.must_ask(), "it asks, and once more");
        assert!(!closing.must_ask(), "whoever insists is not asked any more");
        let closing = Closing::default();
        closing.agree();
        assert!(!closing.must_ask(), "whoever has agreed is not asked");
    }
}
