//! Sentences about what a user should know of a file that was read nevertheless.

/// What went wrong on the way, kept until the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// The file ends before its sound does.
    pub cut_short: bool,
    /// Length that the file announces, where it can be believed.
    pub announced_ms: Option<u64>,
    /// Length of what was read.
    pub read_ms: u64,
    /// Stretches that could not be decoded and became silence.
    pub n_damaged: u64,
    /// The codec's upper half of the spectrum was left out; the highest frequency kept, hertz.
    pub core_only_hz: Option<u32>,
}

impl Findings {
    /// Nothing, or sentences for the user.
    pub(crate) fn notice(&self) -> Option<String> {
        let mut sentences = Vec::new();
        if self.cut_short {
            let read = spoken_length(self.read_ms);
            sentences.push(match self.announced_ms {
                Some(announced_ms) if announced_ms > self.read_ms => format!(
                    "The file ends in the middle; the first {read} of {} could be read.",
                    spoken_length(announced_ms)
                ),
                _ => format!("The file ends in the middle; the first {read} could be read."),
            });
        }
        match self.n_damaged {
            0 => {}
            1 => {
                sentences.push("The file is damaged in one place, which was replaced by silence.".to_owned())
            }
            n => sentences.push(format!(
                "The file is damaged in {n} places, which were replaced by silence."
            )),
        }
        if let Some(hz) = self.core_only_hz {
            sentences.push(format!(
                "The sound is HE-AAC, of which only frequencies up to {hz} Hz were decoded."
            ));
        }
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }
}

/// `12 min 3 s`, `1 h 0 min 5 s`, `4.2 s`.
fn spoken_length(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    if hours > 0 {
        format!("{hours} h {minutes} min {seconds} s")
    } else if minutes > 0 {
        format!("{minutes} min {seconds} s")
    } else {
        format!("{seconds}.{} s", ms % 1_000 / 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_file_needs_no_word() {
        assert_eq!(Findings::default().notice(), None, "nothing happened");
    }

    #[test]
    fn what_happened_is_said_in_sentences() {
        let findings = Findings {
            cut_short: true,
            announced_ms: Some(3_600_000),
            read_ms: 723_400,
            n_damaged: 2,
            ..Findings::default()
        };
        assert_eq!(
            findings.notice().as_deref(),
            Some(
                "The file ends in the middle; the first 12 min 3 s of 1 h 0 min 0 s could be read. \
                 The file is damaged in 2 places, which were replaced by silence."
            ),
            "both are told, with lengths one can read"
        );
    }
}
