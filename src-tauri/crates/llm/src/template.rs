//! The chat template of a model's file: a Jinja template by which the model was taught to tell the
//! user's words from its own. It is rendered once, with placeholders for what is said, because a prompt
//! must not be able to speak as somebody else: only the template's own text may become control tokens.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, context};
use minijinja_contrib::pycompat::unknown_method_callback;
use recordroute_core::{GenerateOptions, Thoughts, is_named_instructed};

use crate::gguf::Gguf;
use crate::tokenizer::{Piece, TextTokenizer};

/// Stand for what is said, from an area of Unicode that no text uses.
const SYSTEM: char = '\u{F5A17}';
const USER: char = '\u{F5A18}';

/// Bounds the steps of a template, and the memory it takes to about 64 bytes for each.
const FUEL: u64 = 200_000;
const MAX_RECURSION: usize = 64;
const MAX_TEMPLATE_BYTES: usize = 1 << 20;
const MAX_RENDERED_BYTES: usize = 1 << 16;

/// How a prompt is put to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChatTemplate {
    /// By whether there is a system text, and whether the model may think.
    Chat([[Rendered; 2]; 2]),
    /// A base model, or one of no known family: the prompt as it stands.
    Plain,
}

/// A template's text with places for what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    slots: Vec<Slot>,
    /// It ends inside a thought.
    is_thinking: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Slot {
    Control(u32),
    Text(String),
    System,
    User,
}

/// What a model is to read.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub pieces: Vec<Piece>,
    /// The model goes on with a thought.
    is_thinking: bool,
}

/// The tokens that templates may name.
#[derive(Default)]
struct TokenNames<'a> {
    begin: &'a str,
    end: &'a str,
}

impl ChatTemplate {
    pub fn read(gguf: &Gguf, tokenizer: &TextTokenizer) -> Self {
        let source = gguf.text("tokenizer.chat_template");
        let Some(source) = source.filter(|source| !source.trim().is_empty()) else {
            // Base models often have their family's control tokens, too: only a name tells them apart.
            let is_instructed = is_named_instructed(|key| gguf.text(key));
            let known = FAMILIES.iter().find(|family| tokenizer.has_mark(family.mark));
            return match known.filter(|_| is_instructed) {
                Some(family) => family.chat(false, tokenizer),
                None => Self::Plain,
            };
        };
        let name = |key: &str| {
            gguf.number(key)
                .and_then(|id| tokenizer.name(id))
                .unwrap_or_default()
        };
        let names = TokenNames {
            begin: name("tokenizer.ggml.bos_token_id"),
            end: name("tokenizer.ggml.eos_token_id"),
        };
        Self::of_source(source, &names, tokenizer)
    }

    /// Renders the template for every case; one that is broken is replaced by that of its family, if its
    /// marks tell it.
    fn of_source(source: &str, names: &TokenNames, tokenizer: &TextTokenizer) -> Self {
        let by_system = [false, true].map(|has_system| {
            let [silent, thinking] = [false, true].map(|thinking| {
                let text = render_checked(source, names, has_system, thinking)?;
                Ok::<_, String>(Rendered::new(&text, thinking, tokenizer))
            });
            Ok::<_, String>([silent?, thinking?])
        });
        match by_system {
            [Ok(without), Ok(with)] => Self::Chat([without, with]),
            [Err(reason), _] | [_, Err(reason)] => {
                tracing::warn!(reason, "a chat template cannot be used; taking its family's");
                Self::of_family(source, tokenizer)
            }
        }
    }

    fn of_family(source: &str, tokenizer: &TextTokenizer) -> Self {
        let uses = |mark: &str| source.contains(mark) && tokenizer.has_mark(mark);
        let spelled_out = Some(&SPELLED_OUT).filter(|family| source.contains(family.mark));
        let known = FAMILIES.iter().find(|family| uses(family.mark));
        let Some(family) = known.or(spelled_out) else {
            tracing::warn!("unknown chat template; the prompt is continued as it stands");
            return Self::Plain;
        };
        family.chat(uses("<think>") && source.contains("enable_thinking"), tokenizer)
    }

    /// Puts the prompt into the template. Where an answer is held to a schema there is no place to think.
    pub fn prompt(&self, prompt: &str, options: &GenerateOptions) -> Prompt {
        let Self::Chat(rendered) = self else {
            return Prompt::plain(prompt, options);
        };
        if options.raw {
            return Prompt::plain(prompt, options);
        }
        let system = options.system.as_deref().unwrap_or_default().trim();
        let thinking = options.thinking && options.json_schema.is_none();
        let rendered = &rendered[usize::from(!system.is_empty())][usize::from(thinking)];

        let mut pieces = Vec::new();
        let mut text = String::new();
        for slot in &rendered.slots {
            match slot {
                Slot::Text(part) => text.push_str(part),
                Slot::System => text.push_str(system),
                Slot::User => text.push_str(prompt.trim()),
                Slot::Control(id) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Control(*id));
                }
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Prompt {
            pieces,
            is_thinking: rendered.is_thinking,
        }
    }
}

impl Prompt {
    fn plain(prompt: &str, options: &GenerateOptions) -> Self {
        let text = match options.system.as_deref().map(str::trim) {
            None | Some("") => prompt.to_owned(),
            Some(system) => format!("{system}\n\n{prompt}"),
        };
        Self {
            pieces: vec![Piece::Text(text)],
            is_thinking: false,
        }
    }

    /// Which of the model's thoughts are handed out with its answer.
    pub fn thoughts(&self, options: &GenerateOptions) -> Thoughts {
        // Where an answer is held to a schema it begins with its value.
        if options.raw || options.json_schema.is_some() {
            Thoughts::kept()
        } else {
            Thoughts::left_out(self.is_thinking)
        }
    }
}

impl Rendered {
    fn new(text: &str, thinking: bool, tokenizer: &TextTokenizer) -> Self {
        const CLOSE: &str = "</think>";
        let after_prompt = text.rsplit(USER).next().unwrap_or_default();
        let opens = after_prompt
            .rfind("<think>")
            .is_some_and(|open| after_prompt.rfind(CLOSE).is_none_or(|close| close < open));
        let closed;
        let text = if opens && !thinking {
            closed = format!("{}\n\n{CLOSE}\n\n", text.trim_end());
            closed.as_str()
        } else {
            text
        };

        let mut slots = Vec::new();
        for piece in tokenizer.part(text) {
            let text = match piece {
                Piece::Control(id) => {
                    slots.push(Slot::Control(id));
                    continue;
                }
                Piece::Text(text) => text,
            };
            let mut rest = text.as_str();
            while let Some(at) = rest.find([SYSTEM, USER]) {
                let (before, found) = rest.split_at(at);
                slots.push(Slot::Text(before.to_owned()));
                slots.push(if found.starts_with(SYSTEM) {
                    Slot::System
                } else {
                    Slot::User
                });
                rest = &found[SYSTEM.len_utf8()..];
            }
            slots.push(Slot::Text(rest.to_owned()));
        }
        slots.retain(|slot| !matches!(slot, Slot::Text(text) if text.is_empty()));
        Self {
            slots,
            is_thinking: opens && thinking,
        }
    }
}

/// The templates of families, for files whose own is broken or missing. None has a text of its own for the
/// system.
struct FamilyTemplate {
    /// What tells it: a control token, except in [`SPELLED_OUT`].
    mark: &'static str,
    system: Option<(&'static str, &'static str)>,
    user: (&'static str, &'static str),
}

const FAMILIES: [FamilyTemplate; 5] = [
    FamilyTemplate {
        mark: "<|im_start|>",
        system: Some(("<|im_start|>system\n", "<|im_end|>\n")),
        user: ("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"),
    },
    FamilyTemplate {
        mark: "<|start_header_id|>",
        system: Some(("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>")),
        user: (
            "<|start_header_id|>user<|end_header_id|>\n\n",
            "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
    },
    FamilyTemplate {
        mark: "<start_of_turn>",
        system: None,
        user: ("<start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n"),
    },
    FamilyTemplate {
        mark: "<|end|>",
        system: Some(("<|system|>\n", "<|end|>\n")),
        user: ("<|user|>\n", "<|end|>\n<|assistant|>\n"),
    },
    FamilyTemplate {
        mark: "[INST]",
        system: None,
        user: ("[INST]", "[/INST]"),
    },
];

/// As the first Mistrals and Llama 2 were taught, to whom the marks are words like any other.
const SPELLED_OUT: FamilyTemplate = FamilyTemplate {
    mark: "[INST]",
    system: None,
    user: ("[INST] ", " [/INST]"),
};

impl FamilyTemplate {
    fn text(&self, has_system: bool) -> String {
        let (before, after) = self.user;
        match self.system {
            _ if !has_system => format!("{before}{USER}{after}"),
            Some((begin, end)) => format!("{begin}{SYSTEM}{end}{before}{USER}{after}"),
            None => format!("{before}{SYSTEM}\n\n{USER}{after}"),
        }
    }

    /// `closes_thoughts`: the model thinks unless it is told that it has thought.
    fn chat(&self, closes_thoughts: bool, tokenizer: &TextTokenizer) -> ChatTemplate {
        ChatTemplate::Chat([false, true].map(|has_system| {
            [false, true].map(|thinking| {
                let mut text = self.text(has_system);
                if closes_thoughts && !thinking {
                    text.push_str("<think>\n\n</think>\n\n");
                }
                Rendered::new(&text, thinking, tokenizer)
            })
        }))
    }
}

/// Renders the template and makes sure that everything said comes through once. Templates that know no
/// system get its text before the user's.
fn render_checked(
    source: &str,
    names: &TokenNames,
    has_system: bool,
    thinking: bool,
) -> Result<String, String> {
    let said_once = |text: &str, wanted: &[char]| wanted.iter().all(|&c| text.matches(c).count() == 1);
    let attempt = |with_role: bool| {
        let text = render(source, names, with_role, thinking).map_err(|error| error.to_string())?;
        let wanted: &[char] = if with_role { &[SYSTEM, USER] } else { &[USER] };
        if text.len() > MAX_RENDERED_BYTES {
            Err("it renders without end".to_owned())
        } else if !said_once(&text, wanted) {
            Err("it leaves out what is said, or repeats it".to_owned())
        } else {
            Ok(text)
        }
    };
    if !has_system {
        return attempt(false);
    }
    attempt(true).or_else(|reason| {
        tracing::debug!(reason, "a chat template without a system role");
        let merged = format!("{SYSTEM}\n\n{USER}");
        Ok(attempt(false)?.replace(USER, &merged))
    })
}

/// Renders as Hugging Face's `apply_chat_template` does, with a placeholder for what each says.
fn render(source: &str, names: &TokenNames, has_system: bool, thinking: bool) -> Result<String, Error> {
    let invalid = |reason: String| Error::new(ErrorKind::InvalidOperation, reason);
    if source.len() > MAX_TEMPLATE_BYTES {
        return Err(invalid("it is too long".to_owned()));
    }
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(MAX_RECURSION);
    environment.set_unknown_method_callback(unknown_method_callback);
    // In Python one cannot go through None, and templates ask so whether there are tools.
    environment.add_test("iterable", |value: &Value| {
        !value.is_none() && value.try_iter().is_ok()
    });
    environment.add_function("raise_exception", move |reason: String| -> Result<Value, Error> {
        Err(invalid(reason))
    });
    environment.add_function("strftime_now", move |format: String| {
        jiff::fmt::strtime::format(format, &jiff::Zoned::now()).map_err(|error| invalid(error.to_string()))
    });
    let message = |role: &str, content: char| context! { role, content => content.to_string() };
    let mut messages = Vec::new();
    if has_system {
        messages.push(message("system", SYSTEM));
    }
    messages.push(message("user", USER));
    let source = without_training_tags(source);
    let template = environment.template_from_str(&source)?;
    template.render(context! {
        messages,
        add_generation_prompt => true,
        enable_thinking => thinking,
        bos_token => names.begin,
        eos_token => names.end,
        tools => (),
        documents => (),
    })
}

/// Makes the tags around what a model is trained to say, which say nothing to who only asks it, be tags
/// that Jinja knows.
fn without_training_tags(source: &str) -> String {
    let mut source = source.to_owned();
    for (known, wanted) in [("generation", "if true"), ("endgeneration", "endif")] {
        for (open, close) in [("{% ", " %}"), ("{%- ", " %}"), ("{% ", " -%}"), ("{%- ", " -%}")] {
            source = source.replace(
                &format!("{open}{known}{close}"),
                &format!("{open}{wanted}{close}"),
            );
        }
    }
    source
}

#[cfg(test)]
mod tests;
