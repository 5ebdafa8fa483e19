use std::process::ExitCode;

use recordroute_engine::Question;
use recordroute_engine::core::Answer;

use super::minutes::ended_early;
use crate::Context;
use crate::cancel::on_interrupt;
use crate::finding_args::AskArgs;
use crate::follow::clock;
use crate::output::{Failure, Output};

pub fn run(context: &Context<'_>, args: &AskArgs) -> Result<ExitCode, Failure> {
    let question = Question {
        text: args.question.join(" "),
        filters: (&args.filters).into(),
        model: args.model.clone(),
        passages_only: args.passages,
        ..Question::default()
    };
    let engine = context.engine()?;
    let Some(answer) = engine.ask(&question, &on_interrupt(), &mut |_| {})? else {
        return Ok(ended_early(true));
    };
    if context.output.is_json() {
        context.output.json(&answer)?;
    } else {
        print(context.output, &answer, args.passages)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(output: &Output, answer: &Answer, passages_only: bool) -> Result<(), Failure> {
    for sentence in &answer.sentences {
        let places = sentence.passages.iter().map(|place| format!(" [{}]", place + 1));
        let mark = if sentence.is_supported {
            ""
        } else {
            " (not found in the recordings)"
        };
        output.line(&format!("{}{}{mark}", sentence.text, places.collect::<String>()))?;
    }
    if answer.is_cut {
        output.note("The answer breaks off here.");
    }
    if answer.nothing_found && answer.passages.is_empty() {
        output.note("Nothing about this was found in the recordings.");
    } else if answer.nothing_found {
        output.note("The language model found no answer in these passages.");
    } else if answer.model.is_none() && !passages_only {
        output.note("No language model is installed. These passages are the likeliest to answer it.");
    }
    if !answer.sentences.is_empty() {
        output.line("")?;
    }
    for (place, passage) in answer.passages.iter().enumerate() {
        let at = clock(passage.start_ms);
        output.line(&format!(
            "[{}] #{}  {}  {at}",
            place + 1,
            passage.recording_id,
            passage.title
        ))?;
        output.line(&format!("    {}", passage.text))?;
    }
    Ok(())
}
