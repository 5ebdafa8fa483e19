//! Journeys through the whole program: one test binary, a file a topic.
//!
//! `record` starts a sound server of its own, which only Linux has. `queue` uses a fake transcriber in a real worker process; everything else runs the real program
//! with real small models, found where the installed program finds them.
// Every function here is a test or helps one.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod command_line;
mod crash;
mod live;
mod models;
mod queue;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod sound_server;
mod support;
