//! Single functions, by `cargo bench --features internals`: parse, scan, apply, query.
//! What counts for a user are the ratios of benches/run; these tell which part moved them.

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kanban::internals;

const ITEMS: usize = 500;

/// An item as people write them: frontmatter, sections, a checklist, links, a log.
fn text(number: usize) -> String {
    let other = (number * 7) % ITEMS;
    let state = ["Proposed", "Ready", "InProgress", "Done"][number % 4];
    let words =
        "The page says what the bank has said, in words that nobody reads twice. ".repeat(12);
    format!(
        "---\nid: DM-TSK-{number:04}\nuid: 01940000-0000-7000-8000-{number:012}\ntype: Task\n\
         title: \"Task {number}: a title with words\"\nstate: {state}\npriority: P{}\nparent: DM-TSK-{other:04}\n\
         area: web\ntags: [web, wording]\ncreated: 2026-01-02\nupdated: 2026-01-20\nowner: jun\n\
         links:\n  relates: [DM-TSK-{other:04}]\n  blocks: []\n---\n\n# Context\n\n{words}\n\n\
         See [[DM-TSK-{other:04}]] and [it](DM-TSK-{other:04}_x.md).\n\n```rust\nfn main() {{}}\n```\n\n\
         # Acceptance Criteria\n\n- [x] one\n- [ ] two\n\n# Worklog\n\n\
         2026-01-03 09:00 [agent=jun] {words}\n",
        number % 5,
    )
}

fn files() -> Vec<(String, Vec<u8>)> {
    let path =
        |number| format!("_kano/backlog/products/demo/items/task/0000/DM-TSK-{number:04}_x.md");
    (0..ITEMS)
        .map(|number| (path(number), text(number).into_bytes()))
        .collect()
}

/// A folder outside Git with all the items.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("because there is room");
    let put = |path: &Path, bytes: &[u8]| {
        std::fs::create_dir_all(path.parent().expect("because it is below the folder"))
            .and_then(|()| {
                use std::io::Write;
                std::fs::File::create(path)?.write_all(bytes)
            })
            .expect("because there is room");
    };
    put(&folder.path().join("kanban.toml"), b"");
    for (path, bytes) in files() {
        put(&folder.path().join(path), &bytes);
    }
    folder
}

fn parse(criterion: &mut Criterion) {
    let bytes = text(1).into_bytes();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("item", |bench| {
        bench.iter(|| internals::parse(black_box(&bytes)));
    });
    // Hostile, and still linear.
    let deep = format!("---\nx: {}\n---\n", "[".repeat(60_000)).into_bytes();
    group.throughput(Throughput::Bytes(deep.len() as u64));
    group.bench_function("deep", |bench| {
        bench.iter(|| internals::parse(black_box(&deep)));
    });
    group.finish();
}

fn scan(criterion: &mut Criterion) {
    let folder = folder();
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Elements(ITEMS as u64));
    group.bench_function("folder", |bench| {
        bench.iter(|| assert_eq!(internals::scan(folder.path()), ITEMS));
    });
    group.finish();
}

fn apply(criterion: &mut Criterion) {
    let files = files();
    let items = internals::items(&files);
    let mut group = criterion.benchmark_group("apply");
    group.throughput(Throughput::Elements(ITEMS as u64));
    group.bench_function("preset", |bench| {
        bench.iter(|| internals::items(black_box(&files)));
    });
    group.bench_function("sqlite", |bench| {
        bench.iter_batched(
            || tempfile::tempdir().expect("because there is room"),
            |folder| {
                internals::apply(&items, folder.path());
                folder
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn query(criterion: &mut Criterion) {
    const QUERY: &str = "state:InProgress,Ready kind:Task -tag:wip priority:P0..P1 is:open words";
    let folder = folder();
    let questions = internals::Questions::new(folder.path());
    assert!(questions.list("state:Ready") > 0);
    let mut group = criterion.benchmark_group("query");
    group.bench_function("grammar", |bench| {
        bench.iter(|| assert!(internals::grammar(black_box(QUERY))));
    });
    group.bench_function("open and list", |bench| {
        bench.iter(|| questions.list(black_box("state:Ready is:open")));
    });
    group.finish();
}

criterion_group!(micro, parse, scan, apply, query);
criterion_main!(micro);
