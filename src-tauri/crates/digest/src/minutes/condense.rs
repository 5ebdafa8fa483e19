//! Chooses among more items than a template wants. The model sees numbered items and answers with numbers
//! alone: what an item says and cites stays as it was held against the transcript.

use recordroute_core::{CancellationToken, GenerateOptions, Generator, InferenceError, MinutesItem};
use serde_json::{Value, json};

use crate::SectionTemplate;
use crate::ask::{Answer, answer_tokens, ask, fits, varied};
use crate::cited::numbers;
use crate::clean::for_prompt;
use crate::prompt;

/// Rounds of a long list; each at least halves it or comes to its end.
const MAX_ROUNDS: usize = 12;
/// Items that are chosen among at once. A stretch of the recording competes with its neighbours first,
/// so that no model can forget the later ones over the first.
const MAX_GROUP: usize = 12;

/// What became of a list.
pub(super) enum Condensed {
    /// At most as many as were wanted.
    Items(Vec<MinutesItem>),
    /// The model failed at it; the list stands as it was.
    Failed,
    Cancelled,
}

/// About so many items are judged in all rounds of a list of that length.
const fn n_judged(n_items: usize) -> usize {
    n_items * 2
}

/// About so often a model is asked for a list of that length.
pub(crate) fn n_calls(n_items: usize, limit: usize) -> usize {
    if n_items <= limit {
        return 0;
    }
    n_judged(n_items).div_ceil(MAX_GROUP)
}

/// At most `limit` of these items, which are in order of time. What is marked gives way first. `on_share`
/// hears how far it is, 0.0..=1.0.
pub(super) fn condense(
    mut items: Vec<MinutesItem>,
    section: &SectionTemplate,
    limit: usize,
    language: &str,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
    on_share: &mut dyn FnMut(f32),
) -> Result<Condensed, InferenceError> {
    let n_expected = n_judged(items.len());
    let mut n_done = 0;
    if items.iter().filter(|item| item.is_supported).count() >= limit {
        items.retain(|item| item.is_supported);
    }
    for _ in 0..MAX_ROUNDS {
        if items.len() <= limit {
            return Ok(Condensed::Items(items));
        }
        let size = items.len().div_ceil(items.len().div_ceil(MAX_GROUP));
        let mut chosen = Vec::new();
        for group in items.chunks(size) {
            // Each group gives its share, and at least half; the next round chooses among those.
            let share = (limit * group.len()).div_ceil(items.len());
            let wanted = if group.len() == items.len() {
                limit
            } else {
                let most = (group.len() - 1).max(1);
                share.max(group.len().div_ceil(2)).min(most)
            };
            match choose(group, section, wanted, language, generator, cancel)? {
                Condensed::Items(items) => chosen.extend(items),
                other => return Ok(other),
            }
            n_done += group.len();
            on_share((n_done as f32 / n_expected as f32).min(1.0));
        }
        items = chosen;
    }
    Ok(Condensed::Failed)
}

/// One call, and another where the answer was of no use.
fn choose(
    items: &[MinutesItem],
    section: &SectionTemplate,
    wanted: usize,
    language: &str,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
) -> Result<Condensed, InferenceError> {
    if items.len() <= wanted {
        return Ok(Condensed::Items(items.to_vec()));
    }
    let (text, options) = request(items, section, wanted, language, generator);
    if !fits(generator, &text, &options)? {
        return Ok(Condensed::Failed);
    }
    for attempt in 0..2 {
        let options = varied(options.clone(), attempt);
        match ask(generator, &text, &options, cancel, &mut |_, _| Ok(()))? {
            Answer::Cancelled => return Ok(Condensed::Cancelled),
            Answer::Text(text) => {
                let answer = crate::partial::whole(&text);
                if let Some(chosen) = answer.and_then(|answer| chosen(&answer, items, wanted)) {
                    return Ok(Condensed::Items(chosen));
                }
            }
            Answer::Useless(_) | Answer::Failed(_) => {}
        }
    }
    Ok(Condensed::Failed)
}

fn request(
    items: &[MinutesItem],
    section: &SectionTemplate,
    wanted: usize,
    language: &str,
    generator: &dyn Generator,
) -> (String, GenerateOptions) {
    let lines: Vec<String> = items
        .iter()
        .enumerate()
        .map(|(idx, item)| format!("[{}] {}", idx + 1, for_prompt(&item.text)))
        .collect();
    let options = GenerateOptions {
        max_tokens: answer_tokens(generator.max_context_tokens()),
        json_schema: Some(schema(items.len(), wanted)),
        system: Some(prompt::condense_system(
            section.title.get(language),
            section.guidance.get(language),
            language,
        )),
        ..GenerateOptions::default()
    };
    (
        prompt::condense_list(&lines.join("\n"), wanted, language),
        options,
    )
}

fn schema(n_items: usize, wanted: usize) -> Value {
    json!({
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": { "type": "integer", "minimum": 1, "maximum": n_items },
                "minItems": wanted,
                "maxItems": wanted,
            },
        },
        "required": ["items"],
        "additionalProperties": false,
    })
}

/// What an answer names, in the order of the items; `None` where that is less than half of what was wanted.
fn chosen(answer: &Value, items: &[MinutesItem], wanted: usize) -> Option<Vec<MinutesItem>> {
    let named = numbers(answer.get("items"), usize::MAX);
    let named = named
        .into_iter()
        .filter_map(|number| items.get(number.checked_sub(1)?));
    let chosen: Vec<MinutesItem> = named.take(wanted).cloned().collect();
    (chosen.len() * 2 >= wanted).then_some(chosen)
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
                is_supported: true,
            })
            .collect()
    }

    fn condensed(items: Vec<MinutesItem>, limit: usize, generator: &mut FakeGenerator) -> Option<Vec<u32>> {
        let section = Template::built_in()[0].sections[0].clone();
        let mut shares = Vec::new();
        let cancel = CancellationToken::new();
        let condensed = condense(items, &section, limit, "en", generator, &cancel, &mut |share| {
            shares.push(share)
        });
        assert!(shares.is_sorted(), "it does not go back: {shares:?}");
        match condensed.unwrap() {
            Condensed::Items(items) => Some(items.iter().map(|item| item.segments[0] / 2).collect()),
            Condensed::Failed | Condensed::Cancelled => None,
        }
    }

    #[test]
    fn items_are_chosen_by_number() {
        let mut generator =
            FakeGenerator::scripted([Reply::Text(r#"{"items": [4, 2, 2, 9, 0, "3"]}"#.to_owned())]);
        assert_eq!(
            condensed(items(5), 3, &mut generator),
            Some(vec![1, 2, 3]),
            "each once, in order of time, and only those that there are"
        );
    }

    #[test]
    fn what_is_marked_gives_way_first() {
        let mut marked = items(5);
        marked[0].is_supported = false;
        marked[3].is_supported = false;
        let mut generator = FakeGenerator::scripted([]);
        assert_eq!(
            condensed(marked, 3, &mut generator),
            Some(vec![1, 2, 4]),
            "nobody has to be asked"
        );
    }

    #[test]
    fn a_long_list_keeps_something_of_every_stretch() {
        // A model that names the first so many, whatever they are.
        let mut generator = FakeGenerator::new(|_, options| {
            let wanted = options.json_schema.as_ref().unwrap()["properties"]["items"]["maxItems"]
                .as_u64()
                .unwrap();
            Reply::Text(json!({ "items": (1..=wanted).collect::<Vec<_>>() }).to_string())
        });
        let found = condensed(items(61), 8, &mut generator).unwrap();
        assert!(
            (4..=8).contains(&found.len()),
            "as many as were wanted: {found:?}"
        );
        assert!(
            found.iter().any(|idx| *idx >= 24) && found[0] < 12,
            "the first, and later ones: {found:?}"
        );
    }

    #[test]
    fn a_model_that_fails_leaves_the_list() {
        let mut generator = FakeGenerator::scripted([
            Reply::Text("no".to_owned()),
            Reply::Text(r#"{"items": [0, 99]}"#.to_owned()),
        ]);
        assert!(
            condensed(items(4), 2, &mut generator).is_none(),
            "numbers that are none choose nothing"
        );
        assert_eq!(generator.asked.len(), 2, "it is asked twice at most");
    }
}
