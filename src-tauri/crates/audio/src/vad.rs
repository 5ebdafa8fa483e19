use earshot::Detector;

/// Samples of one frame: 16 ms at 16 kHz.
pub const FRAME_SAMPLES: usize = 256;

/// How likely somebody speaks, frame by frame (earshot, a small recurrent network).
pub struct VoiceActivity {
    detector: Box<Detector>,
    frame: [f32; FRAME_SAMPLES],
}

impl Default for VoiceActivity {
    fn default() -> Self {
        Self::new()
    }
}

impl VoiceActivity {
    /// A detector that has heard nothing yet.
    pub fn new() -> Self {
        Self {
            detector: Detector::default_boxed(),
            frame: [0.0; FRAME_SAMPLES],
        }
    }

    /// Probability of speech in the next frame, 0.0..=1.0. A shorter frame is filled up with
    /// silence, of a longer one the beginning counts.
    pub fn probability(&mut self, samples: &[f32]) -> f32 {
        self.frame.fill(0.0);
        for (slot, sample) in self.frame.iter_mut().zip(samples) {
            *slot = sample.clamp(-1.0, 1.0);
        }
        self.detector.predict_f32(&self.frame).clamp(0.0, 1.0)
    }
}
