use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The languages that Whisper knows, as the codes of its vocabulary (large-v3 adds `yue`).
const CODES: [&str; 100] = [
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it", "id",
    "hi", "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur", "hr", "bg",
    "lt", "la", "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn", "et", "mk", "br",
    "eu", "is", "hy", "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si", "km", "sn", "yo", "so",
    "af", "oc", "ka", "be", "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo", "ht", "ps", "tk", "nn", "mt",
    "sa", "lb", "my", "bo", "tl", "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue",
];

/// The code of one of Whisper's languages: ISO 639-1 where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LanguageCode(&'static str);

impl LanguageCode {
    /// The code, such as `ko`.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// A spoken language, or the wish to have it detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Language {
    /// Listen and decide.
    #[default]
    Auto,
    /// One of Whisper's languages.
    Code(LanguageCode),
}

impl Language {
    /// Korean.
    pub const KOREAN: Self = Self::Code(LanguageCode("ko"));
    /// English.
    pub const ENGLISH: Self = Self::Code(LanguageCode("en"));

    /// The code, or none for [`Language::Auto`].
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Code(code) => Some(code.as_str()),
        }
    }

    /// Every code that can be set.
    pub fn codes() -> &'static [&'static str] {
        &CODES
    }
}

/// The text names no language that Whisper knows.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "“{0}” is not a language that the models know. Use auto or a code such as ko, en, ja, zh, de, fr or es."
)]
pub struct UnknownLanguage(pub String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.trim().to_ascii_lowercase();
        if wanted == "auto" {
            return Ok(Self::Auto);
        }
        CODES
            .iter()
            .find(|code| **code == primary_language(&wanted))
            .map(|code| Self::Code(LanguageCode(code)))
            .ok_or_else(|| UnknownLanguage(text.trim().to_owned()))
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.to_string()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().unwrap_or("auto"))
    }
}

/// The language of a code without its region: `ko` of `ko-KR` and of `ko_KR`.
pub fn primary_language(code: &str) -> &str {
    code.split(['-', '_']).next().unwrap_or_default()
}

/// Whether two codes name one language, whatever the region.
pub fn is_same_language(one: &str, other: &str) -> bool {
    primary_language(one).eq_ignore_ascii_case(primary_language(other))
}

/// The language of a recording and how sure that is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetectedLanguage {
    /// Code of the language, such as `ko`.
    pub code: String,
    /// Probability that the model gave it; none where the user set the language.
    pub probability: Option<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_makes_no_other_language() {
        assert!(
            is_same_language("pt-BR", "PT_pt"),
            "one language of two countries"
        );
        assert!(!is_same_language("ko", "en-KR"), "two languages of one");
    }

    #[test]
    fn regions_and_case_are_forgiven() {
        assert_eq!(
            "ko-KR".parse::<Language>().unwrap(),
            Language::KOREAN,
            "a region says nothing about the model"
        );
        assert_eq!(
            " AUTO ".parse::<Language>().unwrap(),
            Language::Auto,
            "people type capitals and blanks"
        );
        assert!(
            "klingon".parse::<Language>().is_err(),
            "an unknown language is refused, not taken for auto"
        );
    }
}
