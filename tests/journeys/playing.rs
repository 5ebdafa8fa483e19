//! Copies for players that cannot decode the original.

use recordroute_audio::{Decoder, probe};
use recordroute_engine::core::RecordingId;
use recordroute_engine::{AddOptions, Added, Engine, QueueMode};
use recordroute_testkit::Home;

use crate::support::{fixture, real_engine, tone_file};

fn add(engine: &Engine, path: &std::path::Path) -> RecordingId {
    match engine.add(path, &AddOptions::default()).unwrap() {
        Added::New(id) => id,
        Added::Duplicate(_) => panic!("{} is no duplicate", path.display()),
    }
}

#[test]
fn a_copy_for_playing_is_plain_wav_of_the_same_length_and_does_not_pile_up() {
    let home = Home::new().unwrap();
    let engine = real_engine(&home, QueueMode::Own);
    let folder = home.library().join("playable");
    let names = || {
        let files = std::fs::read_dir(&folder).unwrap();
        let mut names: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };

    let original = fixture("sample-en.m4a");
    let id = add(&engine, &original);
    engine.make_playable(id).unwrap();
    let copy = folder.join(format!("{id}.wav"));
    assert_eq!(probe(&copy).unwrap().container, "WAV", "every player decodes it");
    let length = |path: &std::path::Path| {
        let mut decoder = Decoder::open(path).unwrap();
        while decoder.next_block().unwrap().is_some() {}
        decoder.n_samples()
    };
    assert_eq!(length(&copy), length(&original), "not a sample is missing");

    let made = std::fs::metadata(&copy).unwrap().modified().unwrap();
    engine.make_playable(id).unwrap();
    let again = std::fs::metadata(&copy).unwrap().modified().unwrap();
    assert_eq!(made, again, "it is made once");

    for name in ["a.wav", "b.wav", "c.wav"] {
        let tone = tone_file(&home, name, 1.0);
        engine.make_playable(add(&engine, &tone)).unwrap();
    }
    assert_eq!(names(), ["2.wav", "3.wav", "4.wav"], "only the newest stay");

    engine.empty_trash().unwrap();
    assert!(!folder.exists(), "what is deleted for good leaves no copy");
}

#[test]
fn a_recording_whose_file_is_gone_gives_no_copy() {
    let home = Home::new().unwrap();
    let engine = real_engine(&home, QueueMode::Own);
    let tone = tone_file(&home, "gone.wav", 1.0);
    let id = add(&engine, &tone);
    std::fs::remove_file(&tone).unwrap();
    let refused = engine.make_playable(id).unwrap_err().to_string();
    assert!(
        refused.contains("gone.wav cannot be read"),
        "it is said: {refused}"
    );
}
