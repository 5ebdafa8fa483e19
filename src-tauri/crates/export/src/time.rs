/// `01:02:03.004` with the sign of the format before the milliseconds. Hours have two digits or, in
/// recordings of more than four days, as many as they need.
pub(crate) fn clock(ms: u64, before_ms: char) -> String {
    let (seconds, ms) = (ms / 1_000, ms % 1_000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{before_ms}{ms:03}")
}

/// `02:03` or `1:02:03`, for people.
pub(crate) fn short_clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes:02}:{seconds:02}"),
        (hours, minutes) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_grow_past_two_digits() {
        assert_eq!(clock(0, ','), "00:00:00,000", "the start");
        assert_eq!(clock(3_723_004, '.'), "01:02:03.004", "every part");
        assert_eq!(
            clock(123 * 3_600_000 + 59_999, ','),
            "123:00:59,999",
            "five days of recording"
        );
        assert_eq!(short_clock(59_999), "00:59", "people read whole seconds");
        assert_eq!(
            short_clock(3_723_004),
            "1:02:03",
            "hours only where there are some"
        );
    }
}
