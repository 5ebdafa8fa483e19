use std::process::ExitCode;

use recordroute_engine::Engine;
use recordroute_engine::core::{Correction, CorrectionMark, CorrectionState, DiffKind, RecordingId};

use super::minutes::ended_early;
use crate::Context;
use crate::args::{CorrectArgs, VocabularyArgs};
use crate::cancel::on_interrupt;
use crate::follow::{Ended, Follower};
use crate::output::{Failure, Output};

pub fn run(context: &Context<'_>, args: &CorrectArgs) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let decides = !args.accept.is_empty() || !args.refuse.is_empty();
    if args.again || (!decides && engine.corrections(args.id)?.is_empty()) {
        let cancel = on_interrupt();
        let mut follower = Follower::new(&engine, context.output);
        let job_id = engine.make_corrections(args.id, args.model.as_deref())?;
        let title = engine.recording(args.id)?.title;
        if !matches!(
            follower.follow(job_id, &title, &cancel, false)?,
            Ended::Done { .. }
        ) {
            return Ok(ended_early(cancel.is_cancelled()));
        }
    }
    engine.decide_corrections(args.id, &args.refuse, CorrectionState::Refused)?;
    engine.decide_corrections(args.id, &args.accept, CorrectionState::Accepted)?;
    if args.accept_all {
        let n_accepted = engine.accept_corrections(args.id, args.marked)?;
        context.output.note(&format!("{n_accepted} accepted."));
    }
    show(context.output, &engine, args.id, args.diff)?;
    Ok(ExitCode::SUCCESS)
}

fn show(output: &Output, engine: &Engine, id: RecordingId, diff: bool) -> Result<(), Failure> {
    let corrections = engine.corrections(id)?;
    if output.is_json() {
        return output.json(&corrections);
    }
    if corrections.is_empty() {
        output.note("The model proposes nothing.");
    }
    let rows: Vec<Vec<String>> = corrections
        .iter()
        .map(|correction| row(correction, diff))
        .collect();
    output.table(&rows)
}

fn row(correction: &Correction, diff: bool) -> Vec<String> {
    let state = match correction.state {
        CorrectionState::Open => "open",
        CorrectionState::Accepted => "accepted",
        CorrectionState::Refused => "refused",
    };
    let text = if diff {
        differences(correction)
    } else {
        correction.proposed.clone()
    };
    vec![
        correction.segment_idx.to_string(),
        state.to_owned(),
        marks(&correction.marks),
        text,
    ]
}

/// As `wdiff` and `git diff --word-diff` write it.
fn differences(correction: &Correction) -> String {
    let parts = correction.diff.iter().map(|part| {
        let word = part.text.trim();
        let blank = &part.text[part.text.trim_end().len()..];
        match part.kind {
            DiffKind::Same => part.text.clone(),
            DiffKind::Removed => format!("[-{word}-]{blank}"),
            DiffKind::Added => format!("{{+{word}+}}{blank}"),
        }
    });
    parts.collect()
}

fn marks(marks: &[CorrectionMark]) -> String {
    let words: Vec<&str> = marks
        .iter()
        .map(|mark| match mark {
            CorrectionMark::Number => "number",
            CorrectionMark::Negation => "negation",
            CorrectionMark::Added => "added",
            CorrectionMark::Missing => "missing",
        })
        .collect();
    words.join(", ")
}

/// The words that accepted corrections taught.
pub fn vocabulary(context: &Context<'_>, args: &VocabularyArgs) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    if let Some(word) = &args.forget {
        engine.forget_word(word)?;
    }
    let words = engine.learned_words()?;
    if context.output.is_json() {
        context.output.json(&words)?;
        return Ok(ExitCode::SUCCESS);
    }
    if words.is_empty() {
        context.output.note("Nothing was learned yet.");
    }
    for word in &words {
        context.output.line(word)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use recordroute_engine::core::DiffPart;

    use super::*;

    #[test]
    fn differences_are_written_as_other_tools_write_them() {
        let part = |kind, text: &str| DiffPart {
            kind,
            text: text.to_owned(),
        };
        let correction = Correction {
            segment_idx: 1,
            original: "we meat now".to_owned(),
            proposed: "we meet now".to_owned(),
            diff: vec![
                part(DiffKind::Same, "we "),
                part(DiffKind::Removed, "meat "),
                part(DiffKind::Added, "meet "),
                part(DiffKind::Same, "now"),
            ],
            marks: Vec::new(),
            state: CorrectionState::Open,
        };
        assert_eq!(
            differences(&correction),
            "we [-meat-] {+meet+} now",
            "blanks stay outside"
        );
    }
}
