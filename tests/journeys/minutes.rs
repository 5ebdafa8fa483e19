//! Minutes, corrections, titles and highlights on the command line, with the real small model through the
//! real worker. What so small a model writes is poor; what is looked at is that nothing is lost or made up
//! around it.

use std::time::{Duration, Instant};

use recordroute_testkit::{Home, ModelReply, ModelServer};
use serde_json::Value;

use crate::support::{
    LANGUAGE_MODEL, MULTILINGUAL_MODEL, arg, fixture, recordroute, run, run_well, transcribed,
};

fn json(text: &str) -> Value {
    serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Stderr of a run that must have failed.
fn refusal(home: &Home, args: &[&str]) -> String {
    let output = run(home, args);
    assert!(
        !output.status.success(),
        "`recordroute {}` must not work: {}",
        args.join(" "),
        String::from_utf8_lossy(&output.stdout)
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every line of minutes as JSON.
fn items(minutes: &Value) -> Vec<&Value> {
    let sections = minutes["sections"].as_array().expect("sections");
    let items = sections
        .iter()
        .flat_map(|section| section["items"].as_array().expect("items"));
    items.collect()
}

#[test]
fn a_file_becomes_minutes_that_lead_back_to_what_was_said() {
    let home = Home::new().unwrap();
    let file = fixture("sample-en.m4a");
    let args = [
        "minutes",
        arg(&file),
        "--template",
        "meeting",
        "--model",
        LANGUAGE_MODEL,
        "--format",
        "json",
    ];
    let mut transcribing = recordroute(&home);
    transcribing.env("RECORDROUTE_MODEL", MULTILINGUAL_MODEL);
    let output = transcribing.args(args).output().unwrap();
    assert!(
        output.status.success(),
        "a file is transcribed first: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let minutes = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(minutes["template"], "meeting", "which template it was");
    assert_eq!(minutes["language"], "en", "in the language of the recording");
    assert_eq!(minutes["model"], LANGUAGE_MODEL, "which model wrote it");
    let id = minutes["id"]
        .as_i64()
        .expect("the recording's number")
        .to_string();
    let shown = json(&run_well(&home, &["history", "show", &id, "--json"]));
    let segments = shown["segments"].as_array().expect("segments");
    // So small a model may lose itself in a part; then that part is told, and nothing is passed over.
    let failed = minutes["failed_parts"].as_array().expect("failed parts");
    assert!(
        failed
            .iter()
            .all(|part| !part["reason"].as_str().unwrap().is_empty()),
        "why a part failed is said: {failed:?}"
    );
    let is_missing = |segment: &&Value| {
        let start_ms = segment["start_ms"].as_u64().unwrap();
        failed.iter().any(|part| {
            (part["start_ms"].as_u64().unwrap()..part["end_ms"].as_u64().unwrap()).contains(&start_ms)
        })
    };
    let n_missing = segments.iter().filter(is_missing).count();
    let told = minutes["coverage"].as_f64().unwrap() + n_missing as f64 / segments.len() as f64;
    assert!(
        (told - 1.0).abs() < 1e-6,
        "each segment was read or is told to be missing, {told} of them"
    );
    for item in items(&minutes) {
        let cited: Vec<usize> = item["segments"]
            .as_array()
            .expect("citations")
            .iter()
            .map(|idx| idx.as_u64().unwrap() as usize)
            .collect();
        assert!(!cited.is_empty(), "every line rests on something: {item}");
        assert!(
            cited.iter().all(|idx| *idx < segments.len()),
            "that was said: {item}"
        );
        assert_eq!(
            item["start_ms"], segments[cited[0]]["start_ms"],
            "and leads to the second in which it was: {item}"
        );
    }
    let again = Instant::now();
    let markdown = run_well(&home, &["minutes", &id, "--model", LANGUAGE_MODEL]);
    assert!(markdown.starts_with("# "), "people read Markdown: {markdown}");
    assert!(
        again.elapsed() < Duration::from_secs(5),
        "what was written from the same text is not written again"
    );
}

#[test]
fn corrections_are_proposed_decided_and_undone() {
    let home = Home::new().unwrap();
    let id = transcribed(
        &home,
        "talk",
        &["we meat at nine oclock", "the budget is ready now"],
    );
    let id = id.to_string();
    let proposed = json(&run_well(
        &home,
        &["correct", &id, "--model", LANGUAGE_MODEL, "--json"],
    ));
    for correction in proposed.as_array().expect("a list") {
        let parts = correction["diff"].as_array().expect("differences");
        let spelled = |without: &str| -> String {
            parts
                .iter()
                .filter(|part| part["kind"] != without)
                .filter_map(|part| part["text"].as_str())
                .collect()
        };
        assert_eq!(
            spelled("added"),
            correction["original"].as_str().unwrap(),
            "the old text"
        );
        assert_eq!(
            spelled("removed"),
            correction["proposed"].as_str().unwrap(),
            "and the new one"
        );
    }
    run_well(&home, &["correct", &id, "--accept-all", "--marked", "--diff"]);
    let decided = json(&run_well(
        &home,
        &["correct", &id, "--accept-all", "--marked", "--json"],
    ));
    assert!(
        decided
            .as_array()
            .unwrap()
            .iter()
            .all(|correction| correction["state"] == "accepted"),
        "all of them stand in the text: {decided}"
    );
}

#[test]
fn a_title_is_found_and_highlights_need_no_model() {
    let home = Home::new().unwrap();
    let texts = [
        "Good morning, and thank you all for coming.",
        "The new library will open on the second of May.",
        "We need a bigger room in the library for the meeting on Thursday.",
        "Please send your reports about the library to Anna before Friday.",
    ];
    let id = transcribed(&home, "REC0001", &texts).to_string();
    let highlights = json(&run_well(&home, &["highlights", &id, "--json"]));
    let sentences = highlights["sentences"].as_array().expect("sentences");
    assert!(!sentences.is_empty(), "something tells: {highlights}");
    for sentence in sentences {
        let text = sentence["text"].as_str().unwrap();
        assert!(
            texts.iter().any(|said| said.contains(text)),
            "every highlight was said: {text}"
        );
    }
    let words = highlights["key_words"].as_array().expect("key words");
    assert!(
        words
            .iter()
            .any(|word| word["text"] == "library" && word["n"] == 3),
        "what is spoken of most: {highlights}"
    );
    let output = run(&home, &["title", &id, "--model", LANGUAGE_MODEL, "--json"]);
    if output.status.success() {
        let title = json(&String::from_utf8(output.stdout).unwrap());
        let title = title["title"].as_str().unwrap();
        assert!(
            !title.is_empty() && title.chars().count() <= 60 && !title.contains('\n'),
            "one line: {title}"
        );
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("no title that fits"),
            "so small a model may find none, which is said: {said}"
        );
    }
}

#[test]
fn a_model_answers_a_prompt() {
    let home = Home::new().unwrap();
    let prompt = "What is the capital of France? Answer in one sentence.";
    let answer = run_well(
        &home,
        &[
            "generate",
            "--model",
            LANGUAGE_MODEL,
            "--max-tokens",
            "24",
            prompt,
        ],
    );
    assert!(answer.contains("Paris"), "it knows as much as this: {answer}");
    let facts = json(&run_well(
        &home,
        &[
            "generate",
            "--model",
            LANGUAGE_MODEL,
            "--max-tokens",
            "5",
            "--json",
            prompt,
        ],
    ));
    assert_eq!(facts["n_tokens"], 5, "the limit is kept: {facts}");
    assert_eq!(facts["is_cut"], true, "and said");
}

#[test]
fn without_a_language_model_highlights_and_the_list_are_offered() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &["We meet to talk about the budget."]).to_string();
    std::fs::create_dir_all(home.join("no models")).unwrap();
    for command in ["minutes", "correct", "title"] {
        let output = recordroute(&home)
            .env("RECORDROUTE_MODELS", home.join("no models"))
            .args([command, &id])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{command} needs a model");
        for offered in ["recordroute highlights", "recordroute models get"] {
            assert!(said.contains(offered), "{command} offers `{offered}`: {said}");
        }
    }
}

#[test]
fn too_little_text_is_said_and_nothing_is_made_up() {
    let home = Home::new().unwrap();
    let empty = transcribed(&home, "empty", &[]).to_string();
    let short = transcribed(&home, "short", &["Yes."]).to_string();
    for id in [&empty, &short] {
        for command in ["minutes", "title"] {
            let said = refusal(&home, &[command, id, "--model", LANGUAGE_MODEL]);
            assert!(said.contains("too short"), "{command} of #{id}: {said}");
        }
    }
    let nothing = json(&run_well(&home, &["highlights", &empty, "--json"]));
    assert_eq!(
        nothing["sentences"],
        serde_json::json!([]),
        "nothing tells of nothing"
    );
}

#[test]
fn what_is_no_language_model_or_template_is_said() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &["We meet to talk about the budget of the year."]).to_string();
    let speech = refusal(&home, &["minutes", &id, "--model", MULTILINGUAL_MODEL]);
    assert!(
        speech.contains("no language model"),
        "Whisper writes no minutes: {speech}"
    );
    let template = refusal(
        &home,
        &["minutes", &id, "--model", LANGUAGE_MODEL, "--template", "sermon"],
    );
    assert!(
        template.contains("sermon") && template.contains("meeting"),
        "what there is instead: {template}"
    );
    let server = refusal(&home, &["minutes", &id, "--model", "server:llama3"]);
    assert!(server.contains("server"), "nobody said which server: {server}");
}

/// The real program with a language server.
fn with_server(home: &Home, address: &str, args: &[&str]) -> std::process::Output {
    recordroute(home)
        .env("RECORDROUTE_SERVER_URL", address)
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn a_server_of_the_users_own_writes() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &["We meet to talk about the budget of the year."]).to_string();
    let server = ModelServer::with_chat(&["small"], ModelReply::chat(&["Budget ", "of the year"]));
    let output = with_server(
        &home,
        &server.url(),
        &["generate", "--model", "server:small", "Say something."],
    );
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "Budget of the year",
        "it streams: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let title = with_server(
        &home,
        &server.url(),
        &["title", &id, "--model", "server:small", "--json"],
    );
    let said = String::from_utf8_lossy(&title.stderr);
    assert!(
        title.status.success() || said.contains("title"),
        "it is used like any other model: {said}"
    );
}

#[test]
fn who_has_only_a_server_need_not_name_its_model() {
    let home = Home::new().unwrap();
    std::fs::create_dir_all(home.join("no models")).unwrap();
    let server = ModelServer::with_chat(&["nomic-embed-text", "small"], ModelReply::chat(&["Budget"]));
    let output = recordroute(&home)
        .env("RECORDROUTE_MODELS", home.join("no models"))
        .env("RECORDROUTE_SERVER_URL", server.url())
        .args(["generate", "Say something."])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "Budget",
        "it answers: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let requests = server.requests();
    let mut chats = requests
        .iter()
        .filter(|request| request.path.ends_with("completions"));
    let asked = &chats.next_back().expect("it was asked").body;
    assert!(
        asked.contains(r#""model":"small""#),
        "the one that writes is taken: {asked}"
    );
}

#[test]
fn templates_are_listed_and_ones_own_are_among_them() {
    let home = Home::new().unwrap();
    let folder = home.join("templates");
    let list = || {
        let mut listing = recordroute(&home);
        let output = listing
            .env("RECORDROUTE_TEMPLATES", &folder)
            .arg("templates")
            .output();
        let output = output.unwrap();
        [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap())
    };
    let [listed, said] = list();
    assert!(listed.contains("meeting"), "the program's are there: {listed}");
    assert!(said.contains(arg(&folder)), "and the folder is named: {said}");
    let example = std::fs::read_to_string(folder.join("examples").join("meeting.toml")).unwrap();
    std::fs::write(
        folder.join("mine.toml"),
        example.replacen("\"meeting\"", "\"mine\"", 1),
    )
    .unwrap();
    std::fs::write(folder.join("broken.toml"), "id = [").unwrap();
    let [listed, said] = list();
    assert!(
        listed.contains("meeting") && listed.contains("mine"),
        "a copy with an id of its own is another one: {listed}"
    );
    assert!(
        said.contains("broken.toml"),
        "what cannot be used is named: {said}"
    );
}

#[test]
fn what_a_model_makes_up_is_marked_and_what_it_repeats_stands_once() {
    let home = Home::new().unwrap();
    let texts = [
        "We meet to talk about the budget of the year.",
        "So we decided to wait for the offer of the second shop.",
        "Kim will send the numbers until Friday.",
    ];
    let id = transcribed(&home, "talk", &texts).to_string();
    let answer = r#"{
        "topics": [{"lines": [1], "text": "The budget of the year"}],
        "decisions": [
            {"lines": [2], "text": "Wait for the offer of the second shop."},
            {"lines": [2], "text": "The budget of the year is 5,000 dollars."}
        ],
        "risks": [
            {"lines": [2], "text": "Wait for the offer of the second shop."},
            {"lines": [1], "text": "This book about climate change appeared in 1956."}
        ]
    }"#;
    let server = ModelServer::with_chat(&["small"], ModelReply::chat(&[answer]));
    let written = |format: &str| {
        let args = [
            "minutes",
            &id,
            "--model",
            "server:small",
            "--language",
            "en",
            "--format",
            format,
        ];
        let output = with_server(&home, &server.url(), &args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "they are written: {said}");
        String::from_utf8(output.stdout).unwrap()
    };
    let minutes = json(&written("json"));
    let lines: Vec<(&str, bool)> = items(&minutes)
        .iter()
        .map(|item| {
            (
                item["text"].as_str().unwrap(),
                item["is_supported"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("The budget of the year", true),
            ("The budget of the year is 5,000 dollars.", false),
            ("Wait for the offer of the second shop.", true),
        ],
        "a wrong number is marked, what was said twice stands once, and what nobody spoke of is left out"
    );
    let markdown = written("md");
    assert!(
        markdown.contains("is 5,000 dollars. †\n")
            && markdown.contains("\nWhat is marked † was not found in the recordings.\n"),
        "people see it, too: {markdown}"
    );
    assert_eq!(
        markdown.matches('†').count(),
        2,
        "one mark and what it means: {markdown}"
    );
}

#[test]
fn a_server_that_is_absent_or_answers_rubbish_is_said() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &["We meet to talk about the budget of the year."]).to_string();
    let rubbish = ModelServer::start(|_| ModelReply::new(200, "text/html", "<html>router login</html>"));
    for address in ["http://127.0.0.1:9", &rubbish.url()] {
        let output = with_server(&home, address, &["minutes", &id, "--model", "server:small"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "nothing is written by {address}");
        assert!(!said.contains("panicked"), "the program stands: {said}");
        assert!(said.contains("server"), "what is wrong is the server: {said}");
    }
    let far = with_server(
        &home,
        "http://192.0.2.1:80",
        &["minutes", &id, "--model", "server:small"],
    );
    assert!(
        !far.status.success(),
        "what was said goes to no stranger's machine"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_writing_and_leaves_the_library_whole() {
    use std::os::unix::process::CommandExt;

    let home = Home::new().unwrap();
    let line = "We talk about the budget, the room, the printer and the reports of the year.";
    let id = transcribed(&home, "talk", &[line; 40]).to_string();
    let mut child = recordroute(&home)
        .process_group(0)
        .args(["minutes", &id, "--model", LANGUAGE_MODEL])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("writing") {
        assert!(
            std::io::BufRead::read_line(&mut stderr, &mut said).unwrap() > 0,
            "it begins to write: {said}"
        );
    }
    crate::support::interrupt(&child);
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(3), "the user ended it");
    let jobs = json(&run_well(&home, &["jobs", "list", "--json"]));
    assert!(
        jobs.as_array()
            .unwrap()
            .iter()
            .any(|job| job["kind"] == "minutes" && job["state"] == "cancelled"),
        "which the queue knows: {jobs}"
    );
}
