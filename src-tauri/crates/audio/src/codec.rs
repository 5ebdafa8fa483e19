//! Which codecs there are, and what they are called.

use std::sync::OnceLock;

use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions, CODEC_ID_NULL_AUDIO,
};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia_adapter_libopus::OpusDecoder;

use crate::AudioError;
use crate::aac::AacConfig;

/// Sample rates that are worth decoding, hertz.
const RATES_HZ: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// What an OpusHead may skip at the start at most: the field's 16 bits, in samples at 48 kHz.
const OPUS_HEAD_PRE_SKIP: std::ops::Range<usize> = 10..12;

/// The rate at which Opus is decoded, and in which its delay is counted.
const OPUS_RATE_HZ: u32 = 48_000;

fn registry() -> &'static CodecRegistry {
    static REGISTRY: OnceLock<CodecRegistry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let mut registry = CodecRegistry::new();
        symphonia::default::register_enabled_codecs(&mut registry);
        registry.register_audio_decoder::<OpusDecoder>();
        registry
    })
}

/// What a codec without a name is called.
pub(crate) const UNKNOWN_CODEC: &str = "an unknown codec";

/// A track's codec made ready for decoding.
pub(crate) struct Prepared {
    pub params: AudioCodecParameters,
    /// Usual name of the codec.
    pub name: String,
    /// Samples at the start that the codec itself declares as not to be played.
    pub pre_skip_frames: u64,
    /// Only the lower half of the spectrum is decoded.
    pub core_only: bool,
}

/// Mends parameters so that a decoder takes them, or says which codec is not supported.
pub(crate) fn prepare(params: &AudioCodecParameters) -> Result<Prepared, AudioError> {
    let unsupported = |codec: String| Err(AudioError::UnsupportedCodec { codec });
    let mut prepared = Prepared {
        params: params.clone(),
        name: name(params.codec),
        pre_skip_frames: 0,
        core_only: false,
    };
    if registry().get_audio_decoder(params.codec).is_none() {
        return unsupported(prepared.name);
    }
    if let Some(rate_hz) = params.sample_rate
        && !RATES_HZ.contains(&rate_hz)
    {
        return Err(AudioError::UnsupportedFormat {
            format: format!("a recording at {rate_hz} Hz"),
        });
    }
    match params.codec {
        CODEC_ID_AAC => {
            if let Some(config) = params.extra_data.as_deref().and_then(AacConfig::parse) {
                prepared.name = config.name();
                let Some(core) = config.core_config() else {
                    return unsupported(prepared.name);
                };
                prepared.core_only = config.sbr;
                prepared.params.extra_data = Some(core.into_boxed_slice());
                prepared.params.sample_rate = Some(config.core_rate_hz);
            } else if let Some(n_channels) = params.channels.as_ref().map(|channels| channels.count())
                && n_channels > 2
            {
                return unsupported(format!("AAC with {n_channels} channels"));
            }
        }
        CODEC_ID_OPUS => {
            let n_channels = params.channels.as_ref().map_or(0, |channels| channels.count());
            if n_channels > 2 {
                return unsupported(format!("Opus with {n_channels} channels"));
            }
            if let Some(head) = prepared.params.extra_data.as_deref_mut()
                && head.starts_with(b"OpusHead")
                && let Some(field) = head.get_mut(OPUS_HEAD_PRE_SKIP)
            {
                // The decoder would skip these in its first packet only, and the container's edit
                // list may ask for the same again: it is done in one place, by the time line.
                let pre_skip: [u8; 2] = field.try_into().unwrap_or_default();
                prepared.pre_skip_frames = u64::from(u16::from_le_bytes(pre_skip));
                field.fill(0);
            }
            // Whatever the container says: the pre-skip counts at this rate, too.
            prepared.params.sample_rate = Some(OPUS_RATE_HZ);
        }
        CODEC_ID_PCM_ALAW | CODEC_ID_PCM_MULAW => {
            // Containers give 8 bits, which these are coded in; the decoder means the 16 it makes.
            prepared.params.bits_per_sample = None;
            prepared.params.bits_per_coded_sample = None;
        }
        _ => {}
    }
    Ok(prepared)
}

/// A decoder for prepared parameters. Trimming is left to the time line, but for Vorbis, whose
/// first packet only primes the overlap.
pub(crate) fn decoder(
    params: &AudioCodecParameters,
    name: &str,
) -> Result<Box<dyn AudioDecoder>, AudioError> {
    let options = AudioDecoderOptions::default().gapless(trims_itself(params.codec));
    registry().make_audio_decoder(params, &options).map_err(|error| {
        tracing::info!(%error, codec = name, "decoder refused the stream");
        AudioError::UnsupportedCodec {
            codec: format!("an uncommon kind of {name}"),
        }
    })
}

/// The decoder takes packet trims into account on its own.
pub(crate) fn trims_itself(codec: AudioCodecId) -> bool {
    codec == CODEC_ID_VORBIS
}

/// The usual name of a codec, decodable or not.
pub(crate) fn name(codec: AudioCodecId) -> String {
    let name = match codec {
        CODEC_ID_NULL_AUDIO => UNKNOWN_CODEC,
        CODEC_ID_AC3 => "AC-3 (Dolby Digital)",
        CODEC_ID_EAC3 => "E-AC-3 (Dolby Digital Plus)",
        CODEC_ID_AC4 => "AC-4 (Dolby)",
        CODEC_ID_DCA => "DTS",
        CODEC_ID_TRUEHD => "Dolby TrueHD",
        CODEC_ID_WMA => "Windows Media Audio",
        CODEC_ID_SPEEX => "Speex",
        CODEC_ID_MUSEPACK => "Musepack",
        CODEC_ID_WAVPACK => "WavPack",
        CODEC_ID_MONKEYS_AUDIO => "Monkey's Audio",
        CODEC_ID_TTA => "True Audio (TTA)",
        CODEC_ID_ATRAC1 | CODEC_ID_ATRAC3 | CODEC_ID_ATRAC3PLUS | CODEC_ID_ATRAC9 => "ATRAC",
        CODEC_ID_RA10 | CODEC_ID_RA20 | CODEC_ID_SIPR | CODEC_ID_COOK | CODEC_ID_RALF => "RealAudio",
        CODEC_ID_AAC => "AAC",
        CODEC_ID_MP1 => "MP1",
        CODEC_ID_MP2 => "MP2",
        CODEC_ID_MP3 => "MP3",
        CODEC_ID_OPUS => "Opus",
        CODEC_ID_VORBIS => "Vorbis",
        CODEC_ID_FLAC => "FLAC",
        CODEC_ID_ALAC => "ALAC",
        CODEC_ID_PCM_ALAW => "A-law",
        CODEC_ID_PCM_MULAW => "µ-law",
        CODEC_ID_ADPCM_G722 => "G.722",
        CODEC_ID_ADPCM_G726 | CODEC_ID_ADPCM_G726LE => "G.726",
        CODEC_ID_ADPCM_MS | CODEC_ID_ADPCM_IMA_WAV | CODEC_ID_ADPCM_IMA_QT => "ADPCM",
        _ => {
            return registry()
                .get_audio_decoder(codec)
                .map_or(UNKNOWN_CODEC, |decoder| decoder.codec.info.long_name)
                .to_owned();
        }
    };
    name.to_owned()
}

/// Codecs by the four-letter code of an mp4 sample entry, where symphonia knows none.
pub(crate) fn fourcc_name(fourcc: [u8; 4]) -> String {
    let name = match &fourcc {
        b"ac-3" | b"AC-3" => "AC-3 (Dolby Digital)",
        b"ec-3" => "E-AC-3 (Dolby Digital Plus)",
        b"ac-4" => "AC-4 (Dolby)",
        b"samr" => "AMR",
        b"sawb" => "AMR-WB",
        b"sawp" => "AMR-WB+",
        b"sevc" => "EVRC",
        b"sqcp" | b"Qclp" => "QCELP",
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" | b"dtsx" => "DTS",
        b"mlpa" => "Dolby TrueHD",
        b"mha1" | b"mhm1" => "MPEG-H 3D Audio",
        b"apac" => "Apple Positional Audio (APAC)",
        b"enca" => "a copy-protected codec (DRM)",
        b"drms" => "a copy-protected codec (FairPlay)",
        b"QDM2" | b"QDMC" => "QDesign Music",
        b"MAC3" | b"MAC6" => "MACE",
        b"wma " | b"owma" => "Windows Media Audio",
        b"spex" | b"SPXN" => "Speex",
        b"agsm" => "GSM 6.10",
        b"ulaw" => "µ-law",
        b"alaw" => "A-law",
        b"mp4a" => "MPEG-4 audio of an unknown kind",
        _ => {
            let printable = |byte: &u8| (0x20..0x7f).contains(byte);
            return if fourcc.iter().all(printable) {
                format!("“{}”", String::from_utf8_lossy(&fourcc).trim())
            } else {
                UNKNOWN_CODEC.to_owned()
            };
        }
    };
    name.to_owned()
}

/// Codecs by their Matroska identifier, where symphonia knows none.
pub(crate) fn matroska_name(codec_id: &str) -> String {
    let name = match codec_id {
        "A_AC3" | "A_AC3/BSID9" | "A_AC3/BSID10" => "AC-3 (Dolby Digital)",
        "A_EAC3" => "E-AC-3 (Dolby Digital Plus)",
        "A_TRUEHD" => "Dolby TrueHD",
        "A_TTA1" => "True Audio (TTA)",
        "A_WAVPACK4" => "WavPack",
        "A_MS/ACM" => "a codec of Windows",
        "A_QUICKTIME" => "a codec of QuickTime",
        _ if codec_id.starts_with("A_DTS") => "DTS",
        _ if codec_id.starts_with("A_REAL/") => "RealAudio",
        _ if codec_id.starts_with("A_PCM/") => "PCM of an unusual depth",
        "" => UNKNOWN_CODEC,
        _ => return format!("“{codec_id}”"),
    };
    name.to_owned()
}
