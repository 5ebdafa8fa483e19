use recordroute_engine as engine;
use recordroute_engine::core as domain;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{CommandError, mirror, mirror_enum};

mirror! {
    /// One line of the minutes, with the segments that it rests on; none where the user wrote it.
    MinutesItem = domain::MinutesItem {
        text: String, who: Option<String>, when: Option<String>, segments: Vec<u32>, start_ms: u64, end_ms: u64,
        is_supported: bool,
    }
}

mirror! {
    /// A heading of the minutes and what stands under it.
    MinutesSection = domain::MinutesSection { key: String, title: String, items: Vec<MinutesItem> }
}

mirror! {
    /// A stretch of the recording that is missing in the minutes; the reason is a sentence.
    FailedPart = domain::FailedPart { start_ms: u64, end_ms: u64, reason: String }
}

mirror! {
    /// Minutes of one template.
    MinutesView = engine::StoredMinutes { created_at: String } of stored {
        template: String = stored.minutes.template.clone(),
        language: String = stored.minutes.language.clone(),
        model: String = stored.minutes.model.clone(),
        coverage: Share = Share(stored.minutes.coverage),
        took_ms: u64 = stored.minutes.took_ms,
        outdated: bool = stored.is_outdated,
        edited: bool = stored.is_edited,
        sections: Vec<MinutesSection> = crate::Crossing::cross(stored.minutes.sections.clone()),
        failed_parts: Vec<FailedPart> = crate::Crossing::cross(stored.minutes.failed_parts.clone()),
    }
}

mirror! {
    /// What a language model wrote of an earlier text, and may write again.
    Outdated = engine::Outdated { title: bool, minutes: bool }
}

/// 0.0..=1.0; always a number, which the generator cannot know of a float.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
pub struct Share(#[specta(type = u32)] pub f32);

/// How minutes are made; none takes the setting, and the language of the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MinutesChoice {
    pub template: String,
    pub model: Option<String>,
    pub language: Option<String>,
}

mirror! {
    /// How long minutes take; none where this model was never timed here.
    MinutesEstimate = engine::MinutesEstimate { seconds: Option<u64>, n_parts: u32 }
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TwoLanguages {
    pub ko: String,
    pub en: String,
}

impl TwoLanguages {
    fn of(text: &engine::Localized) -> Self {
        Self {
            ko: text.get("ko").to_owned(),
            en: text.get("en").to_owned(),
        }
    }
}

mirror! {
    /// What minutes can be made by, and a sentence for each file of the user's that cannot be used.
    MinutesTemplates = engine::Templates { templates: Vec<MinutesTemplate>, problems: Vec<String> }
}

mirror! {
    /// What minutes consist of.
    MinutesTemplate = engine::Template { id: String, sections: Vec<TemplateSection> } of template {
        titles: TwoLanguages = TwoLanguages::of(&template.name),
    }
}

mirror! {
    /// A heading that minutes may have.
    TemplateSection = engine::SectionTemplate { key: String } of section {
        title: TwoLanguages = TwoLanguages::of(&section.title),
    }
}

mirror_enum! {
    /// The kind of file that minutes are written to.
    MinutesFormat = engine::WrittenFormat { Md, Json, Txt }
}

mirror_enum! {
    /// Where a language model is.
    LanguageModelSource = engine::LanguageModelSource { Installed, Server }
}

mirror! {
    /// A language model that can be chosen.
    LanguageModel = engine::LanguageModelEntry { id: String, title: String, source: LanguageModelSource }
}

mirror! {
    /// What can write; `default` writes where none is chosen.
    LanguageModels = engine::LanguageModels { models: Vec<LanguageModel>, default: Option<String> } of found {
        server_problem: Option<CommandError> = found.server_problem.as_deref().map(CommandError::other),
    }
}

mirror_enum! {
    /// What a stretch of a correction is.
    DiffKind = domain::DiffKind { Same, Removed, Added }
}

mirror! {
    /// A stretch of words.
    DiffPart = domain::DiffPart { kind: DiffKind, text: String }
}

mirror_enum! {
    /// Why a correction deserves a second look.
    CorrectionMark = domain::CorrectionMark { Number, Negation, Added, Missing }
}

mirror_enum! {
    /// What became of a correction.
    CorrectionState = domain::CorrectionState { Open, Accepted, Refused }
}

mirror! {
    /// A proposal for the text of a segment.
    Correction = domain::Correction {
        segment_idx: u32, original: String, proposed: String, diff: Vec<DiffPart>, marks: Vec<CorrectionMark>,
        state: CorrectionState,
    }
}

mirror! {
    /// A sentence that tells much.
    Highlight = domain::Highlight {
        segment_idx: u32, start_ms: u64, end_ms: u64, text: String, #[specta(type = u32)] score: f32,
    }
}

mirror! {
    /// A word that occurs often for its kind.
    KeyWord = domain::KeyWord { text: String, n: u32 }
}

mirror! {
    /// What can be said of a recording without a language model.
    Highlights = domain::Highlights { sentences: Vec<Highlight>, key_words: Vec<KeyWord> }
}

impl From<MinutesChoice> for engine::MinutesChoice {
    fn from(choice: MinutesChoice) -> Self {
        Self {
            template: Some(choice.template),
            model: choice.model,
            language: choice.language,
        }
    }
}

impl From<MinutesSection> for domain::MinutesSection {
    fn from(section: MinutesSection) -> Self {
        Self {
            key: section.key,
            title: section.title,
            items: section.items.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<MinutesItem> for domain::MinutesItem {
    fn from(item: MinutesItem) -> Self {
        Self {
            text: item.text,
            who: item.who,
            when: item.when,
            segments: item.segments,
            start_ms: item.start_ms,
            end_ms: item.end_ms,
            is_supported: item.is_supported,
        }
    }
}
