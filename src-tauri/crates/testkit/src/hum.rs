use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use recordroute_audio::capture::{
    CaptureError, InputKind, OpenSource, SampleWidth, Source, SourceFormat, ring,
};

const FORMAT: SourceFormat = SourceFormat {
    sample_rate_hz: 8_000,
    n_channels: 1,
    width: SampleWidth::Bits16,
};

/// A microphone that hums at a quarter of full scale, without a device of the computer.
pub struct Hum;

/// Ends the thread that hums when the stream is let go.
struct Humming(Arc<AtomicBool>);

impl Drop for Humming {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Source for Hum {
    fn kind(&self) -> InputKind {
        InputKind::Microphone
    }

    fn open(&mut self) -> Result<OpenSource, CaptureError> {
        let (mut inlet, outlet) = ring(FORMAT, 5);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            let began = Instant::now();
            for idx in 1_u32.. {
                let due = began + Duration::from_millis(10) * idx;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                inlet.push(&[0.25_f32; 80], |sample| sample, due);
            }
        });
        Ok(OpenSource {
            format: FORMAT,
            name: "Hum".to_owned(),
            outlet,
            faults: Arc::default(),
            stream: Box::new(Humming(stop)),
        })
    }
}
