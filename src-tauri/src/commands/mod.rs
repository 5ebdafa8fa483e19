pub mod adding;
pub mod jobs;
pub mod library;
pub mod models;
pub mod out;
pub mod program;
pub mod recordings;
