use recordroute_core::{CancellationToken, GenerateOptions, Generator, Segment};

use crate::ask::{Answer, ask, fits, varied};
use crate::clean::{for_prompt, limited, one_line};
use crate::words::feature_set;
use crate::{DigestError, highlights, prompt};

const MAX_CHARS: usize = 60;
const MIN_WORDS: usize = 3;
const MAX_TOKENS: usize = 64;
/// A title needs the gist, not every word: so many characters of the beginning and of highlights.
const MAX_TEXT_CHARS: usize = 4_000;
const N_HIGHLIGHTS: usize = 20;

/// A title of one line and at most 60 characters, in the language with this code; `None` where it was
/// cancelled.
///
/// # Errors
/// [`DigestError::TooShort`] without asking the model, [`DigestError::NoRoom`],
/// [`DigestError::NoTitle`] where what it proposed shares no word with the transcript, and the model's
/// own errors.
pub fn title(
    segments: &[Segment],
    language: &str,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
) -> Result<Option<String>, DigestError> {
    crate::minutes::require_words(segments, MIN_WORDS)?;
    let options = GenerateOptions {
        max_tokens: MAX_TOKENS,
        system: Some(prompt::title_system(MAX_CHARS, language)),
        ..GenerateOptions::default()
    };
    let mut max_chars = MAX_TEXT_CHARS;
    let asked = loop {
        let asked = prompt::title_text(&gist(segments, language, max_chars), language);
        if fits(generator, &asked, &options)? {
            break asked;
        }
        max_chars /= 2;
        if max_chars < 20 {
            return Err(DigestError::NoRoom {
                max_context_tokens: generator.max_context_tokens(),
            });
        }
    };
    let mut failure = None;
    for attempt in 0..2 {
        let options = varied(options.clone(), attempt);
        // A title is one line: whatever comes behind it is not waited for.
        let mut first_line = String::new();
        let mut watch = |text: &str, _: &str| {
            let text = text.trim_start();
            match text.split_once('\n') {
                Some((line, _)) if !tidy(line).is_empty() => {
                    first_line = line.to_owned();
                    Err(String::new())
                }
                _ => Ok(()),
            }
        };
        let answer = ask(generator, &asked, &options, cancel, &mut watch)?;
        let text = match answer {
            Answer::Cancelled => return Ok(None),
            Answer::Text(text) => text,
            Answer::Useless(_) => first_line,
            Answer::Failed(reason) => {
                failure = Some(reason);
                continue;
            }
        };
        let title = tidy(&text);
        if is_borne_out(&title, segments) {
            return Ok(Some(title));
        }
    }
    match failure {
        Some(reason) => Err(recordroute_core::InferenceError::Failed(reason).into()),
        None => Err(DigestError::NoTitle),
    }
}

/// The beginning, where people say what it is about, and the most telling sentences.
fn gist(segments: &[Segment], language: &str, max_chars: usize) -> String {
    let mut text = String::new();
    let mut n_chars = 0;
    let mut add = |more: &str, max_chars: usize| {
        let more = limited(&for_prompt(more), 400);
        let n = more.chars().count() + 1;
        let fits = n_chars + n <= max_chars;
        if fits {
            text.push_str(&more);
            text.push('\n');
            n_chars += n;
        }
        fits
    };
    let n_begun = segments
        .iter()
        .take_while(|segment| add(&segment.text, max_chars / 2))
        .count();
    // One segment alone may be longer than all there is room for.
    if n_begun == 0
        && let Some(first) = segments.first()
    {
        add(
            &limited(&for_prompt(&first.text), (max_chars / 2).max(2) - 1),
            max_chars,
        );
    }
    if n_begun < segments.len() {
        for sentence in highlights(&segments[n_begun..], language, N_HIGHLIGHTS).sentences {
            add(&sentence.text, max_chars);
        }
    }
    text.trim_end().to_owned()
}

/// Without the signs and labels that models put around a title.
fn tidy(text: &str) -> String {
    let line = text
        .lines()
        .map(one_line)
        .find(|line| line.chars().any(char::is_alphanumeric))
        .unwrap_or_default();
    let mut title = line.as_str();
    loop {
        let before = title;
        title = title.trim_matches(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '"' | '\''
                        | '“'
                        | '”'
                        | '‘'
                        | '’'
                        | '`'
                        | '*'
                        | '#'
                        | '_'
                        | '「'
                        | '」'
                        | '『'
                        | '』'
                        | '<'
                        | '>'
                )
        });
        title = title.trim_end_matches(['.', '。', ',', ':', ';', '-', '–']);
        let lower = title.to_lowercase();
        for label in [
            "title:",
            "the title:",
            "제목:",
            "제목 :",
            "title -",
            "recording title:",
        ] {
            // Lower-casing may change lengths only beyond these letters.
            if lower.starts_with(label) && title.is_char_boundary(label.len()) {
                title = &title[label.len()..];
                break;
            }
        }
        if title == before {
            break;
        }
    }
    limited(title, MAX_CHARS)
}

/// Whether a title has a word that was said.
fn is_borne_out(title: &str, segments: &[Segment]) -> bool {
    let sought = feature_set(title);
    !sought.is_empty()
        && segments
            .iter()
            .any(|segment| !feature_set(&segment.text).is_disjoint(&sought))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::segments;
    use recordroute_testkit::{FakeGenerator, Reply};

    fn titled(answers: &[&str]) -> Result<Option<String>, DigestError> {
        let talk = segments(&[
            "Good morning, this is about the marketing budget.",
            "오늘은 마케팅 예산을 이야기하겠습니다.",
        ]);
        let replies = answers.iter().map(|text| Reply::Text((*text).to_owned()));
        title(
            &talk,
            "en",
            &mut FakeGenerator::scripted(replies),
            &CancellationToken::new(),
        )
    }

    #[test]
    fn labels_and_quotes_are_taken_off() {
        for (answer, expected) in [
            ("Title: \"Marketing Budget.\"", "Marketing Budget"),
            ("**“Marketing budget”**\n\nThis title says …", "Marketing budget"),
            ("제목: 「마케팅 예산」", "마케팅 예산"),
            ("\n\n# Budget\n", "Budget"),
        ] {
            assert_eq!(
                titled(&[answer]).unwrap().as_deref(),
                Some(expected),
                "{answer:?}"
            );
        }
        let long = titled(&[&"marketing budget ".repeat(20)]).unwrap().unwrap();
        assert!(
            long.chars().count() <= MAX_CHARS,
            "it is one line of a list: {long}"
        );
    }

    #[test]
    fn a_title_about_something_else_is_refused() {
        assert_eq!(
            titled(&["Unicorns at war", "Budget talk"]).unwrap().as_deref(),
            Some("Budget talk"),
            "the model is asked once more"
        );
        assert!(
            matches!(titled(&["Unicorns", "…", "Budget"]), Err(DigestError::NoTitle)),
            "and not for ever"
        );
    }

    #[test]
    fn a_word_has_no_title_and_a_failure_is_told() {
        let mut generator = FakeGenerator::scripted([]);
        let cancel = CancellationToken::new();
        let short = title(&segments(&["Okay."]), "en", &mut generator, &cancel);
        assert!(
            matches!(short, Err(DigestError::TooShort { .. })),
            "nothing to go by"
        );
        assert!(generator.asked.is_empty(), "and the model is not asked");
        let failed = title(
            &segments(&["Let us talk about the budget."]),
            "en",
            &mut generator,
            &cancel,
        );
        assert_eq!(
            failed.unwrap_err().to_string(),
            "The script is at its end.",
            "the model's own sentence"
        );
        cancel.cancel();
        let cancelled = title(
            &segments(&["Let us talk about the budget."]),
            "en",
            &mut FakeGenerator::scripted([Reply::Text("Budget".to_owned())]),
            &cancel,
        );
        assert_eq!(cancelled.unwrap(), None, "cancelled is no error");
    }

    #[test]
    fn a_long_recording_is_shown_in_extracts() {
        let talk: Vec<String> = (0..3_000)
            .map(|n| format!("Sentence {n} tells about the harbour and ship {}.", n % 50))
            .collect();
        let talk: Vec<&str> = talk.iter().map(String::as_str).collect();
        let mut generator =
            FakeGenerator::scripted([Reply::Text("The harbour".to_owned())]).with_context(400);
        let found = title(&segments(&talk), "en", &mut generator, &CancellationToken::new()).unwrap();
        assert_eq!(found.as_deref(), Some("The harbour"), "it fits a small context");
    }
}
