//! Downloads that broke off go on, and never mix two files.

use super::*;
use crate::download::part::{Origin, Part};

/// A part of `body` as an earlier program left it.
fn leave_part(dir: &Path, part: &[u8], origin: &Origin) {
    let path = dir.join("small.gguf.part");
    std::fs::write(&path, part).unwrap();
    Part::beside(&path).record(origin).unwrap();
}

fn address(server: &Server) -> String {
    format!("{}/somebody/small/resolve/main/model.gguf", server.url)
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |request| {
        let reply = Reply::ranged(&sent, request).header("etag: \"one\"");
        if request.idx == 0 {
            reply.cut_after(100_000)
        } else {
            reply
        }
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let model = installed(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        body,
        "both halves fit together"
    );
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "one try more was enough");
    assert_eq!(requests[1].start, Some(100_000), "only the rest is asked for");
    assert_eq!(
        requests[1].if_range.as_deref(),
        Some("\"one\""),
        "and only of the same file"
    );
    assert_eq!(names(dir.path()), ["small.gguf", "small.json"], "no part is left");
}

#[tokio::test]
async fn a_source_without_ranges_begins_anew() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |request| {
        let reply = Reply::whole(&sent);
        if request.idx == 0 {
            reply.cut_after(100_000)
        } else {
            reply
        }
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let model = installed(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        server.requests()[1].start,
        Some(100_000),
        "the rest was asked for"
    );
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        body,
        "the whole is not appended to the part"
    );
}

#[tokio::test]
async fn a_part_that_is_the_whole_needs_no_more_bytes() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |request| Reply::ranged(&sent, request)).await;
    let dir = tempfile::tempdir().unwrap();
    let origin = Origin {
        source: address(&server),
        etag: Some("\"one\"".into()),
        ..Origin::default()
    };
    leave_part(dir.path(), &body, &origin);
    let model = installed(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        body,
        "416 says that nothing is missing"
    );
    assert_eq!(server.requests().len(), 1, "one question was enough");

    let dir = tempfile::tempdir().unwrap();
    leave_part(dir.path(), &body, &Origin::default());
    installed(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        server.requests().len(),
        1,
        "with a digest no question is needed at all"
    );
}

#[tokio::test]
async fn a_part_beyond_the_end_is_dropped() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |request| Reply::ranged(&sent, request)).await;
    let dir = tempfile::tempdir().unwrap();
    let origin = Origin {
        source: address(&server),
        etag: Some("\"one\"".into()),
        ..Origin::default()
    };
    leave_part(dir.path(), &vec![9; body.len() + 10], &origin);
    let model = installed(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        body,
        "416 for more than there is begins anew"
    );
    let starts: Vec<_> = server.requests().iter().map(|request| request.start).collect();
    assert_eq!(
        starts,
        [Some(body.len() + 10), None],
        "the second try asks for the whole"
    );
}

#[tokio::test]
async fn cancelling_keeps_the_part_and_the_next_download_goes_on() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |request| {
        let reply = Reply::ranged(&sent, request);
        if request.idx == 0 {
            reply.hang_after(150_000)
        } else {
            reply
        }
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let folder = Stated::all_of(&body).folder(dir.path(), &[&server.url]);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let part = dir.path().join("small.gguf.part");
    let watched = part.clone();
    tokio::spawn(async move {
        while std::fs::metadata(&watched).map_or(0, |meta| meta.len()) < 150_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    });
    let running = folder.clone();
    // On a thread of the runtime, as the engine runs it: the future can be sent.
    let outcome = tokio::spawn(async move { running.download(&id(), &cancel, |_| {}).await });
    let outcome = outcome.await.unwrap().unwrap();
    assert_eq!(outcome, DownloadOutcome::Cancelled, "being cancelled is no error");
    assert_eq!(
        std::fs::read(&part).unwrap(),
        body[..150_000],
        "what has arrived is kept"
    );
    assert!(folder.list().unwrap().is_empty(), "a part is no model");

    let model = installed(&folder).await;
    assert_eq!(
        server.requests()[1].start,
        Some(150_000),
        "the next download goes on"
    );
    assert_eq!(std::fs::read(&model.path).unwrap(), body, "and both halves fit");
}

#[tokio::test]
async fn removing_an_unfinished_model_removes_its_part() {
    let body = gguf(1);
    let dir = tempfile::tempdir().unwrap();
    leave_part(dir.path(), &body[..1_000], &Origin::default());
    Stated::all_of(&body)
        .folder(dir.path(), &[])
        .remove(&id())
        .unwrap();
    assert!(names(dir.path()).is_empty(), "nothing is left to go on from");
}

#[tokio::test]
async fn a_file_that_changed_between_two_tries_is_fetched_whole() {
    let (old, mut new) = (gguf(1), gguf(2));
    // Padding at the end is allowed, and the size differs too.
    new.extend([0; 64]);
    let (sent_old, sent_new) = (old.clone(), new.clone());
    let server = Server::start(move |request| match request.if_range.as_deref() {
        _ if request.idx == 0 => Reply::whole(&sent_old).header("etag: \"old\"").cut_after(100_000),
        Some("\"new\"") => Reply::ranged(&sent_new, request).header("etag: \"new\""),
        _ => Reply::whole(&sent_new).header("etag: \"new\""),
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let model = installed(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        server.requests()[1].if_range.as_deref(),
        Some("\"old\""),
        "it asks for the old file"
    );
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        new,
        "and takes the new one whole"
    );
}

#[tokio::test]
async fn a_part_without_a_tag_or_digest_is_not_trusted() {
    let (old, new) = (gguf(1), gguf(2));
    let (sent_old, sent_new) = (old.clone(), new.clone());
    let server = Server::start(move |request| match request.idx {
        0 => Reply::whole(&sent_old)
            .header("etag: W/\"weak\"")
            .cut_after(100_000),
        _ => Reply::ranged(&sent_new, request).header("etag: W/\"weak\""),
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let model = installed(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        server.requests()[1].start,
        None,
        "nothing tells whether the part still fits"
    );
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        new,
        "so the whole is fetched"
    );
}

#[tokio::test]
async fn a_range_of_another_file_or_place_begins_anew() {
    let body = gguf(1);
    for range in ["bytes 5-300000/300096", "bytes 1000-9999/10000", "bytes nonsense"] {
        let sent = body.clone();
        let server = Server::start(move |request| match request.start {
            Some(_) => {
                Reply::new("206 Partial Content", &[0; 100]).header(&format!("content-range: {range}"))
            }
            None => Reply::whole(&sent),
        })
        .await;
        let dir = tempfile::tempdir().unwrap();
        leave_part(dir.path(), &body[..1_000], &Origin::default());
        let model = installed(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
        assert_eq!(
            std::fs::read(&model.path).unwrap(),
            body,
            "“{range}” is not appended"
        );
    }
}

#[tokio::test]
async fn a_damaged_part_costs_a_second_download_and_nothing_else() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |request| Reply::ranged(&sent, request)).await;
    let dir = tempfile::tempdir().unwrap();
    leave_part(dir.path(), &[0; 1_000], &Origin::default());
    let model = installed(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        body,
        "the digest finds the wrong part"
    );
    let starts: Vec<_> = server.requests().iter().map(|request| request.start).collect();
    assert_eq!(starts, [Some(1_000), None], "then the whole is fetched");
}

#[tokio::test]
async fn an_unreachable_source_does_not_cost_the_part_of_another() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |request| match request.idx {
        0 => Reply::whole(&sent).header("etag: \"one\"").cut_after(100_000),
        1 => Reply::new("503 Service Unavailable", b""),
        _ => Reply::ranged(&sent, request).header("etag: \"one\""),
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    // Nothing is stated, so that only the first source can go on with what it began.
    let folder = Stated::default().folder(dir.path(), &[&server.url, "http://127.0.0.1:9"]);
    let model = installed(&folder).await;
    assert_eq!(std::fs::read(&model.path).unwrap(), body, "both halves fit");
    let starts: Vec<_> = server.requests().iter().map(|request| request.start).collect();
    assert_eq!(
        starts,
        [None, Some(100_000), Some(100_000)],
        "what had arrived was kept"
    );
}
