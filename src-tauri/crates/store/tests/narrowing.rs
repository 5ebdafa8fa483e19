//! Searching a part of the library: by time, language, tags, speaker, title and number.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;

use common::{LEASE, draft, kind, korean, library, segment, transcribed};
use recordroute_core::{DetectedLanguage, RecordingId};
use recordroute_store::{ChunkRecord, Filters, JobEnd, Library};

fn found(library: &Library, word: &str, filters: &Filters, limit: usize) -> Vec<RecordingId> {
    let scope = library.scope(filters).unwrap();
    let matches = library
        .find_segments_in(&[word.to_owned()], &scope, limit)
        .unwrap();
    matches.into_iter().map(|found| found.recording_id).collect()
}

/// A recording in which two speakers say the same in turns.
fn spoken(library: &Library, language: &str) -> RecordingId {
    let id = library.add_recording(&draft("대화")).unwrap();
    let job = library.enqueue_claimed(id, &kind(), "test", LEASE).unwrap();
    let segments: Vec<_> = ["나", "너", "나", "너"]
        .iter()
        .zip(0..)
        .map(|(speaker, idx)| {
            let mut segment = segment(idx * 1_000, idx * 1_000 + 900, "같은 말");
            segment.speaker = Some((*speaker).to_owned());
            segment
        })
        .collect();
    let language = DetectedLanguage {
        code: language.to_owned(),
        ..korean()
    };
    let chunk = ChunkRecord {
        source_end_ms: 5_000,
        segments: &segments,
        language: Some(&language),
    };
    library.record_chunk(job, "test", &chunk).unwrap();
    library.finish(job, "test", &JobEnd::Done).unwrap();
    id
}

#[test]
fn each_filter_narrows() {
    let (_dir, library) = library();
    let (meeting, _) = transcribed(&library, "주간 회의", &["같은 말"]);
    let (interview, _) = transcribed(&library, "Interview", &["같은 말"]);
    library.add_tag(meeting, "팀").unwrap();
    library.add_tag(meeting, "예산").unwrap();
    library.add_tag(interview, "팀").unwrap();
    let english = spoken(&library, "en");
    let day = library.recording(meeting).unwrap().created_at[..10].to_owned();
    let (all, none) = (vec![english, interview, meeting], Vec::new());
    let default = Filters::default;
    let text = |text: &str| Some(text.to_owned());
    for (filters, expected, why) in [
        (
            Filters {
                language: text("ko"),
                ..default()
            },
            vec![interview, meeting],
            "by language",
        ),
        (
            Filters {
                tags: vec!["팀".to_owned()],
                ..default()
            },
            vec![interview, meeting],
            "by a tag",
        ),
        (
            Filters {
                tags: vec!["팀".to_owned(), "예산".to_owned()],
                ..default()
            },
            vec![meeting],
            "by two tags, which it must have both",
        ),
        (
            Filters {
                title: text("회의"),
                ..default()
            },
            vec![meeting],
            "by title",
        ),
        (
            Filters {
                title: text("INTER"),
                ..default()
            },
            vec![interview],
            "in either case",
        ),
        (
            Filters {
                recording_ids: vec![interview],
                ..default()
            },
            vec![interview],
            "by number",
        ),
        (
            Filters {
                from: text(&day),
                ..default()
            },
            all.clone(),
            "from its day on",
        ),
        (
            Filters {
                to: text(&day),
                ..default()
            },
            all,
            "to the end of its day",
        ),
        (
            Filters {
                from: text("2999-01-01"),
                ..default()
            },
            none.clone(),
            "later than all",
        ),
        (
            Filters {
                to: text("1999"),
                ..default()
            },
            none.clone(),
            "earlier than all",
        ),
        (
            Filters {
                tags: vec!["없음".to_owned()],
                ..default()
            },
            none.clone(),
            "by a tag that nothing has",
        ),
        (
            Filters {
                title: text("' OR 1 --"),
                ..default()
            },
            none,
            "by what is no title",
        ),
    ] {
        let mut found = found(&library, "같은", &filters, 10);
        found.dedup();
        assert_eq!(found, expected, "{why}");
    }
    library.trash(meeting).unwrap();
    let tagged = Filters {
        tags: vec!["팀".to_owned()],
        ..default()
    };
    assert_eq!(
        found(&library, "같은", &tagged, 10),
        [interview],
        "the trash is never in it"
    );
    assert!(
        !library.scope(&default()).unwrap().has_recording(meeting),
        "also where nothing was narrowed"
    );
}

#[test]
fn what_somebody_said_is_found_segment_by_segment() {
    let (_dir, library) = library();
    transcribed(&library, "같은", &["같은 말"]);
    let id = spoken(&library, "ko");
    let filters = Filters {
        speaker: Some("나".to_owned()),
        ..Filters::default()
    };
    assert_eq!(
        found(&library, "같은", &filters, 10),
        [id, id],
        "two of four segments"
    );
    let scope = library.scope(&filters).unwrap();
    assert!(
        library
            .find_titles_in(&["같은".to_owned()], &scope, 10)
            .unwrap()
            .is_empty(),
        "nobody says a title"
    );
    let transcript = 2;
    assert!(scope.has_segments(transcript, 0, 1), "a stretch with one of them");
    assert!(!scope.has_segments(transcript, 1, 1), "one without");
    assert!(!scope.has_segments(99, 0, 1), "a transcript without the speaker");
}

#[test]
fn a_rare_kind_of_recording_is_found_among_many() {
    let (_dir, library) = library();
    let ids: Vec<_> = (0..260)
        .map(|number| transcribed(&library, &format!("{number}"), &["흔한 말", "또 흔한 말"]).0)
        .collect();
    for id in ids.iter().take(230) {
        library.add_tag(*id, "many").unwrap();
    }
    for id in ids.iter().take(3) {
        library.add_tag(*id, "few").unwrap();
    }
    let tagged = |tag: &str| Filters {
        tags: vec![tag.to_owned()],
        ..Filters::default()
    };
    assert_eq!(
        found(&library, "흔한", &tagged("few"), 5),
        [ids[2], ids[2], ids[1], ids[1], ids[0]],
        "though 257 newer ones hold the word, the limit is filled"
    );
    let many = found(&library, "흔한", &tagged("many"), 1_000);
    assert_eq!(
        many.len(),
        460,
        "and where there are many of them none is missing"
    );
    assert!(many.is_sorted_by(|a, b| a >= b), "newest first");
    let scope = library.scope(&tagged("few")).unwrap();
    let scattered = library
        .find_scattered_in(&["흔한".to_owned(), "또".to_owned()], &scope, &HashSet::new(), 10)
        .unwrap();
    assert_eq!(scattered.len(), 3, "so it is for words in different places");
}
