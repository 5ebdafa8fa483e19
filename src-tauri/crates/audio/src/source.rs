//! The bytes of a file as symphonia wants them, watched.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use recordroute_core::CancellationToken;
use symphonia::core::io::MediaSource;

use crate::AudioError;

/// What happened below symphonia, which reports a failing disk and the end of a file alike.
#[derive(Debug, Default)]
pub(crate) struct SourceStatus {
    n_bytes_read: AtomicU64,
    ended_early: AtomicBool,
    error: Mutex<Option<io::Error>>,
    cancel: CancellationToken,
}

impl SourceStatus {
    /// Bytes handed out so far; a demuxer that does not move this makes no progress.
    pub(crate) fn n_bytes_read(&self) -> u64 {
        self.n_bytes_read.load(Ordering::Relaxed)
    }

    /// The file became shorter while it was read.
    pub(crate) fn ended_early(&self) -> bool {
        self.ended_early.load(Ordering::Relaxed)
    }

    /// The first error of the operating system, once.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

/// A regular file, with its header optionally replaced and bytes optionally appended, so that
/// close relatives of a format (RF64, QuickTime without `ftyp`) pass for it.
#[derive(Debug)]
pub(crate) struct Source {
    file: File,
    file_len: u64,
    /// Position as readers see it.
    pos: u64,
    head: Vec<u8>,
    /// Bytes of the file that `head` stands for.
    n_replaced: u64,
    tail: Vec<u8>,
    /// Bytes that the file should have had and has not.
    n_missing: u64,
    status: Arc<SourceStatus>,
}

impl Source {
    pub(crate) fn open(path: &Path, cancel: CancellationToken) -> Result<Self, AudioError> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(AudioError::NotMedia {
                what: "a folder".to_owned(),
            });
        }
        if !metadata.is_file() {
            return Err(AudioError::NotMedia {
                what: "a device or pipe".to_owned(),
            });
        }
        if metadata.len() == 0 {
            return Err(AudioError::Empty);
        }
        Ok(Self {
            file,
            file_len: metadata.len(),
            pos: 0,
            head: Vec::new(),
            n_replaced: 0,
            tail: Vec::new(),
            n_missing: 0,
            status: Arc::new(SourceStatus {
                cancel,
                ..SourceStatus::default()
            }),
        })
    }

    /// Length of the file on disk, bytes.
    pub(crate) fn file_len(&self) -> u64 {
        self.file_len
    }

    pub(crate) fn status(&self) -> Arc<SourceStatus> {
        Arc::clone(&self.status)
    }

    /// Up to `n_bytes` of the file itself from `pos`; fewer at its end. Readers start at 0 after it.
    pub(crate) fn peek(&mut self, pos: u64, n_bytes: usize) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(pos.min(self.file_len)))?;
        let mut bytes = Vec::with_capacity(n_bytes.min(1 << 16));
        (&self.file).take(n_bytes as u64).read_to_end(&mut bytes)?;
        self.seek(SeekFrom::Start(0))?;
        Ok(bytes)
    }

    /// Lets readers see `head` in place of the file's first `n_replaced` bytes.
    pub(crate) fn replace_head(&mut self, head: Vec<u8>, n_replaced: u64) -> io::Result<()> {
        self.head = head;
        self.n_replaced = n_replaced.min(self.file_len);
        self.seek(SeekFrom::Start(0)).map(drop)
    }

    /// Lets readers see `tail` behind the file's last byte.
    pub(crate) fn append_tail(&mut self, tail: Vec<u8>) {
        self.tail = tail;
    }

    /// Lets readers believe that the file is longer than it is; reading there finds the end.
    pub(crate) fn pretend_missing(&mut self, n_missing: u64) {
        self.n_missing = n_missing;
    }

    /// Where the file's bytes end as readers see it.
    fn file_end(&self) -> u64 {
        self.head.len() as u64 + (self.file_len - self.n_replaced)
    }

    fn total_len(&self) -> u64 {
        (self.file_end() + self.tail.len() as u64).saturating_add(self.n_missing)
    }

    fn read_file(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.file_end() - self.pos).unwrap_or(usize::MAX);
        let n_wanted = buf.len().min(left);
        let target = buf.get_mut(..n_wanted).unwrap_or_default();
        match self.file.read(target) {
            Ok(0) if n_wanted > 0 => {
                self.status.ended_early.store(true, Ordering::Relaxed);
                Ok(0)
            }
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                let copy = io::Error::new(error.kind(), error.to_string());
                let mut slot = self.status.error.lock().unwrap_or_else(PoisonError::into_inner);
                slot.get_or_insert(copy);
                Err(error)
            }
            other => other,
        }
    }
}

impl Read for Source {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.status.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let n_read = if self.pos < self.head.len() as u64 {
            self.head.get(self.pos as usize..).unwrap_or_default().read(buf)?
        } else if self.pos < self.file_end() {
            self.read_file(buf)?
        } else {
            let at = usize::try_from(self.pos - self.file_end()).unwrap_or(usize::MAX);
            self.tail.get(at..).unwrap_or_default().read(buf)?
        };
        self.pos += n_read as u64;
        self.status
            .n_bytes_read
            .fetch_add(n_read as u64, Ordering::Relaxed);
        Ok(n_read)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(pos) => Some(pos),
            SeekFrom::End(delta) => self.total_len().checked_add_signed(delta),
            SeekFrom::Current(delta) => self.pos.checked_add_signed(delta),
        };
        let pos = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let behind_head = pos.saturating_sub(self.head.len() as u64);
        let file_pos = behind_head.saturating_add(self.n_replaced).min(self.file_len);
        self.file.seek(SeekFrom::Start(file_pos))?;
        self.pos = pos;
        Ok(pos)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.total_len())
    }
}
