use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use recordroute_engine::core::{Answer as Answered, Exchange, Job, JobId, Recording, RecordingId};
use recordroute_engine::{
    self as engine, Engine, Error, Filters, Format, Hit, IndexReport, JobListing, Listing, Mode, Question,
    SimilarRecording, StoredMinutes,
};
use serde::Deserialize;

use crate::Door;
use crate::error::ApiError;

/// The most rows that one request gets.
const MAX_LIMIT: u64 = 1_000;

type Answer<T> = Result<Json<T>, ApiError>;

/// Use cases block; they run beside the runtime.
async fn ask<T: Send + 'static>(
    door: Door,
    ask: impl FnOnce(&Engine) -> Result<T, Error> + Send + 'static,
) -> Result<T, ApiError> {
    let answer = tokio::task::spawn_blocking(move || ask(&door.engine)).await;
    Ok(answer.map_err(|error| ApiError::lost(&error))??)
}

#[derive(Deserialize)]
pub(crate) struct RecordingsQuery {
    limit: Option<u64>,
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    trashed: bool,
    tag: Option<String>,
}

pub(crate) async fn recordings(
    State(door): State<Door>,
    Query(query): Query<RecordingsQuery>,
) -> Answer<Vec<Recording>> {
    let listing = Listing {
        trashed: query.trashed,
        tag: query.tag,
        limit: Some(query.limit.unwrap_or(MAX_LIMIT).min(MAX_LIMIT)),
        offset: query.offset,
    };
    ask(door, move |engine| engine.recordings(&listing))
        .await
        .map(Json)
}

pub(crate) async fn recording(State(door): State<Door>, Path(id): Path<i64>) -> Answer<Recording> {
    ask(door, move |engine| engine.recording(RecordingId(id)))
        .await
        .map(Json)
}

#[derive(Deserialize)]
pub(crate) struct TranscriptQuery {
    format: Option<String>,
}

pub(crate) async fn transcript(
    State(door): State<Door>,
    Path(id): Path<i64>,
    Query(query): Query<TranscriptQuery>,
) -> Result<Response, ApiError> {
    let format: Format = query
        .format
        .as_deref()
        .unwrap_or("json")
        .parse()
        .map_err(|_| ApiError::invalid("Use txt, srt, vtt, json, csv or md as format."))?;
    let bytes = ask(door, move |engine| {
        let mut bytes = Vec::new();
        engine.export(RecordingId(id), format, &mut bytes)?;
        Ok(bytes)
    })
    .await?;
    Ok(([(CONTENT_TYPE, content_type(format))], bytes).into_response())
}

fn content_type(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Vtt => "text/vtt; charset=utf-8",
        Format::Csv => "text/csv; charset=utf-8",
        Format::Md => "text/markdown; charset=utf-8",
        Format::Srt => "application/x-subrip; charset=utf-8",
        Format::Txt => "text/plain; charset=utf-8",
    }
}

#[derive(Deserialize)]
pub(crate) struct SearchQuery {
    q: String,
    limit: Option<usize>,
    #[serde(default)]
    mode: Mode,
    from: Option<String>,
    to: Option<String>,
    language: Option<String>,
    tag: Option<String>,
    speaker: Option<String>,
    title: Option<String>,
}

pub(crate) async fn search(State(door): State<Door>, Query(asked): Query<SearchQuery>) -> Answer<Vec<Hit>> {
    let query = engine::Query {
        text: asked.q,
        mode: asked.mode,
        filters: Filters {
            from: asked.from,
            to: asked.to,
            language: asked.language,
            tags: asked.tag.into_iter().collect(),
            speaker: asked.speaker,
            title: asked.title,
            recording_ids: Vec::new(),
        },
        limit: asked.limit.unwrap_or(20).min(MAX_LIMIT as usize),
    };
    ask(door, move |engine| Ok(engine.find(&query)?.hits))
        .await
        .map(Json)
}

#[derive(Deserialize)]
pub(crate) struct SimilarQuery {
    limit: Option<usize>,
}

pub(crate) async fn similar(
    State(door): State<Door>,
    Path(id): Path<i64>,
    Query(query): Query<SimilarQuery>,
) -> Answer<Vec<SimilarRecording>> {
    let limit = query.limit.unwrap_or(10).min(MAX_LIMIT as usize);
    ask(door, move |engine| engine.similar(RecordingId(id), limit))
        .await
        .map(Json)
}

pub(crate) async fn index(State(door): State<Door>) -> Answer<IndexReport> {
    ask(door, Engine::index_report).await.map(Json)
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    question: String,
    #[serde(default)]
    thread: Vec<Exchange>,
    #[serde(default)]
    filters: Filters,
    model: Option<String>,
    #[serde(default)]
    passages_only: bool,
}

/// Who hangs up ends the answering.
pub(crate) async fn answer(State(door): State<Door>, Json(asked): Json<Asked>) -> Answer<Option<Answered>> {
    let question = Question {
        text: asked.question,
        thread: asked.thread,
        filters: asked.filters,
        model: asked.model,
        passages_only: asked.passages_only,
    };
    let cancel = door.closing.child_token();
    let hung_up = cancel.clone().drop_guard();
    let answered = ask(door, move |engine| engine.ask(&question, &cancel, &mut |_| {})).await;
    drop(hung_up);
    answered.map(Json)
}

pub(crate) async fn minutes(State(door): State<Door>, Path(id): Path<i64>) -> Answer<Vec<StoredMinutes>> {
    ask(door, move |engine| engine.minutes(RecordingId(id)))
        .await
        .map(Json)
}

pub(crate) async fn jobs(State(door): State<Door>) -> Answer<Vec<Job>> {
    ask(door, |engine| {
        engine.jobs(&JobListing {
            limit: Some(MAX_LIMIT),
            ..JobListing::default()
        })
    })
    .await
    .map(Json)
}

pub(crate) async fn cancel_job(State(door): State<Door>, Path(id): Path<i64>) -> Answer<Job> {
    ask(door, move |engine| {
        engine.cancel_job(JobId(id))?;
        engine.job(JobId(id))
    })
    .await
    .map(Json)
}

pub(crate) async fn retry_job(State(door): State<Door>, Path(id): Path<i64>) -> Answer<Job> {
    ask(door, move |engine| {
        engine.retry_job(JobId(id))?;
        engine.job(JobId(id))
    })
    .await
    .map(Json)
}
