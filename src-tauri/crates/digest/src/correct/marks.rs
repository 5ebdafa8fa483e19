use recordroute_core::{CorrectionMark, DiffKind, DiffPart};

use crate::checks::{Negations, Numbers};

/// Letters that a place may gain or lose before it counts as text that came or went; a syllable of
/// Korean is two. Fillers and particles are shorter.
const MAX_LETTERS: usize = 12;

/// Why a proposal deserves a second look, ascending. Nothing is understood here: numbers, negations
/// and lengths are compared.
pub(super) fn marks(original: &str, proposed: &str, diff: &[DiffPart]) -> Vec<CorrectionMark> {
    let (added, missing) = amounts(diff);
    let checks = [
        (
            CorrectionMark::Number,
            Numbers::of(original) != Numbers::of(proposed),
        ),
        (
            CorrectionMark::Negation,
            Negations::of(original) != Negations::of(proposed),
        ),
        (CorrectionMark::Added, added),
        (CorrectionMark::Missing, missing),
    ];
    checks
        .into_iter()
        .filter_map(|(mark, holds)| holds.then_some(mark))
        .collect()
}

/// Whether a sentence or much text was added, and whether any is missing.
fn amounts(diff: &[DiffPart]) -> (bool, bool) {
    let (mut is_added, mut is_missing) = (false, false);
    let (mut total_old, mut total_new) = (0, 0);
    // Small words of English are the same in every text; changes that lie side by side are one.
    let mut places: Vec<(String, String)> = vec![Default::default()];
    for part in diff {
        let letters = letters(&part.text);
        match part.kind {
            DiffKind::Same => {
                (total_old, total_new) = (total_old + letters, total_new + letters);
                if letters > 0 {
                    places.push(Default::default());
                }
            }
            DiffKind::Removed => {
                total_old += letters;
                if let Some((removed, _)) = places.last_mut() {
                    removed.push_str(&part.text);
                }
            }
            DiffKind::Added => {
                total_new += letters;
                if let Some((_, added)) = places.last_mut() {
                    added.push_str(&part.text);
                }
            }
        }
    }
    for (removed, added) in &places {
        let (n_removed, n_added) = (letters(removed), letters(added));
        let has_sentence =
            |text: &str, n: usize, other: usize| n >= 4 && other * 2 < n && ends_a_sentence(text);
        is_added |= n_added >= n_removed + MAX_LETTERS || has_sentence(added, n_added, n_removed);
        is_missing |= n_removed >= n_added + MAX_LETTERS || has_sentence(removed, n_removed, n_added);
    }
    // Many small changes may add up.
    let grows = |from: usize, to: usize| to >= from + MAX_LETTERS && to * 10 > from * 13;
    (
        is_added || grows(total_old, total_new),
        is_missing || grows(total_new, total_old),
    )
}

fn ends_a_sentence(text: &str) -> bool {
    text.contains(['.', '?', '!', '。', '？', '！'])
}

fn letters(text: &str) -> usize {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| {
            let is_syllable = crate::words::korean::is_hangul(c) || crate::words::is_unspaced(c);
            if is_syllable { 2 } else { 1 }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correct::diff::diff;
    use CorrectionMark::{Added, Missing, Negation, Number};

    fn marked(original: &str, proposed: &str) -> Vec<CorrectionMark> {
        marks(original, proposed, &diff(original, proposed))
    }

    #[test]
    fn corrections_that_change_no_meaning_are_not_marked() {
        for (original, proposed) in [
            ("회의을 시작 하겠습니다", "회의를 시작하겠습니다"),
            ("그렇게하면 안되요", "그렇게 하면 안 돼요"),
            ("삼십 퍼센트 정도", "30퍼센트 정도"),
            ("세시에 뵙겠습니다", "3시에 뵙겠습니다"),
            ("쿠버네티즈를 씁니다", "쿠버네티스를 씁니다"),
            ("음 그래서 시작할게요", "그래서 시작할게요."),
            ("we use cooper netties", "We use Kubernetes."),
            ("thats twenty five percent", "That's 25 percent."),
            ("i dont know", "I don't know."),
        ] {
            assert_eq!(marked(original, proposed), [], "{original} / {proposed}");
        }
    }

    #[test]
    fn what_may_change_the_meaning_is_marked() {
        for (original, proposed, expected) in [
            ("삼십 명이 왔습니다", "40명이 왔습니다", vec![Number]),
            ("두 시에 시작합니다", "세 시에 시작합니다", vec![Number]),
            (
                "the budget is 15 million",
                "the budget is 50 million",
                vec![Number],
            ),
            ("진행하기로 했습니다", "진행하지 않기로 했습니다", vec![Negation]),
            ("we can ship it", "we can't ship it", vec![Negation]),
            ("there is a problem", "there is no problem", vec![Negation]),
            ("좋습니다.", "좋습니다. 그렇게 진행합시다.", vec![Added]),
            ("I agree. Let's go.", "I agree.", vec![Missing]),
            (
                "오늘은 예산과 인력 계획을 살펴보고 다음 일정도 정하겠습니다",
                "오늘은 일정도 정하겠습니다",
                vec![Missing],
            ),
            (
                "We start now",
                "We start now and afterwards everybody goes home",
                vec![Added],
            ),
        ] {
            assert_eq!(marked(original, proposed), expected, "{original} / {proposed}");
        }
    }
}
