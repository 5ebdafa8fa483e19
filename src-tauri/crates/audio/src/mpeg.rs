//! Telling MPEG audio (mp3 and its elders) from bytes that merely look like it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use recordroute_core::CancellationToken;
use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};

use crate::AudioError;
use crate::container::demuxer;
use crate::sniff::Sniffed;
use crate::source::Source;

/// How much of a file is looked at before it counts as MPEG audio.
const TEST_BYTES: u64 = 1 << 20;

/// The demuxer reads this much at once.
const BUFFER_BYTES: u64 = 1 << 16;

pub(crate) fn is_mpeg(codec: AudioCodecId) -> bool {
    matches!(codec, CODEC_ID_MP1 | CODEC_ID_MP2 | CODEC_ID_MP3)
}

/// MPEG audio has no header but a sync word of 11 bits, which turns up in any data. In a real file
/// the frames make up most of what lies between them.
pub(crate) fn frames_fill(path: &Path) -> Result<bool, AudioError> {
    let mut source = Source::open(path, CancellationToken::new())?;
    let n_sound = source.file_len().saturating_sub(tag_len(&source.peek(0, 10)?));
    let status = source.status();
    let mut reader = demuxer(source, Sniffed::Probable)?;
    let n_before = status.n_bytes_read();
    let mut n_in_frames: u64 = 0;
    let mut n_passed = 0;
    while n_passed < TEST_BYTES {
        match catch_unwind(AssertUnwindSafe(|| reader.next_packet())) {
            Ok(Ok(Some(packet))) => n_in_frames += packet.data.len() as u64 + 4,
            _ => break,
        }
        n_passed = status.n_bytes_read() - n_before;
    }
    // What fits the buffer was read before the count began.
    let n_passed = if n_passed == 0 {
        n_sound.min(BUFFER_BYTES)
    } else {
        n_passed
    };
    Ok(n_in_frames > n_passed / 8)
}

/// Length of the ID3v2 tag that a file begins with: pictures in it may outweigh a short sound.
fn tag_len(head: &[u8]) -> u64 {
    match head {
        [b'I', b'D', b'3', _, _, _, size @ ..] if size.len() == 4 => {
            let size = size
                .iter()
                .fold(0, |size, byte| (size << 7) | u64::from(byte & 0x7f));
            size + 10
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_tag_has_seven_bits_a_byte() {
        assert_eq!(tag_len(b"ID3\x04\0\0\0\0\x02\x01"), 10 + 257, "as ID3v2 has it");
        assert_eq!(
            tag_len(b"\xff\xfb\x90\x64\0\0\0\0\0\0"),
            0,
            "no tag has no length"
        );
    }
}
