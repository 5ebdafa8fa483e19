//! What a file is, by its first bytes. Extensions lie; renamed files are common.

use crate::mkv::EBML_MAGIC;

/// How many bytes [`sniff`] wants to see.
pub(crate) const SNIFF_LEN: usize = 4096;

/// What the first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// ISO base media: mp4, m4a, mov, 3gp.
    Mp4,
    /// WAV, or its relatives RF64 and BW64 with 64-bit sizes.
    Wav,
    /// Matroska and WebM.
    Mkv,
    /// Worth handing to the probe, which knows more.
    Probable,
    /// A media format that nothing here reads; its name with article.
    Unsupported(&'static str),
    /// The sound's codec is known and unsupported; its name.
    UnsupportedCodec(&'static str),
    /// No media at all; what it is with article.
    NotMedia(&'static str),
}

const ASF_GUID: [u8; 8] = [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11];

/// Magic numbers at the start of files that are no media, or of media that nothing here decodes.
const MAGIC: &[(&[u8], Sniffed)] = &[
    (b"%PDF", Sniffed::NotMedia("a PDF document")),
    (
        b"PK\x03\x04",
        Sniffed::NotMedia("a ZIP archive or Office document"),
    ),
    (b"\xd0\xcf\x11\xe0", Sniffed::NotMedia("an Office document")),
    (b"\x1f\x8b", Sniffed::NotMedia("a compressed archive")),
    (b"7z\xbc\xaf\x27\x1c", Sniffed::NotMedia("a 7-Zip archive")),
    (b"Rar!\x1a\x07", Sniffed::NotMedia("a RAR archive")),
    (b"BZh", Sniffed::NotMedia("a compressed archive")),
    (b"\xfd7zXZ\x00", Sniffed::NotMedia("a compressed archive")),
    (b"\x28\xb5\x2f\xfd", Sniffed::NotMedia("a compressed archive")),
    (b"\x89PNG", Sniffed::NotMedia("a PNG picture")),
    (b"GIF8", Sniffed::NotMedia("a GIF picture")),
    (b"\xff\xd8\xff", Sniffed::NotMedia("a JPEG picture")),
    (b"\x7fELF", Sniffed::NotMedia("a program")),
    (b"MZ", Sniffed::NotMedia("a program")),
    (b"SQLite format 3", Sniffed::NotMedia("a database")),
    (b"GGUF", Sniffed::NotMedia("a language model")),
    (b"lmgg", Sniffed::NotMedia("a speech model")),
    (
        b"MThd",
        Sniffed::NotMedia("a MIDI score, which holds notes and no sound"),
    ),
    (
        &ASF_GUID,
        Sniffed::Unsupported("a Windows Media file (WMA/WMV, ASF)"),
    ),
    (b"FLV\x01", Sniffed::Unsupported("a Flash video (FLV)")),
    (b"NIST_1A", Sniffed::Unsupported("a NIST SPHERE file")),
    (b"#!AMR-WB", Sniffed::UnsupportedCodec("AMR-WB")),
    (b"#!AMR", Sniffed::UnsupportedCodec("AMR")),
    (b"#!SILK", Sniffed::UnsupportedCodec("SILK")),
    (b"\x02#!SILK", Sniffed::UnsupportedCodec("SILK")),
    (b"\x0b\x77", Sniffed::UnsupportedCodec("AC-3 (Dolby Digital)")),
    (b"\x77\x0b", Sniffed::UnsupportedCodec("AC-3 (Dolby Digital)")),
    (b"\x7f\xfe\x80\x01", Sniffed::UnsupportedCodec("DTS")),
    (
        b"\x00\x00\x01\xba",
        Sniffed::Unsupported("an MPEG program stream (MPG, VOB)"),
    ),
    (b"\x00\x00\x01\xb3", Sniffed::Unsupported("an MPEG video stream")),
    (b".RMF", Sniffed::Unsupported("a RealMedia file")),
    (b".ra\xfd", Sniffed::Unsupported("a RealAudio file")),
    (b".snd", Sniffed::Unsupported("a Sun AU file")),
    (b"wvpk", Sniffed::UnsupportedCodec("WavPack")),
    (b"MAC ", Sniffed::UnsupportedCodec("Monkey's Audio")),
    (b"TTA1", Sniffed::UnsupportedCodec("True Audio (TTA)")),
    (b"MPCK", Sniffed::UnsupportedCodec("Musepack")),
    (b"MP+", Sniffed::UnsupportedCodec("Musepack")),
    (b"DSD ", Sniffed::UnsupportedCodec("DSD")),
    (b"FRM8", Sniffed::UnsupportedCodec("DSD")),
    (
        b"riff\x2e\x91\xcf\x11",
        Sniffed::Unsupported("a Sony Wave64 file"),
    ),
    (EBML_MAGIC, Sniffed::Mkv),
    (b"RF64", Sniffed::Wav),
    (b"BW64", Sniffed::Wav),
];

/// Top-level boxes that open an mp4 or QuickTime file.
const MP4_BOXES: &[&[u8]] = &[
    b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp",
];

/// Judges a file by its first [`SNIFF_LEN`] bytes (fewer where it is shorter).
pub(crate) fn sniff(head: &[u8]) -> Sniffed {
    if let Some((_, found)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return *found;
    }
    let form = head.get(8..12).unwrap_or_default();
    if head.starts_with(b"RIFF") {
        return match form {
            b"AVI " => Sniffed::Unsupported("an AVI video"),
            b"WEBP" => Sniffed::NotMedia("a WebP picture"),
            b"WAVE" => Sniffed::Wav,
            b"RMID" => Sniffed::NotMedia("a MIDI score, which holds notes and no sound"),
            _ => Sniffed::Unsupported("a RIFF file of an unknown kind"),
        };
    }
    if head.starts_with(b"FORM") && !matches!(form, b"AIFF" | b"AIFC") {
        return Sniffed::Unsupported("an IFF file of an unknown kind");
    }
    if head.get(4..8).is_some_and(|name| MP4_BOXES.contains(&name)) {
        return match form {
            b"heic" | b"heix" | b"mif1" | b"avif" => Sniffed::NotMedia("a picture"),
            _ => Sniffed::Mp4,
        };
    }
    if is_transport_stream(head) {
        return Sniffed::Unsupported("an MPEG transport stream (TS, M2TS)");
    }
    if let Some(codec) = unsupported_in_ogg(head) {
        return codec;
    }
    if is_text(head) {
        let start = head
            .iter()
            .copied()
            .skip_while(|byte| byte.is_ascii_whitespace() || *byte >= 0x80)
            .take(16)
            .map(|byte| byte.to_ascii_lowercase());
        let start: Vec<u8> = start.collect();
        return if start.starts_with(b"<!doctype html") || start.starts_with(b"<html") {
            Sniffed::NotMedia("a web page")
        } else {
            Sniffed::NotMedia("a text file")
        };
    }
    Sniffed::Probable
}

fn is_transport_stream(head: &[u8]) -> bool {
    let synced = |start: usize, step: usize| {
        (0..5).all(|packet_idx| head.get(start + packet_idx * step) == Some(&0x47))
    };
    synced(0, 188) || synced(4, 192)
}

/// Ogg carries codecs that symphonia does not know; the first page holds the name of the first.
fn unsupported_in_ogg(head: &[u8]) -> Option<Sniffed> {
    let page = head.strip_prefix(b"OggS")?;
    let n_segments = usize::from(*page.get(22)?);
    let packet = page.get(23 + n_segments..)?;
    packet
        .starts_with(b"Speex   ")
        .then_some(Sniffed::UnsupportedCodec("Speex"))
}

/// Text has no control characters but white space; media has them within a few bytes.
fn is_text(head: &[u8]) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        // UTF-16: a byte order mark is also what an MPEG sync word looks like, so letters are
        // asked for as well: every second byte of Latin text is zero.
        let n_zero = head.iter().take(64).filter(|byte| **byte == 0).count();
        return n_zero >= 16;
    }
    let n_control = head
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
        .count();
    if n_control > 0 || head.is_empty() {
        return false;
    }
    match std::str::from_utf8(head) {
        Ok(_) => true,
        // The last character may be cut by the limit; legacy encodings have few bytes over 0x7f
        // next to ASCII, or are Korean EUC-KR, whose bytes all lie above 0xa0.
        Err(error) => {
            error.valid_up_to() + 4 > head.len() || head.iter().all(|byte| *byte < 0x80 || *byte > 0xa0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamed_files_are_recognised() {
        for (head, what) in [
            (&b"%PDF-1.7\n%\xe2\xe3"[..], "a PDF document"),
            (b"hello, world\n", "a text file"),
            ("회의록 2026년".as_bytes(), "a text file"),
            (b"\n <!DOCTYPE html><html>", "a web page"),
        ] {
            assert_eq!(sniff(head), Sniffed::NotMedia(what), "{what} has to be named");
        }
    }

    #[test]
    fn media_goes_to_the_demuxers() {
        assert_eq!(
            sniff(b"\0\0\0\x18ftypM4A "),
            Sniffed::Mp4,
            "an m4a starts with ftyp"
        );
        assert_eq!(
            sniff(b"\0\0\0\x08wide\0\0"),
            Sniffed::Mp4,
            "old QuickTime has no ftyp"
        );
        assert_eq!(
            sniff(b"RIFF\0\0\0\0WAVEfmt "),
            Sniffed::Wav,
            "WAV is known by its form"
        );
        assert_eq!(
            sniff(b"\xff\xfb\x90\x64\0\0\0\0"),
            Sniffed::Probable,
            "mp3 is probed"
        );
        assert_eq!(
            sniff(b"ID3\x04\0\0\0\0\0\0"),
            Sniffed::Probable,
            "a tag may precede anything"
        );
    }

    #[test]
    fn known_but_unsupported_formats_have_a_name() {
        for head in [
            &b"RIFF\0\0\0\0AVI LIST"[..],
            b"FLV\x01\x05",
            b"NIST_1A\n   1024\n",
            &ASF_GUID,
        ] {
            assert!(
                matches!(sniff(head), Sniffed::Unsupported(_)),
                "the user has to read what to convert"
            );
        }
        assert_eq!(
            sniff(b"#!AMR-WB\n"),
            Sniffed::UnsupportedCodec("AMR-WB"),
            "AMR is a codec of its own"
        );
    }
}
