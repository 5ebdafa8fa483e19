//! What minutes and highlights look like as files.
#![allow(clippy::unwrap_used)]

use recordroute_core::{
    DetectedLanguage, FailedPart, Highlight, Highlights, KeyWord, MediaPlace, Minutes, MinutesItem,
    MinutesSection, NOT_TRANSCRIBED, Recording, RecordingId,
};
use recordroute_export::{WrittenFormat, write_highlights, write_minutes};

fn recording() -> Recording {
    Recording {
        id: RecordingId(7),
        title: "주간 회의 #1".to_owned(),
        source: "회의.m4a".to_owned(),
        media: MediaPlace::Library("media/회의.m4a".to_owned()),
        hash: String::new(),
        bytes: 0,
        duration_ms: None,
        language: None,
        model: None,
        device: None,
        speed: None,
        notice: None,
        created_at: "2026-11-24T08:00:00.000Z".to_owned(),
        trashed_at: None,
        tags: Vec::new(),
        n_segments: 3,
    }
}

fn minutes() -> Minutes {
    let cited = MinutesItem {
        text: "예산안 *2*를\n확정한다".to_owned(),
        who: Some("김하늘".to_owned()),
        when: Some("금요일".to_owned()),
        segments: vec![1, 2],
        start_ms: 61_000,
        end_ms: 75_500,
        is_supported: true,
    };
    let own = MinutesItem {
        text: "# not a heading".to_owned(),
        who: None,
        when: None,
        segments: Vec::new(),
        start_ms: 0,
        end_ms: 0,
        is_supported: true,
    };
    Minutes {
        template: "meeting".to_owned(),
        language: "ko".to_owned(),
        model: "qwen3-1.7b".to_owned(),
        prompt_version: "1".to_owned(),
        coverage: 0.75,
        sections: vec![MinutesSection {
            key: "actions".to_owned(),
            title: "할 일".to_owned(),
            items: vec![cited, own],
        }],
        failed_parts: vec![FailedPart {
            start_ms: 120_000,
            end_ms: 180_000,
            reason: "The model failed.".to_owned(),
        }],
        took_ms: 5_000,
    }
}

fn written(format: WrittenFormat) -> String {
    let mut bytes = Vec::new();
    write_minutes(format, &recording(), &minutes(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn minutes_are_markdown_that_no_text_breaks() {
    insta::assert_snapshot!(written(WrittenFormat::Md), @r"
    # 주간 회의 \#1

    ## 할 일

    - **01:01** 예산안 \*2\*를 확정한다 (김하늘, 금요일)
    - \# not a heading

    ## 빠진 부분

    - 02:00–03:00: 모델이 이 부분을 처리하지 못했습니다.

    qwen3-1.7b 모델이 녹취의 75 %를 읽고 썼습니다. 확인하고 쓰세요.
    ");
}

#[test]
fn korean_minutes_tell_what_was_not_transcribed_from_what_failed() {
    let mut minutes = minutes();
    minutes.failed_parts[0].reason = NOT_TRANSCRIBED.to_owned();
    let mut bytes = Vec::new();
    write_minutes(WrittenFormat::Txt, &recording(), &minutes, &mut bytes).unwrap();
    let written = String::from_utf8(bytes).unwrap();
    assert!(written.contains("- 02:00–03:00: 아직 텍스트로"), "{written}");
}

#[test]
fn english_minutes_say_why_a_part_is_missing() {
    let mut minutes = minutes();
    minutes.language = "en".to_owned();
    let mut bytes = Vec::new();
    write_minutes(WrittenFormat::Txt, &recording(), &minutes, &mut bytes).unwrap();
    let written = String::from_utf8(bytes).unwrap();
    assert!(
        written.contains("- 02:00–03:00: The model failed.\n"),
        "{written}"
    );
}

#[test]
fn what_was_not_found_is_marked_and_the_mark_explained() {
    let written = |language: &str, format: WrittenFormat| {
        let mut minutes = minutes();
        minutes.language = language.to_owned();
        minutes.failed_parts.clear();
        minutes.sections[0].items[0].is_supported = false;
        let mut bytes = Vec::new();
        write_minutes(format, &recording(), &minutes, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    insta::assert_snapshot!(written("ko", WrittenFormat::Md), @r"
    # 주간 회의 \#1

    ## 할 일

    - **01:01** 예산안 \*2\*를 확정한다 (김하늘, 금요일) †
    - \# not a heading

    † 표시가 있는 줄은 녹음에서 찾지 못한 내용입니다.

    qwen3-1.7b 모델이 녹취의 75 %를 읽고 썼습니다. 확인하고 쓰세요.
    ");
    assert!(
        written("en", WrittenFormat::Txt).contains("\nWhat is marked † was not found in the recordings.\n"),
        "in the language of the minutes, in every form"
    );
    assert!(
        written("ko", WrittenFormat::Json).contains(r#""is_supported": false"#),
        "programs are told as well"
    );
}

#[test]
fn where_nothing_was_found_to_write_that_is_said() {
    for (language, sentence) in [
        (
            "en",
            "\nThe model found nothing to write down in this recording.\n",
        ),
        ("ko", "\n모델이 이 녹음에서 적을 내용을 찾지 못했습니다.\n"),
    ] {
        let mut minutes = minutes();
        minutes.language = language.to_owned();
        minutes.sections.clear();
        let mut bytes = Vec::new();
        write_minutes(WrittenFormat::Md, &recording(), &minutes, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(sentence), "instead of an empty page: {text}");
    }
}

#[test]
fn a_translation_is_named_as_one() {
    let written = |spoken: &str| {
        let spoken = DetectedLanguage {
            code: spoken.to_owned(),
            probability: None,
        };
        let recording = Recording {
            language: Some(spoken),
            ..recording()
        };
        let mut bytes = Vec::new();
        write_minutes(WrittenFormat::Txt, &recording, &minutes(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let note = "\n녹음의 언어로 쓴 뒤 모델이 번역했습니다.";
    assert!(written("en").contains(note), "Korean minutes of an English talk");
    assert!(!written("ko-KR").contains(note), "a region is no other language");
}

#[test]
fn minutes_are_json_of_the_promised_shape() {
    let json: serde_json::Value = serde_json::from_str(&written(WrittenFormat::Json)).unwrap();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(
        keys.len(),
        7,
        "id, template, language, model, coverage, sections, failed_parts and nothing else: {keys:?}"
    );
    assert_eq!(json["id"], 7, "which recording it is");
    assert_eq!(
        json["sections"][0]["items"][0],
        serde_json::json!({
            "text": "예산안 *2*를\n확정한다", "who": "김하늘", "when": "금요일",
            "segments": [1, 2], "start_ms": 61_000, "end_ms": 75_500, "is_supported": true,
        }),
        "a line with what it rests on"
    );
    assert_eq!(json["coverage"], 0.75, "a share");
}

#[test]
fn highlights_are_lines_with_their_times() {
    let highlights = Highlights {
        sentences: vec![Highlight {
            segment_idx: 1,
            start_ms: 61_000,
            end_ms: 65_000,
            text: "예산은 다음 주에 정합니다.".to_owned(),
            score: 1.0,
        }],
        key_words: vec![KeyWord {
            text: "예산".to_owned(),
            n: 4,
        }],
    };
    let mut bytes = Vec::new();
    write_highlights(WrittenFormat::Txt, &recording(), &highlights, &mut bytes).unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r"
    주간 회의 #1

    - 01:01 예산은 다음 주에 정합니다.

    예산 (4)
    ");
}
