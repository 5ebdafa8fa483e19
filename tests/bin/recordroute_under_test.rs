//! The command line program itself, built as a binary of this package so that Cargo tells the
//! journeys where it lies.

use std::process::ExitCode;

fn main() -> ExitCode {
    recordroute_cli::main()
}
