use std::net::Ipv4Addr;
use std::process::ExitCode;

use recordroute_engine::QueueMode;
use tokio::net::TcpListener;

use crate::Context;
use crate::args::ServeArgs;
use crate::cancel::on_interrupt;
use crate::output::Failure;

pub fn run(context: &Context<'_>, args: &ServeArgs) -> Result<ExitCode, Failure> {
    let engine = context.engine_over(context.settings.clone(), QueueMode::All)?;
    let stop = on_interrupt();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
            .await
            .map_err(|error| {
                Failure::other(format!(
                    "Port {} cannot be used ({error}). Choose another with --port.",
                    args.port
                ))
            })?;
        context
            .output
            .line(&format!("http://{}/api", listener.local_addr()?))?;
        recordroute_api::serve(listener, engine, async move { stop.cancelled().await }).await?;
        Ok(ExitCode::SUCCESS)
    })
}
