//! Chooses among more items than a template wants. The model sees numbered items and may only name
//! and merge them: citations, who and when come along by number.

use std::collections::HashSet;

use recordroute_core::{CancellationToken, GenerateOptions, Generator, InferenceError, MinutesItem};
use serde_json::{Value, json};

use super::draft::absorb;
use super::items::MAX_TEXT_CHARS;
use crate::SectionTemplate;
use crate::ask::{Answer, answer_tokens, ask, fits, varied};
use crate::clean::{limited, one_line};
use crate::prompt;
use crate::support::{Claim, Comparison, Ground};
use crate::words::feature_set;

/// Rounds of a list that does not fit at once; each at least halves it.
const MAX_ROUNDS: usize = 6;
/// Items that one merged line may be made of.
const MAX_FROM: usize = 6;

/// What became of a list.
pub(super) enum Condensed {
    /// At most as many as were wanted.
    Items(Vec<MinutesItem>),
    /// The model failed at it; the list stands as it was.
    Failed,
    Cancelled,
}

/// At most `limit` of these items.
pub(super) fn condense(
    items: Vec<MinutesItem>,
    section: &SectionTemplate,
    limit: usize,
    language: &str,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
) -> Result<Condensed, InferenceError> {
    let mut items = items;
    for _ in 0..MAX_ROUNDS {
        if items.len() <= limit {
            return Ok(Condensed::Items(items));
        }
        let Some(groups) = groups(&items, section, limit, language, generator) else {
            return Ok(Condensed::Failed);
        };
        let (n_groups, n_items) = (groups.len(), items.len());
        let mut chosen = Vec::new();
        for group in groups {
            let wanted = if n_groups == 1 {
                limit
            } else {
                // Each group gives its share and at least half; the next round chooses among those.
                let share = (limit * group.len()).div_ceil(n_items);
                share.max(group.len().div_ceil(2)).min(group.len() - 1).max(1)
            };
            match choose(&group, section, wanted, language, generator, cancel)? {
                Some(Condensed::Items(items)) => chosen.extend(items),
                Some(other) => return Ok(other),
                None => return Ok(Condensed::Failed),
            }
        }
        if chosen.len() >= items.len() {
            return Ok(Condensed::Failed);
        }
        items = chosen;
    }
    Ok(if items.len() <= limit {
        Condensed::Items(items)
    } else {
        Condensed::Failed
    })
}

/// As few runs of items as fit the context; `None` where not even two of them do.
fn groups(
    items: &[MinutesItem],
    section: &SectionTemplate,
    limit: usize,
    language: &str,
    generator: &dyn Generator,
) -> Option<Vec<Vec<MinutesItem>>> {
    let mut n_groups = 1;
    loop {
        let size = items.len().div_ceil(n_groups);
        if size < 2 {
            return None;
        }
        let groups: Vec<Vec<MinutesItem>> = items.chunks(size).map(<[MinutesItem]>::to_vec).collect();
        let all_fit = groups.iter().all(|group| {
            let (text, options) = request(group, section, limit.max(size / 2), language, generator);
            fits(generator, &text, &options)
        });
        if all_fit {
            return Some(groups);
        }
        n_groups *= 2;
    }
}

fn request(
    items: &[MinutesItem],
    section: &SectionTemplate,
    limit: usize,
    language: &str,
    generator: &dyn Generator,
) -> (String, GenerateOptions) {
    let lines: Vec<String> = items
        .iter()
        .enumerate()
        .map(|(idx, item)| format!("[{}] {}", idx + 1, crate::clean::for_prompt(&item.text)))
        .collect();
    let system = prompt::condense_system(
        section.title.get(language),
        section.guidance.get(language),
        limit,
        language,
    );
    let options = GenerateOptions {
        max_tokens: answer_tokens(generator.max_context_tokens()),
        json_schema: Some(schema(items.len(), limit)),
        system: Some(system),
        ..GenerateOptions::default()
    };
    (prompt::condense_list(&lines.join("\n"), language), options)
}

fn schema(n_items: usize, limit: usize) -> Value {
    json!({
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "from": {
                            "type": "array",
                            "items": { "type": "integer", "minimum": 1, "maximum": n_items },
                            "minItems": 1,
                            "maxItems": MAX_FROM,
                        },
                        "text": { "type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS },
                    },
                    "required": ["from", "text"],
                    "additionalProperties": false,
                },
                "minItems": 1,
                "maxItems": limit,
            },
        },
        "required": ["items"],
        "additionalProperties": false,
    })
}

/// One call, and another where the answer was of no use; `None` where both were.
fn choose(
    items: &[MinutesItem],
    section: &SectionTemplate,
    limit: usize,
    language: &str,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
) -> Result<Option<Condensed>, InferenceError> {
    if items.len() <= limit {
        return Ok(Some(Condensed::Items(items.to_vec())));
    }
    for attempt in 0..2 {
        let (text, options) = request(items, section, limit, language, generator);
        let answer = ask(
            generator,
            &text,
            &varied(options, attempt),
            cancel,
            &mut |_, _| Ok(()),
        )?;
        match answer {
            Answer::Cancelled => return Ok(Some(Condensed::Cancelled)),
            Answer::Text(text) => {
                let chosen =
                    crate::partial::whole(&text).map(|answer| chosen(&answer, items, limit, language));
                if let Some(chosen) = chosen.filter(|chosen| !chosen.is_empty()) {
                    return Ok(Some(Condensed::Items(chosen)));
                }
            }
            Answer::Useless(_) | Answer::Failed(_) => {}
        }
    }
    Ok(None)
}

/// What an answer names, in the order of the items; each item is used once.
fn chosen(answer: &Value, items: &[MinutesItem], limit: usize, language: &str) -> Vec<MinutesItem> {
    let mut used = vec![false; items.len()];
    let mut chosen: Vec<(usize, MinutesItem)> = Vec::new();
    let named = answer.get("items").and_then(Value::as_array);
    for value in named.into_iter().flatten() {
        let mut from = Vec::new();
        let numbers = value.get("from").and_then(Value::as_array);
        for number in numbers.into_iter().flatten().filter_map(Value::as_u64) {
            let idx = usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1);
            if idx < items.len() && from.len() < MAX_FROM && !std::mem::replace(&mut used[idx], true) {
                from.push(idx);
            }
        }
        let Some((&first, others)) = from.split_first() else {
            continue;
        };
        let text = value.get("text").and_then(Value::as_str).unwrap_or_default();
        let mut item = merged(&items[first], text, &from, items, language);
        for other in others {
            absorb(&mut item, &items[*other]);
        }
        chosen.push((first, item));
        if chosen.len() == limit {
            break;
        }
    }
    chosen.sort_by_key(|(first, _)| *first);
    chosen.into_iter().map(|(_, item)| item).collect()
}

/// The first item, in the model's words where those say nothing that the items do not. What is made of
/// one that is marked is marked.
fn merged(
    first: &MinutesItem,
    text: &str,
    from: &[usize],
    items: &[MinutesItem],
    language: &str,
) -> MinutesItem {
    let mut item = first.clone();
    let text = limited(&one_line(text), MAX_TEXT_CHARS);
    let from: Vec<&MinutesItem> = from.iter().map(|idx| &items[*idx]).collect();
    let known: HashSet<String> = from.iter().flat_map(|item| feature_set(&item.text)).collect();
    let said = feature_set(&text);
    let n_known = said.intersection(&known).count();
    if !said.is_empty() && n_known * 3 >= said.len() * 2 && !adds(&text, &from, language) {
        item.text = text;
        item.is_supported = from.iter().all(|item| item.is_supported);
    }
    item
}

/// Whether a text has a number, a name or a denial that none of the items has.
fn adds(text: &str, items: &[&MinutesItem], language: &str) -> bool {
    let fields = |item: &&MinutesItem| -> String {
        let fields = [Some(&item.text), item.who.as_ref(), item.when.as_ref()];
        let fields: Vec<&str> = fields.into_iter().flatten().map(String::as_str).collect();
        fields.join(", ")
    };
    let grounds: Vec<Ground> = items.iter().map(|item| Ground::of(&fields(item), &[])).collect();
    let all: Vec<usize> = (0..grounds.len()).collect();
    let compared = Comparison::new(Claim::of(text, language), grounds.iter().collect());
    !compared.has_names(&all) || !compared.missing_numbers(&all).is_empty() || compared.is_denied(&all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Template;
    use recordroute_testkit::{FakeGenerator, Reply};

    fn items(n: u32) -> Vec<MinutesItem> {
        (0..n)
            .map(|idx| MinutesItem {
                text: format!("Point number{idx} about subject{idx}."),
                who: None,
                when: None,
                segments: vec![idx * 2],
                start_ms: u64::from(idx) * 4_000,
                end_ms: u64::from(idx) * 4_000 + 1_800,
                is_supported: idx != 3,
            })
            .collect()
    }

    fn condensed(n: u32, limit: usize, generator: &mut FakeGenerator) -> Option<Vec<MinutesItem>> {
        let section = Template::built_in()[0].sections[0].clone();
        let cancel = CancellationToken::new();
        match condense(items(n), &section, limit, "en", generator, &cancel).unwrap() {
            Condensed::Items(items) => Some(items),
            Condensed::Failed | Condensed::Cancelled => None,
        }
    }

    #[test]
    fn citations_come_along_by_number() {
        let mut generator = FakeGenerator::scripted([Reply::Text(
            r#"{"items": [
                {"from": [3, 1, 9], "text": "Point number0 and number2."},
                {"from": [3], "text": "Again."},
                {"from": [2], "text": "The moon is made of cheese."}
            ]}"#
            .to_owned(),
        )]);
        let found = condensed(4, 2, &mut generator).unwrap();
        assert_eq!(found.len(), 2, "an item is used once: {found:?}");
        assert_eq!(
            found[0].text, "Point number1 about subject1.",
            "no word of the model's own"
        );
        assert_eq!(
            found[1].text, "Point number0 and number2.",
            "its words where they are theirs"
        );
        assert_eq!(found[1].segments, [0, 4], "the citations of both");
    }

    #[test]
    fn merging_adds_nothing_and_a_mark_stays() {
        let merged = |text: &str, from: &[usize]| {
            let (items, from): (Vec<MinutesItem>, Vec<usize>) =
                (items(5), from.iter().map(|n| n - 1).collect());
            let item = super::merged(&items[from[0]], text, &from, &items, "en");
            (item.text == text, item.is_supported)
        };
        let both = "Point number0 and point number1 about subject0.";
        assert_eq!(merged(both, &[1, 2]), (true, true), "what both say");
        assert_eq!(
            merged("Point number3 and point number0.", &[1, 4]),
            (true, false),
            "one is marked"
        );
        for text in [
            "Point number0 and point number1 about subject0 until May 12.",
            "Point number0 and point number1 about subject0 for Zoe.",
            "Point number0 and point number1 are not about subject0.",
        ] {
            assert_eq!(merged(text, &[1, 2]), (false, true), "nobody said that: {text}");
        }
    }

    #[test]
    fn a_list_that_does_not_fit_is_condensed_in_rounds() {
        // Keeps the first so many of those it is shown.
        let mut generator = FakeGenerator::new(|prompt, options| {
            let limit = options.json_schema.as_ref().unwrap()["properties"]["items"]["maxItems"]
                .as_u64()
                .unwrap();
            let n = prompt.matches("\n[").count() as u64;
            let kept: Vec<String> = (1..=limit.min(n))
                .map(|n| format!("{{\"from\": [{n}], \"text\": \"\"}}"))
                .collect();
            Reply::Text(format!("{{\"items\": [{}]}}", kept.join(",")))
        })
        .with_context(300);
        let found = condensed(60, 5, &mut generator).unwrap();
        assert_eq!(found.len(), 5, "as many as were wanted");
        assert!(
            generator.asked.len() > 3,
            "in several calls: {}",
            generator.asked.len()
        );
    }

    #[test]
    fn a_model_that_fails_leaves_the_list() {
        let mut generator = FakeGenerator::scripted([
            Reply::Text("no".to_owned()),
            Reply::Text(r#"{"items": [{"from": [0, 99], "text": "x"}]}"#.to_owned()),
        ]);
        assert!(
            condensed(4, 2, &mut generator).is_none(),
            "numbers that are none choose nothing"
        );
        assert_eq!(generator.asked.len(), 2, "it is asked twice at most");
    }
}
