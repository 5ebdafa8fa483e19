/// Words that say nothing of what a text is about, lower-cased; fillers of speech among them.
#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "a", "about", "actually", "after", "again", "all", "almost", "already", "also", "always", "am", "an", "and",
    "another", "any", "anyway", "are", "aren't", "around", "as", "at", "back", "basically", "be", "because", "been",
    "before", "being", "both", "but", "by", "can", "can't", "cannot", "come", "could", "couldn't", "did", "didn't",
    "do", "does", "doesn't", "doing", "don't", "done", "down", "each", "else", "even", "ever", "every", "few",
    "first", "for", "from", "get", "gets", "getting", "give", "go", "goes", "going", "gonna", "good", "got", "gotta",
    "had", "has", "hasn't", "have", "haven't", "having", "he", "he's", "her", "here", "here's", "hers", "him", "his",
    "how", "however", "i", "i'd", "i'll", "i'm", "i've", "if", "in", "into", "is", "isn't", "it", "it's", "its",
    "just", "kind", "know", "last", "let", "let's", "like", "little", "look", "lot", "made", "make", "many", "may",
    "maybe", "me", "mean", "might", "more", "most", "much", "must", "my", "need", "never", "new", "next", "no", "not",
    "nothing", "now", "of", "off", "oh", "ok", "okay", "on", "once", "one", "only", "or", "other", "our", "out",
    "over", "own", "people", "perhaps", "please", "pretty", "put", "quite", "rather", "really", "right", "said",
    "same", "say", "see", "she", "should", "shouldn't", "since", "so", "some", "something", "sort", "still", "such",
    "sure", "take", "tell", "than", "thank", "thanks", "that", "that's", "the", "their", "them", "then", "there",
    "there's", "these", "they", "they're", "thing", "things", "think", "this", "those", "though", "three", "through",
    "time", "to", "today", "tomorrow", "too", "two", "uh", "uhm", "um", "under", "until", "up", "us", "use",
    "used", "very", "wanna", "want",
    "was", "wasn't", "way", "we", "we'll", "we're", "we've", "well", "went", "were", "weren't", "what", "what's",
    "when", "where", "which", "while", "who", "why", "will", "with", "without", "won't", "would", "wouldn't", "yeah",
    "yep", "yes", "yesterday", "yet", "you", "you'll", "you're", "you've", "your", "yours",
];

/// Whether a lower-cased word says nothing by itself.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// A word without the endings of number and tense. It only has to be the same for the forms of one
/// word, it need not be a word.
pub(crate) fn stem(word: &str) -> String {
    let word = word.strip_suffix("'s").unwrap_or(word);
    let n_letters = word.chars().count();
    let cut = |ending: &str, min: usize| {
        word.strip_suffix(ending)
            .filter(|_| n_letters >= ending.len() + min)
    };
    if let Some(rest) = cut("ies", 2) {
        return format!("{rest}y");
    }
    let many = ["sses", "shes", "ches", "xes"]
        .iter()
        .find_map(|ending| cut(ending, 1).and_then(|_| word.strip_suffix("es")))
        .or_else(|| cut("s", 3).filter(|rest| !rest.ends_with(['s', 'u', 'i'])));
    let one = many.unwrap_or(word);
    let bare = ["ing", "ed"]
        .iter()
        .find_map(|ending| one.strip_suffix(ending).filter(|rest| rest.chars().count() >= 3));
    let stem = bare.map_or(one, undoubled);
    // Of "schedule", "scheduled" and "scheduling" the last letter is all that differs.
    match stem.strip_suffix('e') {
        Some(short) if short.chars().count() >= 3 => short.to_owned(),
        _ => stem.to_owned(),
    }
}

/// "planned" is "plan" with a letter doubled; "calling" is not.
fn undoubled(word: &str) -> &str {
    let mut letters = word.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before && !matches!(last, 'l' | 's' | 'z' | 'e' | 'o') => {
            &word[..word.len() - last.len_utf8()]
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(
            STOP_WORDS.windows(2).all(|pair| pair[0] < pair[1]),
            "it is searched by halves"
        );
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            ["meeting", "meetings", "meet"].as_slice(),
            &["planned", "planning", "plan", "plans"],
            &["schedule", "schedules", "scheduled", "scheduling"],
            &["policy", "policies"],
            &["box", "boxes"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(form)).collect();
            assert!(
                stems.windows(2).all(|pair| pair[0] == pair[1]),
                "{forms:?} are one word, not {stems:?}"
            );
        }
        assert_eq!(stem("this"), "this", "not every s is an ending");
        assert_eq!(stem("bed"), "bed", "nor every ed");
    }
}
