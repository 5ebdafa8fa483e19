//! Arguments of the commands that find and ask.

use clap::{Args, Subcommand, ValueEnum};
use jiff::ToSpan;
use recordroute_engine::core::RecordingId;
use recordroute_engine::{Filters, Mode};

/// What is searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SearchMode {
    /// Words and meaning
    Hybrid,
    /// Words, all of which must occur
    Words,
    /// Meaning, whatever the words
    Meaning,
}

impl From<SearchMode> for Mode {
    fn from(mode: SearchMode) -> Self {
        match mode {
            SearchMode::Hybrid => Self::Hybrid,
            SearchMode::Words => Self::Words,
            SearchMode::Meaning => Self::Meaning,
        }
    }
}

#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words or a question; "in quotes" as a phrase
    #[arg(required = true, value_name = "WORDS")]
    pub words: Vec<String>,
    /// What to search by; without an embedding model by words
    #[arg(long, value_enum, default_value_t = SearchMode::Hybrid, value_name = "MODE")]
    pub mode: SearchMode,
    #[command(flatten)]
    pub filters: FilterArgs,
    /// At most so many results
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
}

/// What is searched.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Only recordings of this day or later, such as 2026-03-01
    #[arg(long, value_name = "DATE", value_parser = parse_from)]
    pub from: Option<String>,
    /// Only recordings of this day or before
    #[arg(long, value_name = "DATE", value_parser = parse_to)]
    pub to: Option<String>,
    /// Only recordings with this tag; may be given again for one more
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Only what this speaker said
    #[arg(long, value_name = "NAME")]
    pub speaker: Option<String>,
    /// Only recordings in this language
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// Only recordings with this in their title
    #[arg(long, value_name = "WORDS")]
    pub title: Option<String>,
    /// Only this recording; may be given again for one more
    #[arg(long = "in", value_name = "ID")]
    pub within: Vec<RecordingId>,
}

impl From<&FilterArgs> for Filters {
    fn from(args: &FilterArgs) -> Self {
        Self {
            from: args.from.clone(),
            to: args.to.clone(),
            language: args.language.clone(),
            tags: args.tag.clone(),
            speaker: args.speaker.clone(),
            title: args.title.clone(),
            recording_ids: args.within.clone(),
        }
    }
}

#[derive(Debug, Args)]
pub struct AskArgs {
    /// The question
    #[arg(required = true, value_name = "QUESTION")]
    pub question: Vec<String>,
    /// Language model; by default the one that suits this computer best
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Only show the passages that may answer it, without a language model
    #[arg(long)]
    pub passages: bool,
    #[command(flatten)]
    pub filters: FilterArgs,
}

#[derive(Debug, Args)]
pub struct SimilarArgs {
    /// Number of the recording
    pub id: RecordingId,
    /// At most so many results
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum IndexCommand {
    /// How much of the library can be found by meaning
    Status,
    /// Index what waits
    Update,
    /// Throw the index away and make it anew; nothing else is lost
    Rebuild,
}

/// The first moment of a day where the user is, in UTC.
fn parse_from(text: &str) -> Result<String, String> {
    moment(text, Ok)
}

/// The last moment of a day where the user is, in UTC.
fn parse_to(text: &str) -> Result<String, String> {
    moment(text, |day| {
        day.tomorrow().and_then(|next| next.checked_sub(1.millisecond()))
    })
}

fn moment(
    text: &str,
    of: impl FnOnce(jiff::Zoned) -> Result<jiff::Zoned, jiff::Error>,
) -> Result<String, String> {
    text.parse::<jiff::civil::Date>()
        .and_then(|date| date.to_zoned(jiff::tz::TimeZone::system()))
        .and_then(of)
        .map(|time| format!("{:.3}", time.timestamp()))
        .map_err(|_| "use a date such as 2026-03-01".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_the_users_own() {
        let (from, to) = (parse_from("2026-03-01").unwrap(), parse_to("2026-03-01").unwrap());
        let moment = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let length = moment(&to).duration_since(moment(&from));
        assert_eq!(length.as_millis(), 24 * 60 * 60 * 1_000 - 1, "{from} to {to}");
        assert!(parse_from("yesterday").is_err(), "what is no date is refused");
    }
}
