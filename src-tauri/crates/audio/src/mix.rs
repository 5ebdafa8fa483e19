//! From the channels of a decoder to one.

use symphonia::core::audio::{Audio, GenericAudioBufferRef};

/// Floating-point sound may be louder than full scale by this factor (24 dB); what lies beyond
/// is cut off.
const MAX_AMPLITUDE: f32 = 16.0;

/// Mixes all channels into one by their mean; returns the rate and the number of channels.
pub(crate) fn down(buffer: &GenericAudioBufferRef<'_>, frames: &mut Vec<f32>) -> (u32, usize) {
    let rate_hz = buffer.spec().rate();
    let n_channels = buffer.num_planes();
    match buffer {
        GenericAudioBufferRef::F32(buffer) => mean(buffer.iter_planes(), n_channels, frames),
        other => {
            let mut planes: Vec<Vec<f32>> = Vec::new();
            other.copy_to_vecs_planar(&mut planes);
            mean(planes.iter().map(Vec::as_slice), n_channels, frames);
        }
    }
    tame(frames);
    (rate_hz, n_channels)
}

/// Floating-point files may hold anything. One absurd number would drown its neighbours in the
/// resampler's filter, so it is tamed before that.
fn tame(frames: &mut [f32]) {
    for sample in frames {
        let limited = sample.clamp(-MAX_AMPLITUDE, MAX_AMPLITUDE);
        *sample = if limited.is_nan() { 0.0 } else { limited };
    }
}

fn mean<'a>(planes: impl Iterator<Item = &'a [f32]>, n_planes: usize, frames: &mut Vec<f32>) {
    frames.clear();
    let gain = 1.0 / n_planes.max(1) as f32;
    for (plane_idx, plane) in planes.enumerate() {
        if plane_idx == 0 {
            frames.extend(plane.iter().map(|sample| sample * gain));
        } else {
            for (mixed, sample) in frames.iter_mut().zip(plane) {
                *mixed += sample * gain;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_channels_cannot_be_louder_than_they_are() {
        let mut frames = Vec::new();
        mean([&[1.0, 0.5][..], &[1.0, -0.5]].into_iter(), 2, &mut frames);
        assert_eq!(frames, [1.0, 0.0], "two full channels are one full channel");
    }

    #[test]
    fn absurd_numbers_are_cut_off() {
        let mut frames = [0.5, f32::NAN, f32::INFINITY, -1e30];
        tame(&mut frames);
        assert_eq!(
            frames,
            [0.5, 0.0, MAX_AMPLITUDE, -MAX_AMPLITUDE],
            "sound passes, what is no number is silence"
        );
    }
}
