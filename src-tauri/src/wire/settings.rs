use recordroute_engine as engine;
use recordroute_engine::core::ErrorCode;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::mirror;
use crate::error::CommandError;

mirror! {
    /// Language of the window.
    InterfaceLanguage = engine::InterfaceLanguage { System, Ko, En }
}

mirror! {
    /// Colours of the window.
    Theme = engine::Theme { System, Light, Dark }
}

mirror! {
    /// Copy media or leave it in place.
    MediaPolicy = engine::MediaPolicy { Copy, Reference }
}

/// What the window lets people set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Settings {
    pub interface_language: InterfaceLanguage,
    pub theme: Theme,
    pub language: String,
    pub model: Option<String>,
    pub vocabulary: Vec<String>,
    pub threads: Option<u32>,
    pub media: MediaPolicy,
    pub model_idle_minutes: u32,
    pub trash_days: u32,
    pub notify: bool,
    pub welcomed: bool,
}

impl From<&engine::Settings> for Settings {
    fn from(settings: &engine::Settings) -> Self {
        Self {
            interface_language: settings.interface_language.into(),
            theme: settings.theme.into(),
            language: settings.language.to_string(),
            model: settings.model.clone(),
            vocabulary: settings.vocabulary.clone(),
            threads: settings.threads.and_then(|n| u32::try_from(n).ok()),
            media: settings.media.into(),
            model_idle_minutes: settings.model_idle_minutes,
            trash_days: settings.trash_days,
            notify: settings.notify,
            welcomed: settings.welcomed,
        }
    }
}

impl Settings {
    /// The engine's settings with these in place of their own.
    pub fn over(self, settings: engine::Settings) -> Result<engine::Settings, CommandError> {
        let words = self
            .vocabulary
            .iter()
            .map(|word| word.trim())
            .filter(|word| !word.is_empty());
        Ok(engine::Settings {
            interface_language: self.interface_language.into(),
            theme: self.theme.into(),
            language: parse_language(&self.language)?,
            vocabulary: words.map(str::to_owned).collect(),
            model: self.model,
            threads: self.threads.filter(|n| *n > 0).map(|n| n as usize),
            media: self.media.into(),
            model_idle_minutes: self.model_idle_minutes,
            trash_days: self.trash_days,
            notify: self.notify,
            welcomed: self.welcomed,
            ..settings
        })
    }
}

/// `auto` or a code.
pub fn parse_language(text: &str) -> Result<engine::core::Language, CommandError> {
    text.parse().map_err(|error: engine::core::UnknownLanguage| {
        CommandError::new(ErrorCode::InvalidInput, &error.to_string())
    })
}
