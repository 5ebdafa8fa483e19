use jiff::Timestamp;

/// RFC 3339 in UTC with exactly three decimals, so that the order of texts is the order of times.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// This moment as text.
pub(crate) fn now() -> String {
    rfc3339(Timestamp::now())
}

/// This moment in milliseconds since 1970, for leases.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}
