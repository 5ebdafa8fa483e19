//! Questions about what was said: passages are retrieved, and a language model answers from them alone.

use recordroute_core::{Answer, AnswerPassage, AnswerSentence, CancellationToken, Exchange, Segment};
use recordroute_digest::{answer, standalone};
use recordroute_search::{self as search, Filters, Mode, Query};

use crate::language_model::choose_language_model;
use crate::writing::is_hangul;
use crate::{Engine, Error};

/// Passages that are retrieved: about ten minutes of talk, more than a small model reads well.
const N_PASSAGES: usize = 10;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    /// As it was typed.
    pub text: String,
    /// What was asked and answered before, oldest first.
    pub thread: Vec<Exchange>,
    /// What is searched for an answer.
    pub filters: Filters,
    /// Language model; none lets the program choose.
    pub model: Option<String>,
    /// Only the passages are wanted, without a language model.
    pub passages_only: bool,
}

impl Engine {
    /// Answers a question from the transcripts; `None` where it was cancelled. Sentences are told as they
    /// are written. Where no language model is installed, or none is wanted, the answer is the passages.
    pub fn ask(
        &self,
        question: &Question,
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(&[AnswerSentence]),
    ) -> Result<Option<Answer>, Error> {
        let query = Query {
            text: standalone(&question.text, &question.thread),
            mode: Mode::Hybrid,
            filters: question.filters.clone(),
            limit: N_PASSAGES,
        };
        let passages: Vec<AnswerPassage> = self
            .best_passages(&query, N_PASSAGES)?
            .into_iter()
            .map(passage_of)
            .collect();
        let settings = self.settings();
        let chosen = match question.passages_only {
            true => None,
            false => match choose_language_model(&self.inner.models, &settings, question.model.as_deref()) {
                Ok(chosen) => Some(chosen),
                Err(Error::NoLanguageModel { .. }) => None,
                Err(error) => return Err(error),
            },
        };
        let Some(chosen) = chosen.filter(|_| !passages.is_empty()) else {
            return Ok(Some(unanswered(question, passages)));
        };
        let asker = &self.inner.meaning.asker;
        let mut worker = asker.take();
        let answered = chosen.with(
            &mut worker,
            &self.inner.worker_command,
            &settings,
            cancel,
            |generator| {
                let language = language_of(&question.text);
                let thread = &question.thread;
                Ok(answer(
                    &question.text,
                    thread,
                    &passages,
                    language,
                    generator,
                    cancel,
                    on_progress,
                )?)
            },
        );
        asker.keep(worker);
        Ok(answered?.flatten())
    }
}

/// The passages alone.
fn unanswered(question: &Question, passages: Vec<AnswerPassage>) -> Answer {
    Answer {
        question: question.text.clone(),
        sentences: Vec::new(),
        nothing_found: passages.is_empty(),
        passages,
        n_read: 0,
        model: None,
        is_cut: false,
        took_ms: 0,
    }
}

fn passage_of(found: search::AnswerPassage) -> AnswerPassage {
    AnswerPassage {
        recording_id: found.recording_id,
        title: found.title,
        created_at: Some(found.created_at),
        start_ms: found.start_ms,
        end_ms: found.end_ms,
        text: found.text,
        speaker: only_speaker(&found.segments),
    }
}

/// Who speaks, where one person does.
fn only_speaker(segments: &[Segment]) -> Option<String> {
    let first = segments.first()?.speaker.as_ref()?;
    let is_alone = segments
        .iter()
        .all(|segment| segment.speaker.as_ref() == Some(first));
    is_alone.then(|| first.clone())
}

/// The language to answer in: that of the question, as far as its letters tell.
fn language_of(question: &str) -> &'static str {
    if question.contains(is_hangul) { "ko" } else { "en" }
}
