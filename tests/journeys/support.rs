use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Child;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use recordroute_audio::Decoder;
use recordroute_engine::core::{Event, JobId, RecordingId};
use recordroute_engine::worker::WorkerCommand;
use recordroute_engine::{Engine, MediaPolicy, QueueMode, Settings, SettingsSources};
use recordroute_store::Library;
use recordroute_testkit::{Home, WrittenRecording, installed_models, tone, write_wav};
use tokio::sync::broadcast::Receiver;

/// The quick model of the tests.
pub const QUICK_MODEL: &str = "whisper-tiny.en";
/// The model that also knows Korean.
pub const MULTILINGUAL_MODEL: &str = "whisper-base";

/// The small language model of the tests, which knows English and follows instructions a little.
pub const LANGUAGE_MODEL: &str = "smollm2-135m-instruct";

/// A file of the project's own fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The real program over a throw-away home.
pub fn recordroute(home: &Home) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recordroute-under-test"));
    command
        .env("RECORDROUTE_LIBRARY", home.library())
        .env("RECORDROUTE_MODELS", installed_models())
        .env("RECORDROUTE_LOGS", home.join("logs"))
        .env_remove("RECORDROUTE_MODEL")
        .current_dir(home.path())
        .stdin(Stdio::null());
    command
}

/// Ctrl-C as a terminal sends it: to a program that leads a group, and to all in it.
#[cfg(unix)]
pub fn interrupt(leader: &Child) {
    let status = Command::new("kill")
        .args(["-INT", "--", &format!("-{}", leader.id())])
        .status()
        .expect("kill runs");
    assert!(status.success(), "the program was there to be interrupted");
}

/// Runs the real program to its end.
pub fn run(home: &Home, args: &[&str]) -> Output {
    recordroute(home).args(args).output().expect("the program starts")
}

/// Stdout of a run that must have gone well.
pub fn run_well(home: &Home, args: &[&str]) -> String {
    let output = run(home, args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "`recordroute {}` should work, but said: {stderr}",
        args.join(" ")
    );
    String::from_utf8(output.stdout).expect("results are UTF-8")
}

/// Settings of a throw-away home.
pub fn settings(home: &Home) -> Settings {
    Settings {
        library: home.library(),
        models: installed_models(),
        media: MediaPolicy::Reference,
        ..SettingsSources::in_folder(home.path())
            .load()
            .expect("the defaults are complete")
    }
}

/// An engine whose worker is the fake with the given behaviour.
pub fn fake_engine(home: &Home, mode: QueueMode, behaviour: &[String]) -> Engine {
    let worker = WorkerCommand {
        program: PathBuf::from(env!("CARGO_BIN_EXE_recordroute-fake-worker")),
        arguments: behaviour.iter().map(OsString::from).collect(),
    };
    Engine::open(settings(home), worker, mode).expect("the library opens")
}

/// An engine with the real worker.
pub fn real_engine(home: &Home, mode: QueueMode) -> Engine {
    let worker = WorkerCommand {
        program: PathBuf::from(env!("CARGO_BIN_EXE_recordroute-under-test")),
        arguments: vec!["worker".into()],
    };
    Engine::open(settings(home), worker, mode).expect("the library opens")
}

/// A WAV of so many seconds in the home; each name has its own pitch, so no two are the same file.
pub fn tone_file(home: &Home, name: &str, seconds: f32) -> PathBuf {
    let pitch: u32 = name.bytes().map(u32::from).sum();
    let path = home.join(name);
    write_wav(&path, &tone(200.0 + pitch as f32, seconds, 16_000), 16_000).expect("the fixture is written");
    path
}

/// A longer recording of speech: the English sample so many times in a row.
pub fn long_speech(home: &Home, n_times: usize) -> PathBuf {
    let mut decoder = Decoder::open(&fixture("sample-en.m4a")).expect("the sample is there");
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block().expect("the sample can be decoded") {
        samples.extend(block.samples);
    }
    let path = home.join("long speech.wav");
    write_wav(&path, &samples.repeat(n_times), 16_000).expect("the file is written");
    path
}

/// Writes a file in the home.
pub fn file(home: &Home, name: &str, bytes: &[u8]) -> PathBuf {
    let path = home.join(name);
    std::fs::File::create(&path)
        .and_then(|mut file| file.write_all(bytes))
        .expect("the fixture is written");
    path
}

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().expect("test paths are text")
}

/// Words in lower case without punctuation, to compare what was said.
pub fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| {
            word.chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
                .to_lowercase()
        })
        .filter(|word| !word.is_empty())
        .collect()
}

/// Long enough for a busy machine; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for an event that the closure accepts.
pub fn wait_for<T>(events: &mut Receiver<Event>, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match events.try_recv() {
            Ok(event) => {
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    panic!("the awaited event did not come");
}

pub fn wait_for_end(events: &mut Receiver<Event>, id: JobId) -> Event {
    wait_for(events, |event| match event {
        Event::JobDone { job_id, .. }
        | Event::JobFailed { job_id, .. }
        | Event::JobCancelled { job_id, .. }
            if *job_id == id =>
        {
            Some(event.clone())
        }
        _ => None,
    })
}

/// A recording in the library of a home, with a transcript of these texts, ten seconds each.
pub fn transcribed(home: &Home, title: &str, texts: &[&str]) -> RecordingId {
    let library = Library::open(&home.library()).expect("the library opens");
    WrittenRecording::of_texts(title, texts)
        .keep(&library)
        .expect("it is kept")
}
