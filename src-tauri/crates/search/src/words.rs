use recordroute_store::{fold, is_searchable};

use crate::SearchError;

/// Most characters that are taken.
const MAX_CHARS: usize = 1_000;

/// Most words that are looked for; the rest of a pasted paragraph is left out.
const MAX_WORDS: usize = 20;

/// Parts what the user typed into folded words and phrases, each once. Quotes of any style make a
/// phrase; one that is never closed is none. Signs that stand alone are no words. Nothing else has
/// a meaning: `AND`, `*`, `-` and `:` are looked for as they are.
pub(crate) fn parse(typed: &str) -> Result<Vec<String>, SearchError> {
    if typed.chars().nth(MAX_CHARS).is_some() {
        return Err(SearchError::TooLong { max_chars: MAX_CHARS });
    }
    let mut words: Vec<String> = Vec::new();
    let mut add = |word: &str| {
        let word = fold(word);
        if is_searchable(&word) && words.len() < MAX_WORDS && !words.contains(&word) {
            words.push(word);
        }
    };
    let is_quote = |c: char| matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '＂');
    let parts: Vec<&str> = typed.split(is_quote).collect();
    for (idx, part) in parts.iter().enumerate() {
        // Every second part stands in quotes; the last one only if a quote comes after it.
        if idx % 2 == 1 && idx + 1 < parts.len() {
            add(part);
        } else {
            part.split_whitespace().for_each(&mut add);
        }
    }
    if words.is_empty() {
        return Err(SearchError::NothingToFind);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_make_phrases() {
        assert_eq!(
            parse("Budget \"next  Week\" 회의").unwrap(),
            ["budget", "next week", "회의"],
            "a phrase keeps one blank between its words"
        );
        assert_eq!(
            parse("“다음 주” 일정").unwrap(),
            ["다음 주", "일정"],
            "phones type round quotes"
        );
        assert_eq!(
            parse("\"never closed").unwrap(),
            ["never", "closed"],
            "while somebody types, the phrase is not there yet"
        );
    }

    #[test]
    fn operators_are_words() {
        assert_eq!(
            parse("a AND b* NEAR(c) -d col:e ^f").unwrap(),
            ["a", "and", "b*", "near(c)", "-d", "col:e", "^f"],
            "people look for what they type"
        );
    }

    #[test]
    fn nothing_to_look_for_is_said() {
        for nothing in ["", "   ", "\"\"", "?! ...", "\"\" \" \""] {
            assert!(
                matches!(parse(nothing), Err(SearchError::NothingToFind)),
                "{nothing:?} has no word in it"
            );
        }
        assert!(
            matches!(parse(&"a ".repeat(600)), Err(SearchError::TooLong { .. })),
            "a pasted page is refused with a sentence"
        );
    }
}
