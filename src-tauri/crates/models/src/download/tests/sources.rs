//! Several sources, and what hubs announce of a file.

use super::*;

/// A hub that redirects to where its files lie, and announces `digest` and `bytes` on the way.
async fn hub(body: &[u8], digest: String, bytes: usize) -> Server {
    let body = body.to_vec();
    Server::start(move |request| match request.path.as_str() {
        "/cdn/file" => Reply::ranged(&body, request),
        _ => Reply::new("302 Found", b"moved")
            .header("location: /cdn/file")
            .header(&format!("x-linked-etag: \"{digest}\""))
            .header(&format!("x-linked-size: {bytes}")),
    })
    .await
}

#[tokio::test]
async fn a_dead_source_is_followed_by_the_next() {
    let body = gguf(1);
    let sent = body.clone();
    let server = Server::start(move |_| Reply::whole(&sent)).await;
    let dead = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let dir = tempfile::tempdir().unwrap();
    let model = installed(&Stated::all_of(&body).folder(dir.path(), &[&dead, &server.url])).await;
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        body,
        "the second source gives the file"
    );
    let sidecar = std::fs::read_to_string(dir.path().join("small.json")).unwrap();
    assert!(
        sidecar.contains(&server.url),
        "the source that gave it is remembered: {sidecar}"
    );
}

#[tokio::test]
async fn the_next_source_goes_on_with_the_part_of_the_first() {
    let body = gguf(1);
    let (first_sends, second_sends) = (body.clone(), body.clone());
    let first = Server::start(move |request| match request.idx {
        0 => Reply::whole(&first_sends)
            .header("etag: \"one\"")
            .cut_after(200_000),
        _ => Reply::new("503 Service Unavailable", b""),
    })
    .await;
    let second = Server::start(move |request| Reply::ranged(&second_sends, request)).await;
    let dir = tempfile::tempdir().unwrap();
    let model = installed(&Stated::all_of(&body).folder(dir.path(), &[&first.url, &second.url])).await;
    assert_eq!(std::fs::read(&model.path).unwrap(), body, "both halves fit");
    let request = &second.requests()[0];
    assert_eq!(
        request.start,
        Some(200_000),
        "the digest makes the part good for any source"
    );
    assert_eq!(
        request.if_range, None,
        "a tag of the first source says nothing to the second"
    );
}

#[tokio::test]
async fn a_forging_source_is_followed_by_the_next() {
    let body = gguf(1);
    let (wrong, sent) = (gguf(2), body.clone());
    let forger = Server::start(move |_| Reply::whole(&wrong)).await;
    let server = Server::start(move |request| Reply::ranged(&sent, request)).await;
    let dir = tempfile::tempdir().unwrap();
    let model = installed(&Stated::all_of(&body).folder(dir.path(), &[&forger.url, &server.url])).await;
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        body,
        "nothing of the forgery is left in it"
    );
}

#[tokio::test]
async fn every_source_is_named_when_none_gives_the_file() {
    let first = Server::start(|_| Reply::new("404 Not Found", b"")).await;
    let second = Server::start(|_| Reply::new("500 Internal Server Error", b"")).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::default().folder(dir.path(), &[&first.url, &second.url])).await;
    assert!(
        error.contains("404") && error.contains("500"),
        "both reasons are told: {error}"
    );
    assert_eq!(
        second.requests().len(),
        3,
        "a source that is out of order may recover"
    );
}

#[tokio::test]
async fn what_the_hub_announces_is_checked() {
    let body = gguf(1);
    let server = hub(&body, sha256(&body), body.len()).await;
    let dir = tempfile::tempdir().unwrap();
    let model = installed(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        body,
        "the announced file arrives"
    );

    let server = hub(&body, sha256(&gguf(2)), body.len()).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("digest differs"),
        "another file than the announced one is refused: {error}"
    );
}

#[tokio::test]
async fn a_hub_that_announces_another_file_is_not_read() {
    let (body, other) = (gguf(1), gguf(2));
    let server = hub(&other, sha256(&other), other.len()).await;
    let dir = tempfile::tempdir().unwrap();
    let error = failure(&Stated::all_of(&body).folder(dir.path(), &[&server.url])).await;
    assert!(
        error.contains("another file"),
        "the announced digest is not the stated one: {error}"
    );
    assert!(
        names(dir.path()).is_empty(),
        "gigabytes are not fetched for nothing"
    );
}

#[tokio::test]
async fn a_part_of_what_was_announced_before_is_dropped() {
    let (old, new) = (gguf(1), gguf(2));
    let dir = tempfile::tempdir().unwrap();
    let part = dir.path().join("small.gguf.part");
    std::fs::write(&part, &old[..100_000]).unwrap();
    let origin = super::super::part::Origin {
        digest: Some(sha256(&old)),
        bytes: Some(old.len() as u64),
        ..Default::default()
    };
    super::super::part::Part::beside(&part).record(&origin).unwrap();
    let server = hub(&new, sha256(&new), new.len()).await;
    let model = installed(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        new,
        "the halves of two files are not joined"
    );
}

#[tokio::test]
async fn the_object_name_of_git_is_no_digest_of_the_file() {
    let body = gguf(1);
    let server = hub(
        &body,
        "da39a3ee5e6b4b0d3255bfef95601890afd80709".into(),
        body.len(),
    )
    .await;
    let dir = tempfile::tempdir().unwrap();
    let model = installed(&Stated::default().folder(dir.path(), &[&server.url])).await;
    assert_eq!(
        std::fs::read(&model.path).unwrap(),
        body,
        "small files are announced by another name"
    );
}
