//! Finding and asking in a small library of written recordings, with real models.

use std::collections::BTreeMap;

use recordroute_engine::core::{CancellationToken, Event, RecordingId};
use recordroute_engine::{Engine, Hit, Mode, Query, QueueMode};
use recordroute_store::Library;
use recordroute_testkit::{Home, WrittenRecording};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::support::{
    LANGUAGE_MODEL, arg, fixture, real_engine, recordroute, run, run_well, settings, transcribed, wait_for,
};

#[derive(Deserialize)]
struct Written {
    recordings: Vec<WrittenRecording>,
}

#[derive(Deserialize)]
struct Asked {
    id: String,
    language: String,
    question: String,
    answers: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    key: String,
    first_segment: usize,
    last_segment: usize,
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let text = std::fs::read_to_string(fixture("finding").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The recordings of the fixture in the library of a home, by their keys.
fn shelf(home: &Home) -> BTreeMap<String, (RecordingId, WrittenRecording)> {
    let library = Library::open(&home.library()).unwrap();
    let written: Written = read("library.json");
    let keep = |recording: WrittenRecording| {
        let id = recording.keep(&library).unwrap();
        (recording.key.clone(), (id, recording))
    };
    written.recordings.into_iter().map(keep).collect()
}

/// Whether a hit leads to one of the places that answer a question.
fn leads_to(hit: &Hit, asked: &Asked, shelf: &BTreeMap<String, (RecordingId, WrittenRecording)>) -> bool {
    let passage = hit.passage.map(|passage| (passage.start_ms, passage.end_ms));
    let segment = hit
        .segment
        .as_ref()
        .map(|segment| (segment.start_ms, segment.end_ms));
    let Some((start_ms, end_ms)) = passage.or(segment) else {
        return false;
    };
    asked.answers.iter().any(|place| {
        let (id, recording) = &shelf[&place.key];
        *id == hit.recording_id
            && start_ms < recording.segments[place.last_segment].end_ms
            && end_ms > recording.segments[place.first_segment].start_ms
    })
}

const LANGUAGES: [&str; 2] = ["en", "ko"];

/// Share of the questions in a language of which one of the first five hits leads to an answer.
fn recall_at_5(
    engine: &Engine,
    mode: Mode,
    asked: &[Asked],
    language: &str,
    shelf: &BTreeMap<String, (RecordingId, WrittenRecording)>,
) -> f64 {
    let questions = || {
        asked
            .iter()
            .filter(|asked| asked.language == language && !asked.answers.is_empty())
    };
    let found = |asked: &&Asked| -> bool {
        let query = Query {
            text: asked.question.clone(),
            mode,
            filters: Default::default(),
            limit: 5,
        };
        let found = engine
            .find(&query)
            .unwrap()
            .hits
            .iter()
            .any(|hit| leads_to(hit, asked, shelf));
        if !found {
            eprintln!("not found {mode:?}: {} {}", asked.id, asked.question);
        }
        found
    };
    questions().filter(found).count() as f64 / questions().count() as f64
}

#[test]
fn questions_lead_to_the_passages_that_answer_them() {
    let home = Home::new().unwrap();
    let shelf = shelf(&home);
    let engine = real_engine(&home, QueueMode::Own);
    let asked: Vec<Asked> = read("questions.json");
    let words = LANGUAGES.map(|language| recall_at_5(&engine, Mode::Hybrid, &asked, language, &shelf));
    let n_indexed = engine.index(&CancellationToken::new(), &mut |_, _| {}).unwrap();
    assert_eq!(n_indexed, Some(shelf.len() as u64), "every recording is indexed");
    let mut short: Vec<&str> = Vec::new();
    for (language, words) in LANGUAGES.into_iter().zip(words) {
        let [meaning, hybrid] =
            [Mode::Meaning, Mode::Hybrid].map(|mode| recall_at_5(&engine, mode, &asked, language, &shelf));
        eprintln!("{language}: recall@5 by words {words:.3}, by meaning {meaning:.3}, by both {hybrid:.3}");
        if hybrid < words.max(meaning) || hybrid < 0.9 {
            short.push(language);
        }
    }
    assert!(
        short.is_empty(),
        "nearly every question finds its answer, and by both sides no worse than by either: {short:?}"
    );
}

fn json(text: &str) -> Value {
    serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Three talks, indexed.
fn talks(home: &Home) -> [RecordingId; 3] {
    let ids = [
        transcribed(
            home,
            "Office",
            &[
                "We move to the new office in the second week of May.",
                "The rent there is four thousand euros a month.",
            ],
        ),
        transcribed(
            home,
            "Garden",
            &[
                "Tomatoes want sun and a lot of water in summer.",
                "Plant the carrots in rows and thin them out.",
            ],
        ),
        transcribed(
            home,
            "Vegetables",
            &[
                "Peppers and aubergines grow well in a warm greenhouse.",
                "Water the vegetables early in the morning.",
            ],
        ),
    ];
    run_well(home, &["index", "update"]);
    ids
}

#[test]
fn what_was_meant_is_found_although_other_words_were_said() {
    let home = Home::new().unwrap();
    let [office, garden, vegetables] = talks(&home);
    let search = |args: &[&str]| json(&run_well(&home, &[&["search", "--json"], args].concat()));
    let first = |hits: &Value| hits[0]["recording_id"].as_i64();
    let asked = "how expensive is our future workplace";
    assert_eq!(first(&search(&[asked])), Some(office.0), "by meaning");
    assert_eq!(
        search(&[asked, "--mode", "words"]),
        Value::Array(Vec::new()),
        "no word of it was said"
    );
    let narrowed = search(&[asked, "--in", &garden.to_string()]);
    let all_in_garden = |hits: &Value| {
        let mut hits = hits.as_array().unwrap().iter();
        hits.all(|hit| hit["recording_id"].as_i64() == Some(garden.0))
    };
    assert!(all_in_garden(&narrowed), "narrowed to one recording: {narrowed}");
    assert_eq!(
        search(&[asked, "--to", "2020-01-01"]),
        Value::Array(Vec::new()),
        "nothing was recorded then"
    );
    let similar = json(&run_well(&home, &["similar", &garden.to_string(), "--json"]));
    assert_eq!(
        first(&similar),
        Some(vegetables.0),
        "the other one about plants: {similar}"
    );

    run_well(&home, &["history", "rename", &garden.to_string(), "Bookkeeping"]);
    assert_eq!(
        first(&search(&["bookkeeping"])),
        Some(garden.0),
        "a new title is found at once, by its words"
    );
    let status = json(&run_well(&home, &["index", "status", "--json"]));
    assert_eq!(
        (&status["n_indexed"], &status["n_waiting"]),
        (&3.into(), &0.into()),
        "and nothing has to be embedded again: {status}"
    );
}

#[test]
fn whatever_is_typed_is_answered() {
    let home = Home::new().unwrap();
    talks(&home);
    for typed in [
        "\"",
        "'",
        "*",
        "NEAR(a b)",
        "a AND",
        "col:rent",
        "-rent",
        "(((",
        "🙂",
        "🙂🙂 rent",
        "rent*",
        "\"rent",
        "AND OR NOT",
        "%_%",
        "\\",
        "select * from passages",
        "ㅋㅋㅋ",
        "\u{200b}",
    ] {
        for mode in ["words", "meaning", "hybrid"] {
            let output = run(&home, &["search", "--mode", mode, "--", typed]);
            let stderr = String::from_utf8_lossy(&output.stderr);
            let is_sentence = stderr.trim().is_empty() || stderr.trim().ends_with('.');
            assert!(
                is_sentence && !stderr.contains("panicked"),
                "{typed:?} by {mode}: {stderr}"
            );
        }
    }
    let enormous = "rent ".repeat(100_000);
    let output = run(&home, &["search", &enormous[..100_000]]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("Use fewer words"),
        "a pasted book is refused with a sentence: {stderr}"
    );
}

#[test]
fn a_damaged_index_is_made_anew_and_nothing_else_is_lost() {
    let home = Home::new().unwrap();
    let [office, ..] = talks(&home);
    let index = home.library().join("index.db");
    let whole = std::fs::read(&index).unwrap();
    for damaged in [
        &whole[..whole.len() / 2],
        &[],
        b"this is no database at all, and long enough to look like one",
    ] {
        std::fs::write(&index, damaged).unwrap();
        for journal in ["index.db-wal", "index.db-shm"] {
            let _ = std::fs::remove_file(home.library().join(journal));
        }
        let hits = json(&run_well(&home, &["search", "rent", "--json"]));
        assert_eq!(hits[0]["recording_id"], office.0, "words are found without it");
        run_well(&home, &["index", "update"]);
        let status = json(&run_well(&home, &["index", "status", "--json"]));
        assert_eq!(status["n_indexed"], 3, "it is whole again: {status}");
    }
}

#[test]
fn a_model_that_is_gone_or_damaged_is_told_and_words_still_find() {
    let home = Home::new().unwrap();
    let [office, ..] = talks(&home);
    let models = home.join("models");
    let folder = models.join("all-minilm-l6-v2");
    std::fs::create_dir_all(&models).unwrap();
    let search = |mode: &str| {
        let mut command = recordroute(&home);
        command.args([
            "search",
            "rent",
            "--json",
            "--mode",
            mode,
            "--models",
            arg(&models),
        ]);
        command.output().unwrap()
    };
    let found = |output: &std::process::Output| {
        json(&String::from_utf8_lossy(&output.stdout))[0]["recording_id"].clone()
    };
    assert_eq!(found(&search("hybrid")), office.0, "without the model");
    assert!(!search("meaning").status.success(), "meaning alone cannot be had");
    std::fs::create_dir(&folder).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let bytes = std::fs::read(
            recordroute_testkit::installed_models()
                .join("all-minilm-l6-v2")
                .join(name),
        )
        .unwrap();
        std::fs::write(folder.join(name), &bytes[..bytes.len() / 2]).unwrap();
    }
    let output = search("hybrid");
    assert_eq!(found(&output), office.0, "with a damaged one");
    assert!(
        !search("meaning").status.success(),
        "which is told where nothing else will do"
    );
}

#[test]
fn the_window_s_queue_indexes_by_itself_and_answers_meanwhile() {
    let home = Home::new().unwrap();
    let engine = real_engine(&home, QueueMode::All);
    let mut events = engine.subscribe();
    let shelf = shelf(&home);
    let query = Query {
        text: "budget".to_owned(),
        mode: Mode::Hybrid,
        filters: Default::default(),
        limit: 5,
    };
    wait_for(&mut events, |event| {
        matches!(event, Event::Indexed { .. }).then_some(())
    });
    assert!(
        !engine.find(&query).unwrap().hits.is_empty(),
        "while it is indexing"
    );
    wait_for(&mut events, |event| {
        matches!(event, Event::Indexed { n_waiting: 0 }).then_some(())
    });
    let report = engine.index_report().unwrap();
    assert_eq!(report.n_indexed, shelf.len() as u64, "all of them: {report:?}");
    // What is edited is found as it is now.
    let (id, _) = shelf["en-book-club"];
    engine
        .edit_segment(id, 3, "The lighthouse keeper forgot his umbrella.")
        .unwrap();
    engine.retry_index().unwrap();
    wait_for(&mut events, |event| {
        matches!(event, Event::Indexed { n_waiting: 0 }).then_some(())
    });
    let query = Query {
        text: "Where did the lighthouse keeper leave his umbrella?".to_owned(),
        mode: Mode::Meaning,
        ..query
    };
    assert_eq!(
        engine.find(&query).unwrap().hits[0].recording_id,
        id,
        "by what it says now"
    );
}

#[test]
fn a_question_is_answered_from_passages_that_it_shows() {
    let home = Home::new().unwrap();
    let [office, garden, _] = talks(&home);
    let ask = |args: &[&str]| json(&run_well(&home, &[&["ask", "--json"], args].concat()));
    let answer = ask(&["When do we move to the new office?", "--model", LANGUAGE_MODEL]);
    assert_eq!(
        answer["passages"][0]["recording_id"], office.0,
        "the passage comes first: {answer}"
    );
    let passages = answer["passages"].as_array().unwrap();
    for sentence in answer["sentences"].as_array().unwrap() {
        let cited = sentence["passages"].as_array().unwrap();
        let exists = |place: &Value| {
            place
                .as_u64()
                .is_some_and(|place| (place as usize) < passages.len())
        };
        assert!(cited.iter().all(exists), "only what is there is cited: {answer}");
        assert!(
            !cited.is_empty() || sentence["is_supported"] == false,
            "what rests on nothing is marked: {answer}"
        );
    }
    let passages_only = ask(&["When do we move?", "--passages"]);
    assert_eq!(passages_only["model"], Value::Null, "no model was asked");
    assert!(
        !passages_only["passages"].as_array().unwrap().is_empty(),
        "the passages are the answer"
    );
    let within = ask(&["When do we move?", "--passages", "--in", &garden.to_string()]);
    let mut passages = within["passages"].as_array().unwrap().iter();
    assert!(
        passages.all(|passage| passage["recording_id"].as_i64() == Some(garden.0)),
        "one recording was asked: {within}"
    );
    let empty = Home::new().unwrap();
    let nothing = json(&run_well(
        &empty,
        &["ask", "--json", "When do we move?", "--model", LANGUAGE_MODEL],
    ));
    assert_eq!(nothing["nothing_found"], true, "nothing is made up: {nothing}");
    assert_eq!(nothing["sentences"], Value::Array(Vec::new()), "and nothing said");
}

#[test]
fn an_empty_library_needs_no_model_in_memory() {
    let home = Home::new().unwrap();
    let settings = settings(&home);
    // A program that cannot be started would be told where it was needed.
    let nowhere = recordroute_engine::worker::WorkerCommand {
        program: home.join("nowhere"),
        arguments: Vec::new(),
    };
    let engine = Engine::open(settings, nowhere, QueueMode::Own).unwrap();
    let n_indexed = engine.index(&CancellationToken::new(), &mut |_, _| {}).unwrap();
    assert_eq!(n_indexed, Some(0), "there is nothing to index");
    let report = engine.index_report().unwrap();
    assert_eq!(
        (report.n_waiting, report.problem),
        (0, None),
        "which is no problem"
    );
}
