/// One line: white space of every kind collapsed, control characters dropped. Direction marks and
/// joiners stay, right-to-left text and emoji need them.
pub(crate) fn one_line(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text with who says it before it, where that is known.
pub(crate) fn with_speaker(speaker: Option<&str>, text: &str) -> String {
    match speaker.map(one_line).filter(|speaker| !speaker.is_empty()) {
        Some(speaker) => format!("{speaker}: {text}"),
        None => text.to_owned(),
    }
}
