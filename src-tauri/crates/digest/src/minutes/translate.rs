//! Puts finished minutes into another language. Minutes are written in the language that is spoken, where
//! every line can be held against what was said; a translation is held against its line.
//!
//! What a model does not translate, or as it translates something else, or with other numbers or names, stays
//! as it was, and so does the rest where the model fails.

use recordroute_core::{
    CancellationToken, GenerateOptions, Generator, InferenceError, MinutesSection, is_same_language,
    primary_language,
};
use serde_json::{Map, Value, json};

use super::ground::folded;
use super::items::MAX_TEXT_CHARS;
use crate::ask::{Answer, MAX_FAILURES_IN_A_ROW, answer_tokens, ask, fits, varied};
use crate::checks::Counted;
use crate::clean::{for_prompt, limited, one_line};
use crate::support::{Claim, Comparison, Ground};
use crate::words::{is_unspaced, korean};
use crate::{language, prompt};

/// Texts that are translated at once.
const MAX_TEXTS: usize = 10;

/// Puts the texts of the items, and when they are due, into the language with this code; names stay.
/// `None` where it was cancelled. `on_share` hears how much of it is done, and sees the sections.
pub(super) fn translate(
    sections: &mut [MinutesSection],
    language: &str,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
    on_share: &mut dyn FnMut(f32, &[MinutesSection]),
) -> Option<()> {
    let n_texts = texts(sections).count();
    let mut translator = Translator {
        language,
        generator,
        cancel,
        n_failures: 0,
    };
    let mut at = 0;
    while at < n_texts {
        let sources: Vec<String> = texts(sections)
            .skip(at)
            .take(MAX_TEXTS)
            .map(|text| text.clone())
            .collect();
        let mut translated = translator.translations(&sources, 0)?;
        drop_repeated(&sources, &mut translated);
        for (source, translation) in sources.iter().zip(&mut translated) {
            if translation.is_none() {
                // Alone it is easier.
                let mut again = translator.translations(std::slice::from_ref(source), 1)?;
                *translation = again.pop().flatten();
            }
        }
        drop_repeated(&sources, &mut translated);
        for (text, translation) in texts(sections).skip(at).zip(translated) {
            if let Some(translation) = translation {
                *text = translation;
            }
        }
        at += sources.len();
        on_share(at as f32 / n_texts as f32, sections);
    }
    Some(())
}

fn texts(sections: &mut [MinutesSection]) -> impl Iterator<Item = &mut String> {
    let items = sections.iter_mut().flat_map(|section| &mut section.items);
    items.flat_map(|item| std::iter::once(&mut item.text).chain(&mut item.when))
}

/// A model that translates until it fails again and again.
struct Translator<'a> {
    language: &'a str,
    generator: &'a mut dyn Generator,
    cancel: &'a CancellationToken,
    /// Failures in a row.
    n_failures: usize,
}

impl Translator<'_> {
    /// What one answer gives for each text; `None` where it was cancelled. Once the model failed too often
    /// it is not asked any more: a server that went away would keep the user waiting for each.
    fn translations(&mut self, sources: &[String], attempt: usize) -> Option<Vec<Option<String>>> {
        let nothing = vec![None; sources.len()];
        if self.n_failures >= MAX_FAILURES_IN_A_ROW {
            return Some(nothing);
        }
        let answer = match self.ask(sources, attempt) {
            Ok(Answer::Cancelled) => return None,
            Ok(Answer::Failed(_)) => {
                self.n_failures += 1;
                return Some(nothing);
            }
            // It meets every prompt.
            Err(_) => {
                self.n_failures = MAX_FAILURES_IN_A_ROW;
                return Some(nothing);
            }
            Ok(Answer::Text(text)) => crate::partial::whole(&text),
            Ok(Answer::Useless(_)) => None,
        };
        self.n_failures = 0;
        let Some(answer) = answer else {
            return Some(nothing);
        };
        let translation = |(idx, source): (usize, &String)| {
            let text = answer.get((idx + 1).to_string())?.as_str()?;
            let text = limited(&one_line(text), MAX_TEXT_CHARS);
            says_the_same(source, &text, self.language).then_some(text)
        };
        Some(sources.iter().enumerate().map(translation).collect())
    }

    fn ask(&mut self, sources: &[String], attempt: usize) -> Result<Answer, InferenceError> {
        let (text, options) = request(sources, self.language, self.generator);
        let options = varied(options, attempt);
        if !fits(self.generator, &text, &options)? {
            return Ok(Answer::Useless(String::new()));
        }
        ask(self.generator, &text, &options, self.cancel, &mut |_, _| Ok(()))
    }
}

/// One translation of different texts translates none of them; `다음 주` and `다음주` are one text.
fn drop_repeated(sources: &[String], translated: &mut [Option<String>]) {
    let pairs: Vec<(&String, Option<String>)> = sources.iter().zip(translated.iter().cloned()).collect();
    for (source, translation) in sources.iter().zip(translated) {
        let is_repeated = |(other, known): &(&String, Option<String>)| {
            folded(other) != folded(source) && known == translation
        };
        if pairs.iter().any(is_repeated) {
            *translation = None;
        }
    }
}

fn request(sources: &[String], language: &str, generator: &dyn Generator) -> (String, GenerateOptions) {
    let numbers = 1..=sources.len();
    let lines: Vec<String> = numbers
        .clone()
        .zip(sources)
        .map(|(number, source)| format!("[{number}] {}", for_prompt(source)))
        .collect();
    let text = json!({ "type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS });
    let keys: Vec<String> = numbers.map(|number| number.to_string()).collect();
    let members: Map<String, Value> = keys.iter().map(|key| (key.clone(), text.clone())).collect();
    let options = GenerateOptions {
        max_tokens: answer_tokens(generator.max_context_tokens()),
        json_schema: Some(json!({
            "type": "object",
            "properties": members,
            "required": keys,
            "additionalProperties": false,
        })),
        system: Some(prompt::translate_system(language)),
        ..GenerateOptions::default()
    };
    (prompt::translate_list(&lines.join("\n"), language), options)
}

/// Whether a text can be a translation of another into this language: with the same numbers, and with no
/// name in foreign letters that the other does not have.
fn says_the_same(source: &str, translation: &str, language: &str) -> bool {
    let written = language::of_text(translation, &[language]);
    // Models slip into Chinese within a word.
    let slips = translation.contains(is_unspaced)
        && !source.contains(is_unspaced)
        && !matches!(primary_language(language), "ja" | "zh" | "yue" | "th");
    translation.chars().any(char::is_alphanumeric)
        && !slips
        && is_same_language(written, language)
        && has_all(source, &untranslated(translation, written))
        && has_all(
            translation,
            &Claim {
                names: Vec::new(),
                ..untranslated(source, "")
            },
        )
}

fn has_all(text: &str, claim: &Claim) -> bool {
    let ground = Ground::of(text, &[]);
    let compared = Comparison::new(claim.clone(), vec![&ground]);
    compared.has_names(&[0]) && compared.missing_numbers(&[0]).is_empty()
}

/// What of a text stands as it is in every language: numbers, and names in other letters than those of the
/// language.
fn untranslated(text: &str, language: &str) -> Claim {
    let has_hangul = |text: &str| text.chars().any(korean::is_hangul);
    let mut claim = Claim::of(text, language);
    let own_is_hangul = primary_language(language) == "ko";
    claim.names.retain(|name| has_hangul(name) != own_is_hangul);
    claim.numbers.retain(Counted::is_translated_as_number);
    Claim {
        words: Vec::new(),
        negates: false,
        predicate: None,
        ..claim
    }
}

#[cfg(test)]
mod tests {
    use recordroute_core::MinutesItem;
    use recordroute_testkit::{FakeGenerator, Reply};

    use super::*;

    fn sections(texts: &[&str]) -> Vec<MinutesSection> {
        let item = |text: &&str| MinutesItem {
            text: (*text).to_owned(),
            who: Some("Zoe".to_owned()),
            when: None,
            segments: vec![1],
            start_ms: 0,
            end_ms: 1_000,
            is_supported: true,
        };
        vec![MinutesSection {
            key: "points".to_owned(),
            title: "주요 내용".to_owned(),
            items: texts.iter().map(item).collect(),
        }]
    }

    fn translated(sections: &mut [MinutesSection], generator: &mut FakeGenerator) -> Vec<String> {
        let cancel = CancellationToken::new();
        translate(sections, "ko", generator, &cancel, &mut |_, _| {}).unwrap();
        sections[0].items.iter().map(|item| item.text.clone()).collect()
    }

    #[test]
    fn what_is_translated_says_the_same() {
        for (source, translation, is_same) in [
            ("The budget is 30,000 dollars.", "예산은 3만 달러입니다.", true),
            ("The budget is 30,000 dollars.", "예산은 5만 달러입니다.", false),
            ("The budget is 30,000 dollars.", "예산이 정해졌습니다.", false),
            (
                "Two of us meet on March 3.",
                "두 사람이 3월 3일에 만납니다.",
                true,
            ),
            (
                "Both of us talk to GitHub.",
                "두 사람이 GitHub와 이야기합니다.",
                true,
            ),
            (
                "Both of us talk to GitHub.",
                "두 사람이 GitLab과 이야기합니다.",
                false,
            ),
            ("The launch moves.", "The launch moves.", false),
            ("The launch moves.", "发布推迟。", false),
            ("The launch moves.", "…", false),
            ("It is easy to use.", "사용하기 쉬운性 때문입니다.", false),
        ] {
            assert_eq!(says_the_same(source, translation, "ko"), is_same, "{translation}");
        }
        assert!(
            says_the_same(
                "출시를 9월 12일로 미룬다.",
                "The launch moves to September 12.",
                "en"
            ),
            "a month is a name"
        );
        for (translation, is_same) in [
            ("김민수 will contact GitHub on Friday.", true),
            ("Minsu Kim will contact GitHub on Friday.", true),
            ("이지은 will contact GitHub on Friday.", false),
        ] {
            assert_eq!(
                says_the_same("김민수가 금요일에 깃허브에 연락합니다.", translation, "en"),
                is_same,
                "a name may stay as it is, and is that of the line: {translation}"
            );
        }
    }

    #[test]
    fn what_a_model_gets_wrong_is_asked_for_alone_and_else_stays() {
        let mut generator = FakeGenerator::scripted([
            Reply::Text(
                json!({"1": "출시를 미룹니다.", "2": "예산은 5만 달러입니다.", "3": "Sure!"}).to_string(),
            ),
            Reply::Text(json!({"1": "예산은 3만 달러입니다."}).to_string()),
            Reply::Text("Sure!".to_owned()),
        ]);
        let mut sections = sections(&[
            "The launch moves.",
            "The budget is 30,000 dollars.",
            "Nobody knows.",
        ]);
        assert_eq!(
            translated(&mut sections, &mut generator),
            ["출시를 미룹니다.", "예산은 3만 달러입니다.", "Nobody knows."],
            "what was said rather than something else"
        );
        assert_eq!(generator.asked.len(), 3, "each of the two once more");
        assert_eq!(sections[0].items[0].who.as_deref(), Some("Zoe"), "names stay");
    }

    #[test]
    fn one_translation_of_everything_is_none() {
        // Also where it is asked for one alone.
        let mut generator = FakeGenerator::new(|prompt, _| {
            let n = prompt.lines().filter(|line| line.starts_with('[')).count();
            let answer: Map<String, Value> = (1..=n).map(|n| (n.to_string(), json!("요약입니다."))).collect();
            Reply::Text(Value::Object(answer).to_string())
        });
        assert_eq!(
            translated(
                &mut sections(&["The launch moves.", "Nobody knows.", "Nobody knows."]),
                &mut generator
            ),
            ["The launch moves.", "Nobody knows.", "Nobody knows."],
            "different sentences do not say the same"
        );
    }

    #[test]
    fn one_text_that_is_spelled_in_two_ways_may_have_one_translation() {
        let mut sources = ["다음 주".to_owned(), "다음주".to_owned()];
        let mut translated = [Some("next week".to_owned()), Some("next week".to_owned())];
        drop_repeated(&sources, &mut translated);
        assert_eq!(translated.iter().flatten().count(), 2);
        sources[1] = "지난주".to_owned();
        drop_repeated(&sources, &mut translated);
        assert_eq!(translated, [None, None], "two texts may not");
    }

    #[test]
    fn a_model_that_went_away_is_not_asked_for_every_line() {
        let texts: Vec<String> = (0..40).map(|n| format!("Point {n} is settled.")).collect();
        let mut sections = sections(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        for reply in [
            Reply::Fail("The server does not answer.".to_owned()),
            Reply::Gone("The process ended.".to_owned()),
        ] {
            let mut generator = FakeGenerator::new(move |_, _| reply.clone());
            assert_eq!(
                translated(&mut sections, &mut generator),
                texts,
                "all stay as they were"
            );
            assert!(generator.asked.len() <= MAX_FAILURES_IN_A_ROW);
        }
    }

    #[test]
    fn many_are_translated_in_turns_with_when_they_are_due() {
        let texts: Vec<String> = (0..25)
            .map(|n| format!("Point {} is settled.", n + 100))
            .collect();
        let mut sections = sections(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        sections[0].items[24].when = Some("on Monday".to_owned());
        let mut generator = FakeGenerator::new(|prompt, _| {
            let mut answer = Map::new();
            for line in prompt.lines() {
                let Some((number, text)) = line.strip_prefix('[').and_then(|line| line.split_once("] "))
                else {
                    continue;
                };
                let point: String = text.chars().filter(char::is_ascii_digit).collect();
                let text = if point.is_empty() {
                    "월요일에".to_owned()
                } else {
                    format!("{point}번 항목이 정해졌습니다.")
                };
                answer.insert(number.to_owned(), json!(text));
            }
            Reply::Text(Value::Object(answer).to_string())
        });
        let mut shares = Vec::new();
        let cancel = CancellationToken::new();
        translate(&mut sections, "ko", &mut generator, &cancel, &mut |share, _| {
            shares.push(share)
        })
        .unwrap();
        assert_eq!(shares, [10.0 / 26.0, 20.0 / 26.0, 1.0], "ten at a time");
        let items = &sections[0].items;
        assert_eq!(items[17].text, "117번 항목이 정해졌습니다.", "each in its place");
        assert_eq!(items[24].when.as_deref(), Some("월요일에"), "and when it is due");
    }

    #[test]
    fn it_can_be_cancelled() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let mut generator = FakeGenerator::scripted([Reply::Text("{}".to_owned())]);
        let mut sections = sections(&["The launch moves."]);
        let outcome = translate(&mut sections, "ko", &mut generator, &cancel, &mut |_, _| {});
        assert_eq!(outcome, None, "as at every stage");
    }
}
