use std::process::ExitCode;

use recordroute_engine::capture::InputKind;
use recordroute_engine::input_devices;

use crate::Context;
use crate::output::Failure;

pub fn run(context: &Context<'_>) -> Result<ExitCode, Failure> {
    let devices = input_devices()?;
    let output = context.output;
    if output.is_json() {
        output.json(&devices)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = devices.into_iter().map(|device| {
        let kind = match device.kind {
            InputKind::Microphone => "microphone",
            InputKind::System => "computer's own sound",
        };
        vec![
            if device.is_default { "*" } else { " " }.to_owned(),
            device.id,
            kind.to_owned(),
            format!("{} Hz", device.sample_rate_hz),
            format!("{} ch", device.n_channels),
            device.name,
        ]
    });
    output.table(&rows.collect::<Vec<_>>())?;
    Ok(ExitCode::SUCCESS)
}
