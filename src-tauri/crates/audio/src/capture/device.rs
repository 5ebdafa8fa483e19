//! The devices of this computer, by cpal.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, DeviceId, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig};
use serde::{Deserialize, Serialize};

use super::CaptureError;
use super::ring::{Faults, Inlet, RING_SECONDS, ring};
use super::source::{InputKind, OpenSource, SampleWidth, Source, SourceFormat};

/// Blocks of a quarter of a second at most. A sound server keeps no more than one for a program that is
/// kept from reading, and drops the rest; with the program no more than one is lost. Most servers
/// deliver much sooner.
const BLOCKS_PER_SECOND: u32 = 4;

/// How long opening a device may take before it counts as gone.
const OPEN_TIMEOUT: Duration = Duration::from_secs(3);

/// PulseAudio and PipeWire name the monitor of a sink after it.
const MONITOR_SUFFIX: &str = ".monitor";

/// Names of ALSA that are no device: they give zeros, or lead to a server that did not answer before.
const NO_DEVICES: [&str; 10] = [
    "null",
    "pulse",
    "pipewire",
    "jack",
    "oss",
    "lavrate",
    "samplerate",
    "speexrate",
    "speex",
    "upmix",
];

/// A sound input that can be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputDevice {
    /// Stays the same when the computer or the device is started again.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What is heard by it.
    pub kind: InputKind,
    /// It is what the system takes for its kind where nothing is chosen.
    pub is_default: bool,
    /// Frames a second.
    pub sample_rate_hz: u32,
    /// Channels.
    pub n_channels: u16,
}

/// The inputs that are there now, the default ones first. None at all is an error that says so.
pub fn devices() -> Result<Vec<InputDevice>, CaptureError> {
    let mut found: Vec<InputDevice> = find_all().into_iter().map(|found| found.device).collect();
    found.sort_by_key(|device| (device.kind == InputKind::System, !device.is_default));
    if found.is_empty() {
        return Err(CaptureError::NoDevice);
    }
    Ok(found)
}

struct Found {
    handle: cpal::Device,
    config: cpal::SupportedStreamConfig,
    device: InputDevice,
}

/// ALSA writes what it tries and cannot have to stderr, over the program's own lines. For this thread
/// it is kept, and thrown away.
fn hush() {
    #[cfg(target_os = "linux")]
    if let Err(error) = alsa::Output::local_error_handler() {
        tracing::debug!(%error, "ALSA writes to stderr");
    }
}

/// The sound server where there is one; it mixes, follows the user's choice and has monitors.
fn host() -> cpal::Host {
    hush();
    #[cfg(target_os = "linux")]
    if let Ok(host) = cpal::host_from_id(cpal::HostId::PulseAudio) {
        return host;
    }
    cpal::default_host()
}

fn find_all() -> Vec<Found> {
    let host = host();
    let Ok(handles) = host.devices() else {
        return Vec::new();
    };
    let id_of = |device: Option<cpal::Device>| device.and_then(|device| device.id().ok());
    let default_input = id_of(host.default_input_device());
    let default_output = id_of(host.default_output_device());
    let monitor = default_output.as_ref().map(|id| format!("{id}{MONITOR_SUFFIX}"));
    let mut found = Vec::new();
    for handle in handles {
        let Ok(id) = handle.id() else { continue };
        if cfg!(target_os = "linux") && NO_DEVICES.contains(&id.id()) {
            continue;
        }
        let name = handle
            .description()
            .map_or_else(|_| id.to_string(), |description| description.name().to_owned());
        let text = id.to_string();
        if let Ok(config) = handle.default_input_config() {
            let is_monitor = text.ends_with(MONITOR_SUFFIX);
            let kind = if is_monitor {
                InputKind::System
            } else {
                InputKind::Microphone
            };
            let is_default = if is_monitor {
                monitor.as_ref() == Some(&text)
            } else {
                default_input.as_ref() == Some(&id)
            };
            found.push(listed(handle, config, text, name, kind, is_default));
        } else if cfg!(any(windows, target_os = "macos"))
            && let Ok(config) = handle.default_output_config()
        {
            // There an output opened for input gives what it plays.
            let is_default = default_output.as_ref() == Some(&id);
            found.push(listed(handle, config, text, name, InputKind::System, is_default));
        }
    }
    found
}

fn listed(
    handle: cpal::Device,
    config: cpal::SupportedStreamConfig,
    id: String,
    name: String,
    kind: InputKind,
    is_default: bool,
) -> Found {
    let device = InputDevice {
        id,
        name,
        kind,
        is_default,
        sample_rate_hz: config.sample_rate(),
        n_channels: config.channels(),
    };
    Found {
        handle,
        config,
        device,
    }
}

/// What a [`DeviceSource`] opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The device with that id; once it is gone, the default one of its kind.
    Id(String),
    /// What the system takes for a microphone, whatever it is.
    DefaultInput,
    /// The sound of the output in use.
    SystemSound,
}

/// A device of this computer as a source.
pub struct DeviceSource {
    choice: Choice,
    kind: InputKind,
    name: String,
    was_open: bool,
}

impl DeviceSource {
    /// Looks the choice up, so that a wrong one is refused before anything begins.
    pub fn new(choice: Choice) -> Result<Self, CaptureError> {
        let found = choose(&choice, find_all())?;
        Ok(Self {
            kind: found.device.kind,
            name: found.device.name,
            choice,
            was_open: false,
        })
    }

    /// Name of the device that was found for the choice.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn choose(choice: &Choice, found: Vec<Found>) -> Result<Found, CaptureError> {
    if found.is_empty() {
        return Err(CaptureError::NoDevice);
    }
    match choice {
        Choice::Id(id) => {
            let unknown = || CaptureError::UnknownDevice { id: id.clone() };
            // An id without its host is what people type.
            let is_it = |found: &Found| {
                found.device.id == *id
                    || DeviceId::from_str(&found.device.id).is_ok_and(|full| full.id() == id)
            };
            found.into_iter().find(is_it).ok_or_else(unknown)
        }
        Choice::DefaultInput => {
            let default = host().default_input_device().and_then(|device| device.id().ok());
            let default = default.map(|id| id.to_string());
            let is_default = |found: &Found| Some(&found.device.id) == default.as_ref();
            let is_microphone = |found: &Found| found.device.kind == InputKind::Microphone;
            let idx = found
                .iter()
                .position(is_default)
                .or_else(|| found.iter().position(is_microphone));
            idx.and_then(|idx| found.into_iter().nth(idx))
                .ok_or(CaptureError::NoDevice)
        }
        Choice::SystemSound => {
            let is_system = |found: &Found| found.device.kind == InputKind::System;
            let idx = found
                .iter()
                .position(|found| is_system(found) && found.device.is_default)
                .or_else(|| found.iter().position(is_system));
            idx.and_then(|idx| found.into_iter().nth(idx))
                .ok_or(CaptureError::NoSystemSound)
        }
    }
}

impl Source for DeviceSource {
    fn kind(&self) -> InputKind {
        self.kind
    }

    fn open(&mut self) -> Result<OpenSource, CaptureError> {
        let found = match choose(&self.choice, find_all()) {
            Err(CaptureError::UnknownDevice { .. }) if self.was_open => {
                let fallback = match self.kind {
                    InputKind::Microphone => Choice::DefaultInput,
                    InputKind::System => Choice::SystemSound,
                };
                choose(&fallback, find_all())?
            }
            other => other?,
        };
        let follows = match self.choice {
            Choice::Id(_) => None,
            Choice::DefaultInput | Choice::SystemSound => Some(self.kind),
        };
        let opened = open(&found, follows)?;
        self.was_open = true;
        Ok(opened)
    }
}

/// Opens what was found. With the kind whose default it follows, it is gone when that becomes another one,
/// where the system tells.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables))]
fn open(found: &Found, follows: Option<InputKind>) -> Result<OpenSource, CaptureError> {
    #[cfg(target_os = "linux")]
    if let Ok(id) = DeviceId::from_str(&found.device.id)
        && id.host() == cpal::HostId::PulseAudio
    {
        return super::pulse::open(id.id(), &found.device.name, follows);
    }
    let sample_rate_hz = found.config.sample_rate();
    let mut config: StreamConfig = found.config.into();
    config.buffer_size = BufferSize::Fixed(sample_rate_hz / BLOCKS_PER_SECOND);
    let refused = |error: cpal::Error| match error.kind() {
        ErrorKind::PermissionDenied => CaptureError::Denied,
        _ => CaptureError::Device {
            device: found.device.name.clone(),
            reason: error.to_string(),
        },
    };
    // Not every device takes a block of that length; its own will do.
    match build(found, config) {
        Ok(opened) => Ok(opened),
        Err(_) => {
            config.buffer_size = BufferSize::Default;
            build(found, config).map_err(refused)
        }
    }
}

fn build(found: &Found, config: StreamConfig) -> Result<OpenSource, cpal::Error> {
    use SampleFormat as F;
    let format = found.config.sample_format();
    let width = match format {
        F::I8 | F::U8 | F::I16 | F::U16 => SampleWidth::Bits16,
        _ => SampleWidth::Bits24,
    };
    match format {
        F::I8 => build_for::<i8>(found, config, width),
        F::U8 => build_for::<u8>(found, config, width),
        F::I16 => build_for::<i16>(found, config, width),
        F::U16 => build_for::<u16>(found, config, width),
        F::I24 => build_for::<cpal::I24>(found, config, width),
        F::I32 => build_for::<i32>(found, config, width),
        F::U32 => build_for::<u32>(found, config, width),
        F::F64 => build_for::<f64>(found, config, width),
        // Whatever else there is, hosts convert to this one.
        _ => build_for::<f32>(found, config, width),
    }
}

fn build_for<T: SizedSample + Send + 'static>(
    found: &Found,
    config: StreamConfig,
    width: SampleWidth,
) -> Result<OpenSource, cpal::Error>
where
    f32: FromSample<T>,
{
    let format = SourceFormat {
        sample_rate_hz: config.sample_rate,
        n_channels: config.channels,
        width,
    };
    let (mut inlet, outlet): (Inlet, _) = ring(format, RING_SECONDS);
    let faults = Arc::new(Faults::default());
    let (told, called) = (Arc::clone(&faults), Arc::clone(&faults));
    let stream = found.handle.build_input_stream(
        config,
        move |data: &[T], _: &cpal::InputCallbackInfo| {
            called.call_thread.tell();
            inlet.push(data, f32::from_sample_, Instant::now());
        },
        move |error: cpal::Error| match error.kind() {
            ErrorKind::Xrun => told.count_xrun(),
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
            _ => told.set_gone(),
        },
        Some(OPEN_TIMEOUT),
    )?;
    stream.play()?;
    Ok(OpenSource {
        format,
        name: found.device.name.clone(),
        outlet,
        faults,
        stream: Box::new(stream),
    })
}
