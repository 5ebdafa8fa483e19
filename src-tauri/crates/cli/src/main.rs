use std::process::ExitCode;

fn main() -> ExitCode {
    recordroute_cli::main()
}
