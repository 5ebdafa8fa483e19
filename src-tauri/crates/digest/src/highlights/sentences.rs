use recordroute_core::{Segment, SegmentFlag};

use crate::clean::one_line;

/// A sentence goes on over segments until it is that long.
const MAX_CHARS: usize = 400;
/// Who is silent for so long has ended the sentence.
const MAX_PAUSE_MS: u64 = 2_500;

/// A sentence and where it was said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sentence {
    /// The segment in which it begins.
    pub segment_idx: usize,
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
}

/// The sentences of a transcript. Segments end in the middle of sentences, and have several. Text that
/// is probably none, because it loops or was invented over silence, is left out.
pub(super) fn sentences(segments: &[Segment]) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut open: Option<Sentence> = None;
    let mut before: Option<&Segment> = None;
    for (segment_idx, segment) in segments.iter().enumerate() {
        let is_doubtful = segment.flags.iter().any(|flag| {
            matches!(
                flag,
                SegmentFlag::MaybeNoSpeech | SegmentFlag::Repetition | SegmentFlag::KnownPhantom
            )
        });
        let goes_on = !is_doubtful
            && before.is_some_and(|before| {
                before.speaker == segment.speaker
                    && segment.start_ms.saturating_sub(before.end_ms) <= MAX_PAUSE_MS
            });
        if !goes_on {
            sentences.extend(open.take());
        }
        if is_doubtful {
            before = None;
            continue;
        }
        before = Some(segment);
        let text = one_line(&segment.text);
        let mut at = 0;
        for piece in pieces(&text) {
            let start_ms = time_at(segment, &text, at);
            at += piece.len();
            let end_ms = time_at(segment, &text, at).max(start_ms);
            let is_full = open
                .as_ref()
                .is_some_and(|open| open.text.chars().count() + piece.chars().count() > MAX_CHARS);
            if is_full {
                sentences.extend(open.take());
            }
            let mut sentence = match open.take() {
                Some(mut open) => {
                    open.text.push(' ');
                    open.text.push_str(piece.trim());
                    open.end_ms = open.end_ms.max(end_ms);
                    open
                }
                None => Sentence {
                    segment_idx,
                    start_ms,
                    end_ms,
                    text: piece.trim().to_owned(),
                },
            };
            if ends(&sentence.text) {
                // What is said in one breath may still be longer than anybody reads.
                sentence.text = crate::clean::limited(&sentence.text, MAX_CHARS * 2);
                sentences.push(sentence);
            } else {
                open = Some(sentence);
            }
        }
    }
    sentences.extend(open);
    sentences
}

/// The sentences of one text, with the white space behind them; together they are the text.
pub(crate) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let ends = match c {
            // A point inside a number or a name ends nothing.
            '.' | '?' | '!' | '…' => next.is_none_or(char::is_whitespace),
            '。' | '？' | '！' => true,
            _ => false,
        };
        if ends {
            let end = at + c.len_utf8();
            let n_blanks = text[end..].len() - text[end..].trim_start().len();
            pieces.push(&text[start..end + n_blanks]);
            start = end + n_blanks;
        }
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

/// Whether a sentence is at its end. Of Korean without full stops its endings tell: `-다`, `-요`, `-죠`
/// and `-까` behind another syllable.
fn ends(text: &str) -> bool {
    let text = text.trim_end_matches(['"', '\'', '”', '’', ')', ' ']);
    let mut letters = text.chars().rev();
    match letters.next() {
        Some('.' | '?' | '!' | '…' | '。' | '？' | '！') => true,
        Some('다' | '요' | '죠' | '까') => letters.next().is_some_and(crate::words::korean::is_hangul),
        _ => false,
    }
}

/// When the byte `at` of a segment's text was said: by its words where they are known, else by the
/// share of the text.
fn time_at(segment: &Segment, text: &str, at: usize) -> u64 {
    if at == 0 {
        return segment.start_ms;
    }
    if at >= text.len() {
        return segment.end_ms;
    }
    let n_words = text[..at].split_whitespace().count();
    if segment.words.len() == text.split_whitespace().count()
        && let Some(word) = segment.words.get(n_words)
    {
        return word.start_ms.clamp(segment.start_ms, segment.end_ms);
    }
    let length = segment.end_ms.saturating_sub(segment.start_ms);
    segment.start_ms + length * at as u64 / text.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{said, segment, segments};

    fn texts(segments: &[Segment]) -> Vec<String> {
        sentences(segments)
            .into_iter()
            .map(|sentence| sentence.text)
            .collect()
    }

    #[test]
    fn sentences_are_joined_and_parted() {
        assert_eq!(
            texts(&segments(&[
                "We will move",
                "the launch. It costs 3.5 million.",
                "오늘은 예산을",
                "보겠습니다",
                "들리시나요",
                "다음은"
            ])),
            [
                "We will move the launch.",
                "It costs 3.5 million.",
                "오늘은 예산을 보겠습니다",
                "들리시나요",
                "다음은"
            ],
            "over segments, within them, and in Korean without full stops"
        );
    }

    #[test]
    fn another_speaker_begins_another_sentence() {
        assert_eq!(
            texts(&[
                said(0, "A", "and so we"),
                said(1, "B", "wait"),
                segment(9, "a moment")
            ]),
            ["and so we", "wait", "a moment"],
            "nor does a sentence go on over a pause"
        );
    }

    #[test]
    fn doubtful_text_is_left_out() {
        let mut talk = segments(&["One.", "구독과 좋아요", "Two."]);
        talk[1].flags = vec![SegmentFlag::KnownPhantom];
        assert_eq!(texts(&talk), ["One.", "Two."], "nobody said it");
    }

    #[test]
    fn times_are_inside_the_segment() {
        let found = sentences(&segments(&["One two. Three four five. Six"]));
        assert_eq!(
            (found[0].start_ms, found[2].end_ms),
            (0, 1_800),
            "from end to end"
        );
        assert!(
            found.windows(2).all(|pair| pair[0].end_ms <= pair[1].start_ms),
            "one after the other: {found:?}"
        );
    }
}
