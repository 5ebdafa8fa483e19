//! What a page shows of a recording, beside its list row and its text.

use std::path::PathBuf;

use recordroute_core::{Job, RecordingId, Segment, Word};
use recordroute_store::{JobListing, ShownSegment};

use crate::{Engine, Error, Format};

/// Columns of a waveform: more than a screen has, and little enough to send at once.
const MAX_LOUDNESS_COLUMNS: usize = 2_000;

/// Ended jobs that are still worth a look.
const MAX_ENDED_JOBS: u64 = 50;

/// A tag and how many recordings outside the trash carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagCount {
    /// Its name.
    pub name: String,
    /// Number of recordings.
    pub n_recordings: u64,
}

impl Engine {
    /// The segments of the newest transcript with what was heard, all of them or `most` from the start.
    pub fn shown_segments(&self, id: RecordingId, most: Option<u32>) -> Result<Vec<ShownSegment>, Error> {
        Ok(self.inner.library.shown_segments(id, most)?)
    }

    /// The segments of the newest transcript, without their words.
    pub fn segments(&self, id: RecordingId) -> Result<Vec<Segment>, Error> {
        Ok(self.inner.library.segments(id)?)
    }

    /// Words of the newest transcript that begin in `from_ms..to_ms`, in order.
    pub fn words(&self, id: RecordingId, from_ms: u64, to_ms: u64) -> Result<Vec<Word>, Error> {
        Ok(self.inner.library.words(id, from_ms, to_ms)?)
    }

    /// Tags in alphabetical order, with the number of recordings outside the trash that carry each.
    pub fn tags(&self) -> Result<Vec<TagCount>, Error> {
        let count = |(name, n_recordings)| TagCount { name, n_recordings };
        Ok(self.inner.library.tags()?.into_iter().map(count).collect())
    }

    /// Loudness over time, 0 to 255, in at most 2,000 columns from the first to the last second;
    /// empty where it is not known yet.
    pub fn loudness(&self, id: RecordingId) -> Result<Vec<u8>, Error> {
        let peaks = self.inner.library.peaks(id)?.unwrap_or_default();
        Ok(loudness(&peaks, MAX_LOUDNESS_COLUMNS))
    }

    /// Where the media of a recording lies; whether it is still there is not looked at.
    pub fn media_path(&self, id: RecordingId) -> Result<PathBuf, Error> {
        let recording = self.inner.library.recording(id)?;
        Ok(self.inner.library.media_path(&recording)?)
    }

    /// The same where the file is there; an error that names it where it is not.
    pub fn existing_media_path(&self, id: RecordingId) -> Result<PathBuf, Error> {
        let path = self.media_path(id)?;
        match std::fs::metadata(&path) {
            Ok(_) => Ok(path),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// A transcript in a format, for a clipboard.
    pub fn export_text(&self, id: RecordingId, format: Format) -> Result<String, Error> {
        let mut bytes = Vec::new();
        self.export(id, format, &mut bytes)?;
        // Only spreadsheets that read a file want the mark at its beginning.
        Ok(String::from_utf8_lossy(&bytes)
            .trim_start_matches('\u{feff}')
            .to_owned())
    }

    /// A name for an exported file: the title, where it makes a file name.
    pub fn export_file_name(&self, id: RecordingId, format: Format) -> Result<String, Error> {
        self.file_name(id, format.extension())
    }

    /// The same for a file with that ending.
    pub(crate) fn file_name(&self, id: RecordingId, ending: &str) -> Result<String, Error> {
        let title = self.recording(id)?.title;
        Ok(format!("{}.{ending}", file_stem(&title)))
    }

    /// Running jobs, the queue in its order, and those that ended lately.
    pub fn recent_jobs(&self) -> Result<Vec<Job>, Error> {
        let n_open = self.open_jobs()?.len() as u64;
        self.jobs(&JobListing {
            limit: Some(n_open + MAX_ENDED_JOBS),
            ..JobListing::default()
        })
    }
}

/// Without what file systems refuse, at most 100 characters.
fn file_stem(title: &str) -> String {
    let replaced: String = title
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            c if c.is_control() => ' ',
            c => c,
        })
        .take(100)
        .collect();
    match replaced.trim_matches(['.', ' ']) {
        "" => "RecordRoute".to_owned(),
        stem => stem.to_owned(),
    }
}

/// The louder side of each bucket, the loudest of those that share a column.
fn loudness(peaks: &[u8], max_columns: usize) -> Vec<u8> {
    let buckets: Vec<u8> = peaks
        .chunks_exact(2)
        .map(|pair| {
            let loudest = pair.iter().map(|byte| byte.cast_signed().unsigned_abs()).max();
            loudest.unwrap_or(0).saturating_mul(2)
        })
        .collect();
    let n_columns = buckets.len().min(max_columns);
    (0..n_columns)
        .map(|column| {
            let from = column * buckets.len() / n_columns;
            let to = (column + 1) * buckets.len() / n_columns;
            buckets[from..to].iter().copied().max().unwrap_or(0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_makes_a_file_name() {
        assert_eq!(
            file_stem("회의: 1/2 분기"),
            "회의- 1-2 분기",
            "what Windows refuses is replaced"
        );
        assert_eq!(file_stem("..."), "RecordRoute", "points alone are no name");
    }

    #[test]
    fn a_waveform_keeps_its_loudest_places() {
        let pair = |low: i8, high: i8| [low.cast_unsigned(), high.cast_unsigned()];
        let peaks: Vec<u8> = [pair(0, 0), pair(-127, 10), pair(-5, 64), pair(-128, 127)].concat();
        assert_eq!(
            loudness(&peaks, 10),
            [0, 254, 128, 255],
            "both sides count, and full scale is not exceeded"
        );
        assert_eq!(
            loudness(&peaks, 2),
            [254, 255],
            "where buckets share a column the louder one shows"
        );
        assert_eq!(loudness(&[], 2), [0_u8; 0], "an unknown waveform is empty");
    }
}
