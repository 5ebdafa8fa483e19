use super::matcher::Thread;

/// The stack that all threads share: each entry knows the one below it.
#[derive(Debug, Default)]
pub(super) struct Stack {
    entries: Vec<Thread>,
}

impl Stack {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets entries that were pushed since it had this length.
    pub fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }

    pub fn get(&self, entry: u32) -> Thread {
        self.entries[entry as usize]
    }

    /// The entry that is equal to this one, perhaps a new one.
    pub fn push(&mut self, thread: Thread) -> u32 {
        let known = self.entries.iter().rposition(|entry| *entry == thread);
        let entry = known.unwrap_or_else(|| {
            self.entries.push(thread);
            self.entries.len() - 1
        });
        entry as u32
    }

    /// Drops entries that no thread leads to.
    pub fn compact(&mut self, threads: &mut [Thread]) {
        let mut is_used = vec![false; self.entries.len()];
        for below in threads.iter().filter_map(|thread| thread.below) {
            is_used[below as usize] = true;
        }
        // What lies below an entry comes before it.
        for idx in (0..self.entries.len()).rev() {
            if let (true, Some(below)) = (is_used[idx], self.entries[idx].below) {
                is_used[below as usize] = true;
            }
        }
        let mut moved = vec![0; self.entries.len()];
        let mut n_kept = 0;
        for idx in 0..self.entries.len() {
            if is_used[idx] {
                let entry = self.entries[idx];
                self.entries[n_kept] = Thread {
                    below: entry.below.map(|below| moved[below as usize]),
                    ..entry
                };
                moved[idx] = n_kept as u32;
                n_kept += 1;
            }
        }
        self.entries.truncate(n_kept);
        for thread in threads {
            thread.below = thread.below.map(|below| moved[below as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::matcher::Place;
    use super::*;

    fn thread(n_items: usize, below: Option<u32>) -> Thread {
        let place = Place::ItemDone { node: 0, n_items };
        Thread { place, below }
    }

    #[test]
    fn only_what_is_led_to_stays() {
        let mut stack = Stack::default();
        let bottom = stack.push(thread(1, None));
        stack.push(thread(2, Some(bottom)));
        let top = stack.push(thread(3, Some(bottom)));
        assert_eq!(
            stack.push(thread(1, None)),
            bottom,
            "equal entries are one, so that equal threads are equal"
        );
        let mut threads = [thread(4, Some(top))];
        stack.compact(&mut threads);
        assert_eq!(stack.len(), 2, "the second entry is gone");
        let top = stack.get(threads[0].below.expect("there is one below"));
        assert_eq!(top.place, thread(3, None).place, "the top is still the top");
        let bottom = stack.get(top.below.expect("there is one below"));
        assert_eq!(bottom, thread(1, None), "and stands on what it stood on");
    }
}
