//! What Whisper invents: judged by what it says, by its own doubt, and by voice activity.

use std::sync::LazyLock;

use recordroute_core::{Chunk, SegmentFlag};

/// Sentences that Whisper writes over silence, a line each; `#` begins a comment.
const PHANTOMS: &str = include_str!("phantoms.txt");

static KNOWN: LazyLock<Vec<String>> = LazyLock::new(|| {
    PHANTOMS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(normalise)
        .filter(|line| !line.is_empty())
        .collect()
});

/// Below this the words are doubtful.
const MIN_CONFIDENCE: f32 = 0.45;
/// Above this the model itself thinks that nobody speaks.
const NO_SPEECH: f32 = 0.6;
/// Below this share of voice a segment has hardly any.
const HARDLY_VOICED: f32 = 0.3;
/// Below this the detector was not sure of the voice that it heard.
const UNSURE_VOICE: f32 = 0.7;

/// What is known about a segment beside its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Evidence {
    /// Share of its time in which voice was heard.
    pub(crate) voiced_share: f32,
    /// Mean probability of that voice.
    pub(crate) voice_probability: f32,
    /// The model's probability that nobody speaks in its window.
    pub(crate) no_speech: f32,
    /// Mean probability of its tokens.
    pub(crate) confidence: f32,
    /// It was decoded again for repeating itself, and still does.
    pub(crate) loops: bool,
    /// The audio was damaged.
    pub(crate) damaged: bool,
}

/// What is to be done with a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep(Vec<SegmentFlag>),
    /// Invented: both witnesses say that nobody speaks.
    Drop,
}

/// Judges a segment. Text is dropped only where it is of a kind that Whisper invents and voice
/// activity and the model agree that nobody speaks; anything else doubtful is flagged.
pub(crate) fn judge(text: &str, evidence: &Evidence) -> Verdict {
    let is_phantom = is_phantom(text);
    let is_description = is_description(text);
    let hardly_voiced = evidence.voiced_share < HARDLY_VOICED || evidence.voice_probability < UNSURE_VOICE;
    if (is_phantom || is_description) && hardly_voiced && evidence.no_speech > NO_SPEECH {
        return Verdict::Drop;
    }
    let mut flags = Vec::new();
    if evidence.confidence < MIN_CONFIDENCE {
        flags.push(SegmentFlag::LowConfidence);
    }
    if evidence.no_speech > NO_SPEECH || hardly_voiced || is_description {
        flags.push(SegmentFlag::MaybeNoSpeech);
    }
    if evidence.loops {
        flags.push(SegmentFlag::Repetition);
    }
    if is_phantom {
        flags.push(SegmentFlag::KnownPhantom);
    }
    if evidence.damaged {
        flags.push(SegmentFlag::DamagedAudio);
    }
    Verdict::Keep(flags)
}

/// Mean probability of the voice between two moments of a chunk.
pub(crate) fn voice_probability(chunk: &Chunk, start_ms: u64, end_ms: u64) -> f32 {
    let mut weighted = 0.0;
    let mut total_ms = 0.0;
    for span in &chunk.voice {
        let overlap_ms = span
            .end_ms
            .min(end_ms)
            .saturating_sub(span.start_ms.max(start_ms)) as f32;
        weighted += overlap_ms * span.probability;
        total_ms += overlap_ms;
    }
    if total_ms > 0.0 { weighted / total_ms } else { 0.0 }
}

fn is_phantom(text: &str) -> bool {
    let text = normalise(text);
    KNOWN.contains(&text)
}

/// `[Music]`, `(박수)`, `♪ ♪`: a description of sound, not speech.
fn is_description(text: &str) -> bool {
    let text = text.trim().trim_end_matches(['.', '!', '?']);
    let bracketed = [('[', ']'), ('(', ')'), ('*', '*'), ('<', '>')]
        .iter()
        .any(|(open, close)| text.starts_with(*open) && text.ends_with(*close));
    bracketed || !text.chars().any(char::is_alphanumeric)
}

fn normalise(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOKEN: Evidence = Evidence {
        voiced_share: 0.9,
        voice_probability: 0.95,
        no_speech: 0.05,
        confidence: 0.9,
        loops: false,
        damaged: false,
    };
    const SILENT: Evidence = Evidence {
        voiced_share: 0.1,
        voice_probability: 0.4,
        no_speech: 0.9,
        ..SPOKEN
    };

    #[test]
    fn invented_sentences_are_dropped_only_over_silence() {
        for text in [
            "시청해 주셔서 감사합니다.",
            "Thanks for watching!",
            "[음악]",
            "♪♪",
        ] {
            assert_eq!(
                judge(text, &SILENT),
                Verdict::Drop,
                "{text} over silence was never said"
            );
        }
        let said = judge("Thanks for watching!", &SPOKEN);
        assert_eq!(
            said,
            Verdict::Keep(vec![SegmentFlag::KnownPhantom]),
            "somebody may really say it"
        );
    }

    #[test]
    fn other_text_is_never_dropped() {
        let verdict = judge("그 예산은 다음 주에 확정됩니다.", &SILENT);
        assert_eq!(
            verdict,
            Verdict::Keep(vec![SegmentFlag::MaybeNoSpeech]),
            "it is flagged and shown"
        );
        let one_witness = Evidence {
            no_speech: 0.1,
            ..SILENT
        };
        let verdict = judge("Thank you.", &one_witness);
        assert!(
            matches!(verdict, Verdict::Keep(flags) if !flags.is_empty()),
            "one witness is not enough"
        );
    }

    #[test]
    fn clear_speech_has_no_flags() {
        assert_eq!(
            judge("Let us begin.", &SPOKEN),
            Verdict::Keep(Vec::new()),
            "nothing is wrong with it"
        );
        let unsure = Evidence {
            confidence: 0.2,
            ..SPOKEN
        };
        assert_eq!(
            judge("Let us begin.", &unsure),
            Verdict::Keep(vec![SegmentFlag::LowConfidence]),
            "what the model guessed is marked"
        );
    }
}
