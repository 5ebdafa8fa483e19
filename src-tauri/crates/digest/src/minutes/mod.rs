mod condense;
mod draft;
mod ground;
mod items;
mod transcript;
mod translate;

use std::collections::HashSet;
use std::time::Instant;

use recordroute_core::{
    CancellationToken, GenerateOptions, Generator, Minutes, MinutesSection, Segment, is_same_language,
};
use serde_json::Value;

pub(crate) use self::condense::n_calls;
use self::condense::{Condensed, condense};
use self::draft::Draft;
use self::ground::Ground;
use self::transcript::Transcript;
use self::translate::translate;
use crate::ask::{Accepted, PartTask, answer_tokens, read_parts};
use crate::parts::{Ledger, Line, lay_out, numbered};
use crate::{DigestError, Template, prompt};

/// Below so many words a model would invent rather than sum up.
const MIN_WORDS: usize = 5;
/// How far it is when all is read, and when the lists are short enough; the rest is translating.
const READ: f32 = 0.85;
const CONDENSED: f32 = 0.92;
/// The same item so often in one answer is a loop.
const MAX_REPEATED: usize = 4;

/// What may be set for minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinutesOptions {
    /// The language to write in, as a code such as `ko`.
    pub language: String,
    /// The language of the transcript, as a code, where known. Where it differs from the one to write
    /// in, the minutes are written in that of the transcript first and then translated.
    pub transcript_language: Option<String>,
    /// The model's id, for the result.
    pub model: String,
    /// The most tokens of transcript that are read at once; the model's context may allow fewer.
    /// Small models overlook more in longer parts.
    pub max_part_tokens: usize,
}

impl Default for MinutesOptions {
    fn default() -> Self {
        Self {
            language: "en".to_owned(),
            transcript_language: None,
            model: String::new(),
            max_part_tokens: 3_000,
        }
    }
}

/// How far the minutes are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinutesProgress<'a> {
    /// 0.0..=1.0, never falling.
    pub fraction: f32,
    /// What stands so far, in the template's order and without empty sections; lines may still be
    /// merged, translated or give way to others.
    pub sections: &'a [MinutesSection],
}

/// Writes the minutes of a transcript; `None` where it was cancelled. Segments are cited by their
/// place in `segments`.
///
/// Every segment is read in exactly one part. A part that fails is tried again in halves and then
/// listed in [`Minutes::failed_parts`].
///
/// # Errors
/// [`DigestError::TooShort`] without asking the model, [`DigestError::NoRoom`],
/// [`DigestError::NothingRead`] where every part failed, and the model's own errors that would meet
/// every part.
pub fn minutes(
    segments: &[Segment],
    template: &Template,
    options: &MinutesOptions,
    generator: &mut dyn Generator,
    cancel: &CancellationToken,
    on_progress: &mut dyn FnMut(MinutesProgress<'_>),
) -> Result<Option<Minutes>, DigestError> {
    let started = Instant::now();
    require_words(segments, MIN_WORDS)?;
    let max_context_tokens = generator.max_context_tokens();
    let spoken = options
        .transcript_language
        .as_deref()
        .unwrap_or(&options.language);
    let mut task = MinutesTask {
        segments,
        transcript: Transcript::new(segments, spoken),
        template,
        language: &options.language,
        spoken,
        system: prompt::minutes_system(template, spoken),
        max_tokens: answer_tokens(max_context_tokens),
        draft: Draft::new(template),
        sections: Vec::new(),
        fraction: 0.0,
        on_progress,
    };
    let around = task.options(&[]);
    let empty = generator.count_prompt_tokens(&task.prompt(&[]), &around)?;
    let room = max_context_tokens.saturating_sub(around.max_tokens + empty);
    if room == 0 {
        return Err(DigestError::NoRoom { max_context_tokens });
    }
    let budget = room.min(options.max_part_tokens);
    let count = |texts: &[&str]| generator.count_tokens_of(texts);
    let Some(parts) = lay_out(segments, budget, &count, cancel)? else {
        return Ok(None);
    };
    let Some(ledger) = read_parts(parts, segments, &mut task, generator, cancel)? else {
        return Ok(None);
    };

    let duration_ms = segments.last().map_or(0, |segment| segment.end_ms);
    for (section_idx, section) in template.sections.iter().enumerate() {
        let Some(limit) = section.limit_for(duration_ms) else {
            continue;
        };
        if task.draft.n_items(section_idx) <= limit {
            continue;
        }
        let items = task.draft.items(section_idx);
        let mut on_share = |share: f32| {
            let share = (section_idx as f32 + share) / template.sections.len() as f32;
            task.show(READ + (CONDENSED - READ) * share);
        };
        match condense(items, section, limit, spoken, generator, cancel, &mut on_share) {
            Ok(Condensed::Items(items)) => task.draft.keep(section_idx, &items),
            // More lines than were wanted are better than none.
            Ok(Condensed::Failed) | Err(_) => {}
            Ok(Condensed::Cancelled) => return Ok(None),
        }
        let share = (section_idx + 1) as f32 / template.sections.len() as f32;
        task.report(READ + (CONDENSED - READ) * share);
    }
    if cancel.is_cancelled() {
        return Ok(None);
    }
    task.report(CONDENSED);
    if !is_same_language(spoken, &options.language)
        && task.translate(&options.language, generator, cancel).is_none()
    {
        return Ok(None);
    }
    task.show(1.0);
    Ok(Some(Minutes {
        template: template.id.clone(),
        language: options.language.clone(),
        model: options.model.clone(),
        prompt_version: template.prompt_version(),
        coverage: ledger.coverage(),
        sections: task.sections,
        failed_parts: ledger.failed_parts(segments),
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }))
}

/// Refuses transcripts that say too little.
pub(crate) fn require_words(segments: &[Segment], min_words: usize) -> Result<(), DigestError> {
    let mut n_words = 0;
    for segment in segments {
        n_words += crate::words::count(&segment.text);
        if n_words >= min_words {
            return Ok(());
        }
    }
    Err(DigestError::TooShort { min_words })
}

/// What came of an answer.
#[derive(Debug, Clone, Copy, Default)]
struct Added {
    n_written: usize,
    n_kept: usize,
    /// A section from which nothing may be left out has as many items as an answer may give it.
    is_full: bool,
}

struct MinutesTask<'a, 'p> {
    segments: &'a [Segment],
    transcript: Transcript<'a>,
    template: &'a Template,
    /// The language that the headings are in.
    language: &'a str,
    spoken: &'a str,
    system: String,
    max_tokens: usize,
    /// What was read with success.
    draft: Draft,
    /// What was handed out last.
    sections: Vec<MinutesSection>,
    fraction: f32,
    on_progress: &'p mut dyn FnMut(MinutesProgress<'_>),
}

impl MinutesTask<'_, '_> {
    /// Adds the items of an answer, held against the lines.
    fn add_items(&self, draft: &mut Draft, lines: &[Line], answer: &Value) -> Added {
        let mut added = Added::default();
        let ground = Ground::new(&self.transcript, lines);
        for (section_idx, section) in self.template.sections.iter().enumerate() {
            let mut n_supported = 0;
            for raw in items::raw_items(answer, &section.key, section.limit) {
                added.n_written += 1;
                if let Some(item) = ground.item(&raw) {
                    n_supported += usize::from(item.is_supported);
                    draft.add(section_idx, item);
                    added.n_kept += 1;
                }
            }
            added.is_full |= section.limit.is_none() && n_supported == items::max_items(None);
        }
        added
    }

    /// Hands out what the draft has.
    fn report(&mut self, fraction: f32) {
        self.sections = self
            .draft
            .to_sections(self.template, self.language, self.segments);
        self.show(fraction);
    }

    fn show(&mut self, fraction: f32) {
        self.fraction = self.fraction.max(fraction);
        (self.on_progress)(MinutesProgress {
            fraction: self.fraction,
            sections: &self.sections,
        });
    }

    /// What cannot be translated stays as it is, also where the model fails: the minutes are there.
    /// `None` where it was cancelled.
    fn translate(
        &mut self,
        language: &str,
        generator: &mut dyn Generator,
        cancel: &CancellationToken,
    ) -> Option<()> {
        let mut sections = self.sections.clone();
        translate(
            &mut sections,
            language,
            generator,
            cancel,
            &mut |share, sections| {
                self.sections = sections.to_vec();
                self.show(CONDENSED + (1.0 - CONDENSED) * share);
            },
        )
    }
}

impl PartTask for MinutesTask<'_, '_> {
    fn prompt(&self, lines: &[Line]) -> String {
        prompt::minutes_part(&numbered(lines), self.template, self.spoken)
    }

    fn options(&self, _lines: &[Line]) -> GenerateOptions {
        GenerateOptions {
            max_tokens: self.max_tokens,
            json_schema: Some(items::schema(self.template)),
            system: Some(self.system.clone()),
            ..GenerateOptions::default()
        }
    }

    fn watch(&mut self, lines: &[Line], text: &str, piece: &str) -> Result<(), String> {
        // An item ends with a brace or a quote; between two of them nothing new can be shown.
        if !piece.contains(['}', '"']) {
            return Ok(());
        }
        let Some(answer) = crate::partial::so_far(text) else {
            return Ok(());
        };
        if repeats_itself(&answer, self.template) {
            return Err("The model repeated itself.".to_owned());
        }
        let mut draft = self.draft.clone();
        self.add_items(&mut draft, lines, &answer);
        let sections = draft.to_sections(self.template, self.language, self.segments);
        if sections != self.sections {
            self.sections = sections;
            self.show(self.fraction);
        }
        Ok(())
    }

    fn accept(&mut self, lines: &[Line], answer: &Value, _ledger: &mut Ledger) -> Result<Accepted, String> {
        if !items::is_an_answer(answer, self.template) {
            return Err("The model’s answer is not of the form that was asked for.".to_owned());
        }
        let mut draft = std::mem::replace(&mut self.draft, Draft::new(self.template));
        let added = self.add_items(&mut draft, lines, answer);
        self.draft = draft;
        if added.n_written > 0 && added.n_kept == 0 {
            return Err("Nothing of what the model wrote was said there.".to_owned());
        }
        // From decisions and tasks nothing is left out, however many there are.
        Ok(if added.is_full {
            Accepted::Full
        } else {
            Accepted::All
        })
    }

    fn advanced(&mut self, share: f32) {
        self.report(READ * share);
    }
}

fn repeats_itself(answer: &Value, template: &Template) -> bool {
    template.sections.iter().any(|section| {
        let items = items::raw_items(answer, &section.key, section.limit);
        let distinct: HashSet<&str> = items.iter().map(|item| item.text.as_str()).collect();
        items.len() >= distinct.len() + MAX_REPEATED - 1
    })
}

#[cfg(test)]
mod tests;
