//! The command line door of RecordRoute. Results go to stdout, progress and messages to stderr.
//!
//! Exit status: 0 done, 1 failed, 2 wrong use, 3 cancelled.
//!
//! It is a library with a five-line binary so that tests can start the very same program.

mod args;
mod cancel;
mod commands;
mod follow;
mod live;
mod meter;
mod output;
mod writing_args;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use recordroute_engine::core::{Generator, InferenceError, Transcriber};
use recordroute_engine::worker::{LanguageModel, LoadModels, WorkerCommand, serve};
use recordroute_engine::{Engine, Overrides, QueueMode, Settings, log_to_file, log_to_stderr};

use args::{Cli, Command};
use output::{Failure, Output};

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    // The worker speaks frames on stdout: nothing else of the command line may run in it.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == "worker")
    {
        log_to_stderr();
        return serve(&Engines);
    }
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    match run(cli, &output) {
        Ok(code) => code,
        Err(failure) => output.fail(&failure),
    }
}

/// The engines that this program is built with.
struct Engines;

impl LoadModels for Engines {
    fn transcriber(
        &self,
        path: &Path,
        n_threads: Option<usize>,
    ) -> Result<Box<dyn Transcriber>, InferenceError> {
        let options = recordroute_transcribe::LoadOptions { n_threads };
        Ok(Box::new(recordroute_transcribe::Whisper::load(path, &options)?))
    }

    fn generator(&self, model: &LanguageModel) -> Result<Box<dyn Generator>, InferenceError> {
        let options = options_of(model);
        Ok(Box::new(recordroute_llm::GgufGenerator::load(
            &model.path,
            &options,
        )?))
    }

    fn generator_bytes(&self, model: &LanguageModel) -> Result<u64, InferenceError> {
        recordroute_llm::GgufGenerator::memory_needed_bytes(&model.path, &options_of(model))
    }
}

fn options_of(model: &LanguageModel) -> recordroute_llm::LoadOptions {
    recordroute_llm::LoadOptions {
        max_context_tokens: model.max_context_tokens,
        n_threads: model.n_threads,
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
        Command::Process(args) => commands::process::run(&context, args),
        Command::Generate(args) => commands::generate::run(&context, args),
        Command::Vocabulary(args) => commands::correct::vocabulary(&context, &args),
        Command::History { command } => commands::history::run(&context, command),
        Command::Search(args) => commands::search::run(&context, &args),
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
