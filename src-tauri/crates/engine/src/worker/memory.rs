/// The most memory that this process ever held, in bytes; none where the system does not tell.
pub fn peak_memory_bytes() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib * 1024)
    }
    #[cfg(not(target_os = "linux"))]
    {
        // Without a high-water mark, what is held at the end is the best that can be told: the
        // model and the caches are still in memory then.
        let pid = sysinfo::get_current_pid().ok()?;
        let mut system = sysinfo::System::new().ok()?;
        system
            .refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), true)
            .ok()?;
        system.process(pid).map(sysinfo::Process::memory)
    }
}
