//! From a JSON Schema (draft 2020-12) to nodes that an automaton can follow. What is not supported is
//! refused: an answer that only looks as if it kept to a schema is worse than none.

use serde_json::{Map, Value};

use super::matcher::Place;
use super::number::{MAX_DECIMALS, NumberRange, NumberState};
use super::text::{TextRange, TextState};

/// Parts of a schema, all together.
const MAX_NODES: usize = 4_096;
const MAX_DEPTH: usize = 32;
/// The shortest answer to a schema, in bytes.
const MAX_SHORTEST_BYTES: usize = 1 << 16;
/// Beyond these, programs that read JSON into doubles change whole numbers.
const MAX_WHOLE: i64 = (1 << 53) - 1;
const MAX_DECIMAL: i64 = 10_i64.pow(12 + MAX_DECIMALS) - 1;

/// Keywords that say nothing about what is valid.
const ANNOTATIONS: [&str; 7] = [
    "title",
    "description",
    "default",
    "examples",
    "$schema",
    "$id",
    "$comment",
];

pub(super) type NodeId = usize;

/// One part of a schema.
#[derive(Debug)]
pub(super) enum Node {
    /// Members in the order in which they are written, the required ones first.
    Object {
        members: Vec<Member>,
        n_required: usize,
    },
    Array {
        item: Option<NodeId>,
        min_items: usize,
        max_items: usize,
    },
    Text(TextRange),
    Number(NumberRange),
    /// Values in their one spelling, in the order of their bytes.
    Literals(Vec<Vec<u8>>),
    AnyOf(Vec<NodeId>),
}

#[derive(Debug)]
pub(super) struct Member {
    /// With its quotes and colon.
    pub key: Vec<u8>,
    pub node: NodeId,
}

#[derive(Debug)]
pub(crate) struct Schema {
    nodes: Vec<Node>,
    /// A short value of each node.
    shortest: Vec<Vec<u8>>,
    pub(super) root: NodeId,
}

impl Schema {
    /// The error is a sentence for whoever wrote the schema.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        let mut compiled = Self {
            nodes: Vec::new(),
            shortest: Vec::new(),
            root: 0,
        };
        compiled.root = compiled.part(schema, 0)?;
        Ok(compiled)
    }

    pub(super) fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node]
    }

    /// The node that a place lies in.
    pub(super) fn at(&self, place: Place) -> Option<&Node> {
        let node = match place {
            Place::Value { node, .. }
            | Place::ObjectOpen { node }
            | Place::Key { node, .. }
            | Place::MemberDone { node, .. }
            | Place::MemberNext { node, .. }
            | Place::ArrayOpen { node }
            | Place::ItemDone { node, .. }
            | Place::Text { node, .. }
            | Place::Number { node, .. }
            | Place::Literal { node, .. } => node,
            Place::Done => return None,
        };
        self.nodes.get(node)
    }

    pub(super) fn shortest(&self, node: NodeId) -> &[u8] {
        &self.shortest[node]
    }

    fn part(&mut self, schema: &Value, depth: usize) -> Result<NodeId, String> {
        if depth > MAX_DEPTH {
            return Err(format!(
                "The JSON Schema is nested deeper than {MAX_DEPTH} levels."
            ));
        }
        let schema = schema
            .as_object()
            .ok_or("A part of the JSON Schema is no object.")?;
        if let Some(values) = schema.get("enum").or(schema.get("const")) {
            only(schema, &["enum", "const", "type"])?;
            let values = match schema.get("const") {
                Some(value) => std::slice::from_ref(value),
                None => values
                    .as_array()
                    .ok_or("“enum” in the JSON Schema is no list.")?
                    .as_slice(),
            };
            return self.literals(values, schema.get("type"));
        }
        if let Some(alternatives) = schema.get("anyOf") {
            only(schema, &["anyOf"])?;
            let alternatives = alternatives
                .as_array()
                .ok_or("“anyOf” in the JSON Schema is no list.")?;
            let nodes = alternatives
                .iter()
                .map(|alternative| self.part(alternative, depth + 1));
            let nodes = nodes.collect::<Result<_, _>>()?;
            return self.any_of(nodes);
        }
        only(
            schema,
            &[
                "type",
                "properties",
                "required",
                "additionalProperties",
                "items",
                "minItems",
                "maxItems",
                "minLength",
                "maxLength",
                "minimum",
                "maximum",
                "exclusiveMinimum",
                "exclusiveMaximum",
            ],
        )?;
        match schema.get("type") {
            Some(Value::String(kind)) => self.of_type(kind, schema, depth),
            Some(Value::Array(kinds)) => {
                let nodes = kinds.iter().map(|kind| {
                    let kind = kind.as_str().ok_or("A “type” in the JSON Schema is no name.")?;
                    self.of_type(kind, schema, depth)
                });
                let nodes = nodes.collect::<Result<_, String>>()?;
                self.any_of(nodes)
            }
            _ => Err("A part of the JSON Schema does not say its “type”.".to_owned()),
        }
    }

    fn of_type(&mut self, kind: &str, schema: &Map<String, Value>, depth: usize) -> Result<NodeId, String> {
        let count = |key: &str, default: usize| match schema.get(key) {
            None => Ok(default),
            Some(value) => value
                .as_u64()
                .map(|n| usize::try_from(n).unwrap_or(usize::MAX))
                .ok_or_else(|| format!("“{key}” in the JSON Schema is no count.")),
        };
        let node = match kind {
            "object" => self.object(schema, depth)?,
            "array" => {
                let (min_items, max_items) = (count("minItems", 0)?, count("maxItems", usize::MAX)?);
                in_order(min_items, max_items)?;
                let item = match schema.get("items") {
                    Some(item) => Some(self.part(item, depth + 1)?),
                    None if max_items == 0 => None,
                    None => return Err("An array in the JSON Schema does not say its “items”.".to_owned()),
                };
                Node::Array {
                    item,
                    min_items,
                    max_items,
                }
            }
            "string" => {
                let chars = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                let range = TextRange {
                    min_chars: chars(count("minLength", 0)?),
                    max_chars: chars(count("maxLength", usize::MAX)?),
                };
                in_order(range.min_chars, range.max_chars)?;
                Node::Text(range)
            }
            "integer" => Node::Number(number_range(schema, 0)?),
            "number" => Node::Number(number_range(schema, MAX_DECIMALS)?),
            "boolean" => Node::Literals(vec![b"false".to_vec(), b"true".to_vec()]),
            "null" => Node::Literals(vec![b"null".to_vec()]),
            other => {
                return Err(format!(
                    "The JSON Schema names a type “{other}”, which there is not."
                ));
            }
        };
        self.add(node)
    }

    fn object(&mut self, schema: &Map<String, Value>, depth: usize) -> Result<Node, String> {
        if !matches!(schema.get("additionalProperties"), None | Some(Value::Bool(_))) {
            return Err("Members of any name cannot be held to a JSON Schema by this program.".to_owned());
        }
        let none = Map::new();
        let properties = match schema.get("properties") {
            Some(properties) => properties
                .as_object()
                .ok_or("“properties” in the JSON Schema are no object.")?,
            None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => &none,
            None => return Err("An object in the JSON Schema does not say its “properties”.".to_owned()),
        };
        let required = match schema.get("required") {
            Some(required) => required
                .as_array()
                .ok_or("“required” in the JSON Schema is no list.")?
                .as_slice(),
            None => &[],
        };
        let mut names: Vec<&str> = Vec::with_capacity(properties.len());
        for name in required {
            let name = name
                .as_str()
                .ok_or("“required” in the JSON Schema is no list of names.")?;
            if !properties.contains_key(name) {
                return Err(format!(
                    "The JSON Schema requires “{name}” and does not describe it."
                ));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let n_required = names.len();
        names.extend(
            properties
                .keys()
                .map(String::as_str)
                .filter(|name| !required.iter().any(|required| required == name)),
        );
        let members = names.into_iter().map(|name| {
            let mut key = Value::from(name).to_string().into_bytes();
            key.push(b':');
            let node = self.part(&properties[name], depth + 1)?;
            Ok(Member { key, node })
        });
        Ok(Node::Object {
            members: members.collect::<Result<_, String>>()?,
            n_required,
        })
    }

    fn literals(&mut self, values: &[Value], kind: Option<&Value>) -> Result<NodeId, String> {
        let fits = |value: &&Value| match kind {
            None => true,
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| is_of_type(value, kind)),
            Some(kind) => is_of_type(value, kind),
        };
        let mut literals: Vec<Vec<u8>> = values
            .iter()
            .filter(fits)
            .map(|value| value.to_string().into_bytes())
            .collect();
        literals.sort();
        literals.dedup();
        if literals.is_empty() {
            return Err("The JSON Schema has a choice of no value.".to_owned());
        }
        self.add(Node::Literals(literals))
    }

    fn any_of(&mut self, nodes: Vec<NodeId>) -> Result<NodeId, String> {
        match nodes.as_slice() {
            [] => Err("The JSON Schema has a choice of no value.".to_owned()),
            [node] => Ok(*node),
            _ => self.add(Node::AnyOf(nodes)),
        }
    }

    fn add(&mut self, node: Node) -> Result<NodeId, String> {
        let shortest = self.shortest_of(&node);
        if self.nodes.len() == MAX_NODES || shortest.len() > MAX_SHORTEST_BYTES {
            return Err("The JSON Schema is too large.".to_owned());
        }
        self.nodes.push(node);
        self.shortest.push(shortest);
        Ok(self.nodes.len() - 1)
    }

    fn shortest_of(&self, node: &Node) -> Vec<u8> {
        let mut out = Vec::new();
        match node {
            Node::Object {
                members, n_required, ..
            } => {
                out.push(b'{');
                self.close_members(&members[..*n_required], true, &mut out);
            }
            Node::Array { item, min_items, .. } => {
                out.push(b'[');
                self.close_items(*item, *min_items, true, &mut out);
            }
            Node::Text(range) => {
                out.push(b'"');
                // Cut where it is too long anyway.
                let min_chars = range.min_chars.min(MAX_SHORTEST_BYTES as u32);
                TextState::default().close(TextRange { min_chars, ..*range }, &mut out);
            }
            Node::Number(range) => NumberState::default().close(range, &mut out),
            Node::Literals(literals) => {
                out.extend(
                    literals
                        .iter()
                        .min_by_key(|literal| literal.len())
                        .into_iter()
                        .flatten(),
                );
            }
            Node::AnyOf(nodes) => {
                let shortest = nodes.iter().map(|&node| self.shortest(node));
                out.extend(
                    shortest
                        .min_by_key(|shortest| shortest.len())
                        .into_iter()
                        .flatten(),
                );
            }
        }
        out
    }

    /// Writes the members and ends their object.
    pub(super) fn close_members(&self, members: &[Member], is_first: bool, out: &mut Vec<u8>) {
        for (member_idx, member) in members.iter().enumerate() {
            if member_idx > 0 || !is_first {
                out.push(b',');
            }
            out.extend(&member.key);
            out.extend(self.shortest(member.node));
        }
        out.push(b'}');
    }

    /// Writes so many items and ends their array.
    pub(super) fn close_items(
        &self,
        item: Option<NodeId>,
        n_items: usize,
        is_first: bool,
        out: &mut Vec<u8>,
    ) {
        let item = item.map_or(&[] as &[u8], |item| self.shortest(item));
        for item_idx in 0..n_items {
            if out.len() > MAX_SHORTEST_BYTES {
                return;
            }
            if item_idx > 0 || !is_first {
                out.push(b',');
            }
            out.extend(item);
        }
        out.push(b']');
    }
}

/// Refuses keywords beside these and annotations.
fn only(schema: &Map<String, Value>, allowed: &[&str]) -> Result<(), String> {
    let known = |key: &&String| allowed.contains(&key.as_str()) || ANNOTATIONS.contains(&key.as_str());
    match schema.keys().find(|key| !known(key)) {
        Some(key) => Err(format!(
            "The JSON Schema uses “{key}” in a way that this program cannot hold an answer to."
        )),
        None => Ok(()),
    }
}

fn in_order<T: PartialOrd>(min: T, max: T) -> Result<(), String> {
    if min <= max {
        Ok(())
    } else {
        Err("The JSON Schema has a lower bound above its upper bound.".to_owned())
    }
}

fn is_of_type(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => false,
    }
}

fn number_range(schema: &Map<String, Value>, n_decimals: u32) -> Result<NumberRange, String> {
    let limit = if n_decimals == 0 { MAX_WHOLE } else { MAX_DECIMAL };
    let unit = 10_f64.powi(n_decimals as i32);
    // The bound in units of the last decimal, and whether it is a multiple of them.
    let bound = |key: &str| -> Result<Option<(f64, bool)>, String> {
        let Some(value) = schema.get(key) else {
            return Ok(None);
        };
        let value = value
            .as_f64()
            .ok_or_else(|| format!("“{key}” in the JSON Schema is no number."))?;
        let nearest = (value * unit).round();
        let is_exact = nearest / unit == value;
        Ok(Some((if is_exact { nearest } else { value * unit }, is_exact)))
    };
    let mut range = NumberRange {
        low: -limit,
        high: limit,
        n_decimals,
    };
    // Conversions from floats saturate.
    for (key, is_exclusive) in [("minimum", false), ("exclusiveMinimum", true)] {
        if let Some((value, is_exact)) = bound(key)? {
            let low = (value.ceil() as i64).saturating_add(i64::from(is_exclusive && is_exact));
            range.low = range.low.max(low);
        }
    }
    for (key, is_exclusive) in [("maximum", false), ("exclusiveMaximum", true)] {
        if let Some((value, is_exact)) = bound(key)? {
            let high = (value.floor() as i64).saturating_sub(i64::from(is_exclusive && is_exact));
            range.high = range.high.min(high);
        }
    }
    in_order(range.low, range.high)?;
    Ok(range)
}

#[cfg(test)]
mod tests;
