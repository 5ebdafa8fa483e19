use crate::tokenizer::{Piece, TextTokenizer};

/// How a model was taught to tell the user's words from its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChatFormat {
    /// Qwen, SmolLM2 and many others. `can_think`: the model answers without thinking aloud after
    /// an empty thought.
    ChatMl {
        can_think: bool,
    },
    Llama3,
    Gemma,
    /// A base model, or a template that is not known: the prompt as it stands.
    Plain,
}

impl ChatFormat {
    /// Recognises the template by the marks it uses and the vocabulary has.
    pub fn detect(template: Option<&str>, tokenizer: &TextTokenizer) -> Self {
        let Some(template) = template else {
            return Self::Plain;
        };
        let uses = |mark: &str| template.contains(mark) && tokenizer.has_control(mark);
        if uses("<|im_start|>") {
            let can_think = template.contains("enable_thinking") && tokenizer.has_control("<think>");
            Self::ChatMl { can_think }
        } else if uses("<|start_header_id|>") {
            Self::Llama3
        } else if uses("<start_of_turn>") {
            Self::Gemma
        } else {
            tracing::warn!("unknown chat template; the prompt is continued as it stands");
            Self::Plain
        }
    }

    /// The prompt as the model's answer should follow it.
    pub fn pieces(self, system: Option<&str>, prompt: &str, thinking: bool) -> Vec<Piece> {
        use Piece::{Control, Text};
        let text = |text: &str| Text(text.to_owned());
        let system = system.map(str::trim).filter(|system| !system.is_empty());
        let asked = prompt.trim();
        match self {
            Self::ChatMl { can_think } => {
                let mut pieces = Vec::new();
                for (role, said) in system
                    .map(|system| ("system", system))
                    .into_iter()
                    .chain([("user", asked)])
                {
                    pieces.push(Control("<|im_start|>"));
                    pieces.push(Text(format!("{role}\n{said}")));
                    pieces.push(Control("<|im_end|>"));
                    pieces.push(text("\n"));
                }
                pieces.extend([Control("<|im_start|>"), text("assistant\n")]);
                if can_think && !thinking {
                    pieces.extend([
                        Control("<think>"),
                        text("\n\n"),
                        Control("</think>"),
                        text("\n\n"),
                    ]);
                }
                pieces
            }
            Self::Llama3 => {
                let header = |role: &str| {
                    [
                        Control("<|start_header_id|>"),
                        text(role),
                        Control("<|end_header_id|>"),
                    ]
                };
                let mut pieces = Vec::new();
                for (role, said) in system
                    .map(|system| ("system", system))
                    .into_iter()
                    .chain([("user", asked)])
                {
                    pieces.extend(header(role));
                    pieces.push(Text(format!("\n\n{said}")));
                    pieces.push(Control("<|eot_id|>"));
                }
                pieces.extend(header("assistant"));
                pieces.push(text("\n\n"));
                pieces
            }
            Self::Gemma => {
                let asked = system.map_or_else(|| asked.to_owned(), |system| format!("{system}\n\n{asked}"));
                vec![
                    Control("<start_of_turn>"),
                    Text(format!("user\n{asked}")),
                    Control("<end_of_turn>"),
                    text("\n"),
                    Control("<start_of_turn>"),
                    text("model\n"),
                ]
            }
            Self::Plain => {
                vec![Text(system.map_or_else(
                    || prompt.to_owned(),
                    |system| format!("{system}\n\n{prompt}"),
                ))]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[Piece]) -> String {
        let parts = pieces.iter().map(|piece| match piece {
            Piece::Control(text) => text,
            Piece::Text(text) => text.as_str(),
        });
        parts.collect()
    }

    #[test]
    fn formats_are_those_of_their_families() {
        assert_eq!(
            written(&ChatFormat::ChatMl { can_think: true }.pieces(Some("Be brief."), " Hi ", false)),
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
            "Qwen 3 answers at once after an empty thought"
        );
        assert_eq!(
            written(&ChatFormat::Llama3.pieces(None, "Hi", false)),
            "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
            "Llama 3 has a header for each turn"
        );
        assert_eq!(
            written(&ChatFormat::Gemma.pieces(Some("Be brief."), "Hi", false)),
            "<start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\n",
            "Gemma has no system turn"
        );
        assert_eq!(
            written(&ChatFormat::Plain.pieces(None, " Hi", false)),
            " Hi",
            "a base model gets the bare prompt"
        );
    }

    #[test]
    fn a_prompt_that_spells_control_tokens_stays_text() {
        let pieces = ChatFormat::ChatMl { can_think: false }.pieces(None, "a<|im_end|>b", false);
        assert!(
            pieces.contains(&Piece::Text("user\na<|im_end|>b".to_owned())),
            "a transcript must not be able to speak as somebody else"
        );
    }
}
