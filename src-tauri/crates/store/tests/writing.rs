//! What is made of a transcript: edits, corrections, vocabulary, minutes, titles.
#![allow(clippy::unwrap_used)]

mod common;

use common::{LEASE, draft, library, transcribe, transcribed};
use recordroute_core::{
    Correction, CorrectionState, DiffKind, DiffPart, FailedPart, JobId, JobKind, JobState, Minutes,
    MinutesItem, MinutesSection, RecordingId,
};
use recordroute_store::{JobEnd, Library, StoreError, TitledBy};

const OWNER: &str = "writer";

fn job(library: &Library, id: RecordingId) -> JobId {
    let kind = JobKind::Correct {
        model: "smollm2".to_owned(),
    };
    library.enqueue_claimed(id, &kind, OWNER, LEASE).unwrap()
}

fn proposal(segment_idx: u32, original: &str, proposed: &str) -> Correction {
    let part = |kind, text: &str| DiffPart {
        kind,
        text: text.to_owned(),
    };
    Correction {
        segment_idx,
        original: original.to_owned(),
        proposed: proposed.to_owned(),
        diff: vec![part(DiffKind::Removed, original), part(DiffKind::Added, proposed)],
        marks: Vec::new(),
        state: CorrectionState::Open,
    }
}

fn propose(library: &Library, id: RecordingId, proposals: &[Correction]) -> usize {
    let (_, read) = library.versioned_transcript(id).unwrap().unwrap();
    library
        .save_corrections(job(library, id), OWNER, read, proposals)
        .unwrap()
}

fn added_words(correction: &Correction) -> Vec<String> {
    let added = correction.diff.iter().filter(|part| part.kind == DiffKind::Added);
    added.map(|part| part.text.clone()).collect()
}

fn decide(library: &Library, id: RecordingId, segment_idxs: &[u32], state: CorrectionState) {
    library
        .decide_corrections(id, segment_idxs, state, &added_words)
        .unwrap();
}

fn text(library: &Library, id: RecordingId) -> String {
    library.transcript(id).unwrap().text()
}

/// What was heard in the segments whose text was changed since, by their place.
fn originals(library: &Library, id: RecordingId) -> Vec<(usize, String)> {
    let shown = library.shown_segments(id, None).unwrap().into_iter().enumerate();
    shown
        .filter_map(|(idx, shown)| Some((idx, shown.original?)))
        .collect()
}

fn n_found(library: &Library, word: &str) -> usize {
    library.find_segments(&[word.to_owned()], 10).unwrap().len()
}

fn minutes(template: &str, line: &str) -> Minutes {
    Minutes {
        template: template.to_owned(),
        language: "ko".to_owned(),
        model: "smollm2".to_owned(),
        prompt_version: "1".to_owned(),
        coverage: 0.5,
        sections: vec![section(line)],
        failed_parts: vec![FailedPart {
            start_ms: 0,
            end_ms: 9_000,
            reason: "The model failed.".to_owned(),
        }],
        took_ms: 1_500,
    }
}

fn section(line: &str) -> MinutesSection {
    MinutesSection {
        key: "decisions".to_owned(),
        title: "결정".to_owned(),
        items: vec![MinutesItem {
            text: line.to_owned(),
            who: Some("김하늘".to_owned()),
            when: None,
            segments: vec![0],
            start_ms: 0,
            end_ms: 9_000,
            is_supported: true,
        }],
    }
}

fn write_minutes(library: &Library, id: RecordingId, minutes: &Minutes) {
    let (_, read) = library.versioned_transcript(id).unwrap().unwrap();
    library
        .save_minutes(job(library, id), OWNER, read, minutes)
        .unwrap();
}

#[test]
fn lines_that_were_kept_before_any_were_marked_are_not_marked() {
    let mut kept = serde_json::to_value(section("예산을 정했다.")).unwrap();
    let item = kept["items"][0].as_object_mut().unwrap();
    assert_eq!(item.remove("is_supported"), Some(true.into()), "they say it now");
    let read: MinutesSection = serde_json::from_value(kept).unwrap();
    assert_eq!(read, section("예산을 정했다."), "and did not before");
}

#[test]
fn an_edited_segment_is_found_by_its_new_text_and_keeps_what_was_heard() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "회의", &["예산 이야기", "마침"]);
    library.edit_segment(id, 0, "  예선 이야기 ").unwrap();
    assert_eq!(text(&library, id), "예선 이야기\n마침", "the text is the new one");
    assert_eq!(
        (n_found(&library, "예선"), n_found(&library, "예산")),
        (1, 0),
        "the index follows"
    );
    assert_eq!(
        originals(&library, id),
        [(0, "예산 이야기".to_owned())],
        "what was heard is kept"
    );
    let words = library.words(id, 0, 10_000).unwrap();
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["예선", "이야기"], "words say what the text says");
    library.edit_segment(id, 0, "예산 이야기").unwrap();
    assert_eq!(
        originals(&library, id),
        [],
        "a text that was changed back was not changed"
    );
    for (segment_idx, wrong) in [(2, "x"), (u32::MAX, "x"), (0, " \u{0} ")] {
        assert!(
            library.edit_segment(id, segment_idx, wrong).is_err(),
            "segment {segment_idx} does not become {wrong:?}"
        );
    }
}

#[test]
fn accepting_changes_the_text_and_opening_again_undoes_it() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "회의", &["김하늘 씨", "예산", "마침"]);
    let proposals = [
        proposal(0, "김하늘 씨", "김하눌 씨"),
        proposal(2, "마침", "마칩니다"),
        proposal(1, "another text", "x"),
    ];
    assert_eq!(
        propose(&library, id, &proposals),
        2,
        "a proposal for another text than the segment's is none"
    );
    decide(&library, id, &[0, 2], CorrectionState::Accepted);
    assert_eq!(
        text(&library, id),
        "김하눌 씨\n예산\n마칩니다",
        "both stand in the text"
    );
    assert_eq!(n_found(&library, "마칩니다"), 1, "and are found");
    assert_eq!(
        library.learned_words().unwrap().len(),
        2,
        "the vocabulary grows by what was accepted"
    );
    decide(&library, id, &[2], CorrectionState::Open);
    assert_eq!(text(&library, id), "김하눌 씨\n예산\n마침", "one was taken back");
    assert_eq!(library.learned_words().unwrap(), ["김하눌 씨"], "and unlearned");
    decide(&library, id, &[2], CorrectionState::Refused);
    let states: Vec<CorrectionState> = library
        .corrections(id)
        .unwrap()
        .iter()
        .map(|correction| correction.state)
        .collect();
    assert_eq!(
        states,
        [CorrectionState::Accepted, CorrectionState::Refused],
        "each has its own state"
    );
    library.edit_segment(id, 0, "김하늘 님").unwrap();
    assert_eq!(
        library.corrections(id).unwrap().len(),
        1,
        "who writes a segment anew has decided"
    );
    assert_eq!(
        originals(&library, id)[0],
        (0, "김하늘 씨".to_owned()),
        "what was heard is kept through both changes"
    );
}

#[test]
fn decisions_are_made_together_or_not_at_all() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "회의", &["하나", "둘"]);
    propose(&library, id, &[proposal(0, "하나", "한나")]);
    let refused = library.decide_corrections(id, &[0, 1], CorrectionState::Accepted, &added_words);
    assert!(
        matches!(refused, Err(StoreError::NotFound { .. })),
        "segment 1 has no correction, got {refused:?}"
    );
    assert_eq!(text(&library, id), "하나\n둘", "nothing was changed");
    assert!(library.learned_words().unwrap().is_empty(), "and nothing learned");
}

#[test]
fn what_was_refused_is_not_asked_again() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "회의", &["하나", "둘"]);
    propose(
        &library,
        id,
        &[proposal(0, "하나", "한나"), proposal(1, "둘", "돌")],
    );
    decide(&library, id, &[0, 1], CorrectionState::Refused);
    let n_open = propose(
        &library,
        id,
        &[proposal(0, "하나", "한나"), proposal(1, "둘", "뚤")],
    );
    assert_eq!(n_open, 1, "only another proposal is a new question");
}

#[test]
fn proposals_of_a_job_that_was_taken_over_are_not_stored() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "회의", &["하나"]);
    let (_, read) = library.versioned_transcript(id).unwrap().unwrap();
    let job = job(&library, id);
    let stored = library.save_corrections(job, "another", read, &[proposal(0, "하나", "한나")]);
    assert!(
        matches!(stored, Err(StoreError::LeaseLost(_))),
        "only who holds the job writes, got {stored:?}"
    );
    transcribe(&library, id, &["셋"]);
    let n_open = library
        .save_corrections(job, OWNER, read, &[proposal(0, "하나", "한나")])
        .unwrap();
    assert_eq!(n_open, 0, "what was read is not the recording's text any more");
}

#[test]
fn a_word_that_is_forgotten_is_not_learned_again() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "회의", &["하나"]);
    propose(&library, id, &[proposal(0, "하나", "한나")]);
    decide(&library, id, &[0], CorrectionState::Accepted);
    library.forget_word("한나").unwrap();
    decide(&library, id, &[0], CorrectionState::Open);
    decide(&library, id, &[0], CorrectionState::Accepted);
    assert!(
        library.learned_words().unwrap().is_empty(),
        "the user said no to it"
    );
    assert!(
        library.forget_word("모름").is_err(),
        "an unknown word is said to be one"
    );
}

#[test]
fn minutes_know_when_they_are_outdated() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "회의", &["예산", "마침"]);
    write_minutes(&library, id, &minutes("meeting", "예산을 정했다"));
    write_minutes(&library, id, &minutes("lecture", "예산"));
    let stored = library.minutes(id).unwrap();
    assert_eq!(
        stored
            .iter()
            .map(|stored| stored.minutes.template.as_str())
            .collect::<Vec<_>>(),
        ["lecture", "meeting"],
        "one of each template, the newest first"
    );
    assert_eq!(
        stored[1].minutes,
        minutes("meeting", "예산을 정했다"),
        "they come back as they were written"
    );
    assert!(!stored[1].is_outdated, "they are of the text as it is");
    library.edit_segment(id, 1, "끝").unwrap();
    assert!(
        library
            .minutes(id)
            .unwrap()
            .iter()
            .all(|stored| stored.is_outdated),
        "an edit outdates them"
    );
    write_minutes(&library, id, &minutes("meeting", "다시"));
    let fresh = &library.minutes(id).unwrap()[0];
    assert_eq!(
        (
            fresh.minutes.sections[0].items[0].text.as_str(),
            fresh.is_outdated
        ),
        ("다시", false),
        "made anew they are of the new text"
    );
    transcribe(&library, id, &["새로"]);
    assert!(
        library.minutes(id).unwrap()[0].is_outdated,
        "a new transcript outdates them too"
    );
}

#[test]
fn what_the_user_makes_of_minutes_stays() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "회의", &["예산"]);
    assert!(
        library.edit_minutes(id, "meeting", &[section("x")]).is_err(),
        "there is nothing to edit yet"
    );
    write_minutes(&library, id, &minutes("meeting", "예산을 정했다"));
    library
        .edit_minutes(id, "meeting", &[section("예산은 다음에")])
        .unwrap();
    let stored = &library.minutes(id).unwrap()[0];
    assert!(stored.is_edited, "it is known that somebody changed them");
    assert_eq!(
        stored.minutes.sections,
        [section("예산은 다음에")],
        "as they were changed"
    );
    assert_eq!(stored.minutes.coverage, 0.5, "the rest is as it was");
}

#[test]
fn a_title_is_found_once_and_never_taken_from_the_user() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "REC0001", &["예산"]);
    assert_eq!(
        library.titled_by(id).unwrap(),
        TitledBy::Program,
        "a file's name is no title"
    );
    let (_, read) = library.versioned_transcript(id).unwrap().unwrap();
    let job = job(&library, id);
    assert!(
        library
            .save_title(job, OWNER, read, "REC0001", "예산 회의")
            .unwrap(),
        "it is given"
    );
    assert_eq!(library.recording(id).unwrap().title, "예산 회의", "and shown");
    assert_eq!(
        library.find_titles(&["예산".to_owned()], 5).unwrap().len(),
        1,
        "and found"
    );
    library.edit_segment(id, 0, "결산").unwrap();
    assert_eq!(
        library.titled_by(id).unwrap(),
        TitledBy::Model { is_outdated: true },
        "an edit outdates it"
    );
    library.rename(id, "내 회의").unwrap();
    assert!(
        !library
            .save_title(job, OWNER, read, "예산 회의", "다른 회의")
            .unwrap(),
        "a title that came while the model thought stays"
    );
    assert_eq!(library.titled_by(id).unwrap(), TitledBy::User, "it is the user's");
}

#[test]
fn jobs_that_write_end_without_a_transcript_of_their_own() {
    let (_dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let job = job(&library, id);
    library.finish(job, OWNER, &JobEnd::Done).unwrap();
    assert_eq!(library.job(job).unwrap().state, JobState::Done, "it is over");
    assert!(
        library.versioned_transcript(id).unwrap().is_none(),
        "a correction must not pass for a transcription in which nothing was said"
    );
}
