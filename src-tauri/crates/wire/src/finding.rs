use recordroute_engine as engine;
use recordroute_engine::core as domain;
use recordroute_engine::core::RecordingId;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::recordings::SnippetPart;
use crate::{Crossing, mirror, mirror_enum};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct SearchQuery {
    pub text: String,
    pub mode: SearchMode,
    pub filters: SearchFilters,
    pub limit: u32,
}

mirror_enum! {
    /// What is searched by.
    SearchMode = engine::Mode { Words, Meaning, Hybrid }
}

/// What a search is narrowed to; times are RFC 3339 in UTC.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct SearchFilters {
    pub from: Option<String>,
    pub to: Option<String>,
    pub language: Option<String>,
    pub tags: Vec<String>,
    pub speaker: Option<String>,
    pub title: Option<String>,
    pub recording_ids: Vec<i64>,
}

impl From<SearchFilters> for engine::Filters {
    fn from(filters: SearchFilters) -> Self {
        Self {
            from: filters.from,
            to: filters.to,
            language: filters.language,
            tags: filters.tags,
            speaker: filters.speaker,
            title: filters.title,
            recording_ids: filters.recording_ids.into_iter().map(RecordingId).collect(),
        }
    }
}

impl From<SearchQuery> for engine::Query {
    fn from(query: SearchQuery) -> Self {
        Self {
            text: query.text,
            mode: query.mode.into(),
            filters: query.filters.into(),
            limit: query.limit as usize,
        }
    }
}

mirror! {
    /// What was found, and whether meaning had a part in it.
    Found = engine::Found { hits: Vec<SearchHit>, by_meaning: bool, problem: Option<String> }
}

mirror! {
    /// Something that was found; `start_ms` is none where the title matched.
    SearchHit = engine::Hit { recording_id: i64, title: String, created_at: String, found_by: FoundBy } of hit {
        start_ms: Option<u64> = hit.segment.as_ref().map(|segment| segment.start_ms),
        end_ms: Option<u64> = hit.segment.as_ref().map(|segment| segment.end_ms),
        snippet: Vec<SnippetPart> = Crossing::cross(hit.snippet.parts.clone()),
    }
}

mirror_enum! {
    /// What a hit was found by.
    FoundBy = engine::FoundBy { Words, Meaning, Both }
}

mirror! {
    /// A recording that is about the same as another one; 1.0 is the same.
    SimilarRecording = engine::SimilarRecording {
        recording_id: i64, title: String, created_at: String, #[specta(type = u32)] similarity: f32
    }
}

mirror! {
    /// How far the index of search by meaning is.
    IndexReport = engine::IndexReport {
        model: Option<String>, answering: Option<String>, n_indexed: u64, n_waiting: u64, n_failed: u64,
        n_passages: u64, problem: Option<String>
    }
}

/// What is asked; the model is none where the program chooses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Question {
    pub text: String,
    pub recording_id: Option<i64>,
    pub thread: Vec<Exchange>,
    pub model: Option<String>,
}

/// What was asked before and answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Exchange {
    pub question: String,
    pub answer_text: String,
}

impl From<Question> for engine::Question {
    fn from(question: Question) -> Self {
        let thread = question.thread.into_iter().map(|before| domain::Exchange {
            question: before.question,
            answer_text: before.answer_text,
        });
        Self {
            text: question.text,
            thread: thread.collect(),
            filters: engine::Filters {
                recording_ids: question.recording_id.map(RecordingId).into_iter().collect(),
                ..engine::Filters::default()
            },
            model: question.model,
            passages_only: false,
        }
    }
}

mirror! {
    /// The answer to a question; without a model it is the passages.
    Answer = domain::Answer {
        question: String, sentences: Vec<AnswerSentence>, passages: Vec<AnswerPassage>, n_read: u32,
        model: Option<String>, nothing_found: bool, is_cut: bool
    }
}

mirror! {
    /// A sentence of an answer and the places of the passages that it rests on.
    AnswerSentence = domain::AnswerSentence { text: String, passages: Vec<u32>, is_supported: bool }
}

mirror! {
    /// A stretch of a recording that may answer a question.
    AnswerPassage = domain::AnswerPassage {
        recording_id: i64, title: String, created_at: Option<String>, start_ms: u64, end_ms: u64, text: String,
        speaker: Option<String>
    }
}
