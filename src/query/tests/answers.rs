//! Every answer against schema/answers.schema.json.

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::problem::Severity;
use crate::query::board::{BoardArgs, board};
use crate::query::check::{CheckArgs, check};
use crate::query::list::{ListArgs, list};
use crate::query::raw::{Bounds, sql};
use crate::query::search::{SearchArgs, search};
use crate::query::show::show;
use crate::query::tests::{NOW, index, run, sample, sample_rows, top};
use crate::query::tree::tree;
use crate::query::view::{
    AttributesView, ConflictRow, CountRow, DoctorRow, DoctorView, InitView, PresetRow, RebuildView,
    ResolveRow, ResolveView, SCHEMA, StatusView,
};
use crate::query::{QueryError, open};

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../schema/answers.schema.json")).expect("a schema")
}

/// The schema of one data shape.
fn shape(name: &str) -> jsonschema::Validator {
    let schema = schema();
    let part = json!({ "$schema": schema["$schema"], "$ref": format!("#/$defs/{name}"),
        "$defs": schema["$defs"] });
    jsonschema::validator_for(&part).expect("a valid schema")
}

fn holds(name: &str, data: &impl Serialize) {
    let data = serde_json::to_value(data).expect("JSON");
    let errors: Vec<String> = shape(name)
        .iter_errors(&data)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
    // What is not in the schema must be refused, or the schema says too little.
    let mut more = data;
    more["surplus"] = json!(1);
    assert!(!shape(name).is_valid(&more), "{name} allows anything");
}

#[test]
fn every_answer_has_its_shape() {
    let dir = sample();
    index(dir.path(), &sample_rows());
    run(async {
        let mut reader = open(dir.path()).await?;
        let args = ListArgs {
            now: NOW,
            ..ListArgs::default()
        };
        holds("list", &list(&mut reader, &args).await?);
        for reference in ["T-1", "keps/1/README.md", "broken"] {
            holds("show", &show(&mut reader, reference, top()).await?);
        }
        let args = SearchArgs {
            text: "word",
            query: "is:open",
            now: NOW,
            limit: 20,
            offset: 0,
        };
        holds("search", &search(&mut reader, &args).await?);
        for by in ["", "tag", "estimate"] {
            let args = BoardArgs {
                by,
                now: NOW,
                ..BoardArgs::default()
            };
            holds("board", &board(&mut reader, &args).await?);
        }
        holds("tree", &tree(&mut reader, None).await?);
        let least = Severity::Info;
        let args = CheckArgs {
            query: "",
            now: NOW,
            least,
            limit: None,
        };
        holds("check", &check(&mut reader, &args).await?);
        holds(
            "sql",
            &sql(
                dir.path(),
                "SELECT 1, 1.5, 'a', NULL, x'00'",
                &Bounds::default(),
            )?,
        );
        Ok::<(), QueryError>(())
    })
    .expect("answers");
}

#[test]
fn what_the_engine_answers_has_its_shape() {
    let presets = vec![PresetRow {
        preset: "kano".to_owned(),
        root: String::new(),
        items: 1,
    }];
    let counts = vec![CountRow {
        key: "open".to_owned(),
        count: 1,
    }];
    holds(
        "status",
        &StatusView {
            cut_off: None,
            sync: None,
            root: "/r".to_owned(),
            git_dir: None,
            cache_dir: "/c".to_owned(),
            cache_bytes: 1,
            projected_at: "2026-01-01T00:00:00Z".to_owned(),
            items: 1,
            presets: presets.clone(),
            phases: counts.clone(),
            problems: counts,
        },
    );
    holds(
        "rebuild",
        &RebuildView {
            items: 1,
            files: 1,
            links: 1,
            problems: 0,
            bytes: 1,
            cache_bytes: 1,
            cache_dir: "/c".to_owned(),
            elapsed_ms: 1,
            presets: presets.clone(),
            unreadable: vec![("a".to_owned(), "why".to_owned())],
            yielded: false,
            shared: None,
        },
    );
    let checks = vec![DoctorRow {
        name: "git".to_owned(),
        verdict: "ok".to_owned(),
        message: String::new(),
        hint: String::new(),
    }];
    holds("doctor", &DoctorView { checks });
    let path = "kanban.toml".to_owned();
    holds(
        "init",
        &InitView {
            path,
            written: true,
            existed: false,
            text: String::new(),
            presets,
            attributes: Some(AttributesView {
                path: ".gitattributes".to_owned(),
                written: true,
                lines: vec!["**/*.md merge=kanban".to_owned()],
            }),
        },
    );
    let conflict = ConflictRow {
        place: "state".to_owned(),
        in_body: false,
        base: None,
        ours: Some("1".to_owned()),
        theirs: Some("2".to_owned()),
    };
    let items = vec![ResolveRow {
        seen: String::new(),
        path: "a.md".to_owned(),
        state: "conflicts".to_owned(),
        in_index: true,
        written: false,
        added: false,
        beside: Some("b.md".to_owned()),
        conflicts: vec![conflict],
        notes: vec!["a note".to_owned()],
        diff: Some("--- a".to_owned()),
    }];
    let dry_run = true;
    holds("resolve", &ResolveView { items, dry_run });
}

#[test]
fn the_envelope_holds_data_or_an_error() {
    let envelope = jsonschema::validator_for(&schema()).expect("a valid schema");
    let mut answer = json!({ "schema": SCHEMA, "cache": "c", "generation": 1, "head": null,
        "dirty": null, "fresh": true, "age_ms": 0, "warnings": [] });
    assert!(!envelope.is_valid(&answer));
    answer["data"] = json!({ "items": [], "total": 0 });
    assert!(envelope.is_valid(&answer));
    answer["error"] = json!({ "code": "not-found", "message": "m", "path": null, "hint": "h" });
    assert!(!envelope.is_valid(&answer));
    answer.as_object_mut().expect("an object").remove("data");
    assert!(envelope.is_valid(&answer));
    answer["error"]["code"] = json!("Not Found");
    assert!(!envelope.is_valid(&answer));
}
