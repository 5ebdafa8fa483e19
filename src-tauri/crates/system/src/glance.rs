/// What of a recording is seen from outside the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glance {
    /// Nothing is recorded.
    Idle,
    /// Sound is being written.
    Running {
        /// Whole seconds so far.
        elapsed_s: u64,
    },
    /// Nothing is written for now.
    Paused {
        /// Whole seconds so far.
        elapsed_s: u64,
    },
}

/// What is asked of a recording from outside the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Begin with what the settings remember.
    Begin,
    /// Pause, or go on.
    PauseOrResume,
    /// End it.
    Stop,
    /// Begin where nothing is recorded, else end it.
    BeginOrStop,
}
