//! Walks the boxes of an ISO base media file (ISO/IEC 14496-12) without trusting their sizes.

use std::io;

use crate::source::Source;

/// Boxes looked at in one file at most: five hours in fragments of one second have 36,000.
const MAX_BOXES: usize = 400_000;

/// Bytes of one box that are read into memory at most.
const MAX_PAYLOAD: u64 = 64 * 1024;

/// One box: its four letters and where its payload lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BoxHeader {
    pub name: [u8; 4],
    pub payload_start: u64,
    /// One past the last byte, as the box itself claims; may lie beyond the file.
    pub end: u64,
}

/// Walks boxes and counts them, so that no file keeps it busy.
pub(crate) struct BoxWalk<'a> {
    source: &'a mut Source,
    n_boxes_left: usize,
}

impl<'a> BoxWalk<'a> {
    pub(crate) fn new(source: &'a mut Source) -> Self {
        Self {
            source,
            n_boxes_left: MAX_BOXES,
        }
    }

    pub(crate) fn file_len(&self) -> u64 {
        self.source.file_len()
    }

    /// The box at `pos` inside a parent that ends at `parent_end`; none at the parent's end or
    /// where no box can be.
    pub(crate) fn header(&mut self, pos: u64, parent_end: u64) -> io::Result<Option<BoxHeader>> {
        if pos.saturating_add(8) > parent_end.min(self.file_len()) || self.n_boxes_left == 0 {
            return Ok(None);
        }
        self.n_boxes_left -= 1;
        let head = self.source.peek(pos, 16)?;
        let (Some(size), Some(name)) = (be_u32(&head, 0), head.get(4..8)) else {
            return Ok(None);
        };
        let name: [u8; 4] = name.try_into().unwrap_or_default();
        let (header_len, end) = match size {
            // Reaches to the end of the file.
            0 => (8, parent_end),
            1 => match be_u64(&head, 8) {
                Some(size) => (16, pos.saturating_add(size)),
                None => return Ok(None),
            },
            size => (8, pos.saturating_add(u64::from(size))),
        };
        let payload_start = pos + header_len;
        if end < payload_start {
            return Ok(None);
        }
        Ok(Some(BoxHeader {
            name,
            payload_start,
            end,
        }))
    }

    /// The boxes between `start` and `end`, in order.
    pub(crate) fn children(&mut self, start: u64, end: u64) -> io::Result<Vec<BoxHeader>> {
        let mut children = Vec::new();
        let mut pos = start;
        while let Some(child) = self.header(pos, end)? {
            children.push(child);
            pos = child.end;
        }
        Ok(children)
    }

    /// The first box by that name directly inside `parent`.
    pub(crate) fn child(&mut self, parent: BoxHeader, name: &[u8; 4]) -> io::Result<Option<BoxHeader>> {
        let children = self.children(parent.payload_start, parent.end)?;
        Ok(children.into_iter().find(|child| &child.name == name))
    }

    /// The box at the end of a path of names below `parent`.
    pub(crate) fn descend(&mut self, parent: BoxHeader, path: &[&[u8; 4]]) -> io::Result<Option<BoxHeader>> {
        let mut at = parent;
        for name in path {
            match self.child(at, name)? {
                Some(child) => at = child,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// The payload of a small box; of a large one the beginning.
    pub(crate) fn payload(&mut self, at: BoxHeader) -> io::Result<Vec<u8>> {
        let n_bytes = (at.end - at.payload_start).min(MAX_PAYLOAD);
        self.source.peek(at.payload_start, n_bytes as usize)
    }
}

/// Big-endian number at `pos`.
pub(crate) fn be_u32(bytes: &[u8], pos: usize) -> Option<u32> {
    let field = bytes.get(pos..pos.checked_add(4)?)?;
    Some(u32::from_be_bytes(field.try_into().ok()?))
}

/// Big-endian number at `pos`.
pub(crate) fn be_u64(bytes: &[u8], pos: usize) -> Option<u64> {
    let field = bytes.get(pos..pos.checked_add(8)?)?;
    Some(u64::from_be_bytes(field.try_into().ok()?))
}
