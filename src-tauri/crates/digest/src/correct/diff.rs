use recordroute_core::{DiffKind, DiffPart};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The two texts as word differences: what is same and removed spells `old`, what is same and added
/// spells `new`. Korean words that share most of their syllables are told apart by syllables, because
/// there spaces and endings are what is corrected.
pub(super) fn diff(old: &str, new: &str) -> Vec<DiffPart> {
    let (old, new) = (tokens(old), tokens(new));
    let hunks = hunks(&old, &new, |hunk| {
        hunk.same.iter().all(|token| token.trim().is_empty())
    });
    let mut parts = Vec::new();
    for Hunk { removed, added, same } in hunks {
        let (removed, added) = (removed.concat(), added.concat());
        refine(&removed, &added, &mut parts);
        push(&mut parts, DiffKind::Same, &same.concat());
    }
    parts
}

/// What is removed and added at one place, and the same that follows it.
struct Hunk<'a> {
    removed: Vec<&'a str>,
    added: Vec<&'a str>,
    same: Vec<&'a str>,
}

/// Places that differ. Two of them become one where `is_slight` holds for what lies between.
fn hunks<'a>(old: &[&'a str], new: &[&'a str], is_slight: impl Fn(&Hunk<'a>) -> bool) -> Vec<Hunk<'a>> {
    let mut hunks: Vec<Hunk<'a>> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let (removed, added) = (&old[op.old_range()], &new[op.new_range()]);
        if matches!(op, DiffOp::Equal { .. }) {
            match hunks.last_mut() {
                Some(hunk) => hunk.same.extend(removed),
                None => hunks.push(Hunk {
                    removed: Vec::new(),
                    added: Vec::new(),
                    same: removed.to_vec(),
                }),
            }
            continue;
        }
        let joins = hunks
            .last()
            .is_some_and(|hunk| !(hunk.removed.is_empty() && hunk.added.is_empty()) && is_slight(hunk));
        match hunks.last_mut() {
            Some(hunk) if joins => {
                let same = std::mem::take(&mut hunk.same);
                hunk.removed.extend(&same);
                hunk.added.extend(&same);
                hunk.removed.extend(removed);
                hunk.added.extend(added);
            }
            _ => hunks.push(Hunk {
                removed: removed.to_vec(),
                added: added.to_vec(),
                same: Vec::new(),
            }),
        }
    }
    hunks
}

fn refine(removed: &str, added: &str, parts: &mut Vec<DiffPart>) {
    let by_syllables = [removed, added].iter().all(|text| {
        text.chars()
            .any(|c| crate::words::korean::is_hangul(c) || crate::words::is_unspaced(c))
    });
    let shared = if by_syllables {
        crate::likeness::letters_shared(removed, added)
    } else {
        0.0
    };
    if shared < 0.5 {
        push(parts, DiffKind::Removed, removed);
        push(parts, DiffKind::Added, added);
        return;
    }
    let (old, new) = (letters(removed), letters(added));
    // One syllable alone between two changes is chance, but not between two spaces.
    let is_spacing = |hunk: &Hunk<'_>| {
        hunk.removed
            .iter()
            .chain(&hunk.added)
            .all(|c| c.trim().is_empty())
    };
    for hunk in hunks(&old, &new, |hunk| hunk.same.len() < 2 && !is_spacing(hunk)) {
        push(parts, DiffKind::Removed, &hunk.removed.concat());
        push(parts, DiffKind::Added, &hunk.added.concat());
        push(parts, DiffKind::Same, &hunk.same.concat());
    }
}

fn push(parts: &mut Vec<DiffPart>, kind: DiffKind, text: &str) {
    if text.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(part) if part.kind == kind => part.text.push_str(text),
        _ => parts.push(DiffPart {
            kind,
            text: text.to_owned(),
        }),
    }
}

fn letters(text: &str) -> Vec<&str> {
    split(text, |_, _| true)
}

/// Words, runs of white space, and every other sign by itself.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| {
        if c.is_alphanumeric() || matches!(c, '\'' | '’') {
            0
        } else if c.is_whitespace() {
            1
        } else {
            2
        }
    };
    split(text, |before, after| {
        class(before) != class(after) || class(after) == 2
    })
}

/// Parts a text wherever `is_border` holds between two characters.
fn split(text: &str, is_border: impl Fn(char, char) -> bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| is_border(before, c)) {
            parts.push(&text[start..at]);
            start = at;
        }
        before = Some(c);
    }
    if start < text.len() {
        parts.push(&text[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `-removed-`, `+added+`, the rest as it is.
    fn shown(old: &str, new: &str) -> String {
        diff(old, new)
            .iter()
            .map(|part| match part.kind {
                DiffKind::Same => part.text.clone(),
                DiffKind::Removed => format!("-{}-", part.text),
                DiffKind::Added => format!("+{}+", part.text),
            })
            .collect()
    }

    #[test]
    fn english_differs_by_words() {
        assert_eq!(
            shown("We use cooper netties now.", "We use Kubernetes now."),
            "We use -cooper netties-+Kubernetes+ now.",
            "two words for one are one change"
        );
        assert_eq!(shown("its fine", "it's fine"), "-its-+it's+ fine", "whole words");
        assert_eq!(
            shown("so we go", "So, we go"),
            "-so-+So,+ we go",
            "a sign with its word"
        );
    }

    #[test]
    fn korean_differs_by_syllables() {
        for (old, new, expected) in [
            (
                "회의을 시작합니다",
                "회의를 시작합니다",
                "회의-을-+를+ 시작합니다",
            ),
            ("안녕 하세요 여러분", "안녕하세요 여러분", "안녕- -하세요 여러분"),
            ("할수있습니다", "할 수 있습니다", "할+ +수+ +있습니다"),
            ("사과를 샀다", "버스를 탔다", "-사과-+버스+를 -샀-+탔+다"),
        ] {
            assert_eq!(shown(old, new), expected, "{old} / {new}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_spell_both(old in "[a-c가나다 .,']{0,30}", new in "[a-c가나다 .,']{0,30}") {
            let parts = diff(&old, &new);
            let spelled = |without: DiffKind| -> String {
                parts.iter().filter(|part| part.kind != without).map(|part| part.text.as_str()).collect()
            };
            prop_assert_eq!(spelled(DiffKind::Added), old, "same and removed are the original");
            prop_assert_eq!(spelled(DiffKind::Removed), new, "same and added are the proposal");
            prop_assert!(parts.iter().all(|part| !part.text.is_empty()), "no part is empty");
            prop_assert!(
                parts.windows(2).all(|pair| pair[0].kind != pair[1].kind),
                "neighbours differ in kind"
            );
        }
    }
}
