//! Recording from a sound server that speaks PulseAudio's protocol, as PipeWire does.
//!
//! cpal, which lists its sources, asks it to keep one block at most: what comes while the program is kept
//! from reading for longer is dropped by the server, and nobody is told. Here the server keeps seconds.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use futures_executor::block_on;
use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{MAX_MEMBLOCKQ_LENGTH, PulseError, RecordStreamParams, SampleFormat, SampleSpec};
use pulseaudio::{Client, ClientError, RecordStream};

use super::CaptureError;
use super::ring::{Faults, RING_SECONDS, ring};
use super::source::{InputKind, OpenSource, SampleWidth, SourceFormat};

/// How long the server may take to open a source before it counts as gone.
const OPEN_TIMEOUT: Duration = Duration::from_secs(3);

/// Blocks of a quarter of a second at most, so that levels move. The server delivers sooner where
/// another program wants it sooner.
const BLOCKS_PER_SECOND: u32 = 4;

/// How often the server is asked whether the source is still there; it does not tell by itself.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// What is told of a source that was opened.
struct Opened {
    client: Client,
    stream: RecordStream,
    format: SourceFormat,
    outlet: super::ring::Outlet,
}

/// Lives as long as the sound shall come.
struct Open {
    /// Dropped, it ends the thread that watches, and with it the stream.
    _watching: Sender<()>,
}

/// Begins to record the source of that name; `title` is what people call it. What follows the system's
/// choice of a kind is gone when that becomes another one.
pub(super) fn open(name: &str, title: &str, follows: Option<InputKind>) -> Result<OpenSource, CaptureError> {
    let faults = Arc::new(Faults::default());
    let (done, opened) = channel();
    let (source, told) = (name.to_owned(), Arc::clone(&faults));
    // A server that hangs never answers; its thread is left to itself.
    std::thread::spawn(move || {
        // Nobody waits any more for an answer that came too late.
        let _ = done.send(connect(&source, &told));
    });
    let refused = |reason: String| CaptureError::Device {
        device: title.to_owned(),
        reason,
    };
    let opened = match opened.recv_timeout(OPEN_TIMEOUT) {
        Ok(Ok(opened)) => opened,
        Ok(Err(ClientError::ServerError(PulseError::AccessDenied))) => return Err(CaptureError::Denied),
        Ok(Err(error)) => return Err(refused(error.to_string())),
        Err(_) => return Err(refused("the sound server does not answer".to_owned())),
    };
    let (watching, until) = channel();
    let (format, outlet) = (opened.format, opened.outlet);
    let (client, stream) = (opened.client, opened.stream);
    let told = Arc::clone(&faults);
    std::thread::spawn(move || watch(&client, &stream, follows, &told, &until));
    Ok(OpenSource {
        format,
        name: title.to_owned(),
        outlet,
        faults,
        stream: Box::new(Open { _watching: watching }),
    })
}

fn connect(name: &str, faults: &Arc<Faults>) -> Result<Opened, ClientError> {
    let client = Client::from_env(c"RecordRoute")?;
    let name = CString::new(name).map_err(|_| ClientError::ServerError(PulseError::Invalid))?;
    let info = block_on(client.source_info_by_name(name))?;
    let is_16_bits = matches!(
        info.sample_spec.format,
        SampleFormat::U8
            | SampleFormat::Alaw
            | SampleFormat::Ulaw
            | SampleFormat::S16Le
            | SampleFormat::S16Be
    );
    let (width, sample_format, sample_bytes) = match is_16_bits {
        true => (SampleWidth::Bits16, SampleFormat::S16Le, 2),
        // 24 bits fit into a float whole.
        false => (SampleWidth::Bits24, SampleFormat::Float32Le, 4),
    };
    let format = SourceFormat {
        sample_rate_hz: info.sample_spec.sample_rate,
        n_channels: u16::from(info.sample_spec.channels),
        width,
    };
    let frame_bytes = sample_bytes * u32::from(format.n_channels);
    let second_bytes = frame_bytes * format.sample_rate_hz;
    let most_bytes = u32::try_from(MAX_MEMBLOCKQ_LENGTH).unwrap_or(u32::MAX);
    let params = RecordStreamParams {
        sample_spec: SampleSpec {
            format: sample_format,
            channels: info.sample_spec.channels,
            sample_rate: info.sample_spec.sample_rate,
        },
        channel_map: info.channel_map,
        source_index: Some(info.index),
        buffer_attr: BufferAttr {
            max_length: second_bytes.saturating_mul(RING_SECONDS).min(most_bytes),
            fragment_size: format.sample_rate_hz / BLOCKS_PER_SECOND * frame_bytes,
            ..BufferAttr::default()
        },
        flags: StreamFlags {
            adjust_latency: true,
            ..StreamFlags::default()
        },
        ..RecordStreamParams::default()
    };
    let (mut inlet, outlet) = ring(format, RING_SECONDS);
    let called = Arc::clone(faults);
    let take = move |bytes: &[u8]| {
        called.call_thread.tell();
        let now = Instant::now();
        match width {
            SampleWidth::Bits16 => {
                let to_f32 = |sample: [u8; 2]| f32::from(i16::from_le_bytes(sample)) / 32_768.0;
                inlet.push(bytes.as_chunks().0, to_f32, now);
            }
            SampleWidth::Bits24 => inlet.push(bytes.as_chunks().0, f32::from_le_bytes, now),
        }
    };
    let stream = block_on(client.create_record_stream(params, take))?;
    Ok(Opened {
        client,
        stream,
        format,
        outlet,
    })
}

/// Asks for the stream until it is not wanted any more, or is gone.
fn watch(
    client: &Client,
    stream: &RecordStream,
    follows: Option<InputKind>,
    faults: &Faults,
    until: &Receiver<()>,
) {
    let chosen = || follows.and_then(|kind| chosen_now(client, kind));
    let at_first = chosen();
    while until.recv_timeout(ASK_EVERY) == Err(RecvTimeoutError::Timeout) {
        if let Err(error) = block_on(stream.timing_info()) {
            tracing::debug!(%error, "a source is gone");
            faults.set_gone();
            return;
        }
        let now = chosen();
        if now.is_some() && now != at_first {
            tracing::info!(?at_first, ?now, "another device was chosen");
            faults.set_gone();
            return;
        }
    }
}

/// What the system takes for its kind; none where it does not tell.
fn chosen_now(client: &Client, kind: InputKind) -> Option<CString> {
    let server = block_on(client.server_info()).ok()?;
    match kind {
        InputKind::Microphone => server.default_source_name,
        InputKind::System => server.default_sink_name,
    }
}
