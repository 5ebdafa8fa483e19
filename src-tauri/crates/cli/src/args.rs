use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use recordroute_engine::Format;
use recordroute_engine::core::{CaptureId, JobId, Language, RecordingId};

pub use crate::finding_args::{AskArgs, IndexCommand, SearchArgs, SimilarArgs};
pub use crate::writing_args::{
    CorrectArgs, GenerateArgs, HighlightsArgs, MinutesArgs, ProcessArgs, TitleArgs, VocabularyArgs,
    WritingArgs,
};

/// Turns recordings into text that can be found again, on this computer alone.
#[derive(Debug, Parser)]
#[command(
    name = "recordroute",
    version,
    arg_required_else_help = true,
    subcommand_required = true
)]
#[command(after_help = "Exit status: 0 done, 1 failed, 2 wrong use, 3 cancelled.\n\
    Settings come from the config file, RECORDROUTE_… variables or a .env file, and flags, the later winning.")]
pub struct Cli {
    /// Folder of the library [env: RECORDROUTE_LIBRARY]
    #[arg(long, global = true, value_name = "DIR")]
    pub library: Option<PathBuf>,
    /// Folder of the models [env: RECORDROUTE_MODELS]
    #[arg(long, global = true, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// Print the result, and errors, as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Show the log on stderr
    #[arg(long, short, global = true)]
    pub verbose: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Transcribe audio or video files and keep them in the library
    Transcribe(TranscribeArgs),
    /// List the microphones and other sound inputs
    Devices,
    /// Record a microphone, the computer's own sound, or both, and transcribe it; the computer stays awake meanwhile
    Record(RecordArgs),
    /// Keep recordings that a crash or a power cut left unfinished
    Recover(RecoverArgs),
    /// List, download, import, check and remove models
    Models {
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// Write the minutes of a recording with a language model
    Minutes(MinutesArgs),
    /// Propose corrections of a transcript with a language model, and accept or refuse them
    Correct(CorrectArgs),
    /// Find a title for a recording with a language model
    Title(TitleArgs),
    /// Show the most telling sentences and words of a recording; needs no language model
    Highlights(HighlightsArgs),
    /// Do all of it with audio or video files: transcript, title, minutes
    Process(ProcessArgs),
    /// Let a language model answer a prompt, to try it
    Generate(GenerateArgs),
    /// List the templates of minutes, and where your own belong
    Templates,
    /// List the words that accepted corrections taught, or forget one
    Vocabulary(VocabularyArgs),
    /// Read and keep order in the library
    History {
        #[command(subcommand)]
        command: HistoryCommand,
    },
    /// Find what was said, by its words and by its meaning
    Search(SearchArgs),
    /// Ask a question about what was said; the answer shows where it comes from
    Ask(AskArgs),
    /// Recordings that are about the same as one
    Similar(SimilarArgs),
    /// See the index of search by meaning, or make it anew
    Index {
        #[command(subcommand)]
        command: IndexCommand,
    },
    /// See and steer the queue
    Jobs {
        #[command(subcommand)]
        command: JobsCommand,
    },
    /// Measure speed, memory and error rates on a file
    Bench(BenchArgs),
    /// Serve the library to programs on this computer over HTTP, and work through the queue
    Serve(ServeArgs),
    /// Look the installation over: what is wrong and how to mend it
    Doctor,
}

#[derive(Debug, Args)]
pub struct TranscribeArgs {
    /// Audio or video files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub how: HowArgs,
    /// Format of the result; by default that of the output file's extension, else txt
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    pub format: Option<Format>,
    /// Write to a file, into a folder, or to stdout (-)
    #[arg(long, short, default_value = "-", value_name = "FILE|DIR|-")]
    pub output: PathBuf,
    /// Keep nothing in the library
    #[arg(long)]
    pub no_save: bool,
    /// What to do with a file that is in the library already
    #[arg(long, default_value = "ask", value_name = "WHAT")]
    pub duplicate: Duplicate,
}

/// How to transcribe; shared by `transcribe` and `bench`.
#[derive(Debug, Args)]
pub struct HowArgs {
    /// Speech model; by default the one that suits this computer best
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Spoken language: auto, ko, en, …
    #[arg(long, value_name = "CODE")]
    pub language: Option<Language>,
    /// Write English whatever is spoken
    #[arg(long)]
    pub translate: bool,
    /// Text that sets style and context
    #[arg(long, value_name = "TEXT")]
    pub prompt: Option<String>,
    /// File of names and jargon, a word or phrase a line
    #[arg(long, value_name = "FILE")]
    pub vocabulary: Option<PathBuf>,
    /// Threads for the model
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// Width of the beam search; 1 takes the likeliest word each time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub beam: u8,
    /// Transcribe silence too instead of cutting it out
    #[arg(long)]
    pub no_vad: bool,
}

#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Input to record, as `recordroute devices` names it; by default the system's microphone
    #[arg(long, value_name = "ID")]
    pub device: Option<String>,
    /// Record the computer's own sound; with --device both, as two channels of one file
    #[arg(long)]
    pub system: bool,
    /// End after so many seconds; by default with Ctrl-C
    #[arg(long, value_name = "S", value_parser = parse_seconds)]
    pub duration: Option<f64>,
    /// Title; by default the time of day
    #[arg(long, value_name = "T")]
    pub title: Option<String>,
    /// Write the sound (.wav) or the transcript (any other ending) to a file as well
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Only record
    #[arg(long)]
    pub no_transcribe: bool,
    /// Print what is said while it is recorded; the transcript follows when it has ended
    #[arg(long)]
    pub live: bool,
}

#[derive(Debug, Args)]
pub struct RecoverArgs {
    /// Number of one of them; by default all
    #[arg(value_name = "ID")]
    pub id: Option<CaptureId>,
    /// List them and change nothing
    #[arg(long)]
    pub list: bool,
    /// Put that one into the trash instead
    #[arg(long, requires = "id", conflicts_with = "list")]
    pub discard: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Duplicate {
    /// Ask on a terminal; elsewhere the same as `again`
    Ask,
    /// Transcribe the recording again
    Again,
    /// Give the stored transcript
    Show,
    /// Add it as a second recording
    Add,
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models that are installed and those that can be had
    List,
    /// Download a model of the catalogue
    Get {
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Import a ggml or GGUF file, or convert a Hugging Face or CTranslate2 Whisper folder
    Import {
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// Name of the model; by default made from the path
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// Convert a Whisper folder to smaller weights: f16, q8_0 or q5_1
        #[arg(long, value_name = "Q", value_parser = parse_quantization)]
        quantize: Option<recordroute_engine::core::Quantization>,
    },
    /// Check the files of one model or of all
    Verify {
        #[arg(value_name = "ID")]
        id: Option<String>,
    },
    /// Delete a model
    Remove {
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// List recordings, newest first
    List {
        /// List the trash instead
        #[arg(long)]
        trash: bool,
        /// Only recordings with this tag
        #[arg(long, value_name = "TAG")]
        tag: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u64,
    },
    /// Show a recording and its transcript
    Show {
        #[arg(value_name = "ID")]
        id: RecordingId,
    },
    /// Give a recording another title
    Rename {
        #[arg(value_name = "ID")]
        id: RecordingId,
        #[arg(value_name = "TITLE")]
        title: String,
    },
    /// Put a tag on a recording, or take it off
    Tag {
        #[arg(value_name = "ID")]
        id: RecordingId,
        #[arg(value_name = "TAG")]
        tag: String,
        /// Take it off
        #[arg(long)]
        remove: bool,
    },
    /// Write a transcript in a format
    Export {
        #[arg(value_name = "ID")]
        id: RecordingId,
        /// txt, srt, vtt, json, csv or md; by default that of the output file's extension, else txt
        #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
        format: Option<Format>,
        /// Write to a file, into a folder, or to stdout (-)
        #[arg(long, short, default_value = "-", value_name = "FILE|DIR|-")]
        output: PathBuf,
    },
    /// Put a recording in the trash
    Delete {
        #[arg(value_name = "ID")]
        id: RecordingId,
    },
    /// Take a recording out of the trash
    Restore {
        #[arg(value_name = "ID")]
        id: RecordingId,
    },
    /// Delete everything in the trash for good
    Purge {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List the queue and what became of earlier jobs
    List,
    /// End a job; what it stored stays
    Cancel {
        #[arg(value_name = "ID")]
        id: JobId,
    },
    /// Go on with a failed, cancelled or interrupted job after its last stored segment
    Retry {
        #[arg(value_name = "ID")]
        id: JobId,
    },
    /// Work through everything that waits or was interrupted
    Run,
    /// Move a waiting job to a place in the queue, 0 being next
    Move {
        #[arg(value_name = "ID")]
        id: JobId,
        #[arg(value_name = "POSITION")]
        position: usize,
    },
}

#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(flatten)]
    pub how: HowArgs,
    /// File to measure; by default the sample recording
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Text file with what is said in it: gives word and character error rates
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// Decode only
    #[arg(long)]
    pub decode_only: bool,
    /// Measure a language model instead, the one that --model names or the one that writes by default
    #[arg(long, conflicts_with_all = ["file", "reference", "decode_only"])]
    pub llm: bool,
    /// With --llm: tokens to read from an empty context
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "512,2048,8192",
        requires = "llm"
    )]
    pub prefill: Vec<usize>,
    /// With --llm: tokens that stand before those that are written
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "512,2048",
        requires = "llm"
    )]
    pub decode_after: Vec<usize>,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Port on the loopback address; 0 takes a free one
    #[arg(long, default_value_t = 7373, value_name = "N")]
    pub port: u16,
}

fn parse_format(text: &str) -> Result<Format, String> {
    text.parse()
        .map_err(|_| "use txt, srt, vtt, json, csv or md".to_owned())
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds.is_finite() => Ok(seconds),
        _ => Err("use a number of seconds above 0".to_owned()),
    }
}

fn parse_quantization(text: &str) -> Result<recordroute_engine::core::Quantization, String> {
    use recordroute_engine::core::Quantization;
    match text.to_ascii_lowercase().as_str() {
        "f16" => Ok(Quantization::F16),
        "q8_0" => Ok(Quantization::Q8_0),
        "q5_1" => Ok(Quantization::Q5_1),
        _ => Err("use f16, q8_0 or q5_1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_fit_together() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn the_promised_calls_are_understood() {
        for call in [
            "recordroute transcribe a.m4a b.mp3 --model whisper-base --language ko --translate --prompt x \
             --vocabulary v.txt --format srt --output out --threads 2 --no-vad --no-save",
            "recordroute devices --json",
            "recordroute record --device pulseaudio:mic --system --duration 2.5 --title T --output a.wav --no-transcribe",
            "recordroute recover 3 --discard",
            "recordroute models list",
            "recordroute models get whisper-base",
            "recordroute models import dir --id mine --quantize q5_1",
            "recordroute models verify",
            "recordroute models remove whisper-base",
            "recordroute minutes 3 --template meeting --model qwen3-1.7b --language ko --format json",
            "recordroute minutes talk.m4a --json",
            "recordroute correct 3 --accept-all --marked --diff",
            "recordroute correct 3 --accept 1 --accept 2 --refuse 5",
            "recordroute title 3 --json",
            "recordroute highlights 3",
            "recordroute process a.m4a b.mp3 --correct --template lecture",
            "recordroute generate --model qwen3-0.6b Hello",
            "recordroute templates",
            "recordroute vocabulary --forget word",
            "recordroute history list --json",
            "recordroute history show 3",
            "recordroute history rename 3 title",
            "recordroute history export 3 --format md",
            "recordroute history delete 3",
            "recordroute history restore 3",
            "recordroute history purge",
            "recordroute search two words --limit 5",
            "recordroute jobs list",
            "recordroute jobs cancel 1",
            "recordroute jobs retry 1",
            "recordroute bench --model whisper-base --file a.wav --reference a.txt --decode-only --json",
            "recordroute doctor --library dir --models dir",
        ] {
            let parsed = Cli::try_parse_from(call.split_whitespace());
            assert!(parsed.is_ok(), "`{call}` must stay valid: {:?}", parsed.err());
        }
    }
}
