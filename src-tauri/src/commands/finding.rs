use recordroute_engine::Tasks;
use recordroute_engine::core::RecordingId;
use tauri::State;
use tauri::ipc::Channel;

use super::{Answer, Core, teller};
use recordroute_wire::{
    Answer as Answered, AnswerSentence, Found, IndexReport, Question, SearchQuery, SimilarRecording,
};

commands! {
    /// What was said or is called so, the best first.
    find(query: SearchQuery) -> Found = ask |engine| engine.find(&query.into());

    /// Recordings that are about the same as one.
    similar(recording_id: i64, limit: u32) -> Vec<SimilarRecording> =
        ask |engine| engine.similar(RecordingId(recording_id), limit as usize);

    /// How far the index of search by meaning is.
    index_report() -> IndexReport = ask |engine| engine.index_report();

    /// Tries again what could not be indexed.
    update_index() -> () = ask |engine| engine.retry_index();

    /// Throws the index away and makes it anew.
    rebuild_index() -> () = ask |engine| engine.rebuild_index();
}

/// Answers a question; the sentences so far are told while it is written. None where it was stopped.
#[tauri::command]
#[specta::specta]
pub async fn ask(
    core: Core<'_>,
    tasks: State<'_, Tasks>,
    question: Question,
    tell: Channel<Vec<AnswerSentence>>,
) -> Answer<Option<Answered>> {
    let task = tasks.begin_asking()?;
    let mut told = teller(tell);
    core.ask(move |engine| {
        engine.ask(&question.into(), task.token(), &mut |sentences| {
            told(sentences.to_vec())
        })
    })
    .await
}

/// Ends the answering of a question.
#[tauri::command]
#[specta::specta]
pub async fn stop_asking(tasks: State<'_, Tasks>) -> Answer<()> {
    tasks.stop_asking();
    Ok(())
}
