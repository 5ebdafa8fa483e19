use serde_json::json;

use super::*;

fn shortest(schema: Value) -> String {
    let schema = Schema::compile(&schema).expect("the schema is supported");
    String::from_utf8(schema.shortest(schema.root).to_vec()).expect("JSON is text")
}

#[test]
fn required_members_come_first_and_in_their_order() {
    let schema = json!({
        "type": "object",
        "properties": {"a": {"type": "null"}, "z": {"type": "integer", "minimum": 3}, "m": {"type": "string"}},
        "required": ["z", "a"],
        "additionalProperties": false,
    });
    assert_eq!(
        shortest(schema),
        r#"{"z":3,"a":null}"#,
        "the order of “required” counts, since a map may have none"
    );
}

#[test]
fn every_kind_has_a_shortest_value() {
    for (schema, expected) in [
        (json!({"type": "string", "minLength": 2}), r#""..""#),
        (
            json!({"type": "array", "items": {"type": "boolean"}, "minItems": 2}),
            "[true,true]",
        ),
        (json!({"type": "array", "maxItems": 0}), "[]"),
        (
            json!({"type": "number", "exclusiveMinimum": 0, "maximum": 0.05}),
            "0.01",
        ),
        (json!({"type": "integer", "exclusiveMinimum": 7}), "8"),
        (
            json!({"type": "integer", "minimum": 0.5, "exclusiveMaximum": 2.5}),
            "1",
        ),
        (json!({"const": {"b": [1, "회"]}}), r#"{"b":[1,"회"]}"#),
        (
            json!({"enum": ["long", "s", null], "type": ["string", "null"]}),
            r#""s""#,
        ),
        (json!({"type": ["string", "null"]}), r#""""#),
        (
            json!({"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 1}]}),
            "1",
        ),
        (json!({"type": "object", "additionalProperties": false}), "{}"),
        (
            json!({"type": "string", "title": "T", "description": "D"}),
            r#""""#,
        ),
    ] {
        let source = schema.to_string();
        assert_eq!(shortest(schema), expected, "{source}");
    }
}

#[test]
fn what_cannot_be_held_is_refused_by_name() {
    let deep = (0..40).fold(
        json!({"type": "null"}),
        |item, _| json!({"type": "array", "items": item}),
    );
    let huge = (0..6).fold(
        json!({"type": "null"}),
        |item, _| json!({"type": "array", "items": item, "minItems": 1_000}),
    );
    for (schema, named) in [
        (json!({"$ref": "#/$defs/a", "$defs": {}}), "“$"),
        (json!({"type": "string", "pattern": "^a"}), "“pattern”"),
        (json!({"type": "string", "format": "date"}), "“format”"),
        (json!({"oneOf": [{"type": "null"}]}), "“oneOf”"),
        (json!({"enum": ["a"], "minLength": 3}), "“minLength”"),
        (json!({"type": "number", "multipleOf": 0.1}), "“multipleOf”"),
        (json!({"type": "date"}), "“date”"),
        (
            json!({"type": "object", "additionalProperties": {"type": "null"}}),
            "any name",
        ),
        (json!({"type": "object"}), "“properties”"),
        (
            json!({"type": "object", "properties": {}, "required": ["a"]}),
            "“a”",
        ),
        (json!({"type": "array"}), "“items”"),
        (json!({"enum": []}), "no value"),
        (json!({"enum": [1], "type": "string"}), "no value"),
        (json!({"type": "integer", "minimum": 3, "maximum": 2}), "bound"),
        (json!({"type": "string", "minLength": 3, "maxLength": 2}), "bound"),
        (json!({"type": "string", "minLength": -1}), "“minLength”"),
        (
            json!({"type": "string", "minLength": 4_000_000_000_u32}),
            "too large",
        ),
        (json!({}), "“type”"),
        (json!(true), "no object"),
        (deep, "deeper"),
        (huge, "too large"),
    ] {
        match Schema::compile(&schema) {
            Err(message) => assert!(
                message.contains(named) && message.ends_with('.'),
                "{schema}: {message}"
            ),
            Ok(_) => panic!("{schema} must be refused"),
        }
    }
}
