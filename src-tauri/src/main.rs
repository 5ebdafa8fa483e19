// A second console window behind the program's own would only puzzle people on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    recordroute_desktop::main()
}
