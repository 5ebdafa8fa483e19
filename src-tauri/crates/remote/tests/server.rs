//! Against a small server: that it answers well, slowly, wrongly or not at all.
#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::time::{Duration, Instant};

use recordroute_core::{CancellationToken, GenerateOptions, Generated, Generator, InferenceError, Outcome};
use recordroute_remote::{RemoteGenerator, RemoteOptions};
use recordroute_testkit::{ModelReply, ModelServer, Step};

fn options(server: &ModelServer) -> RemoteOptions {
    RemoteOptions {
        address: server.url(),
        model: "small".to_owned(),
        connect_timeout: Duration::from_secs(5),
        first_timeout: Duration::from_secs(20),
        idle_timeout: Duration::from_secs(20),
        ..RemoteOptions::default()
    }
}

fn connected(server: &ModelServer) -> RemoteGenerator {
    RemoteGenerator::connect(options(server), &CancellationToken::new())
        .unwrap()
        .unwrap()
}

/// The answer, and the pieces in which it came.
fn answered(
    generator: &mut RemoteGenerator,
    options: &GenerateOptions,
) -> (Result<Generated, InferenceError>, Vec<String>) {
    let mut pieces = Vec::new();
    let generated = generator.generate("Hello?", options, &CancellationToken::new(), &mut |piece| {
        pieces.push(piece.to_owned());
        true
    });
    (generated, pieces)
}

/// The sentence about a reply to a chat that is of no use.
fn sentence(reply: ModelReply) -> String {
    let server = ModelServer::with_chat(&["small"], reply);
    let (generated, _) = answered(&mut connected(&server), &GenerateOptions::default());
    let sentence = generated.unwrap_err().to_string();
    assert!(
        sentence.ends_with(['.', '”'])
            && !sentence.contains(['\n', '\u{1b}'])
            && sentence.chars().count() < 400,
        "a sentence for the user: {sentence:?}"
    );
    sentence
}

#[test]
fn an_answer_streams_in() {
    let server = ModelServer::with_chat(
        &["other", "small"],
        ModelReply::chat(&["회의", " was", " \"long\"", "\n"]),
    );
    let mut generator = connected(&server);
    let options = GenerateOptions {
        system: Some("Be brief.".to_owned()),
        temperature: Some(0.5),
        seed: 7,
        max_tokens: 20,
        ..GenerateOptions::default()
    };
    let (generated, pieces) = answered(&mut generator, &options);
    let generated = generated.unwrap();
    assert_eq!(generated.text, "회의 was \"long\"\n", "the whole text");
    assert_eq!(pieces, ["회의", " was", " \"long\"", "\n"], "piece by piece");
    assert_eq!(
        (generated.n_tokens, generated.is_cut),
        (4, false),
        "counted by pieces where the server does not"
    );
    assert_eq!(generated.outcome, Outcome::Complete, "to the end");
    let asked = server.requests().pop().unwrap();
    let asked: serde_json::Value = match asked.path.as_str() {
        "/api/ps" => serde_json::from_str(&server.requests().iter().rev().nth(1).unwrap().body).unwrap(),
        _ => serde_json::from_str(&asked.body).unwrap(),
    };
    assert_eq!(asked["model"], "small", "{asked}");
    assert_eq!(asked["max_tokens"], 20, "{asked}");
    assert_eq!(asked["messages"][1]["content"], "Hello?", "{asked}");
    assert!(
        generator.info().device.contains("127.0.0.1"),
        "it is told where: {:?}",
        generator.info()
    );
}

#[test]
fn bytes_may_be_cut_anywhere() {
    let bytes: Vec<u8> = [ModelReply::event("가나다 🙂"), ModelReply::event("라")].concat();
    let mut steps: Vec<Step> = bytes.iter().map(|byte| Step::Bytes(vec![*byte])).collect();
    steps.push(Step::Bytes(b"data: [DONE]".to_vec()));
    let server = ModelServer::with_chat(&["small"], ModelReply::stream(steps));
    let (generated, _) = answered(&mut connected(&server), &GenerateOptions::default());
    assert_eq!(
        generated.unwrap().text,
        "가나다 🙂라",
        "characters are put together again"
    );
}

#[test]
fn thoughts_never_reach_the_answer() {
    let thinking =
        b"data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"Hm\",\"content\":\"\"}}]}\n\n".to_vec();
    let mut reply = ModelReply::chat(&["<thi", "nk>secret</th", "ink>\n\nYes"]);
    reply.steps.insert(0, Step::Bytes(thinking));
    let server = ModelServer::with_chat(&["small"], reply);
    let (generated, _) = answered(&mut connected(&server), &GenerateOptions::default());
    assert_eq!(generated.unwrap().text, "Yes", "neither in a field nor in tags");
}

#[test]
fn an_answer_that_is_not_streamed_is_taken_too() {
    let whole = r#"{"choices":[{"message":{"content":"All at once"},"finish_reason":"length"}],"usage":{"prompt_tokens":12,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":5}}}"#;
    let server = ModelServer::with_chat(&["small"], ModelReply::json(200, whole));
    let (generated, _) = answered(&mut connected(&server), &GenerateOptions::default());
    let generated = generated.unwrap();
    assert_eq!(
        (generated.text.as_str(), generated.is_cut),
        ("All at once", true),
        "cut for want of room"
    );
    assert_eq!(
        (
            generated.n_prompt_tokens,
            generated.n_cached_tokens,
            generated.n_tokens
        ),
        (12, 5, 3),
        "as the server counts"
    );
}

#[test]
fn a_server_that_knows_no_schema_is_asked_for_less() {
    let server = ModelServer::start(|request| match request.path.as_str() {
        "/v1/models" => ModelServer::models(&["small"]),
        "/v1/chat/completions"
            if request.body.contains("response_format") || request.body.contains("reasoning_effort") =>
        {
            ModelReply::json(400, r#"{"error": {"message": "unknown field response_format"}}"#)
        }
        "/v1/chat/completions" => ModelReply::chat(&["{}"]),
        _ => ModelReply::json(404, "{}"),
    });
    let mut generator = connected(&server);
    let options = GenerateOptions {
        json_schema: Some(serde_json::json!({"type": "object"})),
        ..GenerateOptions::default()
    };
    let (generated, _) = answered(&mut generator, &options);
    assert_eq!(generated.unwrap().text, "{}", "in the end it answers");
    let n_chats = || {
        let requests = server.requests();
        requests
            .iter()
            .filter(|request| request.path.ends_with("completions"))
            .count()
    };
    assert_eq!(
        n_chats(),
        5,
        "two kinds of extras, a schema, an object, plain words"
    );
    answered(&mut generator, &options).0.unwrap();
    assert_eq!(n_chats(), 6, "and it is remembered");
}

#[test]
fn a_server_that_takes_no_effort_is_told_otherwise_not_to_think() {
    let server = ModelServer::start(|request| match request.path.as_str() {
        "/v1/models" => ModelServer::models(&["small"]),
        "/v1/chat/completions" if request.body.contains("reasoning_effort") => ModelReply::json(
            422,
            r#"{"error": {"message": "reasoning_effort: unknown value"}}"#,
        ),
        "/v1/chat/completions" if request.body.contains("enable_thinking") => ModelReply::chat(&["{}"]),
        _ => ModelReply::json(404, "{}"),
    });
    let options = GenerateOptions {
        json_schema: Some(serde_json::json!({"type": "object"})),
        ..GenerateOptions::default()
    };
    let (generated, _) = answered(&mut connected(&server), &options);
    assert_eq!(generated.unwrap().text, "{}");
    let requests = server.requests();
    let mut chats = requests
        .iter()
        .filter(|request| request.path.ends_with("completions"));
    let last = &chats.next_back().unwrap().body;
    assert!(last.contains("json_schema"), "and held to the schema: {last}");
}

#[test]
fn what_is_wrong_is_a_sentence() {
    let refused = sentence(ModelReply::json(
        404,
        r#"{"error": {"message": "model \"small\"\n\u001b[31mnot found"}}"#,
    ));
    assert!(
        refused.contains("404") && refused.contains("not found"),
        "its own words, cleaned: {refused}"
    );
    let key = sentence(ModelReply::json(401, "{}"));
    assert!(key.contains("key"), "{key}");
    let page = sentence(ModelReply::new(502, "text/html", "<html>Bad gateway</html>"));
    assert!(
        page.contains("502") && !page.contains('<'),
        "no page in a sentence: {page}"
    );
    let mut elsewhere = ModelReply::new(302, "text/plain", "");
    elsewhere.headers.push((
        "location".to_owned(),
        "http://example.com/v1/chat/completions".to_owned(),
    ));
    assert!(
        sentence(elsewhere).contains("not followed"),
        "a redirect leads away"
    );
    for rubbish in [
        ModelReply::new(200, "text/html", "<html>Hello</html>"),
        ModelReply::new(200, "text/event-stream", "data: {\"choices\": [\n\n"),
        ModelReply::json(200, "[1, 2"),
        ModelReply::new(200, "application/octet-stream", vec![0xFF_u8; 100]),
    ] {
        assert!(sentence(rubbish).contains("OpenAI-compatible"), "rubbish is told");
    }
    let inside = ModelReply::stream(vec![
        Step::Bytes(ModelReply::event("He")),
        Step::Bytes(b"data: {\"error\": {\"message\": \"out of memory\"}}\n\n".to_vec()),
    ]);
    assert!(
        sentence(inside).contains("out of memory"),
        "an error in the middle of a stream"
    );
}

#[test]
fn a_cut_stream_is_no_answer() {
    let ended = ModelReply::stream(vec![Step::Bytes(ModelReply::event("He"))]);
    assert!(
        sentence(ended).contains("middle of its answer"),
        "it never said that it was done"
    );
    let hung_up = ModelReply::stream(vec![Step::Bytes(ModelReply::event("He")), Step::HangUp]);
    assert!(
        sentence(hung_up).contains("broke off"),
        "the connection went away"
    );
}

#[test]
fn an_endless_answer_is_not_read_on() {
    let long = ModelReply::stream(vec![Step::Bytes(vec![b'x'; 3 << 20])]);
    assert!(sentence(long).contains("longer than"), "a line without an end");
    let huge = ModelServer::start(|_| ModelReply::json(200, &"[".repeat(6 << 20)));
    let listed = RemoteGenerator::models(&options(&huge), &CancellationToken::new());
    assert!(
        listed.unwrap_err().to_string().contains("longer than"),
        "nor is a list"
    );
}

#[test]
fn cancelling_closes_the_connection_at_once() {
    for steps in [
        vec![Step::Wait(Duration::from_secs(30))],
        vec![
            Step::Bytes(ModelReply::event("He")),
            Step::Wait(Duration::from_secs(30)),
        ],
    ] {
        let server = ModelServer::with_chat(&["small"], ModelReply::stream(steps));
        let mut generator = connected(&server);
        let cancel = CancellationToken::new();
        let from_beside = cancel.clone();
        let cancelled = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            from_beside.cancel();
            Instant::now()
        });
        let generated = generator.generate("Hi", &GenerateOptions::default(), &cancel, &mut |_| true);
        let took = cancelled.join().unwrap().elapsed();
        assert_eq!(
            generated.unwrap().outcome,
            Outcome::Cancelled,
            "what was handed out stands"
        );
        assert!(took < Duration::from_millis(200), "it took {took:?}");
        let waited = Instant::now();
        while server.n_gone() == 0 && waited.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(server.n_gone(), 1, "the server sees that nobody listens");
    }
}

#[test]
fn who_wants_no_more_gets_no_more() {
    let server = ModelServer::with_chat(&["small"], ModelReply::chat(&["one", "two", "three"]));
    let mut generator = connected(&server);
    let mut n = 0;
    let generated = generator.generate(
        "Hi",
        &GenerateOptions::default(),
        &CancellationToken::new(),
        &mut |_| {
            n += 1;
            n < 2
        },
    );
    assert_eq!(
        generated.unwrap().outcome,
        Outcome::Cancelled,
        "stopped from within"
    );
    assert_eq!(n, 2, "and not asked again");
    let (again, _) = answered(&mut generator, &GenerateOptions::default());
    assert_eq!(
        again.unwrap().text,
        "onetwothree",
        "the next prompt has its whole answer"
    );
}

#[test]
fn a_slow_server_is_waited_for_only_so_long() {
    let steps = vec![
        Step::Bytes(ModelReply::event("He")),
        Step::Wait(Duration::from_secs(30)),
    ];
    let server = ModelServer::with_chat(&["small"], ModelReply::stream(steps));
    let options = RemoteOptions {
        idle_timeout: Duration::from_millis(300),
        ..options(&server)
    };
    let mut generator = RemoteGenerator::connect(options, &CancellationToken::new())
        .unwrap()
        .unwrap();
    let started = Instant::now();
    let (generated, _) = answered(&mut generator, &GenerateOptions::default());
    assert!(
        generated.unwrap_err().to_string().contains("said nothing"),
        "it is told"
    );
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "it took {:?}",
        started.elapsed()
    );
}

#[test]
fn an_absent_server_and_an_absent_model_are_told() {
    // A port that was free a moment ago.
    let port = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let options_absent = RemoteOptions {
        address: format!("localhost:{port}"),
        ..RemoteOptions::default()
    };
    let absent = RemoteGenerator::models(&options_absent, &CancellationToken::new());
    assert!(
        absent.unwrap_err().to_string().contains("Nobody answers"),
        "start it"
    );

    let server = ModelServer::with_chat(&["qwen3:latest", "gemma3"], ModelReply::chat(&["x"]));
    let listed = RemoteGenerator::models(&options(&server), &CancellationToken::new())
        .unwrap()
        .unwrap();
    let names: Vec<&str> = listed.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(names, ["qwen3:latest", "gemma3"], "what it offers");
    let connect = |model: &str| {
        let options = RemoteOptions {
            model: model.to_owned(),
            ..options(&server)
        };
        RemoteGenerator::connect(options, &CancellationToken::new())
    };
    let Err(missing) = connect("llama9") else {
        panic!("there is no such model");
    };
    assert!(
        missing.to_string().contains("qwen3:latest, gemma3"),
        "what there is instead: {missing}"
    );
    assert!(connect("qwen3").is_ok(), "a tag may be left out");
}

#[test]
fn nothing_is_sent_beyond_the_own_network() {
    for address in [
        "http://8.8.8.8:11434",
        "https://1.1.1.1/v1",
        "http://[2001:4860:4860::8888]:80",
    ] {
        let options = RemoteOptions {
            address: address.to_owned(),
            ..RemoteOptions::default()
        };
        let started = Instant::now();
        let sentence = RemoteGenerator::models(&options, &CancellationToken::new())
            .unwrap_err()
            .to_string();
        assert!(sentence.contains("own network"), "{address}: {sentence}");
        assert!(started.elapsed() < Duration::from_secs(1), "it is not even tried");
    }
}

#[test]
fn tokens_are_counted_by_the_server_where_it_can() {
    let server = ModelServer::start(|request| match request.path.as_str() {
        "/v1/models" => ModelServer::models(&["small"]),
        "/tokenize" => {
            let asked: serde_json::Value = serde_json::from_str(&request.body).unwrap();
            let n = asked["content"].as_str().unwrap().split_whitespace().count();
            ModelReply::json(200, &serde_json::json!({ "tokens": vec![1; n] }).to_string())
        }
        "/props" => ModelReply::json(200, r#"{"default_generation_settings": {"n_ctx": 60}}"#),
        _ => ModelReply::chat(&["x"]),
    });
    let mut generator = connected(&server);
    assert_eq!(
        generator.count_tokens("three words here").unwrap(),
        3,
        "by its own tokenizer"
    );
    assert_eq!(
        generator.max_context_tokens(),
        60,
        "and the context that it gives"
    );
    let long = "word ".repeat(60);
    let refused = generator.generate(
        &long,
        &GenerateOptions::default(),
        &CancellationToken::new(),
        &mut |_| true,
    );
    assert!(
        refused.unwrap_err().to_string().contains("60"),
        "a prompt that does not fit is not sent"
    );

    let server = ModelServer::with_chat(&["small"], ModelReply::chat(&["x"]));
    let generator = connected(&server);
    assert_eq!(
        generator.count_tokens("회의").unwrap(),
        3,
        "else two bytes are one"
    );
    assert_eq!(
        generator.max_context_tokens(),
        8_192,
        "and the settings say how much there is"
    );
}

#[test]
fn a_context_that_is_shorter_than_set_is_found_out() {
    let server = ModelServer::start(|request| match request.path.as_str() {
        "/v1/models" => ModelServer::models(&["small:latest"]),
        "/api/ps" => ModelReply::json(
            200,
            r#"{"models": [{"name": "small:latest", "context_length": 100}]}"#,
        ),
        "/v1/chat/completions" => ModelReply::chat(&["x"]),
        _ => ModelReply::json(404, "{}"),
    });
    let mut generator = connected(&server);
    let long = "word ".repeat(60);
    let answer = generator.generate(
        &long,
        &GenerateOptions::default(),
        &CancellationToken::new(),
        &mut |_| true,
    );
    assert!(
        answer.is_err(),
        "only a part of it was read, so the answer does not stand"
    );
    assert_eq!(generator.max_context_tokens(), 100, "from now on it is known");
    let (short, _) = answered(&mut generator, &GenerateOptions::default());
    assert_eq!(short.unwrap().text, "x", "what fits is answered");
}

#[test]
fn a_key_is_sent_where_there_is_one() {
    let server = ModelServer::with_chat(&["small"], ModelReply::chat(&["x"]));
    let options = RemoteOptions {
        api_key: Some(" secret ".to_owned()),
        ..options(&server)
    };
    RemoteGenerator::models(&options, &CancellationToken::new()).unwrap();
    assert_eq!(
        server.requests()[0].authorization.as_deref(),
        Some("Bearer secret"),
        "as a bearer token"
    );
}
