//! Files and folders that nobody should have to fear.

use std::path::Path;

use recordroute_testkit::{Home, tone, write_wav};
use serde_json::Value;

use crate::support::{QUICK_MODEL, arg, file, fixture, run, run_well, tone_file};

/// Runs a transcription that must be refused, and gives the sentence.
fn refusal(home: &Home, path: &Path) -> String {
    let output = run(home, &["transcribe", arg(path), "--model", QUICK_MODEL]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{} must fail cleanly: {said}",
        path.display()
    );
    assert!(!said.contains("panicked"), "no panic reaches the user: {said}");
    said
}

fn assert_library_is_empty(home: &Home) {
    let list = run_well(home, &["history", "list", "--json"]);
    assert_eq!(list.trim(), "[]", "a refused file leaves nothing behind");
}

#[test]
fn what_is_no_recording_is_refused_by_name() {
    let home = Home::new().unwrap();
    let empty = file(&home, "empty.mp3", b"");
    assert!(
        refusal(&home, &empty).contains("empty"),
        "an empty file is called empty"
    );
    let text = file(
        &home,
        "notes.mp3",
        "오늘 회의 내용을 적은 글입니다.\n".repeat(200).as_bytes(),
    );
    assert!(refusal(&home, &text).contains("text"), "a text is called a text");
    let pdf = file(
        &home,
        "paper.mp3",
        &[b"%PDF-1.7\n".as_slice(), &[0x55; 4_000]].concat(),
    );
    assert!(refusal(&home, &pdf).contains("PDF"), "a PDF is called a PDF");
    let missing = home.join("gone.wav");
    assert!(
        refusal(&home, &missing).contains("gone.wav"),
        "the missing file is named"
    );
    let noise: Vec<u8> = (0..50_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    refusal(&home, &file(&home, "noise.m4a", &noise));
    assert_library_is_empty(&home);
}

#[test]
fn a_bad_file_does_not_keep_the_others_from_being_transcribed() {
    let home = Home::new().unwrap();
    let bad = file(&home, "bad.mp3", b"not sound");
    let good = fixture("sample-en.m4a");
    let output = run(
        &home,
        &["transcribe", arg(&bad), arg(&good), "--model", QUICK_MODEL],
    );
    assert_eq!(output.status.code(), Some(1), "one of two failed");
    assert!(
        !output.stdout.is_empty(),
        "the other one is transcribed all the same"
    );
}

#[test]
fn a_recording_that_was_cut_short_is_transcribed_as_far_as_it_goes() {
    let home = Home::new().unwrap();
    let whole = std::fs::read(fixture("short-en.wav")).unwrap();
    let cut = file(&home, "cut.wav", &whole[..whole.len() * 2 / 3]);
    let out = run(&home, &["transcribe", arg(&cut), "--model", QUICK_MODEL]);
    assert!(out.status.success(), "what is there is transcribed");
    assert!(!out.stdout.is_empty(), "and it is not nothing");
    let list: Value = serde_json::from_str(&run_well(&home, &["history", "list", "--json"])).unwrap();
    assert!(
        list[0]["notice"].is_string(),
        "and that it is cut short is said: {list}"
    );
}

#[test]
fn a_header_that_claims_four_gigabytes_is_not_believed() {
    let home = Home::new().unwrap();
    let mut bytes = std::fs::read(fixture("short-en.wav")).unwrap();
    bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    let data = bytes.windows(4).position(|window| window == b"data").unwrap();
    bytes[data + 4..data + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    let liar = file(&home, "liar.wav", &bytes);
    let out = run_well(&home, &["transcribe", arg(&liar), "--model", QUICK_MODEL]);
    assert!(!out.trim().is_empty(), "the sound that is there is transcribed");
}

#[test]
fn silence_and_tones_say_nothing() {
    let home = Home::new().unwrap();
    let silence = home.join("silence.wav");
    write_wav(&silence, &vec![0.0; 16_000 * 60], 16_000).unwrap();
    let tone_path = home.join("tone.wav");
    write_wav(&tone_path, &tone(440.0, 60.0, 16_000), 16_000).unwrap();
    for path in [silence, tone_path] {
        let out = run_well(
            &home,
            &[
                "transcribe",
                arg(&path),
                "--model",
                QUICK_MODEL,
                "--format",
                "json",
            ],
        );
        let transcript: Value = serde_json::from_str(&out).unwrap();
        for segment in transcript["segments"].as_array().unwrap() {
            let flags = segment["flags"].as_array().unwrap();
            assert!(
                !flags.is_empty(),
                "words over {} must at least be flagged: {segment}",
                path.display()
            );
        }
    }
}

#[test]
fn long_and_strange_names_are_fine() {
    let home = Home::new().unwrap();
    // 255 bytes is what file systems take; Korean letters have three.
    let name = format!("{} 🎉 'quoted' {}.m4a", "회의록".repeat(20), "x".repeat(30));
    let path = home.join(&name);
    std::fs::copy(fixture("sample-en.m4a"), &path).unwrap();
    run_well(&home, &["transcribe", arg(&path), "--model", QUICK_MODEL]);
    let mut deep = home.path().to_owned();
    for _ in 0..3 {
        deep.push("아주 긴 폴더 이름 ".repeat(5));
    }
    std::fs::create_dir_all(&deep).unwrap();
    let path = deep.join("talk.m4a");
    std::fs::copy(fixture("sample-ko.mp3"), &path).unwrap();
    assert!(path.as_os_str().len() > 300, "the path is really long");
    run_well(&home, &["transcribe", arg(&path), "--model", QUICK_MODEL]);
}

#[test]
fn a_model_that_is_no_model_fails_the_job_with_the_reason() {
    let home = Home::new().unwrap();
    let models = home.join("models");
    std::fs::create_dir(&models).unwrap();
    let real =
        std::fs::read(recordroute_testkit::installed_models().join(format!("{QUICK_MODEL}.bin"))).unwrap();
    std::fs::write(models.join("cut.bin"), &real[..real.len() / 2]).unwrap();
    let mut damaged = real[..2_000_000].to_vec();
    for byte in &mut damaged[64..] {
        *byte = byte.wrapping_mul(31).wrapping_add(7);
    }
    std::fs::write(models.join("random.bin"), damaged).unwrap();
    let sound = tone_file(&home, "a.wav", 3.0);
    for id in ["cut", "random", "missing"] {
        let args = [
            "transcribe",
            arg(&sound),
            "--model",
            id,
            "--models",
            arg(&models),
            "--no-vad",
        ];
        let output = run(&home, &args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{id}: {said}");
        assert!(!said.contains("panicked"), "no panic reaches the user: {said}");
    }
}

#[test]
fn a_library_that_is_not_ours_is_refused_and_left_alone() {
    let home = Home::new().unwrap();
    std::fs::create_dir(home.library()).unwrap();
    let database = home.library().join("library.db");
    let rubbish: Vec<u8> = (0..20_000_u32).map(|i| (i % 251) as u8).collect();
    std::fs::write(&database, &rubbish).unwrap();
    let output = run(&home, &["history", "list"]);
    assert_eq!(output.status.code(), Some(1), "a damaged library is said");
    assert_eq!(
        std::fs::read(&database).unwrap(),
        rubbish,
        "and never overwritten"
    );
}
