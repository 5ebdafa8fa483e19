//! Arguments of the commands that write something from a transcript.

use std::path::PathBuf;

use clap::Args;
use recordroute_engine::WrittenFormat;
use recordroute_engine::core::{Language, RecordingId};

/// How minutes are written; shared by `minutes` and `process`.
#[derive(Debug, Args)]
pub struct WritingArgs {
    /// Template: meeting, interview, lecture, … or one of your own
    #[arg(long, value_name = "T")]
    pub template: Option<String>,
    /// Language model, or server:NAME; by default the one that suits this computer best
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Language to write in: ko, en, …; by default that of the recording
    #[arg(long, value_name = "CODE")]
    pub language: Option<Language>,
    /// Format of the result
    #[arg(long, value_name = "md|json|txt", value_parser = parse_written_format)]
    pub format: Option<WrittenFormat>,
}

#[derive(Debug, Args)]
pub struct MinutesArgs {
    /// Number of a recording, or a file, which is transcribed first
    #[arg(value_name = "ID|FILE")]
    pub of: PathBuf,
    #[command(flatten)]
    pub how: WritingArgs,
    /// Write them again, also where there are some of the text as it is
    #[arg(long)]
    pub again: bool,
}

#[derive(Debug, Args)]
pub struct CorrectArgs {
    /// Number of the recording
    #[arg(value_name = "ID")]
    pub id: RecordingId,
    /// Language model, or server:NAME; by default the one that suits this computer best
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Accept everything except what is marked, because it changes a number, a negation or a sentence
    #[arg(long)]
    pub accept_all: bool,
    /// With --accept-all also what is marked
    #[arg(long, requires = "accept_all")]
    pub marked: bool,
    /// Accept the proposal with that number; may be repeated
    #[arg(long, value_name = "N", conflicts_with = "accept_all")]
    pub accept: Vec<u32>,
    /// Refuse the proposal with that number; may be repeated
    #[arg(long, value_name = "N")]
    pub refuse: Vec<u32>,
    /// Show what differs, as [-was-]{+will be+}
    #[arg(long)]
    pub diff: bool,
    /// Ask the model again, also where there are proposals
    #[arg(long)]
    pub again: bool,
}

#[derive(Debug, Args)]
pub struct TitleArgs {
    /// Number of the recording
    #[arg(value_name = "ID")]
    pub id: RecordingId,
    /// Language model, or server:NAME; by default the one that suits this computer best
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
}

#[derive(Debug, Args)]
pub struct HighlightsArgs {
    /// Number of the recording
    #[arg(value_name = "ID")]
    pub id: RecordingId,
    /// Format of the result
    #[arg(long, value_name = "md|json|txt", value_parser = parse_written_format)]
    pub format: Option<WrittenFormat>,
}

#[derive(Debug, Args)]
pub struct ProcessArgs {
    /// Audio or video files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub how: WritingArgs,
    /// Speech model; by default the one that suits this computer best
    #[arg(long, value_name = "ID")]
    pub speech_model: Option<String>,
    /// Propose corrections as well [setting: auto_correct]
    #[arg(long)]
    pub correct: bool,
}

#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// What the model should do
    #[arg(value_name = "PROMPT")]
    pub prompt: String,
    /// Language model, or server:NAME; by default the one that suits this computer best
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// What the model should keep to
    #[arg(long, value_name = "TEXT")]
    pub system: Option<String>,
    /// At most so many tokens
    #[arg(long, default_value_t = 512, value_name = "N")]
    pub max_tokens: usize,
    /// 0 takes the likeliest token each time, 1 follows the model's probabilities
    #[arg(long, default_value_t = 0.0, value_name = "T")]
    pub temperature: f32,
    /// Only the N likeliest tokens are taken into account
    #[arg(long, value_name = "N")]
    pub top_k: Option<usize>,
    /// Only the likeliest tokens that have this share of the probability together, 0 to 1
    #[arg(long, value_name = "P", value_parser = parse_share)]
    pub top_p: Option<f32>,
    /// Only tokens with this share of the likeliest one's probability, 0 to 1
    #[arg(long, value_name = "P", value_parser = parse_share)]
    pub min_p: Option<f32>,
    /// Above 1, what was written becomes less likely
    #[arg(long, value_name = "F")]
    pub repetition_penalty: Option<f32>,
    /// The same seed, prompt and model give the same text
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// File with a JSON Schema that the answer has to keep to
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// Continue the prompt as it stands, without the model's chat template
    #[arg(long)]
    pub raw: bool,
}

#[derive(Debug, Args)]
pub struct VocabularyArgs {
    /// Take this word out for good
    #[arg(long, value_name = "WORD")]
    pub forget: Option<String>,
}

fn parse_share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "it has to be a number from 0 to 1".to_owned())
}

fn parse_written_format(text: &str) -> Result<WrittenFormat, String> {
    match text.to_ascii_lowercase().as_str() {
        "md" => Ok(WrittenFormat::Md),
        "json" => Ok(WrittenFormat::Json),
        "txt" => Ok(WrittenFormat::Txt),
        _ => Err("use md, json or txt".to_owned()),
    }
}
