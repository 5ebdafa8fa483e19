//! One file per command; each is a thin wrapper of the engine.

pub mod bench;
pub mod devices;
pub mod doctor;
pub mod history;
pub mod jobs;
pub mod models;
pub mod record;
pub mod recover;
pub mod search;
pub mod serve;
pub mod transcribe;

mod destination;
mod how;
mod when;
