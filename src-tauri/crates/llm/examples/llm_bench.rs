//! Measures a GGUF model and prints JSON, its lengths those of llama.cpp's `llama-bench -p … -d … -n 32`:
//! `cargo run --release -p recordroute-llm --example llm_bench -- MODEL.gguf [--threads N]
//! [--prefill 512,2048] [--decode 512,2048]`
#![allow(clippy::print_stdout)]

use std::path::Path;

use recordroute_llm::measure_speed;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("Name a model.")?;
    let (mut n_threads, mut prefill, mut decode) = (None, vec![512, 2_048], vec![512, 2_048]);
    while let Some(option) = args.next() {
        let value = args.next().ok_or("An option wants a value.")?;
        let lengths = || {
            let numbers = value.split(',').filter(|number| !number.is_empty());
            numbers.map(str::parse).collect::<Result<Vec<usize>, _>>()
        };
        match option.as_str() {
            "--threads" => n_threads = Some(value.parse()?),
            "--prefill" => prefill = lengths()?,
            "--decode" => decode = lengths()?,
            _ => return Err(format!("There is no option {option}.").into()),
        }
    }
    let speed = measure_speed(Path::new(&path), n_threads, &prefill, &decode)?;
    let mut report = serde_json::to_value(speed)?;
    report["peak_memory_mb"] = peak_memory_mb().into();
    println!("{report:#}");
    Ok(())
}

/// Where the system tells it.
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1_024 / 1_000_000)
}
