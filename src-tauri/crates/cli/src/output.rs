//! Where results and errors go.

use std::io::{self, Write};
use std::process::ExitCode;

use recordroute_engine::Error;
use recordroute_engine::core::ErrorCode;
use recordroute_engine::models::ModelsError;
use serde::Serialize;

/// The user ended it.
pub const CANCELLED: u8 = 3;
/// The arguments make no sense.
const WRONG_USE: u8 = 2;
/// It went wrong.
pub const FAILED: u8 = 1;

/// Why the program ends without its result.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: ErrorCode,
    status: u8,
}

impl Failure {
    /// Wrong arguments or settings.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: ErrorCode::InvalidInput,
            status: WRONG_USE,
        }
    }

    /// Anything that has no code.
    pub fn other(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: ErrorCode::Other,
            status: FAILED,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            message: error.to_string(),
            code: error.code(),
            status: FAILED,
        }
    }
}

impl From<ModelsError> for Failure {
    fn from(error: ModelsError) -> Self {
        Error::from(error).into()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // A reader that has seen enough, such as `head`, is a good end.
        let status = if error.kind() == io::ErrorKind::BrokenPipe {
            0
        } else {
            FAILED
        };
        Self {
            message: format!("The result could not be written ({error})."),
            code: ErrorCode::Other,
            status,
        }
    }
}

/// Prints results on stdout and sentences on stderr.
pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether results are wanted as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a value as one line of JSON.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        serde_json::to_writer(&mut stdout, value).map_err(|error| Failure::from(io::Error::from(error)))?;
        stdout.write_all(b"\n")?;
        Ok(stdout.flush()?)
    }

    /// Prints a line.
    pub fn line(&self, line: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")?;
        Ok(stdout.flush()?)
    }

    /// Prints bytes as they are.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        Ok(stdout.flush()?)
    }

    /// Says something beside the result.
    pub fn note(&self, sentence: &str) {
        // When even stderr is gone there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{sentence}");
    }

    /// Says what went wrong and gives the exit status.
    pub fn fail(&self, failure: &Failure) -> ExitCode {
        if failure.status != 0 {
            if self.json {
                let error = serde_json::json!({"error": {"code": failure.code, "message": failure.message}});
                self.note(&error.to_string());
            } else {
                self.note(&failure.message);
            }
        }
        ExitCode::from(failure.status)
    }

    /// Prints rows with aligned columns; the last column is not padded.
    pub fn table(&self, rows: &[Vec<String>]) -> Result<(), Failure> {
        let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..n_columns)
            .map(|column| {
                rows.iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| width(cell))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for row in rows {
            let mut line = String::new();
            for (cell, wanted) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', wanted - width(cell) + 2));
            }
            self.line(line.trim_end())?;
        }
        Ok(())
    }
}

/// Columns that a text takes on a terminal.
fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
