//! What the files look like, and that no text breaks them.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use recordroute_core::{RecordingId, Segment, SegmentFlag, Transcript, Word};
use recordroute_export::{Document, Format, to_string, write};

fn segment(start_ms: u64, end_ms: u64, text: &str) -> Segment {
    Segment {
        start_ms,
        end_ms,
        text: text.to_owned(),
        confidence: 0.875,
        speaker: None,
        flags: Vec::new(),
        words: Vec::new(),
    }
}

fn document() -> Document {
    let mut first = segment(0, 1_500, "안녕하세요, 여러분! 😀");
    first.words = vec![Word {
        start_ms: 0,
        end_ms: 700,
        text: "안녕하세요,".to_owned(),
        confidence: 0.5,
    }];
    let mut doubtful = segment(
        61_000,
        3_723_004,
        "Budget <b>*2*</b> --> #3 & more\n\nsecond line",
    );
    doubtful.speaker = Some("Kim <1>".to_owned());
    doubtful.flags = vec![SegmentFlag::LowConfidence, SegmentFlag::MaybeNoSpeech];
    Document {
        id: Some(RecordingId(7)),
        title: "주간 회의 #1".to_owned(),
        source: "회의.m4a".to_owned(),
        language: Some("ko".to_owned()),
        duration_ms: Some(3_725_000),
        model: Some("whisper-base".to_owned()),
        device: Some("CPU (2 threads)".to_owned()),
        speed: Some(8.5),
        created_at: Some("2026-11-24T08:00:00.000Z".to_owned()),
        notice: Some("The file is cut short.".to_owned()),
        transcript: Transcript {
            language: None,
            segments: vec![first, doubtful, segment(3_723_004, 3_724_000, "=SUM(A1) שלום")],
        },
    }
}

fn only(texts: &[(u64, u64, &str)]) -> Document {
    let segments = texts.iter().map(|(start, end, text)| segment(*start, *end, text));
    Document {
        transcript: Transcript {
            language: None,
            segments: segments.collect(),
        },
        ..Document::default()
    }
}

#[test]
fn every_format_looks_as_it_did() {
    for format in Format::ALL {
        let name = format!("document.{format}");
        insta::assert_snapshot!(name, to_string(format, &document()).unwrap());
    }
}

#[test]
fn an_empty_transcript_is_a_valid_file() {
    let empty = only(&[]);
    assert_eq!(to_string(Format::Txt, &empty).unwrap(), "", "no text");
    assert_eq!(to_string(Format::Srt, &empty).unwrap(), "", "no cues");
    assert_eq!(
        to_string(Format::Vtt, &empty).unwrap(),
        "WEBVTT\n",
        "the header alone"
    );
    let json: serde_json::Value = serde_json::from_str(&to_string(Format::Json, &empty).unwrap()).unwrap();
    assert_eq!(json["segments"], serde_json::json!([]), "an empty list, not null");
    assert_eq!(
        to_string(Format::Csv, &empty).unwrap().lines().count(),
        1,
        "the row of names"
    );
    assert_eq!(
        to_string(Format::Md, &empty).unwrap(),
        "# Transcript\n\n",
        "a heading"
    );
}

#[test]
fn json_has_exactly_the_public_names() {
    let json: serde_json::Value =
        serde_json::from_str(&to_string(Format::Json, &document()).unwrap()).unwrap();
    let names = |value: &serde_json::Value| -> Vec<String> {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&json),
        [
            "device",
            "duration_ms",
            "id",
            "language",
            "model",
            "segments",
            "source",
            "speed",
            "title"
        ],
        "scripts read these"
    );
    assert_eq!(
        names(&json["segments"][0]),
        [
            "confidence",
            "end_ms",
            "flags",
            "speaker",
            "start_ms",
            "text",
            "words"
        ],
        "of each segment"
    );
    assert_eq!(
        names(&json["segments"][0]["words"][0]),
        ["confidence", "end_ms", "start_ms", "text"],
        "of each word"
    );
    assert_eq!(json["language"], "ko", "the language is its code");
}

#[test]
fn a_spreadsheet_runs_nothing() {
    for text in [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "＝1",
        " =1",
        "\r\n=cmd|' /C calc'!A0",
    ] {
        let file = to_string(Format::Csv, &only(&[(0, 1, text)])).unwrap();
        let mut table = csv::Reader::from_reader(file.as_bytes());
        let row = table.records().next().unwrap().unwrap();
        assert!(
            row[5].starts_with('\''),
            "“{text}” is text, not a formula: {}",
            &row[5]
        );
    }
}

#[test]
fn a_writer_that_fails_is_told() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        assert!(
            write(format, &document(), Full).is_err(),
            "{format} does not claim to be written on a full disk"
        );
    }
}

/// A cue as a player reads it.
#[derive(Debug, PartialEq)]
struct Cue {
    start_ms: u64,
    end_ms: u64,
    text: String,
}

fn parse_clock(clock: &str) -> u64 {
    let parts: Vec<u64> = clock
        .split([':', ',', '.'])
        .map(|part| part.parse().unwrap())
        .collect();
    let [hours, minutes, seconds, ms] = parts[..] else {
        panic!("{clock} has four parts")
    };
    assert!(minutes < 60 && seconds < 60 && ms < 1_000, "{clock} carries over");
    ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms
}

fn parse_cue(lines: &[&str]) -> Cue {
    let (start, end) = lines[0].split_once(" --> ").unwrap();
    Cue {
        start_ms: parse_clock(start),
        end_ms: parse_clock(end),
        text: lines[1..].join("\n"),
    }
}

fn parse_srt(file: &str) -> Vec<Cue> {
    let blocks = file.split("\n\n").filter(|block| !block.is_empty());
    blocks
        .enumerate()
        .map(|(idx, block)| {
            let lines: Vec<&str> = block.split('\n').collect();
            assert_eq!(lines[0], (idx + 1).to_string(), "cues are numbered from 1");
            parse_cue(&lines[1..])
        })
        .collect()
}

fn parse_vtt(file: &str) -> Vec<Cue> {
    let mut blocks = file.trim_end_matches('\n').split("\n\n");
    assert_eq!(blocks.next(), Some("WEBVTT"), "the header stands alone");
    blocks
        .map(|block| parse_cue(&block.split('\n').collect::<Vec<_>>()))
        .collect()
}

fn check_cues(cues: &[Cue], document: &Document) -> Result<(), TestCaseError> {
    let spoken = document.transcript.segments.iter();
    let n_spoken = spoken
        .filter(|segment| {
            segment
                .text
                .chars()
                .any(|c| !c.is_control() && !c.is_whitespace())
        })
        .count();
    prop_assert_eq!(cues.len(), n_spoken, "each segment with text is one cue");
    for cue in cues {
        prop_assert!(cue.end_ms > cue.start_ms, "{cue:?} runs forwards");
        prop_assert!(!cue.text.is_empty(), "{cue:?} shows something");
        prop_assert!(!cue.text.contains('\n'), "{cue:?} is one line");
        prop_assert!(!cue.text.contains("-->"), "{cue:?} holds no arrow");
    }
    for pair in cues.windows(2) {
        prop_assert!(pair[1].start_ms >= pair[0].end_ms, "{pair:?} do not overlap");
    }
    Ok(())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,30}",
        "[가-힣א-ת😀-😄a-z \n\r\t<>&,\"'{}\\\\-]{0,30}",
        Just("1\n00:00:00,000 --> 00:00:01,000\nfake".to_owned()),
        Just("--->".to_owned()),
        Just("---->\u{0}-->".to_owned()),
    ]
}

proptest! {
    #[test]
    fn no_text_and_no_time_breaks_subtitles(
        segments in prop::collection::vec((0..400_000_000_u64, 0..400_000_000_u64, any_text()), 0..8)
    ) {
        let texts: Vec<(u64, u64, &str)> = segments.iter().map(|(a, b, text)| (*a, *b, text.as_str())).collect();
        let document = only(&texts);
        check_cues(&parse_srt(&to_string(Format::Srt, &document).unwrap()), &document)?;
        check_cues(&parse_vtt(&to_string(Format::Vtt, &document).unwrap()), &document)?;
    }

    #[test]
    fn subtitles_in_order_come_back_as_they_were(gaps in prop::collection::vec((0..5_000_u64, 1..30_000_u64), 1..8)) {
        let mut at = 0;
        let mut expected = Vec::new();
        for (gap, length) in gaps {
            at += gap;
            expected.push(Cue { start_ms: at, end_ms: at + length, text: format!("회의 {at}") });
            at += length;
        }
        let texts: Vec<(u64, u64, &str)> =
            expected.iter().map(|cue| (cue.start_ms, cue.end_ms, cue.text.as_str())).collect();
        let document = only(&texts);
        prop_assert_eq!(&parse_srt(&to_string(Format::Srt, &document).unwrap()), &expected, "SubRip");
        prop_assert_eq!(&parse_vtt(&to_string(Format::Vtt, &document).unwrap()), &expected, "WebVTT");
    }

    #[test]
    fn tables_and_json_keep_every_segment(texts in prop::collection::vec(any_text(), 0..6)) {
        let segments: Vec<(u64, u64, &str)> = texts.iter().map(|text| (0, 1, text.as_str())).collect();
        let document = only(&segments);
        let json: serde_json::Value =
            serde_json::from_str(&to_string(Format::Json, &document).unwrap()).unwrap();
        let written: Vec<&str> = json["segments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|segment| segment["text"].as_str().unwrap())
            .collect();
        prop_assert_eq!(written, texts.iter().map(String::as_str).collect::<Vec<_>>(), "JSON changes no letter");

        let file = to_string(Format::Csv, &document).unwrap();
        let mut table = csv::Reader::from_reader(file.as_bytes());
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), texts.len(), "a row for each segment");
        prop_assert!(rows.iter().all(|row| row.len() == 8), "with eight fields each");
    }

    #[test]
    fn plain_text_and_markdown_have_a_line_for_each_segment(texts in prop::collection::vec(any_text(), 0..6)) {
        let segments: Vec<(u64, u64, &str)> = texts.iter().map(|text| (0, 1, text.as_str())).collect();
        let document = only(&segments);
        let spoken = |text: &&String| text.chars().any(|c| !c.is_control() && !c.is_whitespace());
        let n_spoken = texts.iter().filter(spoken).count();
        let plain = to_string(Format::Txt, &document).unwrap();
        prop_assert_eq!(plain.matches('\n').count(), n_spoken, "text:\n{}", plain);
        let markdown = to_string(Format::Md, &document).unwrap();
        prop_assert_eq!(markdown.matches("\n\n").count(), n_spoken + 1, "paragraphs and heading:\n{}", markdown);
    }
}
