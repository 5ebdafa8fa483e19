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
