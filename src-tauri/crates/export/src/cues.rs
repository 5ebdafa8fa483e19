use recordroute_core::Transcript;

use crate::text::one_line;

/// A subtitle: one line of text that is on the screen from start to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cue {
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) speaker: Option<String>,
    pub(crate) text: String,
}

/// Shortest time on the screen: players drop cues of no length.
const MIN_CUE_MS: u64 = 1;

/// The transcript as cues in order that never overlap and never run backwards, whatever its times
/// are. Text is one line each, because an empty line ends a cue; segments without any are left out.
pub(crate) fn cues(transcript: &Transcript) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::with_capacity(transcript.segments.len());
    let mut last_end_ms = 0;
    for segment in &transcript.segments {
        let text = one_line(&segment.text);
        if text.is_empty() {
            continue;
        }
        let start_ms = segment.start_ms.max(last_end_ms);
        let end_ms = segment.end_ms.max(start_ms.saturating_add(MIN_CUE_MS));
        last_end_ms = end_ms;
        let speaker = segment.speaker.as_deref().map(one_line);
        cues.push(Cue {
            start_ms,
            end_ms,
            speaker: speaker.filter(|speaker| !speaker.is_empty()),
            text,
        });
    }
    cues
}
