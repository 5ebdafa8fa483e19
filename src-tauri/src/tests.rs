//! The window's commands as the page calls them, through the real configuration and its
//! permissions, without a display.

use recordroute_engine::core::{Language, MediaPlace, RecordingDraft};
use recordroute_engine::{MediaPolicy, Settings};
use recordroute_store::Library;
use serde_json::{Value, json};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{WebviewWindow, WebviewWindowBuilder};

use super::*;

fn settings(folder: &Path) -> Settings {
    Settings {
        library: folder.join("library"),
        models: folder.join("models"),
        logs: folder.join("logs"),
        model: None,
        language: Language::Auto,
        threads: None,
        media: MediaPolicy::Reference,
        trash_days: 0,
        model_idle_minutes: 5,
        log: "info".to_owned(),
    }
}

/// A window over a library with one recording; the app must live as long as the window.
fn window_over(folder: &Path) -> (App<MockRuntime>, WebviewWindow<MockRuntime>) {
    let library = Library::open(&folder.join("library")).unwrap();
    library
        .add_recording(&RecordingDraft {
            title: "Library meeting".to_owned(),
            source: "meeting.m4a".to_owned(),
            media: MediaPlace::Referenced("/nowhere/meeting.m4a".to_owned()),
            hash: "00".repeat(32),
            bytes: 1,
        })
        .unwrap();
    drop(library);
    window(Shell::new(Ok(settings(folder))))
}

/// The window of the configuration comes with the event loop, which a test does not run.
fn window(shell: Shell) -> (App<MockRuntime>, WebviewWindow<MockRuntime>) {
    let app = build(mock_builder(), shell).unwrap();
    let window = WebviewWindowBuilder::new(&app, "main", Default::default())
        .build()
        .unwrap();
    (app, window)
}

fn ask(window: &WebviewWindow<MockRuntime>, command: &str, arguments: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: tauri::ipc::CallbackFn(0),
        error: tauri::ipc::CallbackFn(1),
        url: "tauri://localhost".parse().unwrap(),
        body: arguments.into(),
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().unwrap())
}

#[test]
fn the_page_sees_and_finds_what_is_in_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let (_app, window) = window_over(folder.path());
    let listed = ask(&window, "recordings", json!({ "offset": 0, "limit": 10 })).unwrap();
    assert_eq!(
        listed[0]["title"], "Library meeting",
        "the list has the recording: {listed}"
    );
    let id = &listed[0]["id"];
    let segments = ask(&window, "transcript", json!({ "recordingId": id })).unwrap();
    assert_eq!(
        segments,
        json!([]),
        "what was not transcribed yet has no segments, and that is no error"
    );
    let hits = ask(&window, "search", json!({ "words": "MEET", "limit": 10 })).unwrap();
    assert_eq!(
        &hits[0]["recording_id"], id,
        "a part of the title in other letters finds it: {hits}"
    );
    let info = ask(&window, "library_info", json!({})).unwrap();
    assert_eq!(info["read_only"], false, "the library can be written");
}

#[test]
fn an_error_reaches_the_page_with_code_and_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (_app, window) = window_over(folder.path());
    let error = ask(&window, "transcript", json!({ "recordingId": 4_711 })).unwrap_err();
    assert_eq!(
        error["code"], "not_found",
        "the page branches on the code: {error}"
    );
    assert!(
        error["message"].as_str().is_some_and(|m| !m.is_empty()),
        "and shows the sentence: {error}"
    );
}

#[test]
fn a_library_that_cannot_be_opened_does_not_take_the_window_down() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("library"), "a file where the folder should be").unwrap();
    let (_app, window) = window(Shell::new(Ok(settings(folder.path()))));
    let error = ask(&window, "library_info", json!({})).unwrap_err();
    assert!(
        error["message"].as_str().is_some_and(|m| !m.is_empty()),
        "the window says why: {error}"
    );
    std::fs::remove_file(folder.path().join("library")).unwrap();
    let mended = ask(&window, "library_info", json!({}));
    assert!(
        mended.is_ok(),
        "once it is mended the next attempt opens it: {mended:?}"
    );
}

#[test]
fn the_page_may_not_ask_for_more_than_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let (_app, window) = window_over(folder.path());
    let refused = ask(&window, "plugin:window|set_title", json!({ "value": "Bank" }));
    assert!(
        refused.is_err(),
        "a command that the configuration does not grant is refused: {refused:?}"
    );
}
