//! The command line door of RecordRoute. Results go to stdout, progress and messages to stderr.
//!
//! Exit status: 0 done, 1 failed, 2 wrong use, 3 cancelled.
//!
//! It is a library with a five-line binary so that tests can start the very same program.

mod args;
mod cancel;
mod commands;
mod finding_args;
mod follow;
mod live;
mod meter;
mod output;
mod writing_args;

use std::process::ExitCode;

use clap::Parser;
use recordroute_engine::worker::WorkerCommand;
use recordroute_engine::{Engine, Overrides, QueueMode, Settings, log_to_file};
use recordroute_inference::run_as_worker;

use args::{Cli, Command};
use output::{Failure, Output};

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    if let Some(code) = run_as_worker() {
        return code;
    }
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    match run(cli, &output) {
        Ok(code) => code,
        Err(failure) => output.fail(&failure),
    }
}

fn run(cli: Cli, output: &Output) -> Result<ExitCode, Failure> {
    let settings = Settings::load(&Overrides {
        library: cli.library,
        models: cli.models,
    })
    .map_err(|error| Failure::usage(error.to_string()))?;
    let _log = log_to_file(&settings, "recordroute", cli.verbose);
    let context = Context { settings, output };
    match cli.command {
        Command::Transcribe(args) => commands::transcribe::run(&context, args),
        Command::Devices => commands::devices::run(&context),
        Command::Record(args) => commands::record::run(&context, &args),
        Command::Recover(args) => commands::recover::run(&context, &args),
        Command::Models { command } => commands::models::run(&context, command),
        Command::Minutes(args) => commands::minutes::run(&context, &args),
        Command::Correct(args) => commands::correct::run(&context, &args),
        Command::Title(args) => commands::title::run(&context, &args),
        Command::Highlights(args) => commands::title::highlights(&context, &args),
        Command::Process(args) => commands::process::run(&context, &args),
        Command::Generate(args) => commands::generate::run(&context, args),
        Command::Templates => commands::templates::run(&context),
        Command::Vocabulary(args) => commands::correct::vocabulary(&context, &args),
        Command::History { command } => commands::history::run(&context, command),
        Command::Search(args) => commands::search::run(&context, &args),
        Command::Ask(args) => commands::ask::run(&context, &args),
        Command::Similar(args) => commands::search::similar(&context, &args),
        Command::Index { command } => commands::index::run(&context, command),
        Command::Jobs { command } => commands::jobs::run(&context, command),
        Command::Bench(args) => commands::bench::run(&context, args),
        Command::Serve(args) => commands::serve::run(&context, &args),
        Command::Doctor => commands::doctor::run(&context),
    }
}

/// What every command works with.
struct Context<'a> {
    settings: Settings,
    output: &'a Output,
}

impl Context<'_> {
    /// The engine over the user's library, which runs only the jobs of this command.
    fn engine(&self) -> Result<Engine, Failure> {
        self.engine_over(self.settings.clone(), QueueMode::Own)
    }

    fn engine_over(&self, settings: Settings, mode: QueueMode) -> Result<Engine, Failure> {
        let worker = WorkerCommand::this_program().map_err(|error| {
            Failure::other(format!(
                "The program cannot find itself ({error}). Start it by its full path."
            ))
        })?;
        Ok(Engine::open(settings, worker, mode)?)
    }
}
