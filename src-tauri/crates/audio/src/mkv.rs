//! What symphonia leaves out of Matroska and WebM: which tracks play by default, and the names of
//! codecs that it does not know.

use std::io;

use crate::source::Source;

/// First bytes of any EBML file.
pub(crate) const EBML_MAGIC: &[u8] = &[0x1a, 0x45, 0xdf, 0xa3];

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const TRACK_NUMBER: u32 = 0xd7;
const TRACK_TYPE: u32 = 0x83;
const FLAG_ENABLED: u32 = 0xb9;
const FLAG_DEFAULT: u32 = 0x88;
const CODEC_ID: u32 = 0x86;

/// The track type of sound.
const TYPE_AUDIO: u64 = 2;

/// Elements looked at in one file at most; what is wanted stands near its beginning.
const MAX_ELEMENTS: usize = 4_096;

/// Bytes of a track's description that are read at most; they may hold codec set-up of any size.
const MAX_ENTRY_BYTES: u64 = 256 * 1024;

/// A track as its entry describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MkvTrack {
    pub number: u32,
    pub is_audio: bool,
    /// Plays unless somebody chooses another; so does a track that says nothing about it.
    pub is_default: bool,
    /// Such as `A_AC3`.
    pub codec_id: String,
}

impl Default for MkvTrack {
    fn default() -> Self {
        Self {
            number: 0,
            is_audio: false,
            is_default: true,
            codec_id: String::new(),
        }
    }
}

/// An element's identifier, where its content begins and how long it is; no length means to the
/// end of what it lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Element {
    id: u32,
    header_len: u64,
    len: Option<u64>,
}

/// Reads the header of the element at the start of `bytes` (RFC 8794, sections 4 and 5).
fn element(bytes: &[u8]) -> Option<Element> {
    let id_len = bytes.first()?.leading_zeros() as usize + 1;
    if id_len > 4 {
        return None;
    }
    let id = bytes
        .get(..id_len)?
        .iter()
        .fold(0, |id, byte| (id << 8) | u32::from(*byte));
    let size = bytes.get(id_len..)?;
    let size_len = size.first()?.leading_zeros() as usize + 1;
    if size_len > 8 {
        return None;
    }
    let raw = size
        .get(..size_len)?
        .iter()
        .fold(0, |n, byte| (n << 8) | u64::from(*byte));
    let mask = (1_u64 << (7 * size_len)) - 1;
    Some(Element {
        id,
        header_len: (id_len + size_len) as u64,
        len: Some(raw & mask).filter(|len| *len != mask),
    })
}

/// Reads the tracks; none where the file is damaged or keeps them at an unusual place.
pub(crate) fn read(source: &mut Source) -> io::Result<Vec<MkvTrack>> {
    let file_len = source.file_len();
    let mut pos = 0;
    for _ in 0..MAX_ELEMENTS {
        let Some(found) = element(&source.peek(pos, 12)?) else {
            break;
        };
        let start = pos + found.header_len;
        match found.id {
            CLUSTER => break,
            SEGMENT => {
                pos = start;
                continue;
            }
            TRACKS => {
                let len = found.len.unwrap_or(u64::MAX).min(MAX_ENTRY_BYTES);
                let payload = source.peek(start, len as usize)?;
                let entries = children(&payload).filter(|(id, _)| *id == TRACK_ENTRY);
                return Ok(entries.map(|(_, entry)| track(entry)).collect());
            }
            _ => {}
        }
        match found.len.and_then(|len| start.checked_add(len)) {
            Some(end) if end < file_len => pos = end,
            _ => break,
        }
    }
    Ok(Vec::new())
}

/// The elements in `bytes` with their contents, up to the first that makes no sense.
fn children(mut bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let found = element(bytes)?;
        let content = bytes.get(found.header_len as usize..)?;
        let len = found.len.map_or(content.len(), |len| {
            usize::try_from(len).unwrap_or(usize::MAX).min(content.len())
        });
        let (content, rest) = content.split_at(len);
        bytes = rest;
        Some((found.id, content))
    })
    .take(MAX_ELEMENTS)
}

fn track(entry: &[u8]) -> MkvTrack {
    let number = |content: &[u8]| {
        let digits = content.iter().take(8);
        digits.fold(0_u64, |n, byte| (n << 8) | u64::from(*byte))
    };
    let mut track = MkvTrack::default();
    for (id, content) in children(entry) {
        match id {
            TRACK_NUMBER => track.number = u32::try_from(number(content)).unwrap_or(0),
            TRACK_TYPE => track.is_audio = number(content) == TYPE_AUDIO,
            FLAG_ENABLED | FLAG_DEFAULT => track.is_default &= content.is_empty() || number(content) != 0,
            CODEC_ID => {
                let text = content.iter().take(64).take_while(|byte| byte.is_ascii_graphic());
                track.codec_id = text.map(|byte| char::from(*byte)).collect();
            }
            _ => {}
        }
    }
    track
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_plays_by_default_unless_it_says_otherwise() {
        let silent_about_it = [
            0xd7, 0x81, 2, 0x83, 0x81, 2, 0x86, 0x85, b'A', b'_', b'A', b'C', b'3',
        ];
        let expected = MkvTrack {
            number: 2,
            is_audio: true,
            is_default: true,
            codec_id: "A_AC3".to_owned(),
        };
        assert_eq!(track(&silent_about_it), expected, "the flag's default is set");
        let switched_off = [&silent_about_it[..], &[0x88, 0x81, 0]].concat();
        assert!(!track(&switched_off).is_default, "a zero switches it off");
    }

    #[test]
    fn headers_that_make_no_sense_end_the_reading() {
        assert_eq!(element(&[]), None, "nothing is no element");
        assert_eq!(
            element(&[0x00, 0x81]),
            None,
            "identifiers have four bytes at most"
        );
        assert_eq!(element(&[0xae, 0x00]), None, "lengths have eight bytes at most");
        let unknown = element(&[0xae, 0xff]).expect("an element of unknown length");
        assert_eq!(unknown.len, None, "all ones mean that the length is not known");
        assert_eq!(
            children(&[0xae, 0x8f, 1]).count(),
            1,
            "a child longer than its parent is cut"
        );
    }
}
