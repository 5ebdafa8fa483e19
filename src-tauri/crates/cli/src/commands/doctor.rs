use std::process::ExitCode;

use recordroute_engine::{Report, Severity};

use crate::Context;
use crate::output::{FAILED, Failure};

pub fn run(context: &Context<'_>) -> Result<ExitCode, Failure> {
    let report = context.engine()?.doctor()?;
    let has_problem = report
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Problem);
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(context, &report)?;
    }
    Ok(ExitCode::from(if has_problem { FAILED } else { 0 }))
}

fn print(context: &Context<'_>, report: &Report) -> Result<(), Failure> {
    let output = context.output;
    let megabytes = |bytes: u64| format!("{} MB", bytes / 1_000_000);
    let mut rows = vec![
        vec!["version".to_owned(), report.version.to_owned()],
        vec![
            "system".to_owned(),
            format!("{}, {} cores", report.system, report.n_cores),
        ],
        vec![
            "memory".to_owned(),
            format!(
                "{}, {} free",
                megabytes(report.memory.total_bytes),
                megabytes(report.memory.available_bytes)
            ),
        ],
    ];
    for folder in &report.folders {
        let free = folder
            .free_bytes
            .map_or_else(String::new, |bytes| format!(" ({} free)", megabytes(bytes)));
        rows.push(vec![
            folder.purpose.to_owned(),
            format!("{}{free}", folder.path.display()),
        ]);
    }
    for model in &report.models {
        rows.push(vec![
            "model".to_owned(),
            format!("{} ({})", model.id, megabytes(model.bytes)),
        ]);
    }
    rows.push(vec!["advised model".to_owned(), report.advised_model.to_owned()]);
    rows.push(vec!["recordings".to_owned(), report.n_recordings.to_string()]);
    rows.push(vec!["open jobs".to_owned(), report.n_open_jobs.to_string()]);
    output.table(&rows)?;
    output.line("")?;
    if report.findings.is_empty() {
        return output.line("Everything is in order.");
    }
    for finding in &report.findings {
        let mark = match finding.severity {
            Severity::Warning => "!",
            Severity::Problem => "✗",
        };
        output.line(&format!("{mark} {} {}", finding.what, finding.mend))?;
    }
    Ok(())
}
