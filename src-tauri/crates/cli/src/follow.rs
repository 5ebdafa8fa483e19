//! Follows jobs of this program to their ends, with a progress bar on a terminal.

use std::collections::{HashMap, HashSet};
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use recordroute_engine::Engine;
use recordroute_engine::core::{
    CancellationToken, Event, JobId, JobState, MinutesSection, Progress, Segment, Stage,
};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use crate::output::{Failure, Output};

/// How often events are looked for; the eye sees no faster.
const TICK: Duration = Duration::from_millis(50);

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Done { notice: Option<String> },
    Failed { message: String },
    Cancelled,
}

/// Follows one job at a time; made before the jobs, so that no event is missed.
pub struct Follower<'a> {
    engine: &'a Engine,
    output: &'a Output,
    events: Receiver<Event>,
    ended: HashMap<JobId, Ended>,
}

impl<'a> Follower<'a> {
    pub fn new(engine: &'a Engine, output: &'a Output) -> Self {
        Self {
            engine,
            output,
            events: engine.subscribe(),
            ended: HashMap::new(),
        }
    }

    /// Waits until the job has ended and tells what should be known of that. With `prints` the text
    /// goes to standard output as it comes. When `cancel` fires, the job is cancelled and awaited.
    pub fn follow(
        &mut self,
        job_id: JobId,
        title: &str,
        cancel: &CancellationToken,
        prints: bool,
    ) -> Result<Ended, Failure> {
        let ended = self.wait(job_id, title, cancel, prints)?;
        match &ended {
            Ended::Done { notice: Some(notice) } => self.output.note(&format!("{title}: {notice}")),
            Ended::Failed { message } => {
                self.output.fail(&Failure::other(format!("{title}: {message}")));
            }
            Ended::Done { notice: None } | Ended::Cancelled => {}
        }
        Ok(ended)
    }

    fn wait(
        &mut self,
        job_id: JobId,
        title: &str,
        cancel: &CancellationToken,
        prints: bool,
    ) -> Result<Ended, Failure> {
        let mut display = Display::new(title, self.output);
        let mut asked_to_cancel = false;
        loop {
            if let Some(ended) = self.ended.remove(&job_id) {
                display.finish();
                return Ok(ended);
            }
            if cancel.is_cancelled() && !asked_to_cancel {
                asked_to_cancel = true;
                self.engine.cancel_job(job_id)?;
            }
            match self.events.try_recv() {
                Ok(Event::JobProgress {
                    job_id: id, progress, ..
                }) if id == job_id => display.show(&progress),
                Ok(Event::Segments {
                    job_id: id, segments, ..
                }) if id == job_id => {
                    if prints {
                        display.suspend(|| self.print(&segments))?;
                    }
                }
                Ok(Event::MinutesDraft {
                    job_id: id, sections, ..
                }) if id == job_id => display.draw(&sections),
                Ok(event) => self.note_end(event),
                Err(TryRecvError::Empty) => std::thread::sleep(TICK),
                Err(TryRecvError::Lagged(_)) => self.look_up(job_id)?,
                Err(TryRecvError::Closed) => return Err(Failure::other("The queue has stopped. Try again.")),
            }
        }
    }

    fn print(&self, segments: &[Segment]) -> Result<(), Failure> {
        segments
            .iter()
            .try_for_each(|segment| self.output.line(&segment.text))
    }

    fn note_end(&mut self, event: Event) {
        match event {
            Event::JobDone { job_id, notice, .. } => self.ended.insert(job_id, Ended::Done { notice }),
            Event::JobFailed { job_id, message, .. } => self.ended.insert(job_id, Ended::Failed { message }),
            Event::JobCancelled { job_id, .. } => self.ended.insert(job_id, Ended::Cancelled),
            Event::JobQueued { .. }
            | Event::JobProgress { .. }
            | Event::Segments { .. }
            | Event::MinutesDraft { .. }
            | Event::Indexed { .. } => None,
        };
    }

    /// Events were missed: the library knows how the job stands.
    fn look_up(&mut self, job_id: JobId) -> Result<(), Failure> {
        let job = self.engine.job(job_id)?;
        let ended = match job.state {
            JobState::Queued | JobState::Running => return Ok(()),
            JobState::Done => Ended::Done { notice: None },
            JobState::Failed => Ended::Failed {
                message: job.error.unwrap_or_default(),
            },
            JobState::Cancelled => Ended::Cancelled,
        };
        self.ended.insert(job_id, ended);
        Ok(())
    }
}

/// A bar on a terminal; elsewhere a line at each stage.
struct Display<'a> {
    bar: ProgressBar,
    title: String,
    output: &'a Output,
    is_terminal: bool,
    stage: Option<Stage>,
    /// Lines of minutes that were shown.
    drawn: HashSet<String>,
}

impl<'a> Display<'a> {
    fn new(title: &str, output: &'a Output) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal {
            ProgressBar::new(1_000)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{prefix:.bold} {bar:24} {percent:>3}%  {msg}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(250));
        Self {
            bar,
            title: title.to_owned(),
            output,
            is_terminal,
            stage: None,
            drawn: HashSet::new(),
        }
    }

    fn show(&mut self, progress: &Progress) {
        let entered = self.stage != Some(progress.stage);
        self.stage = Some(progress.stage);
        if let Some(fraction) = progress.fraction {
            self.bar.set_position((fraction * 1_000.0) as u64);
        }
        let message = describe(progress);
        if entered && !self.is_terminal {
            self.output.note(&format!("{}: {message}", self.title));
        }
        self.bar.set_message(message);
    }

    /// On a terminal, lines of minutes as they come; what becomes of them stands in the result.
    fn draw(&mut self, sections: &[MinutesSection]) {
        if !self.is_terminal {
            return;
        }
        for section in sections {
            for item in &section.items {
                let line = format!("  {}: {}", section.title, item.text);
                if self.drawn.insert(line.clone()) {
                    self.bar.suspend(|| self.output.note(&line));
                }
            }
        }
    }

    fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn describe(progress: &Progress) -> String {
    let mut parts = vec![
        match progress.stage {
            Stage::Waiting => "waiting",
            Stage::LoadingModel => "loading the model",
            Stage::Transcribing => "transcribing",
            Stage::Writing => "writing",
            Stage::Finished => "done",
        }
        .to_owned(),
    ];
    if let Some(speed) = progress.speed {
        parts.push(format!("{speed:.1}× real time"));
    }
    if let Some(eta_ms) = progress.eta_ms.filter(|_| is_working(progress.stage)) {
        parts.push(format!("{} left", clock(eta_ms)));
    }
    if let Some(device) = &progress.device {
        parts.push(device.clone());
    }
    parts.join(", ")
}

fn is_working(stage: Stage) -> bool {
    matches!(stage, Stage::Transcribing | Stage::Writing)
}

/// `1:02:03` or `2:03`.
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_show_hours_only_where_there_are_any() {
        assert_eq!(clock(59_999), "0:59", "part of a second is not a second");
        assert_eq!(clock(3_600_000), "1:00:00", "an hour has its own place");
    }
}
