//! A pushdown automaton over the bytes of one JSON value. It may stand in several places at once, where
//! alternatives begin alike.

use std::ops::Range;

use super::number::NumberState;
use super::schema::{Member, Node, NodeId, Schema};
use super::stack::Stack;
use super::text::{TextState, TextStep};

/// Places at once. Beyond these, alternatives are given up, which leaves fewer answers, all valid.
const MAX_THREADS: usize = 256;

/// A place inside one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before a value. One space may stand before it where models are used to one.
    Value {
        node: NodeId,
        may_space: bool,
    },
    ObjectOpen {
        node: NodeId,
    },
    Key {
        node: NodeId,
        member_idx: usize,
        n_written: usize,
    },
    MemberDone {
        node: NodeId,
        member_idx: usize,
    },
    /// After the comma that follows a member.
    MemberNext {
        node: NodeId,
        n_done: usize,
        may_space: bool,
    },
    ArrayOpen {
        node: NodeId,
    },
    ItemDone {
        node: NodeId,
        n_items: usize,
    },
    Text {
        node: NodeId,
        state: TextState,
    },
    Number {
        node: NodeId,
        state: NumberState,
    },
    /// In one of the literals `first..end`, which have their first bytes in common.
    Literal {
        node: NodeId,
        first: usize,
        end: usize,
        n_written: usize,
    },
    /// After the whole value.
    Done,
}

/// A place, and the one to go on at once its value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thread {
    pub place: Place,
    /// An entry of the stack, where there is one.
    pub below: Option<u32>,
}

/// What was written of a value, and what may follow.
pub(super) struct Matcher {
    schema: Schema,
    stack: Stack,
    threads: Vec<Thread>,
}

impl Matcher {
    pub fn new(schema: Schema) -> Self {
        let place = Place::Value {
            node: schema.root,
            may_space: false,
        };
        Self {
            schema,
            stack: Stack::default(),
            threads: vec![Thread { place, below: None }],
        }
    }

    /// Takes the next bytes; where they are not allowed, nothing changes.
    pub fn accept(&mut self, bytes: &[u8]) -> bool {
        let Some(threads) = self.after(bytes) else {
            return false;
        };
        self.threads = threads;
        self.stack.compact(&mut self.threads);
        true
    }

    /// Where the next bytes lead; none where they are not allowed. Whoever does not go there cuts the
    /// stack back.
    pub fn after(&mut self, bytes: &[u8]) -> Option<Vec<Thread>> {
        let n_entries = self.stack.len();
        let mut threads = self.threads.clone();
        let mut next = Vec::new();
        for &byte in bytes {
            next.clear();
            for &thread in &threads {
                self.step(thread, byte, &mut next, 0);
            }
            std::mem::swap(&mut threads, &mut next);
        }
        if threads.is_empty() {
            self.stack.truncate(n_entries);
        }
        (!threads.is_empty()).then_some(threads)
    }

    /// Where a byte leads from one place: added to `out`, whose part after `from` has each place once.
    pub fn step(&mut self, thread: Thread, byte: u8, out: &mut Vec<Thread>, from: usize) {
        let mut step = Step {
            schema: &self.schema,
            stack: &mut self.stack,
            byte,
            out,
            from,
        };
        step.go(thread);
    }

    /// Whether the value may end here.
    pub fn can_end(&self) -> bool {
        let ends = |thread: &Thread| {
            thread.below.is_none()
                && match (thread.place, self.schema.at(thread.place)) {
                    (Place::Done, _) => true,
                    (Place::Number { state, .. }, Some(Node::Number(range))) => state.is_complete(range),
                    (Place::Literal { first, n_written, .. }, Some(Node::Literals(literals))) => {
                        literals[first].len() == n_written
                    }
                    _ => false,
                }
        };
        self.threads.iter().any(ends)
    }

    /// Whether nothing may follow.
    pub fn must_end(&self) -> bool {
        self.threads.iter().all(|thread| thread.place == Place::Done)
    }

    /// How many characters may follow in a string, without a quote or a backslash among them.
    pub fn plain_room_chars(&self) -> usize {
        let room = |thread: &Thread| match (thread.place, self.schema.at(thread.place)) {
            (Place::Text { state, .. }, Some(Node::Text(range))) => state.room_chars(*range),
            _ => 0,
        };
        self.threads.iter().map(room).max().unwrap_or(0)
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    pub fn stack_mut(&mut self) -> &mut Stack {
        &mut self.stack
    }
}

/// One byte, and where it leads.
struct Step<'a> {
    schema: &'a Schema,
    stack: &'a mut Stack,
    byte: u8,
    out: &'a mut Vec<Thread>,
    from: usize,
}

impl<'a> Step<'a> {
    fn go(&mut self, Thread { place, below }: Thread) {
        let byte = self.byte;
        match (place, self.schema.at(place)) {
            (Place::Value { node, may_space }, _) => {
                if may_space && byte == b' ' {
                    let may_space = false;
                    self.add(Place::Value { node, may_space }, below);
                } else {
                    self.begin(node, below);
                }
            }
            (Place::ObjectOpen { node }, Some(Node::Object { members, n_required })) => match byte {
                b'"' => self.begin_keys(node, members, *n_required, 0, below),
                b'}' if *n_required == 0 => self.end(below),
                _ => {}
            },
            (
                Place::Key {
                    node,
                    member_idx,
                    n_written,
                },
                Some(Node::Object { members, .. }),
            ) => {
                let member = &members[member_idx];
                if member.key[n_written] != byte {
                    return;
                }
                let n_written = n_written + 1;
                if n_written < member.key.len() {
                    let place = Place::Key {
                        node,
                        member_idx,
                        n_written,
                    };
                    return self.add(place, below);
                }
                let place = Place::MemberDone { node, member_idx };
                let below = self.stack.push(Thread { place, below });
                let value = Place::Value {
                    node: member.node,
                    may_space: true,
                };
                self.add(value, Some(below));
            }
            (Place::MemberDone { node, member_idx }, Some(Node::Object { members, n_required })) => {
                let n_done = member_idx + 1;
                if byte == b',' && n_done < members.len() {
                    let place = Place::MemberNext {
                        node,
                        n_done,
                        may_space: true,
                    };
                    self.add(place, below);
                } else if byte == b'}' && n_done >= *n_required {
                    self.end(below);
                }
            }
            (
                Place::MemberNext {
                    node,
                    n_done,
                    may_space,
                },
                Some(Node::Object { members, n_required }),
            ) => match byte {
                b'"' => self.begin_keys(node, members, *n_required, n_done, below),
                b' ' if may_space => {
                    let place = Place::MemberNext {
                        node,
                        n_done,
                        may_space: false,
                    };
                    self.add(place, below);
                }
                _ => {}
            },
            (
                Place::ArrayOpen { node },
                Some(&Node::Array {
                    item,
                    min_items,
                    max_items,
                }),
            ) => match item {
                _ if byte == b']' && min_items == 0 => self.end(below),
                Some(item) if max_items > 0 => {
                    let place = Place::ItemDone { node, n_items: 1 };
                    let below = self.stack.push(Thread { place, below });
                    self.begin(item, Some(below));
                }
                _ => {}
            },
            (
                Place::ItemDone { node, n_items },
                Some(&Node::Array {
                    item: Some(item),
                    min_items,
                    max_items,
                }),
            ) => {
                if byte == b',' && n_items < max_items {
                    let n_items = n_items + 1;
                    let place = Place::ItemDone { node, n_items };
                    let below = self.stack.push(Thread { place, below });
                    let value = Place::Value {
                        node: item,
                        may_space: true,
                    };
                    self.add(value, Some(below));
                } else if byte == b']' && n_items >= min_items {
                    self.end(below);
                }
            }
            (Place::Text { node, state }, Some(Node::Text(range))) => match state.step(*range, byte) {
                Some(TextStep::Inside(state)) => self.add(Place::Text { node, state }, below),
                Some(TextStep::Closed) => self.end(below),
                None => {}
            },
            (Place::Number { node, state }, Some(Node::Number(range))) => {
                if let Some(state) = state.step(range, byte) {
                    self.add(Place::Number { node, state }, below);
                } else if state.is_complete(range) {
                    self.pass_on(below);
                }
            }
            (
                Place::Literal {
                    node,
                    first,
                    end,
                    n_written,
                },
                Some(Node::Literals(literals)),
            ) => {
                self.narrow(node, literals, first..end, n_written, below);
                if literals[first].len() == n_written {
                    self.pass_on(below);
                }
            }
            _ => {}
        }
    }

    /// The first byte of a value.
    fn begin(&mut self, node: NodeId, below: Option<u32>) {
        let schema: &'a Schema = self.schema;
        match schema.node(node) {
            Node::Object { .. } if self.byte == b'{' => self.add(Place::ObjectOpen { node }, below),
            Node::Array { .. } if self.byte == b'[' => self.add(Place::ArrayOpen { node }, below),
            Node::Text(_) if self.byte == b'"' => {
                let state = TextState::default();
                self.add(Place::Text { node, state }, below);
            }
            Node::Number(range) => {
                if let Some(state) = NumberState::default().step(range, self.byte) {
                    self.add(Place::Number { node, state }, below);
                }
            }
            Node::Literals(literals) => self.narrow(node, literals, 0..literals.len(), 0, below),
            Node::AnyOf(nodes) => {
                for &node in nodes {
                    self.begin(node, below);
                }
            }
            _ => {}
        }
    }

    /// The opening quote of the next member's key: the next required one's, or any optional one's.
    fn begin_keys(
        &mut self,
        node: NodeId,
        members: &[Member],
        n_required: usize,
        n_done: usize,
        below: Option<u32>,
    ) {
        let end = if n_done < n_required {
            n_done + 1
        } else {
            members.len()
        };
        for member_idx in n_done..end {
            let place = Place::Key {
                node,
                member_idx,
                n_written: 1,
            };
            self.add(place, below);
        }
    }

    /// Of literals that begin alike, those that go on with this byte. They are sorted.
    fn narrow(
        &mut self,
        node: NodeId,
        literals: &[Vec<u8>],
        range: Range<usize>,
        n_written: usize,
        below: Option<u32>,
    ) {
        let next = |literal: &Vec<u8>| literal.get(n_written).copied();
        let among = &literals[range.clone()];
        let first = range.start + among.partition_point(|literal| next(literal) < Some(self.byte));
        let end = range.start + among.partition_point(|literal| next(literal) <= Some(self.byte));
        let n_written = n_written + 1;
        match end - first {
            0 => {}
            1 if literals[first].len() == n_written => self.end(below),
            _ => {
                let place = Place::Literal {
                    node,
                    first,
                    end,
                    n_written,
                };
                self.add(place, below);
            }
        }
    }

    /// A value ends with this byte.
    fn end(&mut self, below: Option<u32>) {
        match below {
            Some(entry) => {
                let Thread { place, below } = self.stack.get(entry);
                self.add(place, below);
            }
            None => self.add(Place::Done, None),
        }
    }

    /// A value has ended before this byte.
    fn pass_on(&mut self, below: Option<u32>) {
        if let Some(entry) = below {
            let thread = self.stack.get(entry);
            self.go(thread);
        }
    }

    fn add(&mut self, place: Place, below: Option<u32>) {
        let thread = Thread { place, below };
        let known = &self.out[self.from..];
        if known.len() < MAX_THREADS && !known.contains(&thread) {
            self.out.push(thread);
        }
    }
}
