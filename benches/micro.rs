//! Single functions, by `cargo bench --features internals`: parse, scan, apply, query, everywhere.
//! What counts for a user are the ratios of benches/run; these tell which part moved them.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

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
            .and_then(|()| std::fs::File::create(path)?.write_all(bytes))
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

/// A repository of 10,000 items and 500 branches, each with one new item and one changed one.
fn branches() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("because there is room");
    let mut stream = String::new();
    let mut put = |what: &str| stream.push_str(what);
    put("commit refs/heads/main\ncommitter A <a@example.com> 0 +0000\ndata 0\n");
    let path = |number: usize| {
        let hundred = number / 100 * 100;
        format!("_kano/backlog/products/demo/items/task/{hundred:06}/DM-TSK-{number:06}_x.md")
    };
    let file = |number: usize, title: &str| {
        let text = format!("---\nid: DM-TSK-{number:06}\ntitle: {title}\n---\n");
        format!(
            "M 644 inline {}\ndata {}\n{text}\n",
            path(number),
            text.len()
        )
    };
    (0..10_000).for_each(|number| put(&file(number, "x")));
    for branch in 0..500 {
        put(&format!(
            "commit refs/heads/b/{branch}\ncommitter A <a@example.com> 0 +0000\ndata 0\nfrom refs/heads/main\n"
        ));
        put(&file(branch * 20, "changed"));
        put(&file(10_000 + branch, "new"));
    }
    let git = |arguments: &[&str], input: Stdio| {
        #[expect(clippy::disallowed_methods, reason = "the stage of a benchmark")]
        let mut command = Command::new("git");
        let mut child = command
            .arg("-C")
            .arg(folder.path())
            .args(arguments)
            .stdin(input)
            .spawn()
            .expect("because git is there");
        if let Some(mut stdin) = child.stdin.take() {
            stdin
                .write_all(stream.as_bytes())
                .expect("because git reads");
        }
        assert!(child.wait().expect("because it is ours").success());
    };
    git(&["init", "-q", "-b", "main"], Stdio::null());
    git(&["fast-import", "--quiet"], Stdio::piped());
    git(&["reset", "-q", "--hard"], Stdio::null());
    folder
}

fn everywhere(criterion: &mut Criterion) {
    let folder = branches();
    let mut group = criterion.benchmark_group("everywhere");
    group.bench_function("10,000 items, 500 branches", |bench| {
        bench.iter(|| {
            let (paths, skipped) = internals::paths_everywhere(folder.path());
            assert!(paths >= 10_500 && skipped.is_empty(), "{paths} {skipped:?}");
        });
    });
    group.finish();
}

criterion_group!(micro, parse, scan, apply, query, everywhere);
criterion_main!(micro);
