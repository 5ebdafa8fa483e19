//! What of the jobs is worth showing to somebody who has turned to something else.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use recordroute_core::{Event, JobId, RecordingId};

/// From then on people turn to something else while they wait.
const LONG_JOB: Duration = Duration::from_secs(30);

/// Follows the events of the jobs.
#[derive(Default)]
pub struct Outside {
    began: HashMap<JobId, Instant>,
    percent: Option<u64>,
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// How far the job is now; none inside where there is nothing to show any more.
    pub percent: Option<Option<u64>>,
    /// A long job ended, well or not.
    pub ended: Option<(RecordingId, bool)>,
}

impl Outside {
    /// What this event changes.
    pub fn follow(&mut self, event: &Event) -> Change {
        match event {
            Event::JobProgress { job_id, progress, .. } => {
                self.began.entry(*job_id).or_insert_with(Instant::now);
                let percent = progress
                    .fraction
                    .map(|part| (part.clamp(0.0, 1.0) * 100.0) as u64);
                self.show(percent.or(self.percent), None)
            }
            Event::JobDone {
                job_id, recording_id, ..
            } => self.end(*job_id, Some((*recording_id, true))),
            Event::JobFailed {
                job_id, recording_id, ..
            } => self.end(*job_id, Some((*recording_id, false))),
            Event::JobCancelled { job_id, .. } => self.end(*job_id, None),
            Event::JobQueued { .. }
            | Event::Segments { .. }
            | Event::MinutesDraft { .. }
            | Event::Indexed { .. } => Change::default(),
        }
    }

    fn end(&mut self, job_id: JobId, ended: Option<(RecordingId, bool)>) -> Change {
        let began = self.began.remove(&job_id);
        let was_long = began.is_some_and(|began| began.elapsed() >= LONG_JOB);
        self.show(None, ended.filter(|_| was_long))
    }

    fn show(&mut self, percent: Option<u64>, ended: Option<(RecordingId, bool)>) -> Change {
        let is_new = std::mem::replace(&mut self.percent, percent) != percent;
        Change {
            percent: is_new.then_some(percent),
            ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use recordroute_core::{Progress, Stage};

    use super::*;

    fn progress(fraction: Option<f32>) -> Event {
        Event::JobProgress {
            job_id: JobId(1),
            recording_id: RecordingId(7),
            progress: Progress {
                stage: Stage::Transcribing,
                fraction,
                audio_done_ms: 0,
                audio_total_ms: None,
                speed: None,
                eta_ms: None,
                device: None,
            },
        }
    }

    #[test]
    fn the_bar_moves_by_whole_percents_and_goes_at_the_end() {
        let mut outside = Outside::default();
        let mut percent = |event: &Event| outside.follow(event).percent;
        assert_eq!(percent(&progress(Some(0.101))), Some(Some(10)), "it begins");
        assert_eq!(percent(&progress(Some(0.104))), None, "too little to be seen");
        assert_eq!(
            percent(&progress(None)),
            None,
            "what is not known changes nothing"
        );
        assert_eq!(
            percent(&progress(Some(7.0))),
            Some(Some(100)),
            "never more than all"
        );
        let cancelled = Event::JobCancelled {
            job_id: JobId(1),
            recording_id: RecordingId(7),
        };
        assert_eq!(percent(&cancelled), Some(None), "then it is taken away");
    }

    #[test]
    fn only_the_end_of_a_long_job_is_told() {
        let done = Event::JobDone {
            job_id: JobId(1),
            recording_id: RecordingId(7),
            notice: None,
        };
        let mut outside = Outside::default();
        outside.follow(&progress(None));
        assert_eq!(outside.follow(&done).ended, None, "who waited for it has seen it");
        if let Some(long_ago) = Instant::now().checked_sub(LONG_JOB) {
            outside.began.insert(JobId(1), long_ago);
            assert_eq!(
                outside.follow(&done).ended,
                Some((RecordingId(7), true)),
                "who did something else meanwhile is told"
            );
        }
    }
}
