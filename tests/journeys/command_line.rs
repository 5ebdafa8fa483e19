//! The command line as its users call it, with real models.

use recordroute_testkit::Home;
use serde_json::Value;

use crate::support::{MULTILINGUAL_MODEL, QUICK_MODEL, arg, fixture, recordroute, run, run_well, words};

fn json(text: &str) -> Value {
    serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Share of the wanted words that were heard.
fn heard(text: &str, reference: &str) -> f64 {
    let heard = words(text);
    let wanted = words(reference);
    let n_found = wanted.iter().filter(|word| heard.contains(word)).count();
    n_found as f64 / wanted.len() as f64
}

#[test]
fn an_english_m4a_becomes_a_searchable_transcript() {
    let home = Home::new().unwrap();
    let file = fixture("sample-en.m4a");
    let reference = std::fs::read_to_string(fixture("sample-en.txt")).unwrap();
    let out = run_well(
        &home,
        &[
            "transcribe",
            arg(&file),
            "--model",
            MULTILINGUAL_MODEL,
            "--format",
            "json",
        ],
    );
    let transcript = json(&out);
    let segments = transcript["segments"].as_array().expect("segments");
    let text: Vec<&str> = segments
        .iter()
        .filter_map(|segment| segment["text"].as_str())
        .collect();
    let share = heard(&text.join(" "), &reference);
    assert!(
        share >= 0.8,
        "a synthetic voice is understood well enough: {share:.2} in {text:?}"
    );
    assert_eq!(transcript["language"], "en", "the language is found");
    assert_eq!(transcript["source"], "sample-en.m4a", "the source is named");
    assert_eq!(transcript["model"], MULTILINGUAL_MODEL, "the model is named");
    let duration_ms = transcript["duration_ms"].as_u64().expect("a length");
    let mut reached_ms = 0;
    for segment in segments {
        let (start_ms, end_ms) = (
            segment["start_ms"].as_u64().unwrap(),
            segment["end_ms"].as_u64().unwrap(),
        );
        assert!(
            start_ms >= reached_ms && end_ms >= start_ms,
            "segments follow each other: {segment}"
        );
        assert!(
            end_ms <= duration_ms + 50,
            "no segment ends after the recording: {segment}"
        );
        reached_ms = end_ms;
        for word in segment["words"].as_array().expect("words") {
            let (from, to) = (
                word["start_ms"].as_u64().unwrap(),
                word["end_ms"].as_u64().unwrap(),
            );
            assert!(
                start_ms <= from && from <= to && to <= end_ms,
                "words lie in their segment: {word}"
            );
            let confidence = word["confidence"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&confidence), "a probability: {word}");
        }
        for key in ["confidence", "speaker", "flags"] {
            assert!(segment.get(key).is_some(), "scripts rely on `{key}`: {segment}");
        }
    }

    // Another run of the program finds it again.
    let id = transcript["id"].as_i64().expect("an id").to_string();
    let word = words(&text.join(" "))
        .into_iter()
        .max_by_key(String::len)
        .unwrap();
    let hits = json(&run_well(&home, &["search", &word, "--json"]));
    assert_eq!(
        hits[0]["recording_id"].to_string(),
        id,
        "a word of it leads back to it: {hits}"
    );
    let shown = run_well(&home, &["history", "show", &id]);
    assert!(shown.contains(text[0]), "it can be read again: {shown}");
}

#[test]
fn a_korean_mp3_is_understood_and_found() {
    let home = Home::new().unwrap();
    let file = fixture("sample-ko.mp3");
    let reference = std::fs::read_to_string(fixture("sample-ko.txt")).unwrap();
    let out = run_well(
        &home,
        &[
            "transcribe",
            arg(&file),
            "--model",
            MULTILINGUAL_MODEL,
            "--language",
            "ko",
            "--json",
        ],
    );
    let transcript = json(&out);
    let text: String = transcript["segments"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|s| s["text"].as_str())
        .collect::<Vec<_>>()
        .join(" ");
    assert!(!text.contains('\u{fffd}'), "no syllable is broken: {text}");
    let rate = recordroute_engine::core::character_error_rate(&reference, &text).rate();
    assert!(
        rate <= 0.5,
        "a robot's Korean is hard, but half of it is heard: CER {rate:.2}, {text}"
    );
    // A word of two syllables, which plain trigram indexes miss.
    let word: String = words(&text)
        .into_iter()
        .find(|word| word.chars().count() >= 2)
        .unwrap();
    let two: String = word.chars().take(2).collect();
    let hits = json(&run_well(&home, &["search", &two, "--json"]));
    assert_eq!(hits[0]["recording_id"], transcript["id"], "“{two}” is found");
}

#[test]
fn results_go_where_they_are_wanted() {
    let home = Home::new().unwrap();
    let file = fixture("sample-en.m4a");
    let subtitles = home.join("out.srt");
    run_well(
        &home,
        &[
            "transcribe",
            arg(&file),
            "--model",
            QUICK_MODEL,
            "--output",
            arg(&subtitles),
        ],
    );
    let srt = std::fs::read_to_string(&subtitles).unwrap();
    assert!(
        srt.starts_with("1\n") && srt.contains(" --> "),
        "the extension chooses the format: {srt}"
    );

    let folder = home.join("새 폴더/");
    for _ in 0..2 {
        run_well(
            &home,
            &[
                "history",
                "export",
                "1",
                "--format",
                "md",
                "--output",
                arg(&folder),
            ],
        );
    }
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["sample-en (2).md", "sample-en.md"],
        "a second export replaces nothing"
    );

    for format in ["txt", "srt", "vtt", "json", "csv", "md"] {
        let out = run_well(&home, &["history", "export", "1", "--format", format]);
        assert!(!out.trim().is_empty(), "{format} has something in it");
    }
}

#[test]
fn recordings_are_renamed_trashed_restored_and_purged() {
    let home = Home::new().unwrap();
    run_well(
        &home,
        &[
            "transcribe",
            arg(&fixture("sample-en.m4a")),
            "--model",
            QUICK_MODEL,
        ],
    );
    run_well(&home, &["history", "rename", "1", "주간 회의"]);
    run_well(&home, &["history", "tag", "1", "중요"]);
    let list = json(&run_well(&home, &["history", "list", "--json"]));
    assert_eq!(list[0]["title"], "주간 회의", "the title is the new one");
    assert_eq!(list[0]["tags"][0], "중요", "the tag is there");
    let hits = json(&run_well(&home, &["search", "회의", "--mode", "words", "--json"]));
    assert_eq!(hits.as_array().map(Vec::len), Some(1), "titles are searched too");

    run_well(&home, &["history", "delete", "1"]);
    assert_eq!(
        json(&run_well(&home, &["history", "list", "--json"])),
        json("[]"),
        "it is gone from the list"
    );
    assert_eq!(
        json(&run_well(&home, &["search", "회의", "--json"])),
        json("[]"),
        "and from the search"
    );
    run_well(&home, &["history", "restore", "1"]);
    let list = json(&run_well(&home, &["history", "list", "--json"]));
    assert_eq!(list[0]["id"], 1, "it is back as it was");

    run_well(&home, &["history", "delete", "1"]);
    run_well(&home, &["history", "purge", "--yes"]);
    let restored = run(&home, &["history", "restore", "1"]);
    assert_eq!(restored.status.code(), Some(1), "what was purged is gone");
    let n_media = std::fs::read_dir(home.library().join("media")).unwrap().count();
    assert_eq!(n_media, 0, "its copy of the sound is gone too");
}

#[test]
fn nothing_is_kept_on_request() {
    let home = Home::new().unwrap();
    let out = run_well(
        &home,
        &[
            "transcribe",
            arg(&fixture("sample-en.m4a")),
            "--model",
            QUICK_MODEL,
            "--no-save",
        ],
    );
    assert!(!words(&out).is_empty(), "the transcript is printed");
    assert_eq!(
        json(&run_well(&home, &["history", "list", "--json"])),
        json("[]"),
        "and nothing is kept"
    );
}

#[test]
fn what_the_settings_want_of_every_transcript_is_told_to_wait() {
    let home = Home::new().unwrap();
    let mut transcribing = recordroute(&home);
    transcribing.env("RECORDROUTE_AUTO_TITLE", "true");
    let file = fixture("sample-en.m4a");
    let output = transcribing
        .args(["transcribe", arg(&file), "--model", QUICK_MODEL])
        .output();
    let said = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(said.contains("recordroute jobs run"), "{said}");
}

#[test]
fn a_file_that_is_known_is_transcribed_again_or_shown() {
    let home = Home::new().unwrap();
    let file = fixture("sample-en.m4a");
    let first = run_well(&home, &["transcribe", arg(&file), "--model", QUICK_MODEL]);
    let again = run(&home, &["transcribe", arg(&file), "--model", QUICK_MODEL]);
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(
        again.status.success() && said.contains("#1"),
        "it is noticed and done: {said}"
    );
    let shown = run_well(&home, &["transcribe", arg(&file), "--duplicate", "show"]);
    assert_eq!(
        words(&shown),
        words(&first),
        "the stored transcript is given without any work"
    );
    let list = json(&run_well(&home, &["history", "list", "--json"]));
    assert_eq!(
        list.as_array().map(Vec::len),
        Some(1),
        "it is still one recording"
    );
    run_well(
        &home,
        &[
            "transcribe",
            arg(&file),
            "--model",
            QUICK_MODEL,
            "--duplicate",
            "add",
        ],
    );
    let list = json(&run_well(&home, &["history", "list", "--json"]));
    assert_eq!(
        list.as_array().map(Vec::len),
        Some(2),
        "on request it is a second one"
    );
}

#[test]
fn measuring_and_looking_over_speak_json() {
    let home = Home::new().unwrap();
    let bench = json(&run_well(&home, &["bench", "--model", QUICK_MODEL, "--json"]));
    for key in ["duration_ms", "rtf", "speed", "decode_speed", "peak_memory_bytes"] {
        assert!(
            bench[key].as_f64().is_some_and(|value| value > 0.0),
            "`{key}` is measured: {bench}"
        );
    }
    assert!(
        bench["scores"]["wer"].as_f64().is_some_and(|wer| wer < 0.6),
        "the sample has a reference: {bench}"
    );
    let decode = json(&run_well(&home, &["bench", "--decode-only", "--json"]));
    assert!(
        decode["rtf"].is_null() && decode["decode_ms"].is_u64(),
        "decoding alone needs no model: {decode}"
    );

    let doctor = json(&run_well(&home, &["doctor", "--json"]));
    assert_eq!(doctor["findings"], json("[]"), "all is well here");
    let empty = home.join("no models");
    let sick = run(&home, &["doctor", "--json", "--models", arg(&empty)]);
    assert_eq!(
        sick.status.code(),
        Some(1),
        "a program without a model cannot work"
    );
    let sick = json(&String::from_utf8(sick.stdout).unwrap());
    assert!(
        sick["findings"][0]["mend"]
            .as_str()
            .unwrap()
            .contains("models get"),
        "the way out is named: {sick}"
    );
}

#[test]
fn wrong_use_is_told_apart() {
    let home = Home::new().unwrap();
    for args in [
        &["transcribe"][..],
        &["transcribe", "a.wav", "--format", "exe"],
        &["transcribe", "a.wav", "--language", "klingon"],
        &["transcribe", "a.wav", "b.wav", "--output", "one.txt"],
        &["history", "show", "one"],
        &["fly"],
    ] {
        assert_eq!(
            run(&home, args).status.code(),
            Some(2),
            "`{}` is wrong use",
            args.join(" ")
        );
    }
    let missing = run(&home, &["history", "show", "99", "--json"]);
    assert_eq!(
        missing.status.code(),
        Some(1),
        "a missing recording is a failure, not wrong use"
    );
    let error = json(&String::from_utf8(missing.stderr).unwrap());
    assert_eq!(error["error"]["code"], "not_found", "scripts get a code: {error}");
}
