//! The real program records from a real sound server.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use recordroute_testkit::Home;
use serde_json::Value;

use crate::sound_server::{
    CALM, COUNTER_PERIOD_MS, HURRIED, Jump, MICROPHONE, SINK, SPEAKERS, SoundServer, Values, channels,
};
use crate::support::{QUICK_MODEL, arg, fixture, recordroute, run, words};

/// The program with the sound server in reach, and in its own tongue.
fn program(home: &Home, server: &SoundServer) -> Command {
    let mut command = recordroute(home);
    command
        .env("XDG_RUNTIME_DIR", server.runtime_dir())
        .env("RECORDROUTE_MODEL", QUICK_MODEL)
        .env("RECORDROUTE_LANGUAGE", "en")
        .env_remove("PULSE_SERVER");
    command
}

/// Begins to record, and waits until it does.
fn begin(home: &Home, server: &SoundServer, args: &[&str]) -> Child {
    let mut child = program(home, server)
        .arg("record")
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
    let mut said = String::new();
    while !said.lines().any(|line| line.starts_with("Recording from")) {
        let n_bytes = stderr.read_line(&mut said).expect("it says something");
        assert!(n_bytes > 0, "it says that it records before it ends: {said}");
    }
    // What it says later has somewhere to go.
    std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    child
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success(), "the program was there to get the signal");
}

fn json(home: &Home, server: &SoundServer, args: &[&str]) -> Vec<Value> {
    let output = program(home, server)
        .args(args)
        .arg("--json")
        .output()
        .expect("it starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "`{}` should work, but said: {stderr}",
        args.join(" ")
    );
    let text = String::from_utf8(output.stdout).expect("results are UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

fn media(home: &Home, recording: &Value) -> PathBuf {
    home.library().join(
        recording["media"]["path"]
            .as_str()
            .expect("it lies in the library"),
    )
}

#[test]
fn speech_is_recorded_and_transcribed() {
    let (home, server) = (Home::new().unwrap(), SoundServer::start());
    let listed = json(&home, &server, &["devices"]).remove(0);
    let default = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|device| device["id"] == format!("pulseaudio:{MICROPHONE}"));
    assert_eq!(
        default.unwrap()["kind"],
        "system",
        "a monitor is known for what it is"
    );
    let wav = home.join("heard.wav");
    let child = begin(
        &home,
        &server,
        &["--duration", "6", "--title", "읽기", "--output", arg(&wav)],
    );
    server.play(&fixture("short-en.wav"), SINK).wait();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "it ends well by itself");
    let said = std::fs::read_to_string(fixture("short-en.txt")).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        words(&text),
        words(&said),
        "every word that was played is in the text"
    );
    let (recordings, heard) = (json(&home, &server, &["history", "list"]), channels(&wav));
    let recording = &recordings[0][0];
    assert_eq!(
        recording["title"], "읽기",
        "the recording is in the library under its title"
    );
    assert_eq!(heard.len(), 2, "the device's channels are kept");
    let off_ms = (heard[0].len() as f64 / 48.0 - 6_000.0).abs();
    assert!(
        off_ms < 250.0,
        "it is as long as was wished, off by {off_ms:.0} ms"
    );
    assert!(
        std::fs::read_dir(home.library().join("captures"))
            .unwrap()
            .next()
            .is_none(),
        "nothing is left where it grew"
    );
}

#[test]
fn what_is_said_is_printed_while_it_is_recorded() {
    let (home, server) = (Home::new().unwrap(), SoundServer::start());
    let mut child = begin(&home, &server, &["--live", "--json"]);
    server.play(&fixture("short-en.wav"), SINK).wait();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut lines = Vec::new();
    let said = words(&std::fs::read_to_string(fixture("short-en.txt")).unwrap());
    let heard = |lines: &[Value]| -> Vec<String> {
        let texts = lines.iter().filter(|line| line["event"] == "live");
        texts
            .flat_map(|line| words(line["text"].as_str().unwrap()))
            .collect()
    };
    // It is still recording: nothing but the live transcript can be in these lines.
    while heard(&lines).len() < said.len() {
        let mut line = String::new();
        assert!(
            stdout.read_line(&mut line).unwrap() > 0,
            "it prints before it ends"
        );
        lines.push(serde_json::from_str(&line).expect("a line of JSON"));
    }
    assert_eq!(heard(&lines), said, "every word that was played");
    assert!(
        lines[0]["start_ms"].as_u64() < lines[0]["end_ms"].as_u64(),
        "with its times: {lines:?}"
    );
    signal(&child, "-INT");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "it ends well");
    let values = serde_json::Deserializer::from_str(&rest).into_iter::<Value>();
    let document = values.last().unwrap().expect("the result is JSON too");
    let segments = document["segments"].as_array().unwrap();
    let whole: Vec<String> = segments
        .iter()
        .flat_map(|segment| words(segment["text"].as_str().unwrap()))
        .collect();
    assert_eq!(whole, said, "then the transcript of the whole follows");
}

#[test]
fn ctrl_c_and_a_closed_terminal_end_it_well() {
    let (home, server) = (Home::new().unwrap(), SoundServer::start());
    let counter = server.count(HURRIED);
    counter.wait();
    for name in ["-INT", "-TERM", "-HUP"] {
        let child = begin(&home, &server, &["--no-transcribe", "--json"]);
        std::thread::sleep(Duration::from_millis(1_500));
        let heard_ms = counter.now();
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{name} ends it well");
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        let path = PathBuf::from(line["path"].as_str().unwrap());
        let missing_ms = missing_after(*channels(&path)[0].last().unwrap(), heard_ms);
        assert!(
            missing_ms < 100,
            "{name}: everything up to the wish is there, {missing_ms} ms are missing"
        );
        assert_eq!(line["n_frames_lost"], 0, "{name}: and nothing in between is lost");
    }
}

/// What is missing in a counter.
fn jumps(channel: &[i16]) -> Vec<Jump> {
    let mut values = Values::default();
    channel
        .iter()
        .filter_map(|value| values.jump_to(*value))
        .collect()
}

/// Kills a recording after so long; returns how much is missing.
fn kill_and_recover(home: &Home, server: &SoundServer, after: Duration) -> u64 {
    let counter = server.count(HURRIED);
    counter.wait();
    let child = begin(home, server, &["--device", MICROPHONE, "--title", "killed"]);
    std::thread::sleep(after);
    let heard_ms = counter.now();
    signal(&child, "-KILL");
    child.wait_with_output().unwrap();
    let offered = json(home, server, &["recover", "--list"]).remove(0);
    assert_eq!(
        offered.as_array().unwrap().len(),
        1,
        "after {after:?} it is offered: {offered}"
    );
    let recordings = json(home, server, &["recover"]);
    assert_eq!(recordings[0]["title"], "killed", "and kept");
    let heard = channels(&media(home, &recordings[0]));
    let jumps = jumps(&heard[0]);
    assert!(jumps.is_empty(), "nothing in between is missing: {jumps:?}");
    missing_after(*heard[0].iter().rfind(|value| **value != 0).unwrap(), heard_ms)
}

/// How much of what could be heard at a moment is missing in a recording that ends with `last`.
fn missing_after(last: i16, heard_ms: u64) -> u64 {
    let last = u64::try_from(last).unwrap();
    let missing_ms = (heard_ms + COUNTER_PERIOD_MS + 1 - last) % COUNTER_PERIOD_MS;
    // It may go on for some time after it was looked at.
    if missing_ms > COUNTER_PERIOD_MS / 2 {
        0
    } else {
        missing_ms
    }
}

/// Moments between 0.5 and 3.5 seconds, the same in each run.
fn moments(n_moments: u64) -> impl Iterator<Item = Duration> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..n_moments).map(move |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis(500 + (state >> 33) % 3_000)
    })
}

fn kill_at(n_moments: u64) {
    let (home, server) = (Home::new().unwrap(), SoundServer::start());
    let mut missing: Vec<u64> = Vec::new();
    for after in moments(n_moments) {
        let missing_ms = kill_and_recover(&home, &server, after);
        assert!(
            missing_ms <= 1_000,
            "killed after {after:?}, {missing_ms} ms are missing"
        );
        missing.push(missing_ms);
    }
    missing.sort_unstable();
    let (median, worst) = (missing[missing.len() / 2], missing[missing.len() - 1]);
    eprintln!("killed {n_moments} times: {median} ms missing in the median, {worst} at worst");
}

#[test]
fn a_killed_recording_is_offered_and_lacks_less_than_a_second() {
    kill_at(4);
}

#[test]
#[ignore = "long: some minutes; `npm run test:long`"]
fn killed_a_hundred_times_nothing_is_lost() {
    kill_at(100);
}

/// Processor seconds and resident kilobytes of a process.
fn used(pid: u32) -> (f64, u64) {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap();
    let stat = read("stat");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    let status = read("status");
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kilobytes = resident.trim().trim_end_matches(" kB").parse().unwrap();
    (ticks / 100.0, kilobytes)
}

fn record_under_load(length: Duration) {
    let (home, server) = (Home::new().unwrap(), SoundServer::heard_in(CALM));
    let counter = server.count(CALM);
    counter.wait();
    let child = begin(
        &home,
        &server,
        &["--device", MICROPHONE, "--no-transcribe", "--json"],
    );
    let began = Instant::now();
    let mut resident_kb = Vec::new();
    while began.elapsed() < length {
        // Another program keeps all cores busy.
        let sample = fixture("sample-en.m4a");
        let args = ["transcribe", arg(&sample), "--no-save", "--model", QUICK_MODEL];
        let output = program(&Home::new().unwrap(), &server)
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "the other job goes on too");
        resident_kb.push(used(child.id()).1);
    }
    let share = used(child.id()).0 / began.elapsed().as_secs_f64();
    let clock_ms = counter.drift_ms();
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (first, last) = (
        resident_kb[resident_kb.len() / 4],
        resident_kb[resident_kb.len() - 1],
    );
    let drift_ms = line["drift_ms"][0].as_f64().unwrap();
    eprintln!(
        "{length:?}: {:.1} % of a core, {first} then {last} kB, drift {drift_ms:.1} ms where the sink's \
         own is {clock_ms:.1} ms, {} frames lost",
        share * 100.0,
        line["n_frames_lost"]
    );
    assert_eq!(line["n_frames_lost"], 0, "no frame is lost");
    assert_eq!(
        line["notices"].as_array().unwrap().len(),
        0,
        "and nothing happened"
    );
    let mut missing = jumps(&channels(&PathBuf::from(line["path"].as_str().unwrap()))[0]);
    let never_given = counter.jumps();
    missing.retain(|jump| !never_given.contains(jump));
    assert!(
        missing.is_empty(),
        "nothing in between is missing: {missing:?}; of what the server itself lost: {never_given:?}"
    );
    assert!(
        (drift_ms - clock_ms).abs() < 20.0,
        "the clock is kept: {drift_ms} ms off, the sink itself {clock_ms} ms"
    );
    assert!(last < first + 2_000, "memory is flat: {first} kB, then {last} kB");
    assert!(share < 0.03, "it takes {:.1} % of a core", share * 100.0);
}

#[test]
#[ignore = "long: half an hour; `npm run test:long`"]
fn half_an_hour_beside_a_transcription_loses_nothing() {
    record_under_load(Duration::from_secs(30 * 60));
}

#[test]
fn an_unfinished_recording_is_told_of_and_can_be_discarded() {
    let (home, server) = (Home::new().unwrap(), SoundServer::start());
    let child = begin(&home, &server, &[]);
    let listed = json(&home, &server, &["recover", "--list"]).remove(0);
    assert_eq!(
        listed,
        Value::Array(Vec::new()),
        "what another program records is not offered"
    );
    std::thread::sleep(Duration::from_millis(800));
    signal(&child, "-KILL");
    child.wait_with_output().unwrap();
    let args = ["record", "--duration", "0.5", "--no-transcribe"];
    let output = program(&home, &server).args(args).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("`recordroute recover` keeps it"),
        "the next recording tells it: {stderr}"
    );
    let output = program(&home, &server).args(["jobs", "run"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("was left unfinished after 0:0"),
        "so do the jobs: {stderr}"
    );
    let discarded = json(&home, &server, &["recover", "1", "--discard"]).remove(0);
    assert!(media(&home, &discarded).is_file(), "it is in the trash, not gone");
    assert!(discarded["trashed_at"].is_string(), "and says so");
    let listed = json(&home, &server, &["recover", "--list"]).remove(0);
    assert_eq!(listed, Value::Array(Vec::new()), "then it is not offered again");
}

#[test]
fn microphone_and_computer_are_two_channels_with_their_labels() {
    let (home, server) = (Home::new().unwrap(), SoundServer::start());
    let wav = home.join("both.wav");
    let args = [
        "--device",
        MICROPHONE,
        "--system",
        "--duration",
        "12",
        "--json",
        "--output",
        arg(&wav),
    ];
    let child = begin(&home, &server, &args);
    std::thread::sleep(Duration::from_millis(500));
    server.play(&fixture("short-en.wav"), SINK).wait();
    server.play(&fixture("short-en.wav"), SPEAKERS).wait();
    let output = child.wait_with_output().unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    let heard = channels(&wav);
    assert_eq!(heard.len(), 2, "one channel each");
    let span = |channel: &[i16]| {
        let is_loud = |sample: &i16| sample.unsigned_abs() > 500;
        (
            channel.iter().position(is_loud).unwrap(),
            channel.iter().rposition(is_loud).unwrap(),
        )
    };
    let (me, others) = (span(&heard[0]), span(&heard[1]));
    assert!(
        me.1 < others.0,
        "what was said first is left, what was played then is right: {me:?} {others:?}"
    );
    let lengths_ms = (me.1 - me.0).abs_diff(others.1 - others.0) / 48;
    assert!(
        lengths_ms < 30,
        "the other rate is as long as it was, off by {lengths_ms} ms"
    );
    let off_ms = (line["duration_ms"].as_f64().unwrap() - 12_000.0).abs();
    assert!(off_ms < 250.0, "and both go to the end, off by {off_ms} ms");
    let segments = line["segments"].as_array().unwrap();
    let of = |speaker: &str| {
        let its = segments.iter().filter(|segment| segment["speaker"] == speaker);
        its.flat_map(|segment| words(segment["text"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let said = words(&std::fs::read_to_string(fixture("short-en.txt")).unwrap());
    assert_eq!(of("me"), said, "my words are mine");
    assert_eq!(of("others"), said, "and theirs are theirs: {segments:?}");
}

#[test]
fn a_device_that_is_unplugged_leaves_a_gap() {
    let (home, server) = (Home::new().unwrap(), SoundServer::start());
    let load = [
        "load-module",
        "module-null-sink",
        "sink_name=headset",
        "rate=16000",
        "channels=1",
    ];
    assert!(server.pactl(&load), "a headset is plugged in");
    let child = begin(
        &home,
        &server,
        &[
            "--device",
            "headset.monitor",
            "--duration",
            "6",
            "--no-transcribe",
            "--json",
        ],
    );
    std::thread::sleep(Duration::from_secs(2));
    assert!(
        server.pactl(&["unload-module", "module-null-sink"]),
        "everything is unplugged"
    );
    std::thread::sleep(Duration::from_secs(1));
    assert!(
        server.pactl(&[
            "load-module",
            "module-null-sink",
            "sink_name=headset",
            "rate=48000"
        ]),
        "it is back"
    );
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the recording goes on");
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    let notice = line["notices"][0].as_str().unwrap_or_default();
    assert!(notice.contains("was away from 0:00:0"), "the gap is told: {line}");
    let off_ms = (line["duration_ms"].as_f64().unwrap() - 6_000.0).abs();
    assert!(off_ms < 250.0, "and times stay true, off by {off_ms} ms");
}

#[test]
fn the_computer_s_sound_is_heard_wherever_it_is_played() {
    let (home, server) = (Home::new().unwrap(), SoundServer::start());
    let load = [
        "load-module",
        "module-null-sink",
        "sink_name=headset",
        "rate=48000",
    ];
    assert!(server.pactl(&load), "a headset is there");
    assert!(server.pactl(&["set-default-sink", SPEAKERS]), "and not in use");
    let wav = home.join("system.wav");
    let args = [
        "--system",
        "--duration",
        "9",
        "--no-transcribe",
        "--json",
        "--output",
        arg(&wav),
    ];
    let child = begin(&home, &server, &args);
    std::thread::sleep(Duration::from_secs(1));
    assert!(server.pactl(&["set-default-sink", "headset"]), "it is put on");
    std::thread::sleep(Duration::from_millis(2_500));
    server.play(&fixture("short-en.wav"), "headset").wait();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the recording goes on");
    let heard = channels(&wav);
    let n_loud = heard[0]
        .iter()
        .filter(|sample| sample.unsigned_abs() > 500)
        .count();
    assert!(n_loud > 10_000, "what is played there is heard: {n_loud} samples");
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    let off_ms = (line["duration_ms"].as_f64().unwrap() - 9_000.0).abs();
    // The last block of a sink that nobody heard before comes late, and a stop waits half a second for it.
    assert!(off_ms < 500.0, "and times stay true, off by {off_ms} ms");
}

#[test]
fn without_a_sound_device_it_says_so() {
    let home = Home::new().unwrap();
    for args in [
        &["devices"][..],
        &["record", "--duration", "1"],
        &["record", "--system"],
    ] {
        let mut command = recordroute(&home);
        // Neither a server nor, through the empty configuration, a sound card.
        command
            .args(args)
            .env("XDG_RUNTIME_DIR", home.path())
            .env("HOME", home.path())
            .env("PULSE_SERVER", "unix:/nonexistent")
            .env("ALSA_CONFIG_PATH", "/dev/null");
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(1),
            "`{}` fails: {stderr}",
            args.join(" ")
        );
        assert!(
            stderr.contains("No microphone or other sound input was found. Connect one and try again."),
            "in a sentence: {stderr}"
        );
    }
    let unfinished = run(&home, &["recover", "--list"]);
    assert!(
        String::from_utf8_lossy(&unfinished.stderr).contains("Nothing was left unfinished."),
        "what did not begin is not offered"
    );
}
