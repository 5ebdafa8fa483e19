//! What is read of a transcript in parts.
#![allow(clippy::unwrap_used)]

mod common;

use common::{library, transcribed};
use recordroute_core::Segment;

#[test]
fn words_are_read_where_somebody_looks() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "talk", &["하나", "two", "셋"]);
    let texts = |from_ms, to_ms| -> Vec<String> {
        let words = library.words(id, from_ms, to_ms).unwrap();
        words.into_iter().map(|word| word.text).collect()
    };
    assert_eq!(texts(0, 30_000), ["하나", "two", "셋"], "all of them, in order");
    assert_eq!(
        texts(10_000, 20_000),
        ["two"],
        "a word belongs to where it begins"
    );
    assert_eq!(texts(10_001, 20_000), [] as [String; 0], "and to nowhere else");
    let segments = library.segments(id).unwrap();
    let whole = library.transcript(id).unwrap().segments;
    assert!(
        segments.iter().all(|segment| segment.words.is_empty()) && segments.len() == whole.len(),
        "the list has every segment and no words"
    );
    assert_eq!(segments[2].text, whole[2].text, "with the same text");
    let shown = |most| library.shown_segments(id, most).unwrap();
    let heard: Vec<Segment> = shown(None).into_iter().map(|shown| shown.segment).collect();
    assert_eq!(heard, segments, "what is shown is the same list");
    assert_eq!(shown(Some(2)), shown(None)[..2], "or its beginning");
    assert_eq!(shown(Some(u32::MAX)), shown(None), "more than there are is all");
    let empty = library.add_recording(&common::draft("empty")).unwrap();
    assert!(
        library.words(empty, 0, 1_000).unwrap().is_empty() && library.segments(empty).unwrap().is_empty(),
        "a recording without a transcript has none, and that is no error"
    );
}
