//! What symphonia leaves out of mp4: edit lists, encoder delay, names of unknown codecs, and
//! whether the file is whole.

use std::io;

use crate::mp4_boxes::{BoxHeader, BoxWalk, be_u32, be_u64};
use crate::source::Source;

/// One entry of an edit list; all times in seconds' fractions of the timescale named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Length in the presentation, in units of the movie's timescale; 0 is open-ended.
    pub duration: u64,
    /// First unit of the media (its own timescale) that is played; none plays nothing.
    pub media_start: Option<u64>,
}

/// A track as its boxes describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mp4Track {
    pub id: u32,
    /// The track plays unless somebody chooses another; alternatives to it are switched off.
    pub enabled: bool,
    /// `soun`, `vide`, …
    pub handler: [u8; 4],
    /// Four letters of the first sample entry.
    pub fourcc: [u8; 4],
    /// Units of a second in which the media counts.
    pub timescale: u32,
    pub edits: Vec<Edit>,
}

/// Encoder delay as iTunes writes it, in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ItunesGapless {
    pub delay_frames: u64,
    pub n_frames: u64,
}

/// The file as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mp4 {
    pub has_ftyp: bool,
    pub has_moov: bool,
    pub fragmented: bool,
    pub movie_timescale: u32,
    /// Bytes that the last box claims and the file does not have.
    pub n_missing_bytes: u64,
    pub tracks: Vec<Mp4Track>,
    pub gapless: Option<ItunesGapless>,
}

/// Reads the boxes of a file; damaged ones are left out.
pub(crate) fn read(source: &mut Source) -> io::Result<Mp4> {
    let mut walk = BoxWalk::new(source);
    let mut mp4 = Mp4::default();
    let file_len = walk.file_len();
    let mut pos = 0;
    while let Some(top) = walk.header(pos, file_len)? {
        match &top.name {
            b"ftyp" => mp4.has_ftyp = true,
            b"moov" => {
                mp4.has_moov = true;
                read_moov(&mut walk, top, &mut mp4)?;
            }
            _ => {}
        }
        mp4.n_missing_bytes = top.end.saturating_sub(file_len);
        pos = top.end;
    }
    Ok(mp4)
}

fn read_moov(walk: &mut BoxWalk<'_>, moov: BoxHeader, mp4: &mut Mp4) -> io::Result<()> {
    for child in walk.children(moov.payload_start, moov.end)? {
        match &child.name {
            b"mvhd" => {
                let payload = walk.payload(child)?;
                mp4.movie_timescale = timescale(&payload).unwrap_or(0);
            }
            b"mvex" => mp4.fragmented = true,
            b"trak" => {
                let track = read_trak(walk, child)?;
                mp4.tracks.push(track);
            }
            b"udta" => {
                mp4.gapless = read_itunes_gapless(walk, child)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn read_trak(walk: &mut BoxWalk<'_>, trak: BoxHeader) -> io::Result<Mp4Track> {
    let mut track = Mp4Track::default();
    if let Some(tkhd) = walk.child(trak, b"tkhd")? {
        let payload = walk.payload(tkhd)?;
        let id_pos = if payload.first() == Some(&1) { 20 } else { 12 };
        track.id = be_u32(&payload, id_pos).unwrap_or(0);
        track.enabled = payload.get(3).is_some_and(|flags| flags & 1 == 1);
    }
    if let Some(elst) = walk.descend(trak, &[b"edts", b"elst"])? {
        let payload = walk.payload(elst)?;
        track.edits = parse_elst(&payload);
    }
    let Some(mdia) = walk.child(trak, b"mdia")? else {
        return Ok(track);
    };
    if let Some(mdhd) = walk.child(mdia, b"mdhd")? {
        let payload = walk.payload(mdhd)?;
        track.timescale = timescale(&payload).unwrap_or(0);
    }
    if let Some(hdlr) = walk.child(mdia, b"hdlr")? {
        let payload = walk.payload(hdlr)?;
        track.handler = letters(&payload, 8);
    }
    if let Some(stsd) = walk.descend(mdia, &[b"minf", b"stbl", b"stsd"])? {
        let payload = walk.payload(stsd)?;
        track.fourcc = letters(&payload, 12);
    }
    Ok(track)
}

/// The timescale of an `mvhd` or `mdhd`, which share their beginning.
fn timescale(payload: &[u8]) -> Option<u32> {
    be_u32(payload, if payload.first() == Some(&1) { 20 } else { 12 })
}

fn letters(payload: &[u8], pos: usize) -> [u8; 4] {
    let field = payload.get(pos..pos + 4).unwrap_or_default();
    field.try_into().unwrap_or_default()
}

fn parse_elst(payload: &[u8]) -> Vec<Edit> {
    let wide = payload.first() == Some(&1);
    let n_entries = be_u32(payload, 4).unwrap_or(0) as usize;
    let entry_len = if wide { 20 } else { 12 };
    payload
        .get(8..)
        .unwrap_or_default()
        .chunks_exact(entry_len)
        .take(n_entries)
        .filter_map(|entry| {
            let (duration, media_start) = if wide {
                (
                    be_u64(entry, 0)?,
                    i64::from_be_bytes(be_u64(entry, 8)?.to_be_bytes()),
                )
            } else {
                (
                    u64::from(be_u32(entry, 0)?),
                    i64::from(be_u32(entry, 4)?.cast_signed()),
                )
            };
            Some(Edit {
                duration,
                media_start: u64::try_from(media_start).ok(),
            })
        })
        .collect()
}

/// `moov/udta/meta/ilst/----` with the name `iTunSMPB` holds hexadecimal numbers: zero, delay,
/// padding, number of frames.
fn read_itunes_gapless(walk: &mut BoxWalk<'_>, udta: BoxHeader) -> io::Result<Option<ItunesGapless>> {
    let Some(mut meta) = walk.child(udta, b"meta")? else {
        return Ok(None);
    };
    // `meta` has four bytes of version and flags before its children.
    meta.payload_start = (meta.payload_start + 4).min(meta.end);
    let Some(ilst) = walk.child(meta, b"ilst")? else {
        return Ok(None);
    };
    for item in walk.children(ilst.payload_start, ilst.end)? {
        if &item.name != b"----" {
            continue;
        }
        let Some(name) = walk.child(item, b"name")? else {
            continue;
        };
        if walk.payload(name)?.get(4..) != Some(b"iTunSMPB") {
            continue;
        }
        let Some(data) = walk.child(item, b"data")? else {
            continue;
        };
        let payload = walk.payload(data)?;
        return Ok(parse_itun_smpb(payload.get(8..).unwrap_or_default()));
    }
    Ok(None)
}

fn parse_itun_smpb(text: &[u8]) -> Option<ItunesGapless> {
    let text = std::str::from_utf8(text).ok()?;
    let mut fields = text.split_ascii_whitespace().skip(1);
    let mut number = || u64::from_str_radix(fields.next()?, 16).ok();
    let (delay_frames, _padding, n_frames) = (number()?, number()?, number()?);
    // Players take the tag only where it is plausible.
    (delay_frames < 16_384 && n_frames > 0).then_some(ItunesGapless {
        delay_frames,
        n_frames,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_lists_of_both_versions_are_read() {
        let narrow = [
            &[0, 0, 0, 0, 0, 0, 0, 2][..],
            &[0, 0, 1, 0xf4, 0xff, 0xff, 0xff, 0xff, 0, 1, 0, 0],
            &[0, 0, 3, 0xe8, 0, 0, 4, 0, 0, 1, 0, 0],
        ]
        .concat();
        let expected = vec![
            Edit {
                duration: 500,
                media_start: None,
            },
            Edit {
                duration: 1_000,
                media_start: Some(1_024),
            },
        ];
        assert_eq!(parse_elst(&narrow), expected, "an empty edit, then the media");
        assert_eq!(
            parse_elst(&narrow[..20]),
            expected[..1],
            "a list that is cut gives what is whole"
        );
    }

    #[test]
    fn itunes_delay_is_read() {
        let text = b" 00000000 00000840 000001CA 00000000003F31F6 00000000";
        assert_eq!(
            parse_itun_smpb(text),
            Some(ItunesGapless {
                delay_frames: 0x840,
                n_frames: 0x003f_31f6
            }),
            "delay and length are hexadecimal"
        );
        assert_eq!(parse_itun_smpb(b"garbage"), None, "nonsense is left out");
    }
}
