//! Pages, pieces and forgeries never become a model.

use std::time::Instant;

use super::*;

const PAGE: &[u8] = b"\n<!DOCTYPE html><html><body>Please log in</body></html>";

#[tokio::test]
async fn a_web_page_is_not_a_model() {
    for kind in ["text/html; charset=utf-8", "application/octet-stream"] {
        let server =
            Server::start(move |_| Reply::whole(PAGE).header(&format!("content-type: {kind}"))).await;
        let dir = tempfile::tempdir().unwrap();
        let error = failure(&Stated::default().folder(dir.path(), &[&server.url])).await;
        assert!(
            error.contains("web page"),
            "a login page sent as {kind} is named: {error}"
        );
        assert!(names(dir.path()).is_empty(), "a page is nothing to go on from");
    }
}

#[tokio::test]
async fn an_answer_of_another_size_is_refused_before_it_is_read() {
    let body = gguf(1);
    let server = Server::start(|_| Reply::whole(&[1; 5_000])).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert!(error.contains("another file"), "the size tells it: {error}");
    assert!(names(dir.path()).is_empty(), "nothing of it is written");
}

#[tokio::test]
async fn an_endless_answer_ends_at_the_stated_size() {
    let body = gguf(1);
    let mut sent = body.clone();
    sent.extend([0; 50_000]);
    let server = Server::start(move |_| Reply::whole(&sent).without_length()).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("more than the file has"),
        "the disk is not filled: {error}"
    );
}

#[tokio::test]
async fn a_file_that_is_always_cut_short_is_not_a_model() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |_| Reply::whole(&sent).cut_after(100_000)).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("broke the connection off"),
        "it says what happened: {error}"
    );
    assert_eq!(server.requests().len(), 3, "patience ends");
    assert_eq!(
        std::fs::metadata(dir.path().join("small.gguf.part"))
            .unwrap()
            .len(),
        100_000,
        "what has arrived is kept for the next time"
    );
}

#[tokio::test]
async fn a_short_file_without_a_length_is_not_a_model() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |_| Reply::whole(&sent).without_length().cut_after(100_000)).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("stopped after 100000"),
        "the stated size is missed: {error}"
    );

    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("cut short"),
        "without a stated size the header tells: {error}"
    );
}

#[tokio::test]
async fn a_silent_source_is_left() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |request| Reply::ranged(&sent, request).hang_after(1_000)).await;
    let dir = tempfile::tempdir().unwrap();
    let folder = Stated::all_of(&body).folder(dir.path(), &[&server.url]);
    let begun = Instant::now();
    let error = failure(&folder).await;
    assert!(
        error.contains("stopped sending"),
        "it says what happened: {error}"
    );
    assert!(
        begun.elapsed() >= folder.patience.stall,
        "a pause shorter than the stall time is no reason to leave"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "but nobody waits for ever"
    );
}

#[tokio::test]
async fn single_bytes_now_and_then_are_silence() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |request| Reply::ranged(&sent, request).drip_after(10_000)).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("stopped sending"),
        "at this speed it would take hours: {error}"
    );
}

#[tokio::test]
async fn a_wrong_digest_is_not_a_model() {
    let (right, wrong) = (gguf(1), gguf(2));
    let server = Server::start(move |_| Reply::whole(&wrong)).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::all_of(&right).folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("digest differs"),
        "a file of the right size is told by its digest: {error}"
    );
    assert!(names(dir.path()).is_empty(), "a forgery is nothing to go on from");
    assert_eq!(server.requests().len(), 1, "the same source would send the same");
}

#[tokio::test]
async fn a_file_of_another_kind_is_not_a_model() {
    let server = Server::start(|_| Reply::whole(&[42; 10_000])).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("no usable model"),
        "the header is checked before the name: {error}"
    );
    assert!(
        names(dir.path()).is_empty(),
        "what is no model is nothing to go on from"
    );
}

#[tokio::test]
async fn redirects_without_end_end() {
    let server = Server::start(|request| {
        Reply::new("302 Found", b"").header(&format!("location: /again/{}", request.idx))
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("redirects without end"),
        "a circle is found: {error}"
    );
}

#[tokio::test]
async fn refusals_are_named_and_not_repeated() {
    for (status, words) in [
        ("404 Not Found", "does not have the file"),
        ("403 Forbidden", "does not give the file to everybody"),
        ("418 I'm a teapot", "status 418"),
    ] {
        let server = Server::start(move |_| Reply::new(status, b"")).await;
        let dir = tempfile::tempdir().unwrap();
        let error = failure(&Stated::default().folder(dir.path(), &[&server.url])).await;
        assert!(error.contains(words), "{status} is explained: {error}");
        assert_eq!(server.requests().len(), 1, "{status} stays what it is");
    }
}
