//! Ending a value that was begun, in few bytes.

use super::matcher::{Matcher, Place, Thread};
use super::schema::{Member, Node};

impl Matcher {
    /// Few bytes that make what was written a whole value, going on from these places.
    pub fn closing(&self, threads: &[Thread]) -> Vec<u8> {
        let closings = threads.iter().map(|&thread| {
            let mut out = Vec::new();
            let mut next = Some(thread);
            while let Some(Thread { place, below }) = next {
                self.close(place, &mut out);
                next = below.map(|entry| self.stack().get(entry));
            }
            out
        });
        closings.min_by_key(Vec::len).unwrap_or_default()
    }

    /// Ends the innermost value.
    fn close(&self, place: Place, out: &mut Vec<u8>) {
        let schema = self.schema();
        match (place, schema.at(place)) {
            (Place::Value { node, .. }, _) => out.extend(schema.shortest(node)),
            (Place::ObjectOpen { .. }, Some(Node::Object { members, n_required })) => {
                schema.close_members(&members[..*n_required], true, out);
            }
            (
                Place::Key {
                    member_idx,
                    n_written,
                    ..
                },
                Some(Node::Object { members, n_required }),
            ) => {
                let Member { key, node } = &members[member_idx];
                out.extend(&key[n_written..]);
                out.extend(schema.shortest(*node));
                schema.close_members(required_after(members, *n_required, member_idx + 1), false, out);
            }
            (Place::MemberDone { member_idx, .. }, Some(Node::Object { members, n_required })) => {
                schema.close_members(required_after(members, *n_required, member_idx + 1), false, out);
            }
            (Place::MemberNext { n_done, .. }, Some(Node::Object { members, n_required })) => {
                let end = (*n_required).max(n_done + 1);
                schema.close_members(&members[n_done..end], true, out);
            }
            (Place::ArrayOpen { .. }, Some(&Node::Array { item, min_items, .. })) => {
                schema.close_items(item, min_items, true, out);
            }
            (Place::ItemDone { n_items, .. }, Some(&Node::Array { item, min_items, .. })) => {
                schema.close_items(item, min_items.saturating_sub(n_items), false, out);
            }
            (Place::Text { state, .. }, Some(Node::Text(range))) => state.close(*range, out),
            (Place::Number { state, .. }, Some(Node::Number(range))) => state.close(range, out),
            (
                Place::Literal {
                    first,
                    end,
                    n_written,
                    ..
                },
                Some(Node::Literals(literals)),
            ) => {
                let shortest = literals[first..end].iter().min_by_key(|literal| literal.len());
                out.extend(shortest.into_iter().flat_map(|literal| &literal[n_written..]));
            }
            _ => {}
        }
    }
}

/// Members that must still follow, where so many were written or passed over.
fn required_after(members: &[Member], n_required: usize, n_done: usize) -> &[Member] {
    members.get(n_done..n_required).unwrap_or_default()
}
