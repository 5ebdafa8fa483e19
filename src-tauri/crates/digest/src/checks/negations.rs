use crate::words::words;

/// How often a text negates, by kind. Two texts that say the same have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Negations {
    /// not, n't, cannot; 안, 않.
    not: u16,
    /// no, none, nothing, nobody; 없.
    none: u16,
    /// never.
    never: u16,
    /// without.
    without: u16,
    /// neither, nor.
    neither: u16,
    /// 못.
    cannot: u16,
    /// 아니.
    is_not: u16,
    /// 말다 after a verb: do not.
    do_not: u16,
}

/// Words that begin with 안 and do not negate.
#[rustfmt::skip]
const NOT_NEGATING: &[&str] = &[
    "안녕", "안내", "안전", "안건", "안경", "안정", "안쪽", "안심", "안보", "안부", "안색", "안과", "안도", "안락",
    "안목", "안무", "안방", "안배", "안식", "안이", "안주", "안착", "안치", "안타", "안팎", "안으로", "안에", "안의",
    "안을", "안은", "안개", "안기", "안다", "안고", "안아", "안양", "안산", "안동", "안드", "안테", "안마", "안구",
];

impl Negations {
    pub fn of(text: &str) -> Self {
        let mut found = Self::default();
        let words = words(text);
        for (idx, word) in words.iter().enumerate() {
            let word = word.to_lowercase();
            if word.chars().any(crate::words::korean::is_hangul) {
                found.add_korean(&word, idx.checked_sub(1).and_then(|at| words.get(at)));
            } else {
                found.add_english(&word);
            }
        }
        found
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }

    fn add_english(&mut self, word: &str) {
        match word {
            "not" | "cannot" | "dont" | "doesnt" | "didnt" | "isnt" | "arent" | "wasnt" | "wont" | "cant"
            | "couldnt" | "shouldnt" | "wouldnt" | "aint" => self.not += 1,
            "no" | "none" | "nothing" | "nobody" | "nowhere" => self.none += 1,
            "never" => self.never += 1,
            "without" => self.without += 1,
            "neither" | "nor" => self.neither += 1,
            _ if word.ends_with("n't") => self.not += 1,
            _ => {}
        }
    }

    fn add_korean(&mut self, word: &str, before: Option<&String>) {
        let count =
            |what: char| u16::try_from(word.chars().filter(|c| *c == what).count()).unwrap_or(u16::MAX);
        // Contractions of 지 않: 그렇잖아요 asks, 만만찮다 denies; only the written-out forms are counted.
        self.not += count('않');
        self.none += count('없');
        if word.starts_with('안') && !NOT_NEGATING.iter().any(|noun| word.starts_with(noun)) {
            self.not += 1;
        }
        // 잘못 is a mistake, 연못 a pond.
        if word.starts_with('못') || word.contains("지못") {
            self.cannot += 1;
        }
        if word.starts_with("아니")
            || word.starts_with("아닌")
            || word.starts_with("아닙")
            || word.starts_with("아뇨")
        {
            self.is_not += 1;
        }
        let after_verb = before.is_some_and(|before| before.ends_with('지'));
        let forbids = ["마", "말"].iter().any(|start| word.starts_with(start));
        if after_verb && forbids || ["지마", "지말"].iter().any(|inside| word.contains(inside)) {
            self.do_not += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negation_that_comes_or_goes_is_seen() {
        for (a, b) in [
            ("We can ship it.", "We can't ship it."),
            ("We will do it.", "We will never do it."),
            ("There are problems.", "There are no problems."),
            ("진행합니다", "진행하지 않습니다"),
            ("됩니다", "안 됩니다"),
            ("할 수 있어요", "할 수 없어요"),
            ("갔어요", "못 갔어요"),
            ("맞아요", "맞는 게 아니에요"),
            ("가세요", "가지 마세요"),
        ] {
            assert_ne!(Negations::of(a), Negations::of(b), "{a} / {b}");
        }
    }

    #[test]
    fn spelling_and_spacing_change_no_negation() {
        for (a, b) in [
            ("We dont know.", "We don’t know."),
            ("I can not go", "I cannot go"),
            ("안돼요", "안 돼요"),
            ("않돼요", "안 돼요"),
            ("하지못했습니다", "하지 못했습니다"),
            ("가지마세요", "가지 마세요"),
            ("안녕 하세요", "안녕하세요"),
            ("안내 드립니다", "안내드립니다"),
            ("방 안에 있다", "방안에 있다"),
        ] {
            assert_eq!(Negations::of(a), Negations::of(b), "{a} / {b}");
        }
        assert_ne!(
            Negations::of("잘못했습니다"),
            Negations::of("잘 못했습니다"),
            "a mistake is not the same as not doing well"
        );
    }
}
