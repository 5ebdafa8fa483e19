//! Where a transcript is written: stdout, a file, or a folder.

use std::path::{Path, PathBuf};

use recordroute_engine::core::RecordingId;
use recordroute_engine::{Engine, Format};

use crate::output::{Failure, Output};

/// The wish of `--output` and `--format` together.
pub struct Destination {
    place: Place,
    pub format: Format,
}

enum Place {
    Stdout,
    File(PathBuf),
    Folder(PathBuf),
}

impl Destination {
    /// Reads the flags. With JSON wanted on the whole, the format is JSON unless it was named.
    pub fn new(output: &Path, format: Option<Format>, json: bool, n_files: usize) -> Result<Self, Failure> {
        let names_folder = output.is_dir() || output.to_string_lossy().ends_with(['/', '\\']);
        let place = if output == Path::new("-") {
            Place::Stdout
        } else if names_folder {
            std::fs::create_dir_all(output).map_err(|error| {
                Failure::usage(format!(
                    "The folder {} cannot be made ({error}).",
                    output.display()
                ))
            })?;
            Place::Folder(output.to_owned())
        } else if n_files > 1 {
            return Err(Failure::usage(format!(
                "{} is one file, but there are several results. Name a folder with --output.",
                output.display()
            )));
        } else {
            Place::File(output.to_owned())
        };
        let by_extension = match &place {
            Place::File(path) => path
                .extension()
                .and_then(|extension| extension.to_str()?.parse().ok()),
            Place::Stdout | Place::Folder(_) => None,
        };
        let fallback = if json { Format::Json } else { Format::Txt };
        Ok(Self {
            place,
            format: format.or(by_extension).unwrap_or(fallback),
        })
    }

    /// Whether text can be printed as it comes instead of at the end.
    pub fn streams(&self) -> bool {
        matches!(self.place, Place::Stdout) && self.format == Format::Txt
    }

    /// Writes the transcript; files in a folder get a name of their own and replace nothing.
    pub fn write(
        &self,
        engine: &Engine,
        id: RecordingId,
        stem: &str,
        output: &Output,
    ) -> Result<(), Failure> {
        let path = match &self.place {
            Place::Stdout => {
                let mut bytes = Vec::new();
                engine.export(id, self.format, &mut bytes)?;
                if bytes.last().is_some_and(|byte| *byte != b'\n') {
                    bytes.push(b'\n');
                }
                return output.bytes(&bytes);
            }
            Place::File(path) => path.clone(),
            Place::Folder(folder) => free_name(folder, stem, self.format.extension()),
        };
        engine.export_to_file(id, self.format, &path)?;
        output.note(&format!("Written: {}", path.display()));
        Ok(())
    }
}

fn free_name(folder: &Path, stem: &str, extension: &str) -> PathBuf {
    (1_u32..)
        .map(|number| match number {
            1 => folder.join(format!("{stem}.{extension}")),
            _ => folder.join(format!("{stem} ({number}).{extension}")),
        })
        .find(|path| !path.exists())
        .unwrap_or_else(|| folder.join(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("talk.txt"), "corrected by hand").unwrap();
        let name = free_name(folder.path(), "talk", "txt");
        assert_eq!(
            name,
            folder.path().join("talk (2).txt"),
            "an earlier result may have been corrected"
        );
    }

    #[test]
    fn several_results_do_not_go_into_one_file() {
        let destination = Destination::new(Path::new("all.txt"), None, false, 2);
        assert!(destination.is_err(), "the second result would replace the first");
    }
}
