//! Recordings: adding, listing, titles, tags, media, trash.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{draft, library, transcribed};
use recordroute_core::{MediaPlace, RecordingDraft, RecordingId};
use recordroute_store::{Library, Listing, StoreError};

fn titles(library: &Library, listing: &Listing) -> Vec<String> {
    let recordings = library.recordings(listing).unwrap();
    recordings.into_iter().map(|recording| recording.title).collect()
}

#[test]
fn a_recording_comes_back_as_it_was_added() {
    let (_dir, library) = library();
    let id = library.add_recording(&draft("회의")).unwrap();
    let recording = library.recording(id).unwrap();
    assert_eq!(recording.title, "회의", "the title");
    assert_eq!(recording.media, draft("회의").media, "where its media is");
    assert_eq!(
        (recording.bytes, recording.duration_ms),
        (1_234, None),
        "what is known is known"
    );
    assert_eq!(recording.n_segments, 0, "nothing was heard yet");
    library.set_duration_ms(id, 61_000).unwrap();
    library.set_notice(id, Some("The file is cut short.")).unwrap();
    library.set_peaks(id, &[1, 2, 3]).unwrap();
    let recording = library.recording(id).unwrap();
    assert_eq!(recording.duration_ms, Some(61_000), "the length was learnt");
    assert_eq!(
        recording.notice.as_deref(),
        Some("The file is cut short."),
        "so was the notice"
    );
    assert_eq!(
        library.peaks(id).unwrap(),
        Some(vec![1, 2, 3]),
        "and the waveform"
    );
    assert!(
        matches!(
            library.recording(RecordingId(99)),
            Err(StoreError::NotFound { id: 99, .. })
        ),
        "a number that was never given is not found"
    );
}

#[test]
fn the_newest_comes_first_and_pages_fit_together() {
    let (_dir, library) = library();
    for number in 0..5 {
        library.add_recording(&draft(&number.to_string())).unwrap();
    }
    assert_eq!(
        titles(&library, &Listing::default()),
        ["4", "3", "2", "1", "0"],
        "equal times are in the order of numbers"
    );
    let page = Listing {
        limit: Some(2),
        offset: 1,
        ..Listing::default()
    };
    assert_eq!(
        titles(&library, &page),
        ["3", "2"],
        "a page is a piece of the list"
    );
}

#[test]
fn the_same_file_is_noticed_also_in_the_trash() {
    let (_dir, library) = library();
    let first = library.add_recording(&draft("a")).unwrap();
    let second = library.add_recording(&draft("b")).unwrap();
    library.trash(first).unwrap();
    let found: Vec<_> = library
        .find_by_hash(&"AB".repeat(32))
        .unwrap()
        .iter()
        .map(|recording| recording.id)
        .collect();
    assert_eq!(
        found,
        [second, first],
        "both have these bytes; the hash's case does not count"
    );
    assert!(
        library.find_by_hash("00").unwrap().is_empty(),
        "another file is new"
    );
}

#[test]
fn titles_are_one_clean_line() {
    let (_dir, library) = library();
    let decomposed = "\u{1112}\u{116c}\u{110b}\u{1174}";
    let id = library.add_recording(&draft(decomposed)).unwrap();
    assert_eq!(library.recording(id).unwrap().title, "회의", "Korean is composed");
    library.rename(id, "  two\n\tlines\u{0} ").unwrap();
    assert_eq!(
        library.recording(id).unwrap().title,
        "two lines",
        "control characters are blanks"
    );
    assert!(
        matches!(library.rename(id, " \n "), Err(StoreError::InvalidInput(_))),
        "an empty title is refused"
    );
    assert!(
        matches!(
            library.rename(RecordingId(7), "a"),
            Err(StoreError::NotFound { .. })
        ),
        "nothing to rename is said"
    );
    library.rename(id, &"가".repeat(2_000)).unwrap();
    assert_eq!(
        library.recording(id).unwrap().title.chars().count(),
        500,
        "a pasted page is cut"
    );
}

#[test]
fn tags_come_and_go() {
    let (_dir, library) = library();
    let a = library.add_recording(&draft("a")).unwrap();
    let b = library.add_recording(&draft("b")).unwrap();
    for tag in ["팀", "budget", "팀"] {
        library.add_tag(a, tag).unwrap();
    }
    library.add_tag(b, "팀").unwrap();
    assert_eq!(
        library.recording(a).unwrap().tags,
        ["budget", "팀"],
        "each once, in order"
    );
    let team = Listing {
        tag: Some("팀".to_owned()),
        ..Listing::default()
    };
    assert_eq!(
        titles(&library, &team),
        ["b", "a"],
        "the list can be narrowed to a tag"
    );
    library.remove_tag(a, "팀").unwrap();
    library.remove_tag(a, "budget").unwrap();
    assert_eq!(titles(&library, &team), ["b"], "a tag taken off is off");
    assert_eq!(
        library.tags().unwrap(),
        [("팀".to_owned(), 1)],
        "an unused tag is forgotten"
    );
    assert!(library.add_tag(a, "  ").is_err(), "a tag needs a word");
}

fn in_library(library: &Library, name: &str) -> (RecordingId, std::path::PathBuf) {
    let (path, media) = library.new_media("2026-11-24T08:00:00Z".parse().unwrap(), name);
    std::fs::write(&path, name).unwrap();
    let draft = RecordingDraft { media, ..draft(name) };
    (library.add_recording(&draft).unwrap(), path)
}

#[test]
fn the_trash_gives_back_until_it_is_emptied() {
    let (dir, library) = library();
    let elsewhere = dir.path().join("elsewhere.m4a");
    std::fs::write(&elsewhere, "the user's own").unwrap();
    let referenced = RecordingDraft {
        media: MediaPlace::Referenced(elsewhere.display().to_string()),
        ..draft("referenced")
    };
    let referenced = library.add_recording(&referenced).unwrap();
    let (copied, copy) = in_library(&library, "copied.m4a");
    let (kept, kept_copy) = in_library(&library, "kept.m4a");
    for id in [referenced, copied, kept] {
        library.trash(id).unwrap();
    }
    let trashed = Listing {
        trashed: true,
        ..Listing::default()
    };
    assert!(
        titles(&library, &Listing::default()).is_empty(),
        "the list is empty"
    );
    assert_eq!(titles(&library, &trashed).len(), 3, "all are in the trash");
    library.restore(kept).unwrap();
    assert_eq!(
        titles(&library, &Listing::default()),
        ["kept.m4a"],
        "one came back"
    );
    assert!(
        library
            .purge(Some(Duration::from_secs(3_600)))
            .unwrap()
            .is_empty(),
        "nothing has been there for an hour"
    );
    let purged = library.purge(None).unwrap();
    let mut ids: Vec<_> = purged.iter().map(|one| (one.id, one.media_removed)).collect();
    ids.sort_unstable();
    assert_eq!(
        ids,
        [(referenced, false), (copied, true)],
        "both are gone, one with its copy"
    );
    assert!(!copy.exists(), "the copy was the library's to delete");
    assert!(elsewhere.exists(), "the user's own file never is");
    assert!(kept_copy.exists(), "what was restored is whole");
    let next = library.add_recording(&draft("next")).unwrap();
    assert!(
        next > kept,
        "the numbers of purged recordings are not given again"
    );
}

#[test]
fn purging_takes_the_text_along() {
    let (dir, library) = library();
    let (id, _) = transcribed(&library, "비밀 회의", &["비밀 이야기"]);
    let (_, _) = transcribed(&library, "other", &["이야기"]);
    library.trash(id).unwrap();
    assert_eq!(
        library.find_segments(&["이야기".to_owned()], 9).unwrap().len(),
        1,
        "what is in the trash is not found"
    );
    library.restore(id).unwrap();
    assert_eq!(
        library.find_segments(&["이야기".to_owned()], 9).unwrap().len(),
        2,
        "what came back is"
    );
    library.trash(id).unwrap();
    library.purge(None).unwrap();
    let inside = rusqlite::Connection::open(dir.path().join("library.db")).unwrap();
    for (sql, left) in [
        ("SELECT count(*) FROM segments", 1),
        ("SELECT count(*) FROM transcripts", 1),
        ("SELECT count(*) FROM jobs", 1),
        (
            "SELECT count(*) FROM segment_grams WHERE segment_grams MATCH '\"비밀\"'",
            0,
        ),
        (
            "SELECT count(*) FROM title_grams WHERE title_grams MATCH '\"비밀\"'",
            0,
        ),
    ] {
        let n: i64 = inside.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(n, left, "nothing of the purged recording is left for: {sql}");
    }
    assert!(library.damage().unwrap().is_empty(), "and the file is whole");
}

#[test]
fn media_never_leads_out_of_the_library() {
    let (dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let mut recording = library.recording(id).unwrap();
    for path in [
        "../a.wav",
        "media/../../a",
        "/etc/passwd",
        "media//a",
        "C:\\a",
        "",
        "media/.",
    ] {
        recording.media = MediaPlace::Library(path.to_owned());
        assert!(
            matches!(
                library.media_path(&recording),
                Err(StoreError::UnsafeMediaPath(_))
            ),
            "“{path}” is refused"
        );
        let draft = RecordingDraft {
            media: recording.media.clone(),
            ..draft("b")
        };
        assert!(
            library.add_recording(&draft).is_err(),
            "“{path}” is not stored either"
        );
    }
    recording.media = MediaPlace::Library("media/a.wav".to_owned());
    assert_eq!(
        library.media_path(&recording).unwrap(),
        dir.path().join("media/a.wav"),
        "a plain path is below the folder"
    );
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_library_is_not_followed() {
    let (dir, library) = library();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    std::os::unix::fs::symlink(&secret, dir.path().join("media/link.wav")).unwrap();
    let draft = RecordingDraft {
        media: MediaPlace::Library("media/link.wav".to_owned()),
        ..draft("a")
    };
    let id = library.add_recording(&draft).unwrap();
    library.trash(id).unwrap();
    library.purge(None).unwrap();
    assert!(
        secret.exists(),
        "what the link leads to is not the library's to delete"
    );
}

#[test]
fn two_files_of_one_moment_have_two_places() {
    let (_dir, library) = library();
    let (_, first) = in_library(&library, "회의.m4a");
    let (_, second) = in_library(&library, "회의.m4a");
    assert_ne!(first, second, "neither overwrites the other");
    assert!(
        second.to_string_lossy().ends_with("회의 (2).m4a"),
        "the number stands before the extension: {second:?}"
    );
}

#[test]
fn settings_are_kept_by_key() {
    let (dir, library) = library();
    let value = serde_json::json!({"model": "whisper-base", "threads": 2});
    library.set_setting("transcribe", &value).unwrap();
    library.set_setting("gone", &serde_json::json!(1)).unwrap();
    library.set_setting("gone", &serde_json::Value::Null).unwrap();
    let again = Library::open(dir.path()).unwrap();
    assert_eq!(
        again.setting("transcribe").unwrap(),
        Some(value.clone()),
        "as it was set"
    );
    assert_eq!(again.setting("gone").unwrap(), None, "null takes a setting away");
    assert_eq!(
        again.settings().unwrap(),
        [("transcribe".to_owned(), value)],
        "one is left"
    );
}
