use recordroute_engine as engine;
use recordroute_engine::core::{ErrorCode, Language, UnknownLanguage};

use crate::error::CommandError;
use crate::{mirror, mirror_enum};

mirror_enum! {
    /// Language of the window.
    InterfaceLanguage = engine::InterfaceLanguage { System, Ko, En }
}

mirror_enum! {
    /// Colours of the window.
    Theme = engine::Theme { System, Light, Dark }
}

mirror_enum! {
    /// Copy media or leave it in place.
    MediaPolicy = engine::MediaPolicy { Copy, Reference }
}

mirror! {
    /// What the window lets people set.
    Settings = engine::Settings {
        interface_language: InterfaceLanguage, theme: Theme, language: String, model: Option<String>,
        vocabulary: Vec<String>, threads: Option<u32>, media: MediaPolicy, model_idle_minutes: u32,
        trash_days: u32, record_device: Option<String>, record_microphone: bool, record_system: bool,
        record_transcribe: bool, record_shortcut: Option<String>, record_live: bool,
        language_model: Option<String>, embedding_model: Option<String>, server_url: Option<String>, server_key: Option<String>, auto_title: bool,
        auto_minutes: bool, auto_correct: bool, notify: bool, welcomed: bool,
    }
}

impl Settings {
    /// Puts these in place of the engine's own.
    pub fn change(self) -> Result<impl FnOnce(engine::Settings) -> engine::Settings, CommandError> {
        let language = parse_language(&self.language)?;
        Ok(move |settings| engine::Settings {
            interface_language: self.interface_language.into(),
            theme: self.theme.into(),
            language,
            model: self.model,
            vocabulary: self.vocabulary,
            threads: self.threads.map(|n| n as usize),
            media: self.media.into(),
            model_idle_minutes: self.model_idle_minutes,
            trash_days: self.trash_days,
            record_device: self.record_device,
            record_microphone: self.record_microphone,
            record_system: self.record_system,
            record_transcribe: self.record_transcribe,
            record_shortcut: self.record_shortcut,
            record_live: self.record_live,
            language_model: self.language_model,
            embedding_model: self.embedding_model,
            server_url: self.server_url,
            server_key: self.server_key,
            auto_title: self.auto_title,
            auto_minutes: self.auto_minutes,
            auto_correct: self.auto_correct,
            notify: self.notify,
            welcomed: self.welcomed,
            ..settings
        })
    }
}

/// `auto` or a code.
pub fn parse_language(text: &str) -> Result<Language, CommandError> {
    let unknown = |error: UnknownLanguage| CommandError::new(ErrorCode::InvalidInput, &error.to_string());
    text.parse().map_err(unknown)
}
