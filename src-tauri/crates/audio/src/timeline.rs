//! From the frames of a decoder to the time of a player.

use crate::mp4::Edit;

/// Stamps may jitter by this much (milliseconds) before they count as a gap: Matroska counts in
/// milliseconds, and some recorders stamp by the clock on the wall.
const GAP_TOLERANCE_MS: u64 = 150;

/// Sound that begins later than the pictures by less than this begins with them: players differ
/// on such starts, and nobody hears it.
const START_TOLERANCE_MS: u64 = 100;

/// A longer jump between time stamps is taken as nonsense, and the sound goes on without a gap.
const MAX_GAP_MS: u64 = 6 * 3_600_000;

/// All gaps together become at most this much silence: a file of some kilobytes whose stamps leap
/// again and again does not keep the machine busy for days.
const MAX_SILENCE_MS: u64 = 24 * 3_600_000;

/// A run of media frames and where it stands in the presentation, in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    media_start: i64,
    media_end: i64,
    presented_at: u64,
}

/// What to do with decoded frames: silence first, then a part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Frames of silence to put before them.
    pub n_silence: u64,
    /// First frame of the buffer to keep.
    pub start: usize,
    /// One past the last frame of the buffer to keep.
    pub end: usize,
}

/// Places decoded buffers one after the other. All positions are in frames at the decoder's rate.
#[derive(Debug)]
pub(crate) struct Timeline {
    rate_hz: u32,
    spans: Vec<Span>,
    span_idx: usize,
    /// Where in the media the next frame is expected.
    next_media: i64,
    /// Frames handed on so far, silence included.
    n_presented: u64,
    /// Silence that may still be put in, in frames.
    n_silence_left: u64,
    /// Where the first stamp has been seen.
    anchored: bool,
}

impl Timeline {
    /// Everything from media frame 0 on is played; the decoder begins `delay_frames` before that.
    pub(crate) fn with_delay(rate_hz: u32, delay_frames: u64, n_frames: Option<u64>) -> Self {
        let n_frames = n_frames.and_then(|n| i64::try_from(n).ok());
        Self {
            rate_hz,
            spans: vec![Span {
                media_start: 0,
                media_end: n_frames.unwrap_or(i64::MAX),
                presented_at: 0,
            }],
            span_idx: 0,
            next_media: i64::try_from(delay_frames).map_or(0, |delay| -delay),
            n_presented: 0,
            n_silence_left: u64::from(rate_hz) * (MAX_SILENCE_MS / 1_000),
            anchored: false,
        }
    }

    /// The edit list of an mp4 track decides. A list that plays anything twice or backwards is
    /// reduced to its first start: a transcript of every take is of more use than none.
    pub(crate) fn with_edits(
        rate_hz: u32,
        edits: &[Edit],
        movie_timescale: u32,
        media_timescale: u32,
        fragmented: bool,
    ) -> Self {
        let mut timeline = Self::with_delay(rate_hz, 0, None);
        let in_frames = |units: u64, timescale: u32| -> u64 {
            let scaled = u128::from(units) * u128::from(rate_hz) + u128::from(timescale) / 2;
            u64::try_from(scaled / u128::from(timescale.max(1))).unwrap_or(u64::MAX)
        };
        let mut spans: Vec<Span> = Vec::new();
        let mut presented_at: u64 = 0;
        for (edit_idx, edit) in edits.iter().enumerate() {
            let n_frames = in_frames(edit.duration, movie_timescale);
            let Some(media_start) = edit.media_start else {
                let is_start =
                    spans.is_empty() && n_frames <= u64::from(rate_hz) * START_TOLERANCE_MS / 1_000;
                if !is_start && n_frames <= u64::from(rate_hz) * MAX_GAP_MS / 1_000 {
                    presented_at = presented_at.saturating_add(n_frames);
                }
                continue;
            };
            let media_start = i64::try_from(in_frames(media_start, media_timescale)).unwrap_or(i64::MAX);
            let is_last = edit_idx + 1 == edits.len();
            let open_ended = is_last && (edit.duration == 0 || fragmented);
            let media_end = if open_ended {
                i64::MAX
            } else {
                media_start.saturating_add_unsigned(n_frames)
            };
            spans.push(Span {
                media_start,
                media_end,
                presented_at,
            });
            presented_at = presented_at.saturating_add(n_frames);
        }
        // Neighbours may overlap by what the movie's coarser timescale rounds away.
        let rounding = i64::from(rate_hz) / 50;
        let in_order = spans.windows(2).all(|pair| match pair {
            [before, after] => before.media_end <= after.media_start.saturating_add(rounding),
            _ => true,
        });
        if let Some(first) = spans.first().copied() {
            timeline.spans = if in_order {
                spans
            } else {
                vec![Span {
                    media_end: i64::MAX,
                    ..first
                }]
            };
        }
        timeline
    }

    /// Length of the presentation, where the spans say it.
    pub(crate) fn n_frames_total(&self, media_end: Option<u64>) -> Option<u64> {
        let span = self.spans.last()?;
        let media_end = match media_end.and_then(|end| i64::try_from(end).ok()) {
            Some(end) => end.min(span.media_end),
            None if span.media_end == i64::MAX => return None,
            None => span.media_end,
        };
        let n_in_last = media_end.saturating_sub(span.media_start).max(0);
        Some(span.presented_at.saturating_add(n_in_last.unsigned_abs()))
    }

    /// The stream goes on at another rate: what was placed stays, the rest follows on it.
    pub(crate) fn change_rate(&mut self, rate_hz: u32) {
        let rescaled = u128::from(self.n_presented) * u128::from(rate_hz) / u128::from(self.rate_hz.max(1));
        *self = Self {
            n_presented: u64::try_from(rescaled).unwrap_or(u64::MAX),
            spans: vec![Span {
                media_start: i64::MIN,
                media_end: i64::MAX,
                presented_at: 0,
            }],
            anchored: true,
            ..Self::with_delay(rate_hz, 0, None)
        };
        self.continue_from_here();
    }

    /// Maps whatever comes next right behind what was placed.
    fn continue_from_here(&mut self) {
        if let Some(span) = self.spans.get_mut(self.span_idx) {
            span.media_start = self.next_media;
            span.presented_at = self.n_presented;
        }
    }

    /// Takes note of a packet's time stamp, in frames. A jump forward beyond the tolerance moves
    /// the media position, a jump back is ignored.
    pub(crate) fn stamp(&mut self, media_frame: i64) {
        let in_frames = |ms: u64| i64::try_from(u64::from(self.rate_hz) * ms / 1_000).unwrap_or(i64::MAX);
        let ahead = media_frame.saturating_sub(self.next_media);
        let follows = if self.anchored {
            ahead > in_frames(GAP_TOLERANCE_MS)
        } else {
            ahead < 0 || ahead > in_frames(START_TOLERANCE_MS)
        };
        self.anchored = true;
        if follows && ahead.saturating_abs() <= in_frames(MAX_GAP_MS) {
            self.next_media = media_frame;
        }
    }

    /// Places the next `n_frames` decoded frames. Call it with `from` 0, then with each `end`,
    /// until it returns none: only then the buffer counts as past.
    pub(crate) fn place(&mut self, n_frames: usize, from: usize) -> Option<Placed> {
        let buffer_start = self.next_media;
        let buffer_end = buffer_start.saturating_add_unsigned(n_frames as u64);
        let mut at = buffer_start.saturating_add_unsigned(from as u64);
        while let Some(span) = self.spans.get(self.span_idx) {
            if at >= span.media_end {
                self.span_idx += 1;
                continue;
            }
            at = at.max(span.media_start);
            if at >= buffer_end {
                break;
            }
            let end = buffer_end.min(span.media_end);
            let presented_at = span
                .presented_at
                .saturating_add(at.saturating_sub(span.media_start).unsigned_abs());
            let n_silence = presented_at
                .saturating_sub(self.n_presented)
                .min(self.n_silence_left);
            self.n_silence_left -= n_silence;
            self.n_presented += n_silence + end.abs_diff(at);
            let start = usize::try_from(at.abs_diff(buffer_start)).unwrap_or(usize::MAX);
            return Some(Placed {
                n_silence,
                start,
                end: start + usize::try_from(end.abs_diff(at)).unwrap_or(0),
            });
        }
        self.next_media = buffer_end;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_all(timeline: &mut Timeline, n_frames: usize) -> Vec<Placed> {
        let mut placed = Vec::new();
        let mut from = 0;
        while let Some(part) = timeline.place(n_frames, from) {
            from = part.end;
            placed.push(part);
        }
        placed
    }

    #[test]
    fn encoder_delay_is_cut_at_the_start() {
        let mut timeline = Timeline::with_delay(48_000, 1_500, None);
        assert_eq!(place_all(&mut timeline, 1_000), [], "all of it is delay");
        let expected = Placed {
            n_silence: 0,
            start: 500,
            end: 1_000,
        };
        assert_eq!(
            place_all(&mut timeline, 1_000),
            [expected],
            "the rest of the delay"
        );
        assert_eq!(timeline.n_presented, 500, "only what is heard counts");
    }

    #[test]
    fn an_edit_list_delays_and_trims() {
        // Movie in milliseconds, media at 48 kHz: half a second of nothing, then one second from
        // media frame 1,024 on.
        let edits = [
            Edit {
                duration: 500,
                media_start: None,
            },
            Edit {
                duration: 1_000,
                media_start: Some(1_024),
            },
        ];
        let mut timeline = Timeline::with_edits(48_000, &edits, 1_000, 48_000, false);
        assert_eq!(
            timeline.n_frames_total(None),
            Some(72_000),
            "half a second and a second"
        );
        let placed = place_all(&mut timeline, 60_000);
        let expected = Placed {
            n_silence: 24_000,
            start: 1_024,
            end: 49_024,
        };
        assert_eq!(placed, [expected], "silence first, priming and padding cut");
        assert_eq!(
            place_all(&mut timeline, 1_000),
            [],
            "nothing is played past the end"
        );
    }

    #[test]
    fn cut_out_stretches_are_left_out() {
        let edits = [
            Edit {
                duration: 1_000,
                media_start: Some(0),
            },
            Edit {
                duration: 1_000,
                media_start: Some(5_000),
            },
        ];
        let mut timeline = Timeline::with_edits(1_000, &edits, 1_000, 1_000, false);
        let n_kept: usize = (0..10)
            .flat_map(|_| place_all(&mut timeline, 700))
            .map(|placed| placed.end - placed.start)
            .sum();
        assert_eq!(n_kept, 2_000, "two kept seconds of seven");
        assert_eq!(timeline.n_presented, 2_000, "without silence between");
    }

    #[test]
    fn gaps_between_stamps_become_silence_and_jitter_does_not() {
        let mut timeline = Timeline::with_delay(1_000, 0, None);
        timeline.stamp(0);
        place_all(&mut timeline, 100);
        timeline.stamp(120);
        let placed = place_all(&mut timeline, 100);
        assert_eq!(placed[0].n_silence, 0, "20 ms are jitter");
        timeline.stamp(1_200);
        let placed = place_all(&mut timeline, 100);
        assert_eq!(placed[0].n_silence, 1_000, "a second is a gap");
        timeline.stamp(0);
        let placed = place_all(&mut timeline, 100);
        assert_eq!(
            placed[0].n_silence, 0,
            "stamps that run backwards are not followed"
        );
        timeline.stamp(i64::MAX);
        let placed = place_all(&mut timeline, 100);
        assert_eq!(
            placed[0].n_silence, 0,
            "an absurd stamp does not make years of silence"
        );
    }

    #[test]
    fn leaping_stamps_make_a_day_of_silence_at_most() {
        let mut timeline = Timeline::with_delay(1_000, 0, None);
        let mut n_silence = 0;
        for leap_idx in 0..1_000 {
            timeline.stamp(leap_idx * 6 * 3_600_000);
            n_silence += place_all(&mut timeline, 10)
                .iter()
                .map(|placed| placed.n_silence)
                .sum::<u64>();
        }
        assert_eq!(
            n_silence, MAX_SILENCE_MS,
            "ten kilobytes of packets must not be worth months"
        );
    }

    #[test]
    fn a_late_first_stamp_is_silence_before_the_sound() {
        let mut timeline = Timeline::with_delay(1_000, 0, None);
        timeline.stamp(140);
        let placed = place_all(&mut timeline, 100);
        assert_eq!(placed[0].n_silence, 140, "the first stamp is exact, not jitter");
    }

    #[test]
    fn a_new_rate_goes_on_without_a_gap() {
        let mut timeline = Timeline::with_delay(1_000, 0, None);
        place_all(&mut timeline, 500);
        timeline.change_rate(2_000);
        let placed = place_all(&mut timeline, 100);
        assert_eq!(
            placed,
            [Placed {
                n_silence: 0,
                start: 0,
                end: 100
            }],
            "all of it is played, at once"
        );
        assert_eq!(
            timeline.n_presented, 1_100,
            "half a second at the new rate and 100 frames"
        );
    }
}
