//! The one-way imports of the workspace, as the map in `crates/README.md` draws them.

use std::collections::BTreeMap;

use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand};
use doorward_tests::data::root;

/// Which of our crates a crate may use, tests and benchmarks aside.
const ALLOWED: &[(&str, &[&str])] = &[
    ("doorward-grammar", &[]),
    ("doorward-syntax", &["doorward-grammar"]),
    ("doorward-model", &["doorward-syntax"]),
    ("doorward", &["doorward-model", "doorward-syntax"]),
    ("doorward-analysis", &["doorward-model", "doorward-syntax"]),
    ("doorward-cli", &["doorward", "doorward-analysis", "doorward-model", "doorward-syntax"]),
    ("doorward-oracle", &["doorward-model", "doorward-syntax"]),
    ("doorward-proptest", &["doorward", "doorward-model", "doorward-syntax"]),
];

#[test]
fn imports_go_one_way() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .no_deps()
        .exec()
        .unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut seen = 0;
    for package in &metadata.packages {
        let Some(allowed) = allowed.get(package.name.as_str()) else {
            assert!(package.publish.as_ref().is_some_and(Vec::is_empty), "{} has no row here", package.name);
            continue;
        };
        seen += 1;
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal) {
            let ours = dependency.name.starts_with("doorward");
            assert!(!ours || allowed.contains(&dependency.name.as_str()), "{} uses {}", package.name, dependency.name);
        }
    }
    assert_eq!(seen, ALLOWED.len());
}

/// What the published core may bring along: it stays small, and free of async and HTTP.
#[test]
fn the_core_stays_light() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .features(CargoOpt::NoDefaultFeatures)
        .exec()
        .unwrap();
    for heavy in ["tokio", "hyper", "http", "futures", "regex", "chrono", "clap"] {
        for package in metadata.packages.iter().filter(|package| {
            ["doorward-grammar", "doorward-syntax", "doorward-model", "doorward"].contains(&package.name.as_str())
        }) {
            let used = package
                .dependencies
                .iter()
                .any(|dependency| dependency.kind == DependencyKind::Normal && dependency.name == heavy);
            assert!(!used, "{} uses {heavy}", package.name);
        }
    }
}
