//! Labels the segments of a recording whose channels are the microphone and the computer's own sound.

use recordroute_audio::capture::{CaptureLog, ChannelLoudness};
use recordroute_core::{RecordingId, Segment};
use recordroute_store::Library;

use crate::Error;

/// Who is heard in which channel, and when.
pub(crate) struct Speakers {
    labels: Vec<String>,
    loudness: ChannelLoudness,
}

impl Speakers {
    /// None for every recording that was not made from two devices.
    pub(crate) fn of(library: &Library, id: RecordingId) -> Result<Option<Self>, Error> {
        let Some(bytes) = library.capture_loudness(id)? else {
            return Ok(None);
        };
        let log = library.capture_log(id)?;
        let log: Option<CaptureLog> = log.and_then(|text| serde_json::from_str(&text).ok());
        Ok(log.filter(CaptureLog::is_labelled).map(|log| Self {
            labels: log.tracks.into_iter().filter_map(|track| track.label).collect(),
            loudness: ChannelLoudness::from_bytes(bytes),
        }))
    }

    /// Gives each segment that has no speaker yet the one who is louder in it.
    pub(crate) fn label(&self, segments: &mut [Segment]) {
        for segment in segments.iter_mut().filter(|segment| segment.speaker.is_none()) {
            let louder = self.loudness.louder(segment.start_ms, segment.end_ms);
            segment.speaker = louder.and_then(|channel| self.labels.get(channel).cloned());
        }
    }
}
