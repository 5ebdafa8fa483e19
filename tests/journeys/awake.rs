//! The computer stays awake while the real program records or transcribes.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use recordroute_testkit::Home;

use crate::sound_server::{MICROPHONE, SoundServer};
use crate::support::{QUICK_MODEL, arg, fixture, recordroute};

/// A message bus with the service that keeps a computer awake. Ends with the test.
struct Login {
    children: Vec<Child>,
    address: String,
    said: Lines<BufReader<ChildStdout>>,
}

fn lines_of(child: &mut Child) -> Lines<BufReader<ChildStdout>> {
    BufReader::new(child.stdout.take().expect("stdout is piped")).lines()
}

impl Login {
    fn start(words: &[&str]) -> Self {
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed by `npm test`");
        let address = lines_of(&mut bus)
            .next()
            .expect("it has an address")
            .expect("in a line");
        // The system's own Python, which has the system's libraries.
        let mut service = Command::new("/usr/bin/python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("journeys/login.py"))
            .args(words)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &address)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed by `npm test`");
        let said = lines_of(&mut service);
        let mut login = Self {
            children: vec![service, bus],
            address,
            said,
        };
        assert_eq!(login.says(), "ready", "the service is on the bus");
        login
    }

    fn says(&mut self) -> String {
        self.said.next().expect("it says something").expect("in a line")
    }

    /// So many lines, in the order of the alphabet.
    fn says_of(&mut self, n_lines: usize) -> Vec<String> {
        let mut lines: Vec<String> = (0..n_lines).map(|_| self.says()).collect();
        lines.sort();
        lines
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn record(home: &Home, server: &SoundServer, login: &Login, seconds: &str) -> Command {
    let mut command = recordroute(home);
    command
        .args([
            "record",
            "--no-transcribe",
            "--duration",
            seconds,
            "--device",
            MICROPHONE,
        ])
        .env("XDG_RUNTIME_DIR", server.runtime_dir())
        .env("DBUS_SYSTEM_BUS_ADDRESS", &login.address)
        .env_remove("PULSE_SERVER")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[test]
fn a_recording_keeps_the_computer_awake_until_it_ends() {
    let (home, server, mut login) = (Home::new().unwrap(), SoundServer::start(), Login::start(&[]));
    let mut child = record(&home, &server, &login, "3").spawn().unwrap();
    assert_eq!(
        login.says_of(2),
        ["asked idle RecordRoute block", "asked sleep RecordRoute block"],
        "neither of both is to come"
    );
    assert!(child.try_wait().unwrap().is_none(), "while it records");
    assert_eq!(
        login.says_of(2),
        ["released idle", "released sleep"],
        "then the computer may sleep again"
    );
    assert!(child.wait().unwrap().success(), "and the recording is kept");
}

#[test]
fn a_transcription_keeps_the_computer_from_falling_asleep() {
    let (home, mut login) = (Home::new().unwrap(), Login::start(&[]));
    let status = recordroute(&home)
        .args([
            "transcribe",
            arg(&fixture("short-en.wav")),
            "--model",
            QUICK_MODEL,
        ])
        .env("DBUS_SYSTEM_BUS_ADDRESS", &login.address)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "it is transcribed");
    assert_eq!(
        [login.says(), login.says()],
        ["asked idle RecordRoute block", "released idle"],
        "whoever sends it to sleep may do so"
    );
}

#[test]
fn a_system_that_does_not_answer_holds_up_nothing() {
    let (home, server, mut login) = (
        Home::new().unwrap(),
        SoundServer::start(),
        Login::start(&["mute"]),
    );
    let began = Instant::now();
    let status = record(&home, &server, &login, "1").status().unwrap();
    assert!(status.success(), "the recording is made");
    assert_eq!(login.says(), "asked idle RecordRoute block", "it was asked");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "and nobody waited for its answer: {:?}",
        began.elapsed()
    );
}
