//! The window's commands as the page calls them, through the real configuration and its
//! permissions, without a display.

use std::time::Duration;

use recordroute_engine::RecordOptions;
use recordroute_engine::core::{MediaPlace, RecordingDraft, RecordingId};
use recordroute_store::Library;
use recordroute_testkit::Hum;
use serde_json::{Value, json};
use tauri::http::{Request, StatusCode, header};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{WebviewWindow, WebviewWindowBuilder};

use super::*;

struct Home {
    folder: tempfile::TempDir,
    app: App<MockRuntime>,
    window: WebviewWindow<MockRuntime>,
}

impl Home {
    /// The window over a library in a throw-away folder, into which `prepare` puts something first.
    fn new(prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let session = Session::new(Ok(SettingsSources::in_folder(folder.path())), LOG_PREFIX);
        let app = build(mock_builder(), Shell::new(session)).unwrap();
        // The window of the configuration comes with the event loop, which a test does not run.
        let window = WebviewWindowBuilder::new(&app, "main", Default::default())
            .build()
            .unwrap();
        Self { folder, app, window }
    }

    /// With one recording, whose media has ten bytes.
    fn with_recording() -> Self {
        Self::new(|folder| {
            let library = Library::open(&folder.join("library")).unwrap();
            let media = folder.join("meeting.m4a");
            std::fs::write(&media, "0123456789").unwrap();
            let draft = RecordingDraft {
                title: "Library meeting".to_owned(),
                source: "meeting.m4a".to_owned(),
                media: MediaPlace::Referenced(media.display().to_string()),
                hash: "00".repeat(32),
                bytes: 10,
            };
            assert_eq!(
                library.add_recording(&draft).unwrap(),
                RecordingId(1),
                "tests name it by number"
            );
        })
    }

    fn ask(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: command.to_owned(),
            callback: tauri::ipc::CallbackFn(0),
            error: tauri::ipc::CallbackFn(1),
            url: "tauri://localhost".parse().unwrap(),
            body: arguments.into(),
            headers: Default::default(),
            invoke_key: INVOKE_KEY.to_owned(),
        };
        get_ipc_response(&self.window, request).map(|body| body.deserialize().unwrap())
    }

    fn media(&self, path: &str, range: Option<&str>) -> tauri::http::Response<Vec<u8>> {
        let mut request = Request::get(format!("media://localhost{path}"));
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        let shell = self.app.state::<Shell>();
        media::answer(shell.session(), &request.body(Vec::new()).unwrap())
    }
}

fn listing(trashed: bool) -> Value {
    json!({ "listing": { "trashed": trashed, "tag": null, "offset": 0, "limit": 10 } })
}

/// A search as the page asks for it.
fn by_words(text: &str) -> Value {
    let filters = json!({
        "from": null, "to": null, "language": null, "tags": [], "speaker": null, "title": null,
        "recording_ids": [],
    });
    json!({ "text": text, "mode": "words", "filters": filters, "limit": 10 })
}

#[test]
fn the_page_sees_finds_and_changes_what_is_in_the_library() {
    let home = Home::with_recording();
    let listed = home.ask("recordings", listing(false)).unwrap();
    assert_eq!(
        listed[0]["title"], "Library meeting",
        "the list has the recording: {listed}"
    );
    let hits = home.ask("find", json!({ "query": by_words("MEET") })).unwrap();
    assert_eq!(
        hits["hits"][0]["recording_id"], 1,
        "a part of the title in other letters finds it: {hits}"
    );
    for (command, arguments) in [
        ("transcript", json!({ "recordingId": 1 })),
        ("words", json!({ "recordingId": 1, "fromMs": 0, "toMs": 1_000 })),
        ("peaks", json!({ "recordingId": 1 })),
        ("jobs", json!({})),
    ] {
        let nothing = home.ask(command, arguments).unwrap();
        assert_eq!(
            nothing,
            json!([]),
            "{command}: what was not transcribed yet has none, and that is no error"
        );
    }
    home.ask("rename", json!({ "recordingId": 1, "title": "회의" }))
        .unwrap();
    home.ask("add_tag", json!({ "recordingId": 1, "tag": "팀" }))
        .unwrap();
    let recording = home.ask("recording", json!({ "recordingId": 1 })).unwrap();
    assert_eq!(recording["title"], "회의", "it has its new title");
    assert_eq!(
        home.ask("tags", json!({})).unwrap(),
        json!([{ "name": "팀", "n_recordings": 1 }]),
        "tags are counted"
    );
    home.ask("trash", json!({ "recordingId": 1 })).unwrap();
    let trashed = home.ask("recordings", listing(true)).unwrap();
    assert_eq!(trashed[0]["id"], 1, "it is in the trash");
    assert_eq!(
        home.ask("empty_trash", json!({})).unwrap(),
        1,
        "and gone when that is emptied"
    );
}

#[test]
fn an_error_reaches_the_page_with_code_and_sentence() {
    let home = Home::with_recording();
    for (command, arguments, code) in [
        ("transcript", json!({ "recordingId": 4_711 }), "not_found"),
        ("find", json!({ "query": by_words("?") }), "invalid_input"),
        (
            "transcribe",
            json!({ "recordingId": 1, "choice": { "model": null, "language": null } }),
            "model_missing",
        ),
        (
            "transcribe",
            json!({ "recordingId": 1, "choice": { "model": null, "language": "klingon" } }),
            "invalid_input",
        ),
    ] {
        let error = home.ask(command, arguments).unwrap_err();
        assert_eq!(
            error["code"], code,
            "{command}: the page branches on the code: {error}"
        );
        assert!(
            error["message"].as_str().is_some_and(|m| !m.is_empty()),
            "and shows the sentence: {error}"
        );
    }
}

#[test]
fn files_that_nobody_handed_over_are_not_added() {
    let home = Home::with_recording();
    let add = |path: &Path| {
        home.ask(
            "add_paths",
            json!({ "paths": [path], "onDuplicate": "ask", "tell": "__CHANNEL__:7" }),
        )
    };
    let file = home.folder.path().join("letter.txt");
    std::fs::write(&file, "Dear all").unwrap();
    let error = add(&file).unwrap_err();
    assert_eq!(
        error["code"], "invalid_input",
        "the page cannot make up paths: {error}"
    );
    events::open_files(home.app.handle(), vec![file.clone()]);
    assert_eq!(
        home.ask("take_opened_paths", json!({})).unwrap(),
        json!([file]),
        "what the program was started with waits for the page"
    );
    assert_eq!(
        home.ask("take_opened_paths", json!({})).unwrap(),
        json!([]),
        "and is given once"
    );
    let gone = home.folder.path().join("gone.wav");
    events::open_files(home.app.handle(), vec![gone.clone()]);
    let summary = add(&gone).unwrap();
    assert_eq!(
        summary,
        json!({ "n_added": 0, "n_duplicates": 0, "n_refused": 1, "stopped": false }),
        "a file that vanished is refused and takes nothing down"
    );
}

#[test]
fn settings_are_kept_and_told() {
    let home = Home::new(|_| {});
    let mut settings = home.ask("settings", json!({})).unwrap();
    assert_eq!(
        settings["welcomed"], false,
        "at the first start nothing is settled"
    );
    settings["interface_language"] = json!("ko");
    settings["vocabulary"] = json!([" 김하늘 ", ""]);
    settings["welcomed"] = json!(true);
    let saved = home
        .ask("save_settings", json!({ "settings": settings }))
        .unwrap();
    assert_eq!(
        saved["vocabulary"],
        json!(["김하늘"]),
        "without what typing leaves behind"
    );
    let text = std::fs::read_to_string(home.folder.path().join("config.toml")).unwrap();
    assert!(
        text.contains("interface_language = \"ko\""),
        "they are in the file: {text}"
    );
    assert_eq!(home.ask("settings", json!({})).unwrap(), saved, "and in force");
    let info = home.ask("app_info", json!({})).unwrap();
    assert!(
        info["library_dir"]
            .as_str()
            .is_some_and(|dir| dir.ends_with("library")),
        "{info}"
    );
    let report = home.ask("diagnostics", json!({})).unwrap();
    assert!(
        report.as_str().is_some_and(|text| !text.contains("김하늘")),
        "a report holds nothing private"
    );
    let models = home.ask("models", json!({})).unwrap();
    assert!(
        models["catalogue"]
            .as_array()
            .is_some_and(|models| models.iter().any(|model| model["advised"] == true)),
        "one model is advised: {models}"
    );
}

#[test]
fn a_library_that_cannot_be_opened_does_not_take_the_window_down() {
    let home = Home::new(|folder| {
        std::fs::write(folder.join("library"), "a file where the folder should be").unwrap();
    });
    let state = home.ask("library_state", json!({})).unwrap();
    assert_eq!(
        state["kind"], "unavailable",
        "the window says that it is not there: {state}"
    );
    assert!(
        home.ask("recordings", listing(false)).is_err(),
        "and nothing pretends that it is"
    );
    std::fs::remove_file(home.folder.path().join("library")).unwrap();
    let state = home.ask("reopen_library", json!({})).unwrap();
    assert_eq!(state["kind"], "ready", "once it is mended another look opens it");
}

#[test]
fn media_of_the_library_is_played_and_nothing_else() {
    let home = Home::with_recording();
    let whole = home.media("/1", None);
    assert_eq!(
        (whole.status(), whole.body().as_slice()),
        (StatusCode::OK, b"0123456789".as_slice()),
        "the recording's media"
    );
    assert_eq!(
        whole.headers()[header::CONTENT_TYPE],
        "audio/mp4",
        "with its type"
    );
    let part = home.media("/1", Some("bytes=2-4"));
    assert_eq!(
        (part.status(), part.body().as_slice()),
        (StatusCode::PARTIAL_CONTENT, b"234".as_slice()),
        "a range of it"
    );
    assert_eq!(
        part.headers()[header::CONTENT_RANGE],
        "bytes 2-4/10",
        "which says where it is from"
    );
    assert_eq!(
        home.media("/1", Some("bytes=10-")).status(),
        StatusCode::RANGE_NOT_SATISFIABLE,
        "past the end there is nothing"
    );
    let outside = home.folder.path().join("config.toml").display().to_string();
    for path in [
        "/2",
        "/",
        "/1/../config.toml",
        "/..%2Fconfig.toml",
        outside.as_str(),
    ] {
        assert_eq!(
            home.media(path, None).status(),
            StatusCode::NOT_FOUND,
            "{path} cannot be reached"
        );
    }
}

fn recorded_title(title: &str) -> RecordOptions {
    RecordOptions {
        title: Some(title.to_owned()),
        transcribe: false,
        ..RecordOptions::default()
    }
}

#[test]
fn what_is_recorded_is_watched_noted_and_then_in_the_library() {
    let home = Home::new(|_| {});
    assert!(
        home.ask("input_devices", json!({})).unwrap().is_array(),
        "a computer without any sound input has an empty list, and that is no error"
    );
    let watch = json!({ "tell": "__CHANNEL__:7" });
    assert_eq!(
        home.ask("follow_recording", watch.clone()).unwrap(),
        Value::Null,
        "nothing is recorded yet"
    );
    let shell = home.app.state::<Shell>();
    let (live, engine) = (shell.session().live(), shell.session().engine().unwrap());
    live.begin_from(&engine, vec![Box::new(Hum)], &recorded_title("Draft"))
        .unwrap();
    let facts = home.ask("follow_recording", watch).unwrap();
    assert_eq!(
        facts,
        json!({ "title": "Draft", "transcribe": false, "microphone": true, "system": false, "notes": [] }),
        "a page that was loaded again knows what runs"
    );
    let choice =
        json!({ "title": null, "device": null, "system": false, "transcribe": false, "live": false });
    let second = home.ask(
        "begin_recording",
        json!({ "choice": choice, "tell": "__CHANNEL__:8" }),
    );
    assert_eq!(second.unwrap_err()["code"], "invalid_input", "one at a time");
    home.ask("title_recording", json!({ "title": "회의" })).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    let note = home.ask("note_recording", json!({ "text": " 밑줄 " })).unwrap();
    assert_eq!(note["text"], "밑줄", "without what typing leaves behind: {note}");
    assert!(
        note["at_ms"].as_u64().is_some_and(|at_ms| at_ms > 0),
        "at its time: {note}"
    );
    home.ask("pause_recording", json!({ "paused": true })).unwrap();
    home.ask("pause_recording", json!({ "paused": false })).unwrap();
    let stopped = home.ask("stop_recording", json!({})).unwrap();
    assert_eq!(stopped["job_id"], Value::Null, "it was not to be transcribed");
    let listed = home.ask("recordings", listing(false)).unwrap();
    assert_eq!(
        (&listed[0]["title"], &listed[0]["id"]),
        (&json!("회의"), &stopped["recording_id"]),
        "it is in the library: {listed}"
    );
    let id = stopped["recording_id"].clone();
    assert_eq!(
        home.ask("notes", json!({ "recordingId": id })).unwrap()[0],
        note,
        "with its note"
    );
    let late = json!({ "recordingId": id, "atMs": 1_000_000, "text": "half typed" });
    home.ask("add_note", late).unwrap();
    assert_eq!(
        home.ask("notes", json!({ "recordingId": id })).unwrap()[1]["text"],
        "half typed",
        "and one that came when it had ended"
    );
    let again = home.ask("stop_recording", json!({})).unwrap_err();
    assert_eq!(
        again["code"], "invalid_input",
        "there is nothing to stop: {again}"
    );
}

#[test]
fn what_was_left_unfinished_is_kept_or_goes_to_the_trash() {
    let home = Home::new(|_| {});
    let engine = home.app.state::<Shell>().session().engine().unwrap();
    for title in ["Kept", "Not wanted"] {
        let recording = engine
            .record_from(vec![Box::new(Hum)], "Hum", &recorded_title(title))
            .unwrap();
        std::thread::sleep(Duration::from_millis(300));
        // As a program does that ends without stopping it.
        drop(recording);
    }
    let unfinished = home.ask("unfinished_recordings", json!({})).unwrap();
    assert_eq!(
        unfinished.as_array().map(Vec::len),
        Some(2),
        "both are offered: {unfinished}"
    );
    let id_of = |title: &str| {
        let all = unfinished.as_array().unwrap();
        all.iter().find(|one| one["title"] == title).unwrap()["id"].clone()
    };
    home.ask("keep_unfinished", json!({ "id": id_of("Kept") }))
        .unwrap();
    home.ask("discard_unfinished", json!({ "id": id_of("Not wanted") }))
        .unwrap();
    for (trashed, title) in [(false, "Kept"), (true, "Not wanted")] {
        let listed = home.ask("recordings", listing(trashed)).unwrap();
        assert_eq!(listed[0]["title"], title, "where the user put it: {listed}");
    }
    assert_eq!(
        home.ask("unfinished_recordings", json!({})).unwrap(),
        json!([]),
        "nothing is left to ask"
    );
}

#[test]
fn the_page_may_not_ask_for_more_than_it_needs() {
    let home = Home::new(|_| {});
    for (command, arguments) in [
        ("plugin:window|set_title", json!({ "value": "Bank" })),
        ("plugin:dialog|open", json!({ "options": {} })),
        (
            "plugin:opener|open_path",
            json!({ "path": "/etc/passwd", "with": null }),
        ),
        ("plugin:fs|read_file", json!({ "path": "/etc/passwd" })),
        (
            "plugin:event|emit",
            json!({ "event": "app-event", "payload": null }),
        ),
    ] {
        let refused = home.ask(command, arguments);
        assert!(
            refused.is_err(),
            "{command} is not granted by the configuration: {refused:?}"
        );
    }
}
