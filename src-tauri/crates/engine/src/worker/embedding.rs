//! The worker's side of an embedding model.

use std::io;

use recordroute_core::CancellationToken;

use super::language::refuse_without_room;
use super::protocol::{EmbeddingModel, EmbeddingTask, Message, write_frame};
use super::serve::{LoadedEmbedding, Worker, inference_failure};

impl Worker<'_> {
    /// Does one task with an embedding model.
    pub(super) fn embed(
        &mut self,
        model: EmbeddingModel,
        task: EmbeddingTask,
        cancel: &CancellationToken,
    ) -> io::Result<Message> {
        if let Err(end) = self.load_embedding(model)? {
            return Ok(end);
        }
        let Some(LoadedEmbedding { embedder, .. }) = &mut self.embedding else {
            return Ok(Message::Cancelled);
        };
        let done = match task {
            EmbeddingTask::Load => Ok(Message::EmbeddingReady {
                info: embedder.info(),
                n_dimensions: embedder.dimensions(),
                max_tokens: embedder.max_tokens(),
            }),
            EmbeddingTask::Count { texts } => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                embedder
                    .count_tokens(&texts)
                    .map(|n_tokens| Message::Counted { n_tokens })
            }
            EmbeddingTask::Embed { texts, role } => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                embedder
                    .embed(&texts, role, cancel)
                    .map(|vectors| match vectors.len() == texts.len() {
                        true => Message::Embedded { vectors },
                        false => Message::Cancelled,
                    })
            }
        };
        Ok(done.unwrap_or_else(|error| inference_failure(&error)))
    }

    /// Brings an embedding model into the memory where it is not there, in the place of any other model;
    /// else how the request ends.
    fn load_embedding(&mut self, model: EmbeddingModel) -> io::Result<Result<(), Message>> {
        if self
            .embedding
            .as_ref()
            .is_some_and(|loaded| loaded.model == model)
        {
            return Ok(Ok(()));
        }
        write_frame(&mut self.out, &Message::LoadingModel)?;
        self.let_models_go();
        let loaded = self
            .load
            .embedder_bytes(&model)
            .and_then(|needed_bytes| refuse_without_room(&model.id, needed_bytes))
            .and_then(|()| self.load.embedder(&model));
        Ok(match loaded {
            Ok(embedder) => {
                self.embedding = Some(LoadedEmbedding { model, embedder });
                Ok(())
            }
            Err(error) => Err(inference_failure(&error)),
        })
    }
}
