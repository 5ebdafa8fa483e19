//! The worker's side of a language model.

use std::io;

use recordroute_core::{CancellationToken, Generated, InferenceError, SpeedLengths};

use super::memory::peak_memory_bytes;
use super::protocol::{LanguageModel, LanguageTask, Message, write_frame};
use super::serve::{LoadedLanguage, Worker, inference_failure};
use crate::advice::{machine_memory, no_room};

impl Worker<'_> {
    /// Does one task with a language model, and tells what it writes as it comes.
    pub(super) fn write(
        &mut self,
        model: LanguageModel,
        task: LanguageTask,
        cancel: &CancellationToken,
    ) -> io::Result<Message> {
        if let Err(end) = self.load_language(model)? {
            return Ok(end);
        }
        let Some(LoadedLanguage { generator, .. }) = &mut self.language else {
            return Ok(Message::Cancelled);
        };
        if cancel.is_cancelled() {
            return Ok(Message::Cancelled);
        }
        let counted = |n_tokens| Message::Counted { n_tokens };
        let done = match task {
            LanguageTask::Load => Ok(Message::LanguageReady {
                info: generator.info(),
                max_context_tokens: generator.max_context_tokens(),
            }),
            LanguageTask::Count { texts } => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                generator.count_tokens_of(&texts).map(counted)
            }
            LanguageTask::CountPrompt { prompt, options } => generator
                .count_prompt_tokens(&prompt, &options)
                .map(|n_tokens| counted(vec![n_tokens])),
            LanguageTask::Generate { prompt, options } => {
                let out = &mut self.out;
                let mut broken_pipe = None;
                let generated = generator.generate(&prompt, &options, cancel, &mut |text| {
                    let text = text.to_owned();
                    match write_frame(out, &Message::Text { text }) {
                        Ok(()) => true,
                        Err(error) => {
                            broken_pipe = Some(error);
                            false
                        }
                    }
                });
                if let Some(error) = broken_pipe {
                    return Err(error);
                }
                generated.map(|generated| Message::Generated {
                    generated: Generated {
                        // It went out piece by piece.
                        text: String::new(),
                        ..generated
                    },
                })
            }
        };
        Ok(done.unwrap_or_else(|error| inference_failure(&error)))
    }

    /// Measures a model from the moment that its file is opened, with no other one in memory.
    pub(super) fn measure(
        &mut self,
        model: &LanguageModel,
        lengths: &SpeedLengths,
        cancel: &CancellationToken,
    ) -> Message {
        self.let_models_go();
        let measured = self
            .load
            .generator_bytes(model)
            .and_then(|needed_bytes| refuse_without_room(&model.id, needed_bytes))
            .and_then(|()| self.load.generator_speed(model, lengths, cancel));
        match measured {
            Ok(Some(speed)) => Message::LanguageMeasured {
                speed,
                peak_memory_bytes: peak_memory_bytes(),
            },
            Ok(None) => Message::Cancelled,
            Err(error) => inference_failure(&error),
        }
    }

    /// Brings a language model into the memory where it is not there, in the place of any other model;
    /// else how the request ends.
    fn load_language(&mut self, model: LanguageModel) -> io::Result<Result<(), Message>> {
        if self.language.as_ref().is_some_and(|loaded| loaded.model == model) {
            return Ok(Ok(()));
        }
        write_frame(&mut self.out, &Message::LoadingModel)?;
        self.let_models_go();
        let loaded = self
            .load
            .generator_bytes(&model)
            .and_then(|needed_bytes| refuse_without_room(&model.id, needed_bytes))
            .and_then(|()| self.load.generator(&model));
        Ok(match loaded {
            Ok(generator) => {
                self.language = Some(LoadedLanguage { model, generator });
                Ok(())
            }
            Err(error) => Err(inference_failure(&error)),
        })
    }
}

/// Candle ends the process where the memory runs out: a model that does not fit is not begun with.
pub(super) fn refuse_without_room(model_id: &str, needed_bytes: u64) -> Result<(), InferenceError> {
    let available_bytes = machine_memory().available_bytes;
    if available_bytes == 0 || needed_bytes <= available_bytes {
        return Ok(());
    }
    Err(InferenceError::OutOfMemory(no_room(
        model_id,
        needed_bytes,
        available_bytes,
    )))
}

#[cfg(test)]
mod tests {
    use recordroute_core::ErrorCode;

    use super::*;

    #[test]
    fn a_model_that_does_not_fit_is_refused_by_name() {
        assert!(
            refuse_without_room("qwen3-4b", 1).is_ok(),
            "a byte is free anywhere"
        );
        let refused = refuse_without_room("qwen3-4b", u64::MAX);
        assert!(
            matches!(&refused, Err(InferenceError::OutOfMemory(sentence)) if sentence.contains("qwen3-4b")),
            "the user must know which model is too large: {refused:?}"
        );
        assert!(
            matches!(
                inference_failure(&refused.unwrap_err()),
                Message::Failed {
                    code: ErrorCode::OutOfMemory,
                    ..
                }
            ),
            "and a door can offer a smaller one"
        );
    }
}
