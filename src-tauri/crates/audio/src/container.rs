//! Opens a file: sniffs, picks the demuxer and the track, and works out how times run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use recordroute_core::CancellationToken;
use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::*;
use symphonia::core::formats::{FormatId, FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::TimeBase;
use symphonia::default::formats::IsoMp4Reader;

use crate::AudioError;
use crate::codec::{self, Prepared};
use crate::mkv;
use crate::mp4::{self, Edit, Mp4};
use crate::mpeg;
use crate::sniff::{SNIFF_LEN, Sniffed, sniff};
use crate::source::{Source, SourceStatus};
use crate::timeline::Timeline;
use crate::track::{self, TrackHint};
use crate::wav_head;

/// An empty `ftyp` box: QuickTime files from before there was one get it appended.
const FTYP_QUICKTIME: &[u8] = b"\0\0\0\x10ftypqt  \0\0\0\0";

/// Nothing known fits it.
const UNKNOWN_KIND: &str = "of no known kind";

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MediaInfo {
    /// Usual name of the container, such as `MP4`.
    pub container: String,
    /// Usual name of the codec, such as `AAC`.
    pub codec: String,
    /// Sample rate of the source, hertz.
    pub sample_rate_hz: u32,
    /// Channels of the source.
    pub n_channels: u16,
    /// Length in milliseconds as far as the headers tell; the truth is known after decoding.
    pub duration_ms: Option<u64>,
    /// There are moving pictures too.
    pub has_video: bool,
}

/// Says what a file is without decoding it; fails with the same sentences as decoding would.
pub fn probe(path: &Path) -> Result<MediaInfo, AudioError> {
    Ok(open(path, CancellationToken::new())?.info)
}

/// How the frames of the decoder stand in time.
#[derive(Debug, Clone)]
pub(crate) enum TimePlan {
    /// The first `delay_frames` are not played; then at most `n_frames` are.
    Delay {
        delay_frames: u64,
        n_frames: Option<u64>,
    },
    /// The edit list of an mp4 track.
    Edits {
        edits: Vec<Edit>,
        movie_timescale: u32,
        media_timescale: u32,
        fragmented: bool,
    },
}

impl TimePlan {
    pub(crate) fn timeline(&self, rate_hz: u32) -> Timeline {
        match self {
            Self::Delay {
                delay_frames,
                n_frames,
            } => Timeline::with_delay(rate_hz, *delay_frames, *n_frames),
            Self::Edits {
                edits,
                movie_timescale,
                media_timescale,
                fragmented,
            } => Timeline::with_edits(rate_hz, edits, *movie_timescale, *media_timescale, *fragmented),
        }
    }
}

/// A file ready to be decoded.
pub(crate) struct Opened {
    pub reader: Box<dyn FormatReader>,
    pub track_id: u32,
    pub prepared: Prepared,
    pub time_base: Option<TimeBase>,
    pub plan: TimePlan,
    /// Packets carry time stamps worth following.
    pub stamped: bool,
    /// Frames to take off each stamp, where the codec's delay is not in it.
    pub stamp_offset_frames: u64,
    /// Packets say rightly how many of their last frames are padding, and the decoder does not
    /// cut them off.
    pub trims_packets: bool,
    /// Frames at the very end that are padding, if the stream has exactly `n_raw_frames`.
    pub padding_frames: u64,
    pub n_raw_frames: Option<u64>,
    /// Length that the header announces, where it has to be right.
    pub announced_ms: Option<u64>,
    /// The file is known to end before its container does.
    pub cut_short: bool,
    pub status: Arc<SourceStatus>,
    pub info: MediaInfo,
}

/// Opens a file for decoding.
pub(crate) fn open(path: &Path, cancel: CancellationToken) -> Result<Opened, AudioError> {
    let mut source = Source::open(path, cancel)?;
    let head = source.peek(0, SNIFF_LEN)?;
    let sniffed = sniff(&head);
    let (mut mp4, mut wav, mut mkv) = (None, None, Vec::new());
    match sniffed {
        Sniffed::Unsupported(format) => {
            return Err(AudioError::UnsupportedFormat {
                format: format.to_owned(),
            });
        }
        Sniffed::UnsupportedCodec(codec) => {
            return Err(AudioError::UnsupportedCodec {
                codec: codec.to_owned(),
            });
        }
        Sniffed::NotMedia(what) => {
            return Err(AudioError::NotMedia {
                what: what.to_owned(),
            });
        }
        Sniffed::Mp4 => mp4 = Some(check_mp4(&mut source)?),
        Sniffed::Wav => wav = wav_head::read(&mut source)?,
        Sniffed::Mkv => mkv = mkv::read(&mut source)?,
        Sniffed::Probable => {}
    }
    let hints = match &mp4 {
        Some(mp4) => track::mp4_hints(mp4),
        None => track::mkv_hints(&mkv),
    };
    if let Some(wav) = &wav {
        if let Some(codec) = wav.unsupported_codec() {
            return Err(AudioError::UnsupportedCodec { codec });
        }
        if let Some((head, n_replaced)) = wav.plain_head() {
            source.replace_head(head, n_replaced)?;
        }
    }
    let status = source.status();
    let reader = demuxer(source, sniffed).map_err(|error| match status.take_error() {
        Some(io_error) => AudioError::Io(io_error),
        None => error,
    })?;
    let mut opened = choose_track(reader, mp4.as_ref(), &hints, status)?;
    if let Some(wav) = wav {
        opened.info.duration_ms = wav.duration_ms();
        opened.announced_ms = wav.announced_ms();
        opened.cut_short = wav.is_cut();
    }
    if mpeg::is_mpeg(opened.prepared.params.codec) && !mpeg::frames_fill(path)? {
        return Err(AudioError::NotMedia {
            what: UNKNOWN_KIND.to_owned(),
        });
    }
    Ok(opened)
}

fn check_mp4(source: &mut Source) -> Result<Mp4, AudioError> {
    let mp4 = mp4::read(source)?;
    if !mp4.has_moov {
        return Err(AudioError::Damaged(
            "its index (the “moov” box) is missing, because the recording was never finished or the copy is incomplete"
                .to_owned(),
        ));
    }
    source.pretend_missing(mp4.n_missing_bytes);
    if !mp4.has_ftyp {
        source.append_tail(FTYP_QUICKTIME.to_vec());
    }
    Ok(mp4)
}

pub(crate) fn demuxer(source: Source, sniffed: Sniffed) -> Result<Box<dyn FormatReader>, AudioError> {
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let open = move || -> Result<Box<dyn FormatReader>, SymphoniaError> {
        if sniffed == Sniffed::Mp4 {
            return Ok(Box::new(IsoMp4Reader::try_new(stream, FormatOptions::default())?));
        }
        let probe = symphonia::default::get_probe();
        probe.probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
    };
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Ok(reader)) => Ok(reader),
        Ok(Err(error)) => Err(refusal(error)),
        Err(_) => Err(AudioError::Damaged("its header makes no sense".to_owned())),
    }
}

fn refusal(error: SymphoniaError) -> AudioError {
    tracing::info!(%error, "the file was refused");
    match error {
        SymphoniaError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            AudioError::Damaged("it ends before its sound begins".to_owned())
        }
        SymphoniaError::IoError(error) => AudioError::Io(error),
        SymphoniaError::Unsupported(what) if what.starts_with("core (probe)") => AudioError::NotMedia {
            what: UNKNOWN_KIND.to_owned(),
        },
        SymphoniaError::Unsupported(what) => AudioError::UnsupportedFormat {
            format: format!("of an uncommon kind ({what})"),
        },
        SymphoniaError::DecodeError(what) | SymphoniaError::LimitError(what) => {
            AudioError::Damaged(format!("its header makes no sense ({what})"))
        }
        other => AudioError::Damaged(other.to_string()),
    }
}

fn choose_track(
    reader: Box<dyn FormatReader>,
    mp4: Option<&Mp4>,
    hints: &[TrackHint],
    status: Arc<SourceStatus>,
) -> Result<Opened, AudioError> {
    let (track, prepared) = track::playable(reader.as_ref(), hints)?;
    let has_video = reader
        .tracks()
        .iter()
        .any(|track| track.track_type() == Some(TrackType::Video))
        || mp4.is_some_and(|mp4| mp4.tracks.iter().any(|track| &track.handler == b"vide"));
    let format = reader.format_info().format;
    let codec = prepared.params.codec;
    let rate_hz = prepared.params.sample_rate.unwrap_or(0);
    let delay_frames = match track.delay {
        // The Vorbis decoder gives nothing for its first packet, which is the delay.
        _ if codec::trims_itself(codec) => 0,
        Some(delay) if codec != CODEC_ID_OPUS => u64::from(delay),
        _ => prepared.pre_skip_frames,
    };
    let mut opened = Opened {
        track_id: track.id,
        time_base: track.time_base,
        plan: TimePlan::Delay {
            delay_frames,
            n_frames: None,
        },
        stamped: matches!(format, FORMAT_ID_ISOMP4 | FORMAT_ID_MKV),
        stamp_offset_frames: 0,
        trims_packets: format == FORMAT_ID_OGG && !codec::trims_itself(codec),
        padding_frames: 0,
        n_raw_frames: None,
        announced_ms: None,
        cut_short: false,
        status,
        info: MediaInfo {
            container: container_name(format, codec),
            codec: prepared.name.clone(),
            sample_rate_hz: rate_hz,
            n_channels: prepared
                .params
                .channels
                .as_ref()
                .map_or(0, |channels| u16::try_from(channels.count()).unwrap_or(u16::MAX)),
            duration_ms: track_duration_ms(&track).or_else(|| media_duration_ms(reader.as_ref())),
            has_video,
        },
        prepared,
        reader,
    };
    match (format, mp4) {
        (FORMAT_ID_ISOMP4, Some(mp4)) => plan_mp4(&mut opened, &track, mp4),
        (FORMAT_ID_OGG | FORMAT_ID_MKV | FORMAT_ID_ADTS, _) => {}
        _ => {
            let padding = u64::from(track.padding.unwrap_or(0));
            opened.padding_frames = padding;
            opened.n_raw_frames = track.num_frames.map(|n| n + delay_frames + padding);
            // Without a delay of its own an mp3's length is a guess from its bit rate.
            let is_guess = mpeg::is_mpeg(codec) && track.delay.is_none();
            opened.announced_ms = opened.info.duration_ms.filter(|_| !is_guess);
        }
    }
    Ok(opened)
}

fn plan_mp4(opened: &mut Opened, track: &Track, mp4: &Mp4) {
    opened.cut_short = mp4.n_missing_bytes > 0 && mp4.fragmented;
    let Some(boxes) = mp4.tracks.iter().find(|candidate| candidate.id == track.id) else {
        return;
    };
    let rate_hz = opened.info.sample_rate_hz;
    let plays_something = boxes.edits.iter().any(|edit| edit.media_start.is_some());
    if plays_something && mp4.movie_timescale > 0 && boxes.timescale > 0 {
        opened.plan = TimePlan::Edits {
            edits: boxes.edits.clone(),
            movie_timescale: mp4.movie_timescale,
            media_timescale: boxes.timescale,
            fragmented: mp4.fragmented,
        };
    } else if let Some(gapless) = mp4.gapless {
        opened.stamp_offset_frames = gapless.delay_frames;
        opened.plan = TimePlan::Delay {
            delay_frames: gapless.delay_frames,
            n_frames: Some(gapless.n_frames),
        };
    } else {
        opened.stamp_offset_frames = opened.prepared.pre_skip_frames;
    }
    let media_frames = track_duration_ms(track).map(|ms| ms * u64::from(rate_hz) / 1_000);
    let planned = opened.plan.timeline(rate_hz.max(1)).n_frames_total(media_frames);
    if let (Some(n_frames), true) = (planned, rate_hz > 0) {
        opened.info.duration_ms =
            Some((n_frames.saturating_mul(1_000) + u64::from(rate_hz) / 2) / u64::from(rate_hz))
                .filter(|ms| *ms > 0);
    }
    if !mp4.fragmented {
        opened.announced_ms = opened.info.duration_ms;
    }
}

fn track_duration_ms(track: &Track) -> Option<u64> {
    let time = track.time_base?.calc_duration(track.duration?)?;
    u64::try_from(time.as_millis()).ok().filter(|ms| *ms > 0)
}

fn media_duration_ms(reader: &dyn FormatReader) -> Option<u64> {
    let media = reader.media_info();
    let time = media.time_base?.calc_duration(media.duration?)?;
    u64::try_from(time.as_millis()).ok().filter(|ms| *ms > 0)
}

fn container_name(format: FormatId, codec: AudioCodecId) -> String {
    let name = match format {
        FORMAT_ID_ISOMP4 => "MP4",
        FORMAT_ID_MKV => "Matroska/WebM",
        FORMAT_ID_OGG => "Ogg",
        FORMAT_ID_WAVE => "WAV",
        FORMAT_ID_AIFF => "AIFF",
        FORMAT_ID_CAF => "CAF",
        FORMAT_ID_FLAC => "FLAC",
        FORMAT_ID_ADTS => "ADTS",
        _ => return codec::name(codec),
    };
    name.to_owned()
}
