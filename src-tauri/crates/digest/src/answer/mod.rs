mod draft;
mod follow_up;
mod reply;
mod request;
mod support;

use std::time::Instant;

use recordroute_core::{
    Answer, AnswerPassage, AnswerSentence, CancellationToken, Exchange, Generator, InferenceError,
};

use self::draft::Draft;
pub use self::follow_up::standalone;
use self::request::request;
use self::support::Support;
use crate::ask::{Answer as Reply, ask, varied};
use crate::{DigestError, language, partial, words};

/// Answers a question from passages, the best of which come first; `None` where it was cancelled.
///
/// The answer is in the language of the question, as far as that can be told from its letters, else in
/// `language`, a code such as `ko`. `thread` is what was asked and answered before, the oldest first; it
/// tells the model what the question means, and nothing rests on it. Passages that find no room in the
/// model's context are left out from the end of the list.
///
/// Each sentence is held against the passages and marked where they do not bear it out; what a sentence
/// cites wrongly is dropped. `on_progress` gets all sentences so far whenever one is new. Without any
/// passage or word to go by nothing is found, and the model is not asked; where it says that the passages
/// do not answer the question, nothing is found either.
///
/// # Errors
/// [`DigestError::NoRoom`], and [`DigestError::Inference`] with the model's own error or with why its
/// answer is of no use; it is asked twice at most.
pub fn answer(
    question: &str,
    thread: &[Exchange],
    passages: &[AnswerPassage],
    language: &str,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
    on_progress: &mut dyn FnMut(&[AnswerSentence]),
) -> Result<Option<Answer>, DigestError> {
    let started = Instant::now();
    if cancel.is_cancelled() {
        return Ok(None);
    }
    let mut answer = Answer {
        question: question.to_owned(),
        sentences: Vec::new(),
        passages: passages.to_vec(),
        n_read: 0,
        model: None,
        nothing_found: true,
        is_cut: false,
        took_ms: 0,
    };
    let says_something = passages.iter().any(|passage| words::count(&passage.text) > 0);
    if !says_something || words::count(question) == 0 {
        return Ok(Some(answer));
    }

    let language = language::of_text(question, &[language]);
    let asked = request(question, thread, passages, language, generator)?;
    answer.n_read = asked.n_passages;
    answer.model = Some(generator.info().model);
    let support = Support::new(
        question,
        passages.get(..asked.n_passages).unwrap_or(passages),
        language,
    );
    let mut failure = String::new();
    for attempt in 0..2 {
        let mut draft = Draft::new(&support, asked.n_passages);
        let mut is_nothing = false;
        let mut watch = |text: &str, piece: &str| {
            if draft.sentences().is_empty() && reply::begins_with_nothing(text) {
                is_nothing = true;
                return Err(String::new());
            }
            // A sentence ends with a brace; between two of them nothing new can be shown.
            if !piece.contains('}') {
                return Ok(());
            }
            if let Some(reply) = partial::so_far(text)
                && draft.grow(&reply)
            {
                on_progress(draft.sentences());
            }
            if draft.is_loop() {
                return Err("The model repeated itself.".to_owned());
            }
            Ok(())
        };
        let options = varied(asked.options.clone(), attempt);
        let replied = ask(generator, &asked.prompt, &options, cancel, &mut watch)?;
        if cancel.is_cancelled() || matches!(replied, Reply::Cancelled) {
            return Ok(None);
        }
        let reason = match replied {
            _ if is_nothing => None,
            Reply::Text(text) => match partial::whole(&text).filter(reply::is_an_answer) {
                Some(reply) if reply::says_nothing_is_there(&reply) => {
                    draft = Draft::new(&support, asked.n_passages);
                    None
                }
                Some(reply) => {
                    if draft.grow(&reply) {
                        on_progress(draft.sentences());
                    }
                    None
                }
                None => Some("The model’s answer is not of the form that was asked for.".to_owned()),
            },
            Reply::Useless(reason) | Reply::Failed(reason) => Some(reason),
            Reply::Cancelled => return Ok(None),
        };
        let sentences = draft.sentences();
        if let Some(reason) = reason {
            // What was shown already is not taken back for another try.
            if sentences.is_empty() {
                failure = reason;
                continue;
            }
            answer.is_cut = true;
        }
        answer.nothing_found = sentences.is_empty();
        answer.sentences = sentences.to_vec();
        answer.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        return Ok(Some(answer));
    }
    Err(InferenceError::Failed(failure).into())
}

#[cfg(test)]
mod tests;
