use std::time::Instant;

use recordroute_core::{Generated, Thoughts};

use crate::event::{Event, Usage};

/// What is made of events.
pub(crate) struct Answer<'a> {
    thoughts: Thoughts,
    /// The server said that the answer is at its end.
    pub is_finished: bool,
    /// Nothing more comes.
    pub is_over: bool,
    pub first_word: Option<Instant>,
    pub usage: Usage,
    on_text: &'a mut dyn FnMut(&str) -> bool,
    generated: &'a mut Generated,
}

impl<'a> Answer<'a> {
    /// `raw`: thoughts are handed out as well.
    pub fn new(raw: bool, on_text: &'a mut dyn FnMut(&str) -> bool, generated: &'a mut Generated) -> Self {
        Self {
            thoughts: if raw {
                Thoughts::kept()
            } else {
                Thoughts::left_out(false)
            },
            is_finished: false,
            is_over: false,
            first_word: None,
            usage: Usage::default(),
            on_text,
            generated,
        }
    }

    /// `false` where the caller wants no more.
    pub fn take(&mut self, events: Vec<Event>) -> bool {
        for event in events {
            match event {
                Event::Text(text) => {
                    self.first_word.get_or_insert_with(Instant::now);
                    self.generated.n_tokens += 1;
                    let text = self.thoughts.push(text);
                    if !self.hand_out(&text) {
                        return false;
                    }
                }
                Event::Finished { is_cut } => {
                    self.is_finished = true;
                    self.generated.is_cut = is_cut;
                }
                Event::Usage(usage) => self.usage = usage,
                Event::Done => {
                    self.is_finished = true;
                    self.is_over = true;
                }
            }
        }
        true
    }

    /// Hands out what was held back; `false` where the caller wants no more.
    pub fn finish(&mut self) -> bool {
        let text = self.thoughts.finish();
        self.hand_out(&text)
    }

    fn hand_out(&mut self, text: &str) -> bool {
        self.generated.text.push_str(text);
        text.is_empty() || (self.on_text)(text)
    }
}
