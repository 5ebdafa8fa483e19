use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A text in several languages, by code; at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Localized(BTreeMap<String, String>);

impl Localized {
    /// The text in a language, or else in English, or else in any there is.
    pub fn get(&self, language: &str) -> &str {
        let primary = language.split(['-', '_']).next().unwrap_or_default();
        self.0
            .get(primary)
            .or_else(|| self.0.get("en"))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}

/// A heading of the minutes and what the model is to put under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionTemplate {
    /// Names the section in data, such as `decisions`.
    pub key: String,
    /// The heading.
    pub title: Localized,
    /// What belongs under it, said to the model.
    pub guidance: Localized,
    /// The most lines; none where nothing may be left out, as with decisions.
    pub limit: Option<usize>,
    /// Whether its lines say whom they concern and until when.
    pub who_when: bool,
}

/// What minutes consist of. Written as TOML that users may edit; see `templates/meeting.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Names the template, such as `meeting`.
    pub id: String,
    /// The name that the user sees.
    pub name: Localized,
    /// What kind of talk it is, said to the model.
    pub guidance: Localized,
    /// In the order in which they are shown.
    pub sections: Vec<SectionTemplate>,
}

/// A template's text is of no use; the message says what to mend and is followed by nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(pub(crate) String);

impl Template {
    /// Reads and checks a template.
    ///
    /// # Errors
    /// A sentence that names the place, for who wrote the file.
    pub fn parse(_text: &str) -> Result<Self, TemplateError> {
        Err(TemplateError("Not yet.".to_owned()))
    }

    /// The templates that come with the program, the usual one first.
    pub fn built_in() -> Vec<Self> {
        Vec::new()
    }

    /// The files behind [`Template::built_in`], as name and text, for users to copy and edit.
    pub fn built_in_files() -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Changes whenever a prompt or this template does; twelve hexadecimal digits.
    pub fn prompt_version(&self) -> String {
        String::new()
    }
}
