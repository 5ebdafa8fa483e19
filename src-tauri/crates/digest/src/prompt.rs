//! The prompts, which are the files in `prompts/`, each in English and Korean, with typed inputs.

use recordroute_core::primary_language;
use sha2::{Digest, Sha256};

use crate::Template;

/// A prompt in both languages.
struct Prompt {
    en: &'static str,
    ko: &'static str,
}

macro_rules! prompt {
    ($name:literal) => {
        Prompt {
            en: include_str!(concat!("../prompts/", $name, ".en.txt")),
            ko: include_str!(concat!("../prompts/", $name, ".ko.txt")),
        }
    };
}

const MINUTES_SYSTEM: Prompt = prompt!("minutes.system");
const MINUTES_PART: Prompt = prompt!("minutes.part");
const CONDENSE_SYSTEM: Prompt = prompt!("condense.system");
const CONDENSE_LIST: Prompt = prompt!("condense.list");
const TRANSLATE_SYSTEM: Prompt = prompt!("translate.system");
const TRANSLATE_LIST: Prompt = prompt!("translate.list");
const CORRECT_SYSTEM: Prompt = prompt!("correct.system");
const CORRECT_PART: Prompt = prompt!("correct.part");
const TITLE_SYSTEM: Prompt = prompt!("title.system");
const TITLE_TEXT: Prompt = prompt!("title.text");

const ANSWER_SYSTEM: Prompt = prompt!("answer.system");
const ANSWER_QUESTION: Prompt = prompt!("answer.question");
const ANSWER_EXCHANGE: Prompt = prompt!("answer.exchange");

/// Those whose version is kept with what was written. Answers are not kept that way, so that a change of
/// theirs makes no minutes outdated.
const KEPT: [&Prompt; 10] = [
    &MINUTES_SYSTEM,
    &MINUTES_PART,
    &CONDENSE_SYSTEM,
    &CONDENSE_LIST,
    &TRANSLATE_SYSTEM,
    &TRANSLATE_LIST,
    &CORRECT_SYSTEM,
    &CORRECT_PART,
    &TITLE_SYSTEM,
    &TITLE_TEXT,
];

impl Prompt {
    /// Korean is asked for in Korean, every other language in English.
    fn render(&self, language: &str, values: &[(&str, &str)]) -> String {
        let text = if primary_language(language) == "ko" {
            self.ko
        } else {
            self.en
        };
        fill(text, values)
    }
}

/// Puts values in place of `{{name}}`, in one pass, so that a value is never looked into.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text.trim_end();
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, after)) = after.split_once("}}") else {
            filled.push_str("{{");
            rest = after;
            continue;
        };
        // That every name has its value is held by a test.
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled.push_str(value);
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Of the prompts whose version is kept and what else shapes the answer; twelve hexadecimal digits.
pub(crate) fn version(more: &str) -> String {
    let mut hash = Sha256::new();
    for prompt in KEPT {
        for text in [prompt.en, prompt.ko] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
    }
    hash.update(more);
    hash.finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(crate) fn minutes_system(template: &Template, language: &str) -> String {
    MINUTES_SYSTEM.render(language, &[("kind", template.guidance.get(language))])
}

pub(crate) fn minutes_part(lines: &str, template: &Template, language: &str) -> String {
    let sections: Vec<String> = template
        .sections
        .iter()
        .map(|section| {
            let fields = if section.who_when {
                r#" {"text", "who", "when"}"#
            } else {
                ""
            };
            format!(
                "- \"{}\" ({}): {}.{fields}",
                section.key,
                section.title.get(language),
                section.guidance.get(language).trim_end_matches('.'),
            )
        })
        .collect();
    MINUTES_PART.render(
        language,
        &[
            ("lines", lines),
            ("sections", &sections.join("\n")),
            ("language", language_name(language)),
        ],
    )
}

pub(crate) fn translate_system(language: &str) -> String {
    TRANSLATE_SYSTEM.render(language, &[])
}

pub(crate) fn translate_list(items: &str, language: &str) -> String {
    TRANSLATE_LIST.render(
        language,
        &[("items", items), ("language", language_name(language))],
    )
}

pub(crate) fn condense_system(title: &str, guidance: &str, language: &str) -> String {
    CONDENSE_SYSTEM.render(language, &[("title", title), ("guidance", guidance)])
}

pub(crate) fn condense_list(items: &str, limit: usize, language: &str) -> String {
    CONDENSE_LIST.render(language, &[("items", items), ("limit", &limit.to_string())])
}

pub(crate) fn correct_system(vocabulary: &str, language: &str) -> String {
    CORRECT_SYSTEM.render(
        language,
        &[
            ("vocabulary", or_none(vocabulary, language)),
            ("language", language_name(language)),
        ],
    )
}

/// A place in a prompt is never empty.
fn or_none<'a>(text: &'a str, language: &str) -> &'a str {
    match (text.is_empty(), primary_language(language)) {
        (false, _) => text,
        (true, "ko") => "(없음)",
        (true, _) => "(none)",
    }
}

pub(crate) fn correct_part(before: &str, lines: &str, language: &str) -> String {
    CORRECT_PART.render(language, &[("before", before), ("lines", lines)])
}

pub(crate) fn title_system(max_chars: usize, language: &str) -> String {
    TITLE_SYSTEM.render(
        language,
        &[
            ("max_chars", &max_chars.to_string()),
            ("language", language_name(language)),
        ],
    )
}

pub(crate) fn title_text(text: &str, language: &str) -> String {
    TITLE_TEXT.render(language, &[("text", text)])
}

pub(crate) fn answer_system(limit: usize, language: &str) -> String {
    ANSWER_SYSTEM.render(
        language,
        &[
            ("limit", &limit.to_string()),
            ("language", language_name(language)),
        ],
    )
}

pub(crate) fn answer_question(passages: &str, earlier: &str, question: &str, language: &str) -> String {
    ANSWER_QUESTION.render(
        language,
        &[
            ("passages", passages),
            ("earlier", or_none(earlier, language)),
            ("question", question),
        ],
    )
}

pub(crate) fn answer_exchange(question: &str, answer: &str, language: &str) -> String {
    ANSWER_EXCHANGE.render(
        language,
        &[("question", question), ("answer", or_none(answer, language))],
    )
}

/// How a language is called in the prompt; the code itself where it is a rare one.
fn language_name(code: &str) -> &str {
    match primary_language(code) {
        "ko" => "한국어",
        "en" => "English",
        "ja" => "Japanese",
        "zh" | "yue" => "Chinese",
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        "pt" => "Portuguese",
        "it" => "Italian",
        "nl" => "Dutch",
        "ru" => "Russian",
        "uk" => "Ukrainian",
        "pl" => "Polish",
        "tr" => "Turkish",
        "ar" => "Arabic",
        "hi" => "Hindi",
        "vi" => "Vietnamese",
        "th" => "Thai",
        "id" => "Indonesian",
        "sv" => "Swedish",
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_looked_into() {
        assert_eq!(
            fill("a {{x}} b {{y}}", &[("x", "{{y}}"), ("y", "2")]),
            "a {{y}} b 2",
            "what was said may look like a place to fill"
        );
        assert_eq!(fill("{{ open", &[]), "{{ open", "an open brace is text");
    }

    #[test]
    fn nothing_is_left_unfilled() {
        let template = &Template::built_in()[0];
        for language in ["en", "ko", "de"] {
            for text in [
                minutes_system(template, language),
                minutes_part("[1] x", template, language),
                condense_system("Topics", "what was said", language),
                condense_list("[1] x", 3, language),
                translate_system(language),
                translate_list("[1] x", language),
                correct_system("", language),
                correct_part("x", "[1] y", language),
                title_system(60, language),
                title_text("x", language),
                answer_system(8, language),
                answer_question("[1] x", "", "y", language),
                answer_exchange("x", "", language),
            ] {
                assert!(!text.contains("{{"), "every place has its value: {text}");
                assert!(!text.contains("  "), "and no value is missing: {text}");
            }
        }
    }

    #[test]
    fn prompts_are_what_they_were() {
        let template = &Template::built_in()[0];
        for language in ["en", "ko"] {
            let all = [
                minutes_system(template, language),
                minutes_part("[1] Kim: Hello.\n[2] Bye.", template, language),
                condense_system(
                    template.sections[0].title.get(language),
                    template.sections[0].guidance.get(language),
                    language,
                ),
                condense_list("[1] One.\n[2] Two.", 8, language),
                translate_system(language),
                translate_list("[1] One.\n[2] Two.", language),
                correct_system("Kubernetes, 김민수", language),
                correct_part("Before.", "[1] Line.", language),
                title_system(60, language),
                title_text("What was said.", language),
            ];
            insta::assert_snapshot!(format!("prompts_{language}"), all.join("\n\n=====\n\n"));
        }
    }

    #[test]
    fn the_version_is_that_of_the_files() {
        assert_eq!(version("").len(), 12, "short enough to show");
        assert_ne!(version("a"), version("b"), "what else shapes the answer counts");
    }
}
