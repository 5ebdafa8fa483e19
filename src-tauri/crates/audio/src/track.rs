//! Which of a file's tracks is the one to transcribe, and why none is.

use symphonia::core::codecs::CodecParameters;
use symphonia::core::formats::{FormatReader, Track, TrackType};

use crate::AudioError;
use crate::codec::{self, Prepared, UNKNOWN_CODEC};
use crate::mkv::MkvTrack;
use crate::mp4::Mp4;

/// What the container says about a track beyond what symphonia reads from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrackHint {
    id: u32,
    is_audio: bool,
    /// It plays unless somebody chooses another.
    is_default: bool,
    /// Usual name of the codec.
    codec: String,
}

pub(crate) fn mp4_hints(mp4: &Mp4) -> Vec<TrackHint> {
    let hint = |track: &crate::mp4::Mp4Track| TrackHint {
        id: track.id,
        is_audio: &track.handler == b"soun",
        is_default: track.enabled,
        codec: codec::fourcc_name(track.fourcc),
    };
    mp4.tracks.iter().map(hint).collect()
}

pub(crate) fn mkv_hints(tracks: &[MkvTrack]) -> Vec<TrackHint> {
    let hint = |track: &MkvTrack| TrackHint {
        id: track.number,
        is_audio: track.is_audio,
        is_default: track.is_default,
        codec: codec::matroska_name(&track.codec_id),
    };
    tracks.iter().map(hint).collect()
}

/// The default audio track, or the first that can be decoded.
pub(crate) fn playable(
    reader: &dyn FormatReader,
    hints: &[TrackHint],
) -> Result<(Track, Prepared), AudioError> {
    let hint_of = |track: &Track| hints.iter().find(|hint| hint.id == track.id);
    let default_id = reader.default_track(TrackType::Audio).map(|track| track.id);
    let mut tracks: Vec<&Track> = reader.tracks().iter().collect();
    tracks.sort_by_key(|track| {
        let is_off = hint_of(track).is_some_and(|hint| !hint.is_default);
        // With hints the container's own order counts among equals.
        (is_off, hints.is_empty() && Some(track.id) != default_id)
    });
    let mut refusal = None;
    let mut n_unknown = 0;
    for track in tracks {
        match &track.codec_params {
            Some(CodecParameters::Audio(params)) => match codec::prepare(params) {
                Ok(prepared) => return Ok((track.clone(), prepared)),
                Err(error) => {
                    refusal.get_or_insert(by_hint(error, hint_of(track)));
                }
            },
            Some(_) => {}
            None => n_unknown += 1,
        }
    }
    if let Some(error) = refusal {
        return Err(error);
    }
    if let Some(sound) = hints.iter().find(|hint| hint.is_audio) {
        return Err(AudioError::UnsupportedCodec {
            codec: sound.codec.clone(),
        });
    }
    if hints.is_empty() && n_unknown > 0 {
        return Err(AudioError::UnsupportedCodec {
            codec: UNKNOWN_CODEC.to_owned(),
        });
    }
    Err(AudioError::NoAudio(
        "The video has no sound, so there is nothing to transcribe.".to_owned(),
    ))
}

/// The container names codecs that symphonia does not know.
fn by_hint(error: AudioError, hint: Option<&TrackHint>) -> AudioError {
    match (error, hint) {
        (AudioError::UnsupportedCodec { codec }, Some(hint)) if codec == UNKNOWN_CODEC => {
            AudioError::UnsupportedCodec {
                codec: hint.codec.clone(),
            }
        }
        (error, _) => error,
    }
}
