//! A worker whose transcriber is a fake: for tests of what happens around it.

use std::process::ExitCode;

use recordroute_engine::worker::serve;
use recordroute_testkit::{Behaviour, FakeTranscriber};

fn main() -> ExitCode {
    let behaviour = Behaviour::from_args(std::env::args().skip(1));
    serve(&move |_, _| Ok(Box::new(FakeTranscriber::load(&behaviour)?)))
}
