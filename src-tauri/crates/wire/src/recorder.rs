use recordroute_engine as engine;
use recordroute_engine::{capture, core as domain};

use crate::{CommandError, mirror, mirror_enum};

mirror_enum! {
    /// What is heard by an input.
    InputKind = capture::InputKind { Microphone, System }
}

mirror! {
    /// Something that can be recorded.
    InputDevice = capture::InputDevice { id: String, name: String, kind: InputKind, is_default: bool }
}

mirror! {
    /// What is recorded, and what becomes of it.
    RecordChoice = engine::RecordOptions { title: Option<String>, device: Option<String>, system: bool, transcribe: bool, live: bool }
}

mirror_enum! {
    /// Who wrote a note.
    NoteKind = domain::NoteKind { User, Recorder }
}

mirror! {
    /// A note at a time of a recording.
    RecordingNote = domain::Note { at_ms: u64, kind: NoteKind, text: String }
}

mirror! {
    /// What does not change by itself in a recording that is being made.
    LiveFacts = engine::LiveFacts {
        title: String, transcribe: bool, microphone: bool, system: bool, notes: Vec<RecordingNote>,
    }
}

mirror_enum! {
    /// What a recording is doing; the last three ended by themselves and wait to be stopped.
    LiveState = engine::LiveState { Running, Paused, DiskFull, DeviceLost, WriteFailed }
}

mirror! {
    /// Loudness of one channel in one window.
    Level = capture::Level {
        #[specta(type = u32)] low: f32, #[specta(type = u32)] high: f32, #[specta(type = u32)] rms: f32,
    }
}

mirror! {
    /// All channels in one window.
    Levels = capture::Levels { at_ms: u64, channels: Vec<Level> }
}

mirror! {
    /// How one device is.
    LiveDevice = capture::DeviceStatus { name: String, is_connected: bool }
}

mirror_enum! {
    /// What a live transcript is doing.
    LiveTextState = engine::LiveTextState { Loading, Listening, NoModel, Ended }
}

mirror! {
    /// A line of a live transcript; without a text where what was said is left out.
    LiveLine = engine::LiveLine { start_ms: u64, end_ms: u64, text: Option<String>, doubtful: bool }
}

mirror! {
    /// The live transcript, with the lines since the last status.
    LiveText = engine::LiveText {
        state: LiveTextState, behind_ms: u64, problem: Option<CommandError>, lines: Vec<LiveLine>,
    }
}

mirror! {
    /// How a recording is.
    LiveStatus = engine::LiveStatus {
        state: LiveState, elapsed_ms: u64, devices: Vec<LiveDevice>, no_signal: bool, n_clipped: Vec<u64>,
        lost_ms: u64, away_ms: u64, disk_low_bytes: Option<u64>, levels: Vec<Levels>, text: Option<LiveText>,
    }
}

mirror! {
    /// A recording that was stopped and is in the library.
    Recorded = engine::Recorded {
        recording_id: i64, duration_ms: u64, job_id: Option<i64>, not_transcribed: Option<String>,
    }
}

mirror! {
    /// A recording whose program ended before it did.
    Unfinished = engine::UnfinishedRecording {
        id: i64, title: String, device: String, started_at: String, duration_ms: u64,
    }
}

impl From<RecordChoice> for engine::RecordOptions {
    fn from(choice: RecordChoice) -> Self {
        Self {
            title: choice.title,
            device: choice.device,
            system: choice.system,
            transcribe: choice.transcribe,
            live: choice.live,
        }
    }
}
