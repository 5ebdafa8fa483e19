//! Headers of WAV and its relatives: what symphonia is too strict about, mended before it looks.

use std::io;

use crate::source::Source;

/// Length fields from here on are place-holders of programs that write to a pipe, not lengths.
const PLACEHOLDER_LEN: u64 = 0x7fff_0000;

/// The same for the 64-bit lengths of RF64: nobody has 256 TB of sound.
const WIDE_PLACEHOLDER_LEN: u64 = 1 << 48;

/// Chunks before the sound that are looked at; broadcast files have a handful.
const MAX_CHUNKS: usize = 256;

/// Longest `fmt ` chunk that is read.
const MAX_FMT_BYTES: usize = 256;

const TAG_PCM: u16 = 1;
const TAG_FLOAT: u16 = 3;
const TAG_ALAW: u16 = 6;
const TAG_MULAW: u16 = 7;
const TAG_EXTENSIBLE: u16 = 0xfffe;

/// The header of a WAV file, with lengths in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WavHead {
    /// RF64 or BW64.
    is_wide: bool,
    fmt: Vec<u8>,
    data_start: u64,
    /// Length that the header gives; none where it is a place-holder.
    claimed_len: Option<u64>,
    /// Length that is there.
    present_len: u64,
}

fn le_u16(bytes: &[u8], pos: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(pos..pos + 2)?.try_into().ok()?))
}

fn le_u32(bytes: &[u8], pos: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(pos..pos + 4)?.try_into().ok()?))
}

/// Reads the chunks up to the sound; none where there is no sound or no format.
pub(crate) fn read(source: &mut Source) -> io::Result<Option<WavHead>> {
    let file_len = source.file_len();
    let is_wide = !source.peek(0, 4)?.starts_with(b"RIFF");
    let mut wav = WavHead {
        is_wide,
        ..WavHead::default()
    };
    let mut wide_len = None;
    let mut pos = 12;
    for _ in 0..MAX_CHUNKS {
        let head = source.peek(pos, 8 + MAX_FMT_BYTES)?;
        let (Some(name), Some(len)) = (head.get(..4), le_u32(&head, 4)) else {
            break;
        };
        let body_end = 8 + (len as usize).min(MAX_FMT_BYTES);
        let body = head.get(8..body_end).unwrap_or_default();
        match name {
            b"fmt " => wav.fmt = body.to_vec(),
            b"ds64" => {
                wide_len = body
                    .get(8..16)
                    .and_then(|field| field.try_into().ok())
                    .map(u64::from_le_bytes);
            }
            b"data" => {
                wav.data_start = pos + 8;
                wav.present_len = file_len.saturating_sub(wav.data_start);
                let (claimed, placeholder) = match wide_len {
                    Some(wide) if len == u32::MAX => (wide, WIDE_PLACEHOLDER_LEN),
                    _ => (u64::from(len), PLACEHOLDER_LEN),
                };
                // A recorder that was switched off before it wrote the length left a zero there.
                let is_length = claimed > 0 && (claimed < placeholder || claimed <= wav.present_len);
                wav.claimed_len = is_length.then_some(claimed);
                return Ok((wav.fmt.len() >= 16).then_some(wav));
            }
            _ => {}
        }
        pos += 8 + u64::from(len) + u64::from(len & 1);
    }
    Ok(None)
}

impl WavHead {
    fn tag(&self) -> u16 {
        match le_u16(&self.fmt, 0) {
            // An extensible header has the tag at the start of its GUID.
            Some(TAG_EXTENSIBLE) => le_u16(&self.fmt, 24).unwrap_or(TAG_EXTENSIBLE),
            Some(tag) => tag,
            None => 0,
        }
    }

    /// The name of a codec that may lie in a WAV and that nothing here decodes.
    pub(crate) fn unsupported_codec(&self) -> Option<String> {
        let name = match self.tag() {
            TAG_PCM | TAG_FLOAT | TAG_ALAW | TAG_MULAW | 0x0002 | 0x0011 | TAG_EXTENSIBLE => return None,
            0x0022 => "TrueSpeech",
            0x0031 => "GSM 6.10",
            0x0014 | 0x0040 | 0x0045 | 0x0064 => "G.726 ADPCM",
            0x0042 => "G.723.1",
            0x0050 => "MP2 inside WAV",
            0x0055 => "MP3 inside WAV",
            0x0083 => "G.729",
            0x0092 | 0x2000 => "AC-3 (Dolby Digital)",
            0x2001 => "DTS",
            0x00ff | 0x1600 | 0x1610 => "AAC inside WAV",
            0x0160..=0x0163 => "Windows Media Audio",
            0x0270 => "ATRAC3",
            0x028f => "G.722",
            0xa109 => "Speex",
            other => return Some(format!("WAV format 0x{other:04x}")),
        };
        Some(name.to_owned())
    }

    /// A header without anything unusual, and how many bytes of the file it stands for; none
    /// where the file's own will do. Lengths are those of what is there.
    pub(crate) fn plain_head(&self) -> Option<(Vec<u8>, u64)> {
        let is_plain = matches!(self.tag(), TAG_PCM | TAG_FLOAT | TAG_ALAW | TAG_MULAW);
        if !self.is_wide && !is_plain {
            return None;
        }
        let fmt = match le_u16(&self.fmt, 0) {
            Some(TAG_PCM) => self.fmt.get(..16)?.to_vec(),
            Some(TAG_FLOAT | TAG_ALAW | TAG_MULAW) => {
                // The extension is empty, but has to be there.
                [self.fmt.get(..16)?, &[0, 0]].concat()
            }
            _ => self.fmt.clone(),
        };
        let data_len = self.played_len().try_into().unwrap_or(u32::MAX);
        let head = [
            b"RIFF\xff\xff\xff\xffWAVEfmt ".as_slice(),
            &u32::try_from(fmt.len()).ok()?.to_le_bytes(),
            &fmt,
            b"data",
            &data_len.to_le_bytes(),
        ]
        .concat();
        Some((head, self.data_start))
    }

    /// Length of what can be played, milliseconds.
    pub(crate) fn duration_ms(&self) -> Option<u64> {
        self.to_ms(self.played_len())
    }

    /// The file holds less than its header says.
    pub(crate) fn is_cut(&self) -> bool {
        self.claimed_len.is_some_and(|claimed| claimed > self.present_len)
    }

    /// Length that the header gives, where the file does not reach it.
    pub(crate) fn announced_ms(&self) -> Option<u64> {
        self.claimed_len
            .filter(|_| self.is_cut())
            .and_then(|len| self.to_ms(len))
    }

    fn played_len(&self) -> u64 {
        self.claimed_len.unwrap_or(u64::MAX).min(self.present_len)
    }

    fn to_ms(&self, n_bytes: u64) -> Option<u64> {
        let bytes_per_second = u64::from(le_u32(&self.fmt, 8)?);
        n_bytes.saturating_mul(1_000).checked_div(bytes_per_second)
    }
}
