//! A sound server of a test's own: a null sink whose monitor is the microphone.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use recordroute_testkit::Home;

/// What is played into this is heard by [`MICROPHONE`], bit for bit.
pub const SINK: &str = "fakemic";
/// The monitor of [`SINK`].
pub const MICROPHONE: &str = "fakemic.monitor";
/// Output of the computer; its monitor is the computer's own sound.
pub const SPEAKERS: &str = "speakers";

pub const SAMPLE_RATE_HZ: usize = 48_000;

/// A running PulseAudio. Ends with the test.
pub struct SoundServer {
    folder: Home,
    server: Child,
    /// Keeps the monitor awake: without it the first seconds of a recording are lost.
    listener: Option<Child>,
}

impl SoundServer {
    pub fn start() -> Self {
        Self::heard_in(HURRIED)
    }

    /// The same with a listener that wants blocks of that length.
    pub fn heard_in(block: Duration) -> Self {
        let folder = Home::new().expect("a folder can be made");
        let server = Command::new("pulseaudio")
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--disallow-exit",
                "--log-level=error",
            ])
            .args(["-L", "module-native-protocol-unix auth-anonymous=1"])
            .args([
                "-L",
                &format!("module-null-sink sink_name={SINK} rate=48000 channels=2"),
            ])
            .args([
                "-L",
                &format!("module-null-sink sink_name={SPEAKERS} rate=44100 channels=2"),
            ])
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pulseaudio is installed by `npm test`");
        let mut started = Self {
            folder,
            server,
            listener: None,
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while !started.pactl(&["info"]) {
            assert!(Instant::now() < deadline, "the sound server answers");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(
            started.pactl(&["set-default-source", MICROPHONE]),
            "the microphone is the default"
        );
        assert!(started.pactl(&["set-default-sink", SPEAKERS]), "and the speakers");
        started.listener = Some(started.client("parec", &["-d", MICROPHONE, &latency(block)]));
        // A sink that nobody heard goes on with its longest block before it takes up shorter ones.
        std::thread::sleep(Duration::from_secs(1) + block * 15);
        started
    }

    /// The folder in which clients find the server.
    pub fn runtime_dir(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env("XDG_RUNTIME_DIR", self.runtime_dir())
            .env("HOME", self.runtime_dir())
            .env_remove("PULSE_SERVER")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Whether the server did what it was told.
    pub fn pactl(&self, args: &[&str]) -> bool {
        self.command("pactl", args)
            .status()
            .expect("pactl is installed by `npm test`")
            .success()
    }

    fn client(&self, program: &str, args: &[&str]) -> Child {
        self.command(program, args)
            .spawn()
            .expect("the client is installed by `npm test`")
    }

    /// Plays a file once, without waiting for its end.
    pub fn play(&self, file: &Path, sink: &str) -> Playing {
        let device = format!("--device={sink}");
        let file = file.to_str().expect("test paths are text");
        Playing {
            child: self.client("paplay", &[&device, file]),
        }
    }

    /// Plays a signal that counts milliseconds, and listens to it in blocks of that length. A source
    /// gives all its listeners blocks as short as the most hurried of them wants.
    pub fn count(&self, block: Duration) -> Counter {
        let format = [
            "--raw",
            "--format=s16le",
            "--rate=48000",
            "--channels=2",
            "--latency-msec=1000",
        ];
        let device = format!("--device={SINK}");
        let mut player = self
            .command("pacat", &[&["--playback", &device], &format[..]].concat())
            .stdin(Stdio::piped())
            .spawn()
            .expect("pacat is installed by `npm test`");
        let device = format!("--device={MICROPHONE}");
        let latency = latency(block);
        let format = [
            "--raw",
            "--format=s16le",
            "--rate=48000",
            "--channels=2",
            &latency,
        ];
        let mut ear = self
            .command("parec", &[&[device.as_str()], &format[..]].concat())
            .stdout(Stdio::piped())
            .spawn()
            .expect("parec is installed by `npm test`");
        let stop = Arc::new(AtomicBool::new(false));
        let heard = Arc::new(AtomicU64::new(0));
        let mut stdin = player.stdin.take().expect("it is piped");
        let stopped = Arc::clone(&stop);
        let speak = std::thread::spawn(move || {
            for ms in 0.. {
                let value = counter_value(ms).to_le_bytes();
                let bytes: Vec<u8> = value
                    .iter()
                    .copied()
                    .cycle()
                    .take(4 * SAMPLE_RATE_HZ / 1_000)
                    .collect();
                if stopped.load(Ordering::SeqCst) || stdin.write_all(&bytes).is_err() {
                    return;
                }
            }
        });
        let mut stdout = ear.stdout.take().expect("it is piped");
        let delays_ms = Arc::new(Mutex::new(Vec::new()));
        let jumps = Arc::new(Mutex::new(Vec::new()));
        let (newest, delays) = (Arc::clone(&heard), Arc::clone(&delays_ms));
        let jumped = Arc::clone(&jumps);
        let listen = std::thread::spawn(move || {
            let mut frames = Frames::default();
            let mut values = Values::default();
            let mut bytes = [0_u8; 960];
            let (began, mut n_total) = (Instant::now(), 0);
            while let Ok(n_bytes) = stdout.read(&mut bytes) {
                if n_bytes == 0 {
                    return;
                }
                n_total += n_bytes;
                let elapsed = began.elapsed();
                let sound_ms = n_total as f64 * 1_000.0 / (4 * SAMPLE_RATE_HZ) as f64;
                note_delay(&mut delays.lock().unwrap(), elapsed, sound_ms);
                for value in frames.lefts(&bytes[..n_bytes]) {
                    newest.store(value as u64, Ordering::SeqCst);
                    jumped.lock().unwrap().extend(values.jump_to(value));
                }
            }
        });
        Counter {
            stop,
            heard,
            delays_ms,
            jumps,
            children: Mutex::new(vec![player, ear]),
            threads: vec![speak, listen],
        }
    }
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        for child in self.listener.iter_mut().chain([&mut self.server]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A file that is being played.
pub struct Playing {
    child: Child,
}

impl Playing {
    /// Waits for its end.
    pub fn wait(mut self) {
        assert!(
            self.child.wait().expect("it ends").success(),
            "the file was played"
        );
    }
}

/// A counter that is being played.
pub struct Counter {
    stop: Arc<AtomicBool>,
    heard: Arc<AtomicU64>,
    /// The smallest delay of each second.
    delays_ms: Arc<Mutex<Vec<f64>>>,
    jumps: Arc<Mutex<Vec<Jump>>>,
    children: Mutex<Vec<Child>>,
    threads: Vec<JoinHandle<()>>,
}

/// Blocks as a listener has them that is not in a hurry.
pub const CALM: Duration = Duration::from_millis(100);

/// Blocks as short as a call or a game has them.
pub const HURRIED: Duration = Duration::from_millis(10);

fn latency(block: Duration) -> String {
    format!("--latency-msec={}", block.as_millis())
}

/// The period of the counter, milliseconds; larger than what is ever compared.
pub const COUNTER_PERIOD_MS: u64 = 32_000;

/// The sample for a millisecond; never silence.
fn counter_value(ms: u64) -> i16 {
    (ms % COUNTER_PERIOD_MS) as i16 + 1
}

/// From one value of a counter to another that does not follow it.
pub type Jump = (i16, i16);

/// Finds what is missing in a counter. A player that is late leaves silence and goes on with the next
/// number; what was lost on the way is a number that is missing.
#[derive(Default)]
pub struct Values {
    last: Option<i16>,
}

impl Values {
    /// Goes on with a sample.
    pub fn jump_to(&mut self, value: i16) -> Option<Jump> {
        if value == 0 {
            return None;
        }
        let last = self.last.replace(value)?;
        let step = i32::from(value) - i32::from(last);
        let follows = step == 0 || step == 1 || step == 1 - COUNTER_PERIOD_MS as i32;
        (!follows).then_some((last, value))
    }
}

/// Frames of two channels out of bytes that come in any portion.
#[derive(Default)]
struct Frames {
    rest: Vec<u8>,
}

impl Frames {
    /// The left samples of what is whole by now.
    fn lefts(&mut self, bytes: &[u8]) -> Vec<i16> {
        self.rest.extend_from_slice(bytes);
        let whole = self.rest.len() / 4 * 4;
        self.rest
            .drain(..whole)
            .collect::<Vec<u8>>()
            .chunks_exact(4)
            .map(|frame| i16::from_le_bytes([frame[0], frame[1]]))
            .collect()
    }
}

/// Keeps the smallest delay of sound behind the clock in each second.
fn note_delay(delays_ms: &mut Vec<f64>, elapsed: Duration, sound_ms: f64) {
    let delay_ms = elapsed.as_secs_f64() * 1_000.0 - sound_ms;
    let second = elapsed.as_secs() as usize;
    delays_ms.resize(delays_ms.len().max(second + 1), f64::INFINITY);
    delays_ms[second] = delays_ms[second].min(delay_ms);
}

impl Counter {
    /// By how much the sink's own clock went away from the computer's, as another program hears it,
    /// between the first and the last half minute: a null sink cuts the length of each of its blocks to
    /// whole microseconds and so is some parts in a hundred thousand too fast.
    pub fn drift_ms(&self) -> f64 {
        let delays_ms = self.delays_ms.lock().unwrap();
        let n_seconds = delays_ms.len().min(30);
        let smallest = |of: &[f64]| of.iter().copied().fold(f64::INFINITY, f64::min);
        smallest(&delays_ms[delays_ms.len() - n_seconds..]) - smallest(&delays_ms[..n_seconds])
    }

    /// What another program found missing: the sound server never gave it to anybody.
    pub fn jumps(&self) -> Vec<Jump> {
        self.jumps.lock().unwrap().clone()
    }

    /// The millisecond that can be heard now.
    pub fn now(&self) -> u64 {
        self.heard.load(Ordering::SeqCst).saturating_sub(1)
    }

    /// Waits until it is heard.
    pub fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.heard.load(Ordering::SeqCst) == 0 {
            assert!(Instant::now() < deadline, "what is played is heard");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for child in self
            .children
            .get_mut()
            .expect("nobody panicked with it")
            .iter_mut()
        {
            let _ = child.kill();
            let _ = child.wait();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The samples of a WAV, channel by channel.
pub fn channels(path: &PathBuf) -> Vec<Vec<i16>> {
    let mut reader = hound::WavReader::open(path).expect("it is a WAV");
    let n_channels = usize::from(reader.spec().channels);
    let mut channels = vec![Vec::new(); n_channels];
    for (idx, sample) in reader.samples::<i16>().enumerate() {
        channels[idx % n_channels].push(sample.expect("it is whole"));
    }
    channels
}
