use std::collections::{BTreeMap, HashSet};

use recordroute_core::primary_language;
use serde::{Deserialize, Serialize};

/// No file of a template is longer, in bytes.
const MAX_BYTES: usize = 64 * 1024;
const MAX_SECTIONS: usize = 12;
/// Characters of one text; guidance is part of every prompt.
const MAX_TEXT_CHARS: usize = 400;
const MAX_LIMIT: usize = 100;

const FILES: [(&str, &str); 5] = [
    ("meeting.toml", include_str!("../templates/meeting.toml")),
    ("interview.toml", include_str!("../templates/interview.toml")),
    ("lecture.toml", include_str!("../templates/lecture.toml")),
    ("one-to-one.toml", include_str!("../templates/one-to-one.toml")),
    ("phone-call.toml", include_str!("../templates/phone-call.toml")),
];

/// A text in several languages, by code; at least one. In a file a plain text stands for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "OneOrMany", into = "BTreeMap<String, String>")]
pub struct Localized(BTreeMap<String, String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(BTreeMap<String, String>),
}

impl From<OneOrMany> for Localized {
    fn from(text: OneOrMany) -> Self {
        Self(match text {
            OneOrMany::One(text) => BTreeMap::from([("en".to_owned(), text)]),
            OneOrMany::Many(texts) => texts,
        })
    }
}

impl From<Localized> for BTreeMap<String, String> {
    fn from(text: Localized) -> Self {
        text.0
    }
}

impl Localized {
    /// The text in a language, or else in English, or else in any there is.
    pub fn get(&self, language: &str) -> &str {
        self.0
            .get(primary_language(language))
            .or_else(|| self.0.get("en"))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }

    /// Tidies the texts; an error is the middle of a sentence.
    fn check(&mut self) -> Result<(), String> {
        if self.0.is_empty() {
            return Err("has no text".to_owned());
        }
        for text in self.0.values_mut() {
            *text = crate::clean::one_line(text);
            match text.chars().count() {
                0 => return Err("has an empty text".to_owned()),
                n if n > MAX_TEXT_CHARS => {
                    return Err(format!(
                        "has a text of {n} characters; {MAX_TEXT_CHARS} are the most"
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Recordings up to this length have the lines that templates name.
const USUAL_MS: u64 = 30 * 60 * 1_000;

/// A heading of the minutes and what the model is to put under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionTemplate {
    /// Names the section in data, such as `decisions`.
    pub key: String,
    /// The heading.
    pub title: Localized,
    /// What belongs under it, said to the model.
    pub guidance: Localized,
    /// The most lines of half an hour; none where nothing may be left out, as with decisions.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Whether its lines say whom they concern and until when.
    #[serde(default)]
    pub who_when: bool,
}

impl SectionTemplate {
    /// The most lines of a recording of that length: longer ones have more, but not as much more as they
    /// are longer. Two hours have twice the lines of half an hour.
    pub fn limit_for(&self, duration_ms: u64) -> Option<usize> {
        let times_longer = duration_ms.max(USUAL_MS) as f64 / USUAL_MS as f64;
        self.limit
            .map(|limit| (limit as f64 * times_longer.sqrt()).round() as usize)
    }
}

/// What minutes consist of. Written as TOML that users may edit; see `templates/meeting.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// A template's text is of no use; a sentence or two for who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(String);

impl Template {
    /// Reads and checks a template.
    ///
    /// # Errors
    /// A sentence that names the place, for who wrote the file.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > MAX_BYTES {
            return Err(TemplateError(format!(
                "The template is longer than {MAX_BYTES} bytes. Shorten it."
            )));
        }
        let mut template: Self = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let place = line.map_or(String::new(), |line| format!(" in line {line}"));
            let reason = crate::clean::limited(&crate::clean::one_line(error.message()), 200);
            TemplateError(format!("The template cannot be read{place}: {reason}."))
        })?;
        template.check()?;
        Ok(template)
    }

    fn check(&mut self) -> Result<(), TemplateError> {
        if !is_name(&self.id, '-') {
            return Err(TemplateError(format!(
                "The template's id “{}” must begin with a letter and have only small letters, digits and hyphens, 40 at most.",
                crate::clean::limited(&self.id, 40)
            )));
        }
        let wrong = |field: &str, reason: String| TemplateError(format!("The template's {field} {reason}."));
        self.name.check().map_err(|reason| wrong("name", reason))?;
        self.guidance
            .check()
            .map_err(|reason| wrong("guidance", reason))?;
        if self.sections.is_empty() || self.sections.len() > MAX_SECTIONS {
            return Err(TemplateError(format!(
                "The template has {} sections; it takes 1 to {MAX_SECTIONS}.",
                self.sections.len()
            )));
        }
        let mut keys = HashSet::new();
        for section in &mut self.sections {
            let key = section.key.clone();
            let wrong = |what: String| {
                TemplateError(format!(
                    "The section “{}” {what}.",
                    crate::clean::limited(&key, 40)
                ))
            };
            if !is_name(&section.key, '_') {
                return Err(wrong(
                    "needs a key that begins with a letter and has only small letters, digits and underscores, 40 at most"
                        .to_owned(),
                ));
            }
            if !keys.insert(section.key.clone()) {
                return Err(wrong("occurs twice; give one of them another key".to_owned()));
            }
            section
                .title
                .check()
                .map_err(|reason| wrong(format!("has a title that {reason}")))?;
            section
                .guidance
                .check()
                .map_err(|reason| wrong(format!("has a guidance that {reason}")))?;
            if section
                .limit
                .is_some_and(|limit| !(1..=MAX_LIMIT).contains(&limit))
            {
                return Err(wrong(format!(
                    "has a limit that is not between 1 and {MAX_LIMIT}; leave it out for none"
                )));
            }
        }
        Ok(())
    }

    /// The templates that come with the program, the usual one first.
    pub fn built_in() -> Vec<Self> {
        // That each of them can be read is held by a test.
        FILES
            .iter()
            .filter_map(|(_, text)| Self::parse(text).ok())
            .collect()
    }

    /// The files behind [`Template::built_in`], as name and text, for users to copy and edit.
    pub fn built_in_files() -> &'static [(&'static str, &'static str)] {
        &FILES
    }

    /// Changes whenever a prompt or this template does; twelve hexadecimal digits.
    pub fn prompt_version(&self) -> String {
        crate::prompt::version(&serde_json::to_string(self).unwrap_or_default())
    }
}

/// Names that are safe as file names and as keys of JSON.
fn is_name(text: &str, joint: char) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_come_along_can_be_read() {
        let templates = Template::built_in();
        assert_eq!(templates.len(), FILES.len(), "each file parses");
        for (template, (name, _)) in templates.iter().zip(FILES) {
            assert_eq!(
                format!("{}.toml", template.id),
                name,
                "a file is named as its template"
            );
            for text in [&template.name, &template.guidance].into_iter().chain(
                template
                    .sections
                    .iter()
                    .flat_map(|section| [&section.title, &section.guidance]),
            ) {
                assert!(
                    text.0.contains_key("ko") && text.0.contains_key("en"),
                    "{name}: Korean and English are equals: {text:?}"
                );
            }
        }
        assert_eq!(
            templates[0].sections[2].title.get("ko-KR"),
            "결정 사항",
            "a region changes nothing"
        );
        assert_eq!(
            templates[0].sections[2].title.get("de"),
            "Decisions",
            "English stands in"
        );
    }

    #[test]
    fn a_template_of_a_user_may_be_short() {
        let template = Template::parse(
            "id = \"standup\"\nname = \"Stand-up\"\nguidance = \"a short meeting\"\n\n[[sections]]\nkey = \"blockers\"\ntitle = { ko = \"막힌 일\" }\nguidance = \"what stops somebody\"\n",
        )
        .unwrap();
        assert_eq!(
            template.name.get("ko"),
            "Stand-up",
            "a plain text serves every language"
        );
        assert_eq!(
            template.sections[0].title.get("en"),
            "막힌 일",
            "the only text there is"
        );
        assert_eq!(template.sections[0].limit, None, "no limit is none");
    }

    #[test]
    fn long_recordings_have_more_lines() {
        let hours = |hours: f64| (hours * 3_600_000.0) as u64;
        let topics = &Template::built_in()[0].sections[0];
        let limits = [0.0, 0.5, 1.0, 2.0, 12.0].map(|length| topics.limit_for(hours(length)).unwrap());
        assert_eq!(limits, [8, 8, 11, 16, 39]);
        let decisions = &Template::built_in()[0].sections[2];
        assert_eq!(
            decisions.limit_for(hours(12.0)),
            None,
            "no decision is ever left out"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let (_, meeting) = FILES[0];
        for (text, expected) in [
            ("id = \"x\"\nname = 5", "in line 2"),
            ("", "missing field `id`"),
            (
                &meeting.replace("limit = 8", "limits = 8"),
                "unknown field `limits`",
            ),
            (&meeting.replace("limit = 8", "limit = 0"), "“topics” has a limit"),
            (
                &meeting.replace("key = \"topics\"", "key = \"Key Points\""),
                "“Key Points” needs a key",
            ),
            (
                &meeting.replace("key = \"topics\"", "key = \"decisions\""),
                "“decisions” occurs twice",
            ),
            (
                &meeting.replace("id = \"meeting\"", "id = \"../x\""),
                "id “../x” must",
            ),
            (
                &meeting.replace("en = \"Topics\", ko = \"안건\"", ""),
                "“topics” has a title that has no text",
            ),
            (
                "id = \"x\"\nname = \"x\"\nguidance = \"x\"\nsections = []",
                "0 sections",
            ),
            (&"#".repeat(70_000), "longer than"),
        ] {
            let error = Template::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} tells about {expected:?}");
        }
    }

    #[test]
    fn the_version_follows_the_template() {
        let mut template = Template::built_in().remove(0);
        let before = template.prompt_version();
        assert_eq!(
            before,
            Template::built_in()[0].prompt_version(),
            "the same gives the same"
        );
        template.sections[0].limit = Some(3);
        assert_ne!(before, template.prompt_version(), "a change is a new version");
    }
}
