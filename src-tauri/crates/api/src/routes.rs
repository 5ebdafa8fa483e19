use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use recordroute_engine::core::{Job, JobId, Recording, RecordingId};
use recordroute_engine::{Engine, Error, Format, Hit, JobListing, Listing};
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
}

pub(crate) async fn search(State(door): State<Door>, Query(query): Query<SearchQuery>) -> Answer<Vec<Hit>> {
    let limit = query.limit.unwrap_or(20).min(MAX_LIMIT as usize);
    ask(door, move |engine| engine.search(&query.q, limit))
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
