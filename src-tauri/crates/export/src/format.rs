use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The kind of file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Plain text, a segment a line.
    Txt,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles.
    Vtt,
    /// Everything that is known, for programs.
    Json,
    /// A table for spreadsheets, a segment a row.
    Csv,
    /// Markdown with times and marks on doubtful places.
    Md,
}

impl Format {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Txt, Self::Srt, Self::Vtt, Self::Json, Self::Csv, Self::Md];

    /// The extension of its files, without a point.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Md => "md",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

/// The text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a format; use txt, srt, vtt, json, csv or md.")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.trim().trim_start_matches('.').to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|format| format.extension() == wanted)
            .ok_or_else(|| UnknownFormat(text.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_named_by_its_extension() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format), "{format} names itself");
        }
        assert_eq!(
            " .SRT ".parse(),
            Ok(Format::Srt),
            "a point and capitals are forgiven"
        );
        assert!(
            "docx".parse::<Format>().is_err(),
            "an unknown one is refused with the list"
        );
    }
}
