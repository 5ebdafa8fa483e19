//! Journeys through the whole program: one test binary, a file a topic.
//!
//! `record` and `awake` start a sound server and a message bus of their own, which only Linux has. `queue`
//! and `writing` use fake models in a real worker process; everything else runs the real program with real small models, found where the
//! installed program finds them.
// Every function here is a test or helps one.
#![allow(clippy::unwrap_used)]

#[cfg(target_os = "linux")]
mod awake;
mod bad_input;
mod command_line;
#[cfg(unix)]
mod crash;
mod finding;
mod live;
mod minutes;
mod models;
mod playing;
mod queue;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod sound_server;
mod support;
mod writing;
