//! What this machine has.

/// Returns how many bytes of memory this process can have at most; `None` where the system does not tell.
///
/// The least of what the machine has, what its control groups leave and what the process may ask for (Linux).
pub(crate) fn memory() -> Option<u64> {
    let read = |file: &str| std::fs::read_to_string(file).ok();
    let total = read("/proc/meminfo").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.saturating_mul(1024))
    });
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let limits = limits.into_iter().filter_map(|file| read(file)?.trim().parse::<u64>().ok());
    // "Max address space     unlimited     unlimited     bytes": the first number is what holds.
    let asked = read("/proc/self/limits").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    total.into_iter().chain(limits).chain(asked).min()
}
