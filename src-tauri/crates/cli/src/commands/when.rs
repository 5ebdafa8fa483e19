use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A stored time in the user's own time zone, to the minute.
pub fn local_minute(rfc3339: &str) -> String {
    rfc3339.parse::<Timestamp>().map_or_else(
        |_| rfc3339.to_owned(),
        |time| {
            time.to_zoned(TimeZone::system())
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        },
    )
}
