//! A recorder with sources that misbehave.
// Every function here is a test or helps one.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use recordroute_audio::capture::{
    CaptureError, CaptureLog, CaptureOptions, CaptureState, EndReason, Faults, Finished, GapReason,
    InputKind, OpenSource, Recorder, SampleWidth, Source, SourceFormat, ring,
};

/// What a [`Fake`] does, changed while it runs.
#[derive(Default)]
struct Script {
    /// It delivers nothing and says that it is gone; it cannot be opened either.
    gone: AtomicBool,
    /// It delivers so much at once, whatever the ring holds.
    burst: AtomicU64,
    silent: AtomicBool,
    /// It is there and delivers nothing, as an output does on which nothing is played.
    holds_back: AtomicBool,
    /// Every other block comes so much later than its sound was heard, milliseconds.
    late_ms: AtomicU64,
    faults: Mutex<Option<Arc<Faults>>>,
    rate_after_reopen_hz: AtomicU64,
    n_opened: AtomicU64,
}

impl Script {
    fn unplug(&self) {
        self.gone.store(true, Ordering::SeqCst);
        if let Some(faults) = self.faults.lock().unwrap().as_ref() {
            faults.set_gone();
        }
    }

    fn plug_in(&self) {
        self.gone.store(false, Ordering::SeqCst);
    }
}

/// Counts: each frame's sample is its number, so that a test sees what is missing.
struct Fake {
    script: Arc<Script>,
    format: SourceFormat,
    /// Seconds of the ring.
    ring_s: u32,
    /// Frames a second by the computer's clock; differs from the format where its clock is off.
    true_rate_hz: f64,
    kind: InputKind,
}

struct Feeder {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// A number of 15 bits as a sample that the file keeps exactly.
fn counted(number: u64) -> f32 {
    (number % 32_767 + 1) as f32 / 32_768.0
}

impl Source for Fake {
    fn kind(&self) -> InputKind {
        self.kind
    }

    fn open(&mut self) -> Result<OpenSource, CaptureError> {
        if self.script.gone.load(Ordering::SeqCst) {
            return Err(CaptureError::NoDevice);
        }
        let n_opened = self.script.n_opened.fetch_add(1, Ordering::SeqCst);
        let other_rate = self.script.rate_after_reopen_hz.load(Ordering::SeqCst) as u32;
        if n_opened > 0 && other_rate > 0 {
            self.format.sample_rate_hz = other_rate;
            self.true_rate_hz = f64::from(other_rate);
        }
        let faults = Arc::new(Faults::default());
        *self.script.faults.lock().unwrap() = Some(Arc::clone(&faults));
        let (mut inlet, outlet) = ring(self.format, self.ring_s);
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, script) = (Arc::clone(&stop), Arc::clone(&self.script));
        let (rate, n_channels) = (self.true_rate_hz, usize::from(self.format.n_channels));
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut n_sent = 0_u64;
            let mut is_late = false;
            while !stopped.load(Ordering::SeqCst) && !script.gone.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(10));
                let due = (began.elapsed().as_secs_f64() * rate) as u64;
                let end = due.max(n_sent) + script.burst.swap(0, Ordering::SeqCst);
                let silent = script.silent.load(Ordering::SeqCst);
                let value = |number| if silent { 0.0 } else { counted(number) };
                let frames: Vec<f32> = (n_sent..end)
                    .flat_map(|number| std::iter::repeat_n(value(number), n_channels))
                    .collect();
                is_late = !is_late;
                let late_ms = if is_late {
                    script.late_ms.load(Ordering::SeqCst)
                } else {
                    0
                };
                let ended_at = Duration::from_secs_f64(end as f64 / rate) + Duration::from_millis(late_ms);
                if !script.holds_back.load(Ordering::SeqCst) {
                    inlet.push(&frames, |sample| sample, began + ended_at);
                }
                n_sent = end;
            }
        });
        Ok(OpenSource {
            format: self.format,
            name: "Fake microphone".to_owned(),
            outlet,
            faults,
            stream: Box::new(Feeder {
                stop,
                thread: Some(thread),
            }),
        })
    }
}

fn fake(script: &Arc<Script>) -> Fake {
    Fake {
        script: Arc::clone(script),
        format: SourceFormat {
            sample_rate_hz: 16_000,
            n_channels: 1,
            width: SampleWidth::Bits16,
        },
        ring_s: 5,
        true_rate_hz: 16_000.0,
        kind: InputKind::Microphone,
    }
}

fn options() -> CaptureOptions {
    CaptureOptions::new(Arc::new(|_: &Path| Some(u64::MAX)))
}

fn seconds(seconds: f64) {
    std::thread::sleep(Duration::from_secs_f64(seconds));
}

fn samples(finished: &Finished) -> Vec<i32> {
    let mut reader = hound::WavReader::open(&finished.path).unwrap();
    reader.samples::<i32>().map(Result::unwrap).collect()
}

fn is_next(pair: &[i32]) -> bool {
    pair[1] == pair[0] + 1 || (pair[0] == 32_767 && pair[1] == 1)
}

#[test]
fn every_frame_is_kept_and_a_pause_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let script = Arc::new(Script::default());
    script.late_ms.store(8, Ordering::SeqCst);
    let path = folder.path().join("a.wav");
    let recorder = Recorder::start(vec![Box::new(fake(&script))], &path, options()).unwrap();
    seconds(1.0);
    recorder.pause();
    seconds(0.7);
    assert_eq!(recorder.status().state, CaptureState::Paused, "a pause is seen");
    recorder.resume();
    seconds(0.5);
    let levels = recorder.take_levels();
    assert!(
        levels.len() > 20,
        "twenty windows a second wait for the waveform, got {}",
        levels.len()
    );
    assert!(
        levels.iter().any(|levels| levels.channels[0].high > 0.1),
        "with what was heard"
    );
    assert!(!recorder.status().has_no_signal(), "there is a signal");
    let finished = recorder.stop().unwrap();
    let samples = samples(&finished);
    let jumps: Vec<_> = samples.windows(2).filter(|pair| !is_next(pair)).collect();
    assert_eq!(
        jumps.len(),
        1,
        "the pause is the only place where frames are missing: {jumps:?}"
    );
    assert!(
        finished.duration_ms.abs_diff(1_500) < 150,
        "it lasted {} ms",
        finished.duration_ms
    );
    assert_eq!(finished.log.n_frames_lost, 0, "nothing is lost");
    let pause = &finished.log.pauses[0];
    assert!(
        pause.length_ms.unwrap().abs_diff(700) < 100 && !pause.asleep,
        "the pause is noted"
    );
    assert_eq!(
        CaptureLog::load(&path).unwrap(),
        finished.log,
        "also beside the file"
    );
}

#[test]
fn a_stop_leaves_no_hole_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let script = Arc::new(Script::default());
    script.late_ms.store(8, Ordering::SeqCst);
    for n_ms in 200..212 {
        let path = folder.path().join(format!("{n_ms}.wav"));
        let recorder = Recorder::start(vec![Box::new(fake(&script))], &path, options()).unwrap();
        std::thread::sleep(Duration::from_millis(n_ms));
        let finished = recorder.stop().unwrap();
        let samples = samples(&finished);
        assert!(
            samples.windows(2).all(is_next),
            "what comes late and what comes in time are one sound, to the end"
        );
        assert!(
            finished.duration_ms + 20 >= n_ms && finished.duration_ms < n_ms + 150,
            "of {n_ms} ms {} are there",
            finished.duration_ms
        );
    }
}

#[test]
fn overruns_are_counted_and_times_stay_true() {
    let folder = tempfile::tempdir().unwrap();
    let script = Arc::new(Script::default());
    let source = Fake {
        ring_s: 1,
        ..fake(&script)
    };
    let recorder = Recorder::start(vec![Box::new(source)], &folder.path().join("a.wav"), options()).unwrap();
    seconds(0.3);
    // Three seconds at once, into a ring that holds one.
    script.burst.store(48_000, Ordering::SeqCst);
    seconds(4.0);
    let n_lost = recorder.status().n_frames_lost;
    let finished = recorder.stop().unwrap();
    assert!(
        (30_000..=48_000).contains(&n_lost),
        "what found no room is counted: {n_lost}"
    );
    let gap = finished
        .log
        .gaps
        .iter()
        .find(|gap| gap.reason == GapReason::Overrun)
        .unwrap();
    let gap_ms = gap.end_ms.unwrap() - gap.start_ms;
    assert!(
        gap_ms.abs_diff(n_lost / 16) < 5,
        "and noted with its time: {gap_ms} ms"
    );
    let n_silent = samples(&finished).iter().filter(|sample| **sample == 0).count() as u64;
    assert_eq!(
        n_silent, n_lost,
        "silence stands for it, so that what follows is at its time"
    );
    assert!(
        finished.log.notices()[0].1.contains("too busy"),
        "people are told: {:?}",
        finished.log.notices()
    );
}

#[test]
fn a_device_that_goes_and_comes_back_leaves_a_gap_of_silence() {
    let folder = tempfile::tempdir().unwrap();
    let script = Arc::new(Script::default());
    script.rate_after_reopen_hz.store(48_000, Ordering::SeqCst);
    let path = folder.path().join("a.wav");
    let recorder = Recorder::start(vec![Box::new(fake(&script))], &path, options()).unwrap();
    seconds(1.0);
    script.unplug();
    seconds(1.5);
    let status = recorder.status();
    assert!(!status.devices[0].is_connected, "it is said at once");
    assert!(
        status.written_ms > 1_500,
        "silence is written meanwhile: {} ms",
        status.written_ms
    );
    script.plug_in();
    seconds(1.5);
    assert!(recorder.status().devices[0].is_connected, "it is back by itself");
    let finished = recorder.stop().unwrap();
    assert!(
        finished.duration_ms.abs_diff(4_000) < 150,
        "true time went on: {} ms",
        finished.duration_ms
    );
    let [gap] = finished.log.gaps.as_slice() else {
        panic!("one gap is noted: {:?}", finished.log.gaps)
    };
    assert!(
        gap.start_ms.abs_diff(1_000) < 100,
        "where the device went: {gap:?}"
    );
    assert!(
        gap.end_ms.unwrap().abs_diff(2_750) < 400,
        "to where it came back: {gap:?}"
    );
    let samples = samples(&finished);
    let at = |ms: u64| samples[(ms * 16) as usize];
    assert!(
        at(500) != 0 && at(3_500) != 0,
        "sound before and after, which has another rate"
    );
    assert_eq!((at(1_200), at(2_000)), (0, 0), "silence between");
}

#[test]
fn a_device_that_stays_away_ends_it_well() {
    let folder = tempfile::tempdir().unwrap();
    let script = Arc::new(Script::default());
    let options = CaptureOptions {
        give_up_after: Duration::from_secs(1),
        ..options()
    };
    let recorder = Recorder::start(
        vec![Box::new(fake(&script))],
        &folder.path().join("a.wav"),
        options,
    )
    .unwrap();
    seconds(0.5);
    script.unplug();
    seconds(3.0);
    assert_eq!(
        recorder.status().end_reason(),
        Some(&EndReason::DeviceLost),
        "the reason is told"
    );
    let finished = recorder.stop().unwrap();
    assert!(
        samples(&finished).iter().filter(|sample| **sample != 0).count() > 6_000,
        "what came is kept"
    );
}

#[test]
fn an_output_that_is_back_may_be_quiet_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let script = Arc::new(Script::default());
    let options = CaptureOptions {
        give_up_after: Duration::from_secs(1),
        ..options()
    };
    let speakers = Fake {
        kind: InputKind::System,
        ..fake(&script)
    };
    let path = folder.path().join("a.wav");
    let recorder = Recorder::start(vec![Box::new(speakers)], &path, options).unwrap();
    seconds(0.5);
    script.holds_back.store(true, Ordering::SeqCst);
    script.unplug();
    seconds(0.3);
    script.plug_in();
    seconds(3.0);
    let status = recorder.status();
    assert_eq!(status.end_reason(), None, "nobody played anything, that is all");
    assert!(status.devices[0].is_connected, "and it is not away");
    script.holds_back.store(false, Ordering::SeqCst);
    seconds(1.0);
    let finished = recorder.stop().unwrap();
    assert!(
        finished.duration_ms.abs_diff(4_800) < 200,
        "true time went on: {} ms",
        finished.duration_ms
    );
    let samples = samples(&finished);
    let last = &samples[samples.len() - 8_000..];
    assert!(
        last.iter().all(|sample| *sample != 0),
        "what is played then is heard"
    );
}

#[test]
fn that_its_end_cannot_be_written_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let script = Arc::new(Script::default());
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let seen = Arc::clone(&free);
    let options = CaptureOptions::new(Arc::new(move |_: &Path| Some(seen.load(Ordering::SeqCst))));
    let path = folder.path().join("a.wav");
    let recorder = Recorder::start(vec![Box::new(fake(&script))], &path, options).unwrap();
    seconds(0.3);
    std::fs::remove_file(&path).unwrap();
    free.store(0, Ordering::SeqCst);
    seconds(1.5);
    assert_eq!(
        recorder.status().end_reason(),
        Some(&EndReason::DiskFull),
        "nobody believes that it goes on"
    );
    assert!(recorder.stop().is_err(), "and what went wrong is told");
}

#[test]
fn a_full_disk_is_warned_of_and_ends_it_before_it_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let script = Arc::new(Script::default());
    let free = Arc::new(AtomicU64::new(900_000_000));
    let seen = Arc::clone(&free);
    let options = CaptureOptions::new(Arc::new(move |_: &Path| Some(seen.load(Ordering::SeqCst))));
    let path = folder.path().join("a.wav");
    let recorder = Recorder::start(vec![Box::new(fake(&script))], &path, options.clone()).unwrap();
    seconds(1.3);
    assert_eq!(
        recorder.status().disk_low_bytes,
        Some(900_000_000),
        "below 1 GB it is said"
    );
    free.store(50_000_000, Ordering::SeqCst);
    seconds(1.3);
    assert_eq!(
        recorder.status().end_reason(),
        Some(&EndReason::DiskFull),
        "then it ends"
    );
    let finished = recorder.stop().unwrap();
    assert!(
        finished.duration_ms > 1_500,
        "with everything up to then: {} ms",
        finished.duration_ms
    );
    let again = Recorder::start(
        vec![Box::new(fake(&script))],
        &folder.path().join("b.wav"),
        options,
    );
    assert!(
        matches!(again, Err(CaptureError::DiskFull { .. })),
        "and none begins"
    );
    assert!(!folder.path().join("b.wav").exists(), "leaving nothing behind");
}

#[test]
fn silence_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let script = Arc::new(Script::default());
    script.silent.store(true, Ordering::SeqCst);
    let recorder = Recorder::start(
        vec![Box::new(fake(&script))],
        &folder.path().join("a.wav"),
        options(),
    )
    .unwrap();
    seconds(4.0);
    assert!(!recorder.status().has_no_signal(), "a short silence is nothing");
    seconds(1.6);
    assert!(recorder.status().has_no_signal(), "five seconds of zeros are");
}

#[test]
fn two_sources_of_different_rates_are_two_channels() {
    let folder = tempfile::tempdir().unwrap();
    let (me, others) = (Arc::new(Script::default()), Arc::new(Script::default()));
    let mut far = fake(&others);
    far.format = SourceFormat {
        sample_rate_hz: 48_000,
        n_channels: 2,
        width: SampleWidth::Bits24,
    };
    // Its clock is fast by one part in two thousand.
    far.true_rate_hz = 48_024.0;
    far.kind = InputKind::System;
    others.silent.store(true, Ordering::SeqCst);
    let path = folder.path().join("a.wav");
    let recorder = Recorder::start(vec![Box::new(fake(&me)), Box::new(far)], &path, options()).unwrap();
    seconds(2.0);
    others.unplug();
    seconds(1.5);
    let finished = recorder.stop().unwrap();
    let format = finished.format;
    assert_eq!(
        (format.sample_rate_hz, format.n_channels),
        (48_000, 2),
        "the higher rate, a channel each"
    );
    let labels: Vec<_> = finished
        .log
        .tracks
        .iter()
        .map(|track| track.label.as_deref())
        .collect();
    assert_eq!(labels, [Some("me"), Some("others")], "it is noted who is where");
    assert!(
        finished.duration_ms.abs_diff(3_500) < 150,
        "one goes on without the other: {} ms",
        finished.duration_ms
    );
    let samples = samples(&finished);
    let n_left = samples.iter().step_by(2).filter(|sample| **sample != 0).count();
    assert!(
        n_left as f64 > samples.len() as f64 * 0.48,
        "the left channel has all of the microphone"
    );
    assert!(
        samples.iter().skip(1).step_by(2).all(|sample| *sample == 0),
        "and nothing of it is in the right one"
    );
}
