use super::matcher::{Matcher, Thread};

/// The tokens of a vocabulary in the order of their bytes, so that what many begin with is looked at
/// once.
pub(crate) struct TokenIndex {
    /// Tokens that are no text have no place here.
    sorted: Vec<Token>,
    bytes: Vec<u8>,
    max_token_bytes: usize,
}

struct Token {
    id: u32,
    start: usize,
    end: usize,
    /// Bytes that it begins with as the one before it does.
    n_common: usize,
    /// Characters, where it is made of whole ones that stand in a string as they are.
    n_plain_chars: Option<usize>,
}

impl TokenIndex {
    /// `tokens`: numbers and bytes of all tokens that may stand in a value.
    pub fn new<'a>(tokens: impl Iterator<Item = (u32, &'a [u8])>) -> Self {
        let mut texts: Vec<(&[u8], u32)> = tokens
            .filter(|(_, bytes)| !bytes.is_empty())
            .map(|(id, bytes)| (bytes, id))
            .collect();
        texts.sort_unstable();
        let mut index = Self {
            sorted: Vec::with_capacity(texts.len()),
            bytes: Vec::new(),
            max_token_bytes: 0,
        };
        let mut before: &[u8] = &[];
        for (bytes, id) in texts {
            let start = index.bytes.len();
            index.bytes.extend(bytes);
            index.sorted.push(Token {
                id,
                start,
                end: index.bytes.len(),
                n_common: before.iter().zip(bytes).take_while(|(a, b)| a == b).count(),
                n_plain_chars: n_plain_chars(bytes),
            });
            index.max_token_bytes = index.max_token_bytes.max(bytes.len());
            before = bytes;
        }
        index
    }

    /// Sets `is_allowed` for each token that may follow, by its number.
    pub(super) fn allow(&self, matcher: &mut Matcher, is_allowed: &mut [bool]) {
        let n_entries = matcher.stack().len();
        // The places after each byte of the token looked at, one set after the other.
        let mut threads: Vec<Thread> = matcher.threads().to_vec();
        let mut levels = vec![Level { start: 0, n_entries }];
        // Inside a string most tokens need no look.
        let room_chars = matcher.plain_room_chars();
        // Bytes that the token has in common with the last one that was looked at, and with how many of
        // them no token goes on.
        let mut n_common = 0;
        let mut n_dead = usize::MAX;
        for token in &self.sorted {
            n_common = n_common.min(token.n_common);
            let is_plain = token.n_plain_chars.is_some_and(|n_chars| n_chars <= room_chars);
            if is_plain && let Some(is_allowed) = is_allowed.get_mut(token.id as usize) {
                *is_allowed = true;
            }
            if is_plain || n_common >= n_dead {
                continue;
            }
            n_dead = usize::MAX;
            if let Some(level) = levels.get(n_common + 1) {
                threads.truncate(level.start);
                levels.truncate(n_common + 1);
            }
            let bytes = &self.bytes[token.start..token.end];
            for (idx, &byte) in bytes.iter().enumerate().skip(n_common) {
                let Level { start, .. } = levels[idx];
                let end = threads.len();
                matcher.stack_mut().truncate(levels[idx].n_entries);
                for thread_idx in start..end {
                    let thread = threads[thread_idx];
                    matcher.step(thread, byte, &mut threads, end);
                }
                if threads.len() == end {
                    n_dead = idx + 1;
                    break;
                }
                levels.push(Level {
                    start: end,
                    n_entries: matcher.stack().len(),
                });
            }
            n_common = usize::MAX;
            if n_dead == usize::MAX
                && let Some(is_allowed) = is_allowed.get_mut(token.id as usize)
            {
                *is_allowed = true;
            }
        }
        matcher.stack_mut().truncate(n_entries);
    }

    /// Tokens that spell the bytes, the longest first; none where the vocabulary cannot.
    pub(super) fn spell(&self, bytes: &[u8]) -> Option<Vec<u32>> {
        let mut ids = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let longest = rest.len().min(self.max_token_bytes);
            let (n_bytes, id) = (1..=longest)
                .rev()
                .find_map(|n_bytes| Some((n_bytes, self.find(&rest[..n_bytes])?)))?;
            ids.push(id);
            rest = &rest[n_bytes..];
        }
        Some(ids)
    }

    fn find(&self, bytes: &[u8]) -> Option<u32> {
        let place = self
            .sorted
            .binary_search_by(|token| self.bytes[token.start..token.end].cmp(bytes));
        place.ok().map(|place| self.sorted[place].id)
    }
}

fn n_plain_chars(bytes: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_plain = text
        .bytes()
        .all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    is_plain.then(|| text.chars().count())
}

/// The places after some bytes of a token.
#[derive(Clone, Copy)]
struct Level {
    start: usize,
    /// Length of the stack that they need.
    n_entries: usize,
}
