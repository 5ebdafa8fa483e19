use recordroute_core::SAMPLE_RATE_HZ;

/// Waveform buckets a second.
pub const PEAKS_PER_SECOND: u32 = 10;

const BUCKET_SAMPLES: usize = (SAMPLE_RATE_HZ / PEAKS_PER_SECOND) as usize;

/// The waveform for the eye: lowest and highest sample of each tenth of a second.
///
/// The finished form is two bytes a bucket, minimum then maximum, each an `i8` in which 127 is
/// full scale: five hours are 360 kB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peaks {
    bytes: Vec<u8>,
    low: i8,
    high: i8,
    n_in_bucket: usize,
}

impl Peaks {
    /// No waveform yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with the next samples (mono, 16 kHz).
    pub fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let n_taken = samples.len().min(BUCKET_SAMPLES - self.n_in_bucket);
            let (bucket, rest) = samples.split_at(n_taken);
            let (low, high) = bucket
                .iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), sample| {
                    (low.min(*sample), high.max(*sample))
                });
            // A float cast saturates, and the first part of a bucket starts it afresh.
            let (low, high) = ((low * 127.0).round() as i8, (high * 127.0).round() as i8);
            if self.n_in_bucket == 0 {
                (self.low, self.high) = (low, high);
            } else {
                (self.low, self.high) = (self.low.min(low), self.high.max(high));
            }
            self.n_in_bucket += n_taken;
            if self.n_in_bucket == BUCKET_SAMPLES {
                self.close_bucket();
            }
            samples = rest;
        }
    }

    /// The bytes, the last bucket included though it may be short.
    pub fn finish(mut self) -> Vec<u8> {
        if self.n_in_bucket > 0 {
            self.close_bucket();
        }
        self.bytes
    }

    fn close_bucket(&mut self) {
        self.bytes
            .extend_from_slice(&[self.low.cast_unsigned(), self.high.cast_unsigned()]);
        self.n_in_bucket = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_any_size_give_the_same_waveform() {
        let samples: Vec<f32> = (0..4_000).map(|i| (i as f32 / 300.0).sin() * 0.5).collect();
        let mut whole = Peaks::new();
        whole.push(&samples);
        let mut pieces = Peaks::new();
        samples.chunks(77).for_each(|piece| pieces.push(piece));
        let whole = whole.finish();
        assert_eq!(
            whole,
            pieces.finish(),
            "buckets do not depend on how samples arrive"
        );
        assert_eq!(whole.len(), 2 * 3, "4,000 samples are two and a half buckets");
        let (low, high) = (whole[0].cast_signed(), whole[1].cast_signed());
        assert!(
            (-64..=-63).contains(&low) && (63..=64).contains(&high),
            "trough and crest of the sine at half scale, within rounding: {low}, {high}"
        );
    }
}
