//! The tidy test: what the design says about the shape of the project, held by machine.
// Every function here is a test or helps one.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Crates and what each may depend on, beside core, which everything may. Dependencies of tests
/// are free.
const ARROWS: [(&str, &[&str]); 18] = [
    ("desktop", &["api", "engine", "inference", "system", "wire"]),
    ("cli", &["api", "engine", "inference"]),
    ("inference", &["engine", "transcribe", "llm"]),
    ("api", &["engine"]),
    ("wire", &["engine"]),
    (
        "engine",
        &[
            "audio", "models", "search", "export", "store", "system", "digest", "remote",
        ],
    ),
    ("search", &["store"]),
    ("transcribe", &[]),
    ("llm", &[]),
    ("remote", &[]),
    ("digest", &[]),
    ("audio", &[]),
    ("models", &[]),
    ("store", &[]),
    ("export", &[]),
    ("system", &[]),
    ("core", &[]),
    ("testkit", &["audio", "store"]),
];

const TOP_LEVEL: [&str; 11] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "icons",
    "models",
    "package-lock.json",
    "package.json",
    "src-tauri",
    "tauri.conf.json",
    "tests",
];

/// What tools leave behind; git ignores it.
const GENERATED: [&str; 4] = ["gen", "node_modules", "permissions", "target"];

const MAX_LINES: usize = 600;
/// Lines of the desktop shell without its tests.
const MAX_SHELL_LINES: usize = 2_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file that people write, as path relative to the root and text.
fn sources() -> Vec<(String, String)> {
    const WRITTEN: [&str; 11] = [
        "rs", "toml", "ts", "svelte", "css", "html", "mjs", "js", "json", "sh", "md",
    ];
    // Written by tools.
    const LEFT_OUT: [&str; 2] = ["package-lock.json", "ui/src/bindings.ts"];
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type().unwrap().is_dir() {
                let skipped = GENERATED.contains(&name.as_str())
                    || matches!(name.as_str(), ".git" | "cache" | "dist" | "output");
                if !skipped {
                    folders.push(path);
                }
                continue;
            }
            let relative = path
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            let written = path.extension().is_some_and(|e| WRITTEN.iter().any(|w| e == *w));
            if (written || relative == ".ci/run") && !LEFT_OUT.contains(&relative.as_str()) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((relative, text));
            }
        }
    }
    assert!(
        found.len() > 50,
        "the walk over the project found its files, not only {}",
        found.len()
    );
    found
}

/// Files in which one of the needles stands, as `path:line`.
fn places(needles: &[String], wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut places = Vec::new();
    for (path, text) in sources()
        .into_iter()
        .filter(|(path, _)| wanted(path) && path != "tests/tidy.rs")
    {
        for (idx, line) in text.lines().enumerate() {
            if needles.iter().any(|needle| line.contains(needle.as_str())) {
                places.push(format!("{path}:{}", idx + 1));
            }
        }
    }
    places
}

/// Names of a member's dependencies outside of tests, by the member's name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let outside_tests = dependencies
                .iter()
                .filter(|dependency| dependency["kind"] != "dev");
            (name(package), outside_tests.map(name).collect())
        })
        .collect()
}

#[test]
fn arrows_between_crates_are_those_of_the_design() {
    let dependencies = dependencies();
    let allowed: BTreeMap<String, &[&str]> = ARROWS
        .into_iter()
        .map(|(name, arrows)| (format!("recordroute-{name}"), arrows))
        .collect();
    for (member, its_dependencies) in dependencies
        .iter()
        .filter(|(name, _)| *name != "recordroute-tests")
    {
        let arrows = allowed.get(member);
        assert!(
            arrows.is_some(),
            "{member} is a new crate: give it its place in the design first"
        );
        for dependency in its_dependencies
            .iter()
            .filter_map(|name| name.strip_prefix("recordroute-"))
        {
            assert!(
                dependency == "core" || arrows.unwrap().contains(&dependency),
                "{member} must not depend on {dependency}: the design has no such arrow"
            );
        }
    }
    assert_eq!(
        dependencies.len(),
        ARROWS.len() + 1,
        "every crate of the design is a member of the workspace"
    );
}

#[test]
fn only_the_shell_knows_tauri_and_only_store_knows_sqlite() {
    for (member, its_dependencies) in dependencies() {
        let knows = |what: &str| its_dependencies.iter().any(|name| name.starts_with(what));
        assert!(
            member == "recordroute-desktop" || !(knows("tauri") || knows("wry")),
            "{member}: the engine's crates build without a window"
        );
        assert!(
            ["recordroute-desktop", "recordroute-wire"].contains(&member.as_str()) || !knows("specta"),
            "{member}: only what crosses to the page has types that are written for it"
        );
        assert!(
            member == "recordroute-store" || !knows("rusqlite"),
            "{member}: only store talks to the database"
        );
    }
}

#[test]
fn only_store_contains_sql() {
    let needles = [
        "SELECT ",
        "INSERT INTO",
        "DELETE FROM",
        "CREATE TABLE",
        "CREATE INDEX",
        "PRAGMA ",
    ];
    let found = places(&needles.map(str::to_owned), |path| {
        path.ends_with(".rs")
            && path.starts_with("src-tauri/")
            && !path.starts_with("src-tauri/crates/store/")
    });
    assert!(
        found.is_empty(),
        "queries belong into store, where the tables are: {found:?}"
    );
}

#[test]
fn no_file_is_longer_than_one_can_read() {
    let too_long: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| !path.ends_with(".md") && !path.ends_with(".toml") && !path.ends_with(".json"))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, n_lines)| *n_lines > MAX_LINES)
        .map(|(path, n_lines)| format!("{path} ({n_lines})"))
        .collect();
    assert!(
        too_long.is_empty(),
        "split what has more than {MAX_LINES} lines: {too_long:?}"
    );
}

#[test]
fn the_shell_stays_thin() {
    let own_lines = |text: &str| {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        code.lines().count()
    };
    let n_lines: usize = sources()
        .iter()
        .filter(|(path, _)| path.starts_with("src-tauri/src/") && !path.ends_with("/tests.rs"))
        .map(|(_, text)| own_lines(text))
        .sum();
    assert!(
        n_lines < MAX_SHELL_LINES,
        "what needs no Tauri belongs into the crates; the shell has {n_lines} lines"
    );
}

#[test]
fn the_top_level_is_the_one_of_the_design() {
    let names: BTreeSet<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !GENERATED.contains(&name.as_str()))
        .collect();
    let expected: BTreeSet<String> = TOP_LEVEL.into_iter().chain(["ui"]).map(str::to_owned).collect();
    let unexpected: Vec<_> = names.difference(&expected).collect();
    assert!(
        unexpected.is_empty(),
        "the top level is fixed, find another place for {unexpected:?}"
    );
    let missing: Vec<_> = expected.difference(&names).collect();
    assert!(missing.is_empty(), "the design's top level lacks {missing:?}");
}

#[test]
fn nothing_is_left_for_later_and_nothing_names_a_machine() {
    let later = ["TODO", "FIXME", "XXX:"].map(str::to_owned);
    let found = places(&later, |_| true);
    assert!(found.is_empty(), "finish it or open an issue: {found:?}");
    let machines = ["/root/", "/work/"].map(str::to_owned);
    let found = places(&machines, |_| true);
    assert!(
        found.is_empty(),
        "a path of one machine means nothing on another: {found:?}"
    );
}

#[test]
fn every_crate_explains_itself() {
    for (path, text) in sources() {
        if path.ends_with("/src/lib.rs") {
            assert!(
                text.starts_with("//! "),
                "{path} begins with what the crate is for"
            );
        }
    }
}
