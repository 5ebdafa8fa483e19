use serde::{Deserialize, Serialize};

use crate::RecordingId;

/// A passage that was retrieved for a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerPassage {
    /// The recording that it is from.
    pub recording_id: RecordingId,
    /// Title of the recording.
    pub title: String,
    /// When the recording was made or added, RFC 3339; none where the day says nothing.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Start in the recording, milliseconds.
    pub start_ms: u64,
    /// End in the recording, milliseconds.
    pub end_ms: u64,
    /// What was said, as the transcript has it.
    pub text: String,
    /// Who speaks, where one person does and is known.
    #[serde(default)]
    pub speaker: Option<String>,
}

/// A sentence of an answer, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerSentence {
    /// The sentence, in the language of the question.
    pub text: String,
    /// Places in the list of passages, from 0, ascending. Empty where no passage has anything to do
    /// with it.
    pub passages: Vec<usize>,
    /// Whether those passages bear it out as far as words, numbers and names can tell. A sentence that
    /// they do not bear out is shown and marked.
    pub is_supported: bool,
}

/// The answer to a question, from passages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The question as it was asked.
    pub question: String,
    /// In the order of the answer; empty where nothing was found.
    pub sentences: Vec<AnswerSentence>,
    /// All that was retrieved, the best first; to be read also where nothing was found in them.
    pub passages: Vec<AnswerPassage>,
    /// So many of them the model read, from the first; the others found no room in its context.
    pub n_read: usize,
    /// The language model as it describes itself; none where none was asked.
    pub model: Option<String>,
    /// The passages do not answer the question, or there are none.
    pub nothing_found: bool,
    /// The answer breaks off: the model had no more room, failed or repeated itself. What stands, stands.
    pub is_cut: bool,
    /// How long the answering took, milliseconds.
    pub took_ms: u64,
}

impl Answer {
    /// The sentences in one line; empty where nothing was found.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self
            .sentences
            .iter()
            .map(|sentence| sentence.text.as_str())
            .collect();
        texts.join(" ")
    }
}

/// A question that was asked before and what was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The question as it was asked.
    pub question: String,
    /// The answer in one line; empty where nothing was found.
    pub answer_text: String,
}

impl From<&Answer> for Exchange {
    fn from(answer: &Answer) -> Self {
        Self {
            question: answer.question.clone(),
            answer_text: answer.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_becomes_part_of_the_thread() {
        let sentence = |text: &str| AnswerSentence {
            text: text.to_owned(),
            passages: Vec::new(),
            is_supported: false,
        };
        let answer = Answer {
            question: "When?".to_owned(),
            sentences: vec![sentence("In May."), sentence("On a Monday.")],
            passages: Vec::new(),
            n_read: 0,
            model: None,
            nothing_found: false,
            is_cut: false,
            took_ms: 0,
        };
        let exchange = Exchange::from(&answer);
        assert_eq!(exchange.question, "When?", "what was asked");
        assert_eq!(
            exchange.answer_text, "In May. On a Monday.",
            "and all that was answered"
        );
    }

    #[test]
    fn a_passage_without_day_and_speaker_is_read() {
        let passage: AnswerPassage = serde_json::from_str(
            r#"{"recording_id": 3, "title": "Talk", "start_ms": 0, "end_ms": 900, "text": "Hello."}"#,
        )
        .unwrap();
        assert_eq!(
            (passage.created_at, passage.speaker),
            (None, None),
            "what is not known may be left out"
        );
    }
}
