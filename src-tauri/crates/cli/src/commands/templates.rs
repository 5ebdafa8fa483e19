use std::process::ExitCode;

use crate::Context;
use crate::output::Failure;

/// Lists what minutes can be made by.
pub fn run(context: &Context<'_>) -> Result<ExitCode, Failure> {
    let engine = context.engine()?;
    let found = engine.templates();
    let output = context.output;
    if output.is_json() {
        output.json(&found.templates)?;
    } else {
        for template in &found.templates {
            output.line(&format!("{:<14} {}", template.id, template.name.get("en")))?;
        }
    }
    for problem in &found.problems {
        output.note(problem);
    }
    match engine.templates_folder() {
        Ok(folder) => output.note(&format!(
            "Your own belong into {}; copy one of its examples there and change its id.",
            folder.display()
        )),
        Err(error) => output.note(&error.to_string()),
    }
    Ok(ExitCode::SUCCESS)
}
