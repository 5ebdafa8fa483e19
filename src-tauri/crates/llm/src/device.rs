use candle_core::Device;

/// The accelerator that this build was made for and this machine has, else the processor.
pub(crate) fn best_device() -> Device {
    let accelerator = if candle_core::utils::cuda_is_available() {
        Device::new_cuda(0)
    } else if candle_core::utils::metal_is_available() {
        Device::new_metal(0)
    } else {
        return Device::Cpu;
    };
    accelerator.unwrap_or_else(|error| {
        tracing::warn!(%error, "the accelerator cannot be used; computing on the processor");
        Device::Cpu
    })
}

/// The device for the user, such as `CPU (2 threads)`, and the threads in use.
pub(crate) fn describe(device: &Device) -> (String, usize) {
    let n_threads = candle_core::utils::get_num_threads();
    let name = match device {
        Device::Cpu => format!("CPU ({n_threads} threads)"),
        Device::Cuda(_) => "GPU (CUDA)".to_owned(),
        Device::Metal(_) => "GPU (Metal)".to_owned(),
    };
    (name, n_threads)
}

/// Threads for a model whose options name none.
pub(crate) fn default_threads() -> usize {
    candle_core::utils::get_num_threads()
}

/// The environment that makes Candle use so many threads. Its pools belong to the whole process and
/// are sized once, so the number cannot be a model's option: whoever starts the process that
/// loads the model sets these variables on it.
pub fn thread_environment(n_threads: usize) -> [(&'static str, String); 2] {
    let value = n_threads.max(1).to_string();
    [
        ("RAYON_NUM_THREADS", value.clone()),
        ("CANDLE_NUM_THREADS", value),
    ]
}
