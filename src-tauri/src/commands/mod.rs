//! What the page may ask for: each command is a thin wrapper of one method of the engine.

pub mod library;
