//! One file per command; each is a thin wrapper of the engine.

pub mod ask;
pub mod bench;
pub mod correct;
pub mod devices;
pub mod doctor;
pub mod generate;
pub mod history;
pub mod index;
pub mod jobs;
pub mod minutes;
pub mod models;
pub mod process;
pub mod record;
pub mod recover;
pub mod search;
pub mod serve;
pub mod templates;
pub mod title;
pub mod transcribe;

mod destination;
mod how;
mod text_of;
mod when;
