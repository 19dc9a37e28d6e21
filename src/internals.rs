//! What benches/micro.rs measures, opened under the feature `internals`; no promise to anybody.
//! Gets plain values. Gives counts, so that nothing is optimized away.
//! Never: part of the program.

use std::path::{Path, PathBuf};

use crate::base::hash;
use crate::engine::{Engine, Progress, Step};
use crate::model::config::Config;
use crate::model::item::Item;
use crate::parse::{self, Source};
use crate::presets::{self, Presets, Reading};
use crate::query::{self, grammar};
use crate::source::{Wants, repo, walk};
use crate::stores::generation::DATABASE;
use crate::stores::sqlite::{Bulk, Reading as HowRead};

/// Parses one Markdown file; gives how many sections and links it has.
pub fn parse(bytes: &[u8]) -> usize {
    let decoded = parse::decode(bytes.to_vec());
    let document = parse::parse(&decoded, Source::Markdown);
    document.sections.len() + document.links.len()
}

/// Lists and stamps the Markdown files below a folder; gives how many there are.
pub fn scan(root: &Path) -> usize {
    let place = repo::plain(root).expect("because the benchmark has made the folder");
    let wanted = |path: &str| Path::new(path).extension().is_some_and(|ext| ext == "md");
    let scan = walk::scan(&place, &Wants::files(&wanted), 2);
    scan.expect("because the folder can be listed").files.len()
}

/// Items ready for a store.
pub struct Items(Vec<Item>);

/// Reads files (path, bytes) as items of the kano convention.
pub fn items(files: &[(String, Vec<u8>)]) -> Items {
    let presets =
        Presets::load(&Config::default()).expect("because the shipped presets are tested");
    let preset = presets.get("kano").expect("because it is shipped");
    let read = |(path, bytes): &(String, Vec<u8>)| {
        let decoded = parse::decode(bytes.clone());
        let document = parse::parse(&decoded, Source::Markdown);
        presets::read_item(Reading {
            preset,
            variant: 0,
            root: "_kano/backlog",
            path,
            frontmatter: parse::to_json(&document.frontmatter),
            document: &document,
            companion: None,
            content_hash: hash::content_hash(bytes),
            blob_oid: vec![0; 20],
        })
    };
    Items(files.iter().map(read).collect())
}

/// Writes items to a new SQLite cache in an empty folder.
pub fn apply(items: &Items, folder: &Path) {
    let mut bulk =
        Bulk::create(&folder.join(DATABASE), 1 << 20).expect("because the folder is empty");
    for (key, item) in (1..).zip(&items.0) {
        bulk.item(
            key,
            item,
            HowRead {
                space: 0,
                variant: 0,
            },
        )
        .expect("because keys rise");
    }
    bulk.finish().expect("because there is room");
}

/// One generation, to ask questions of.
pub struct Questions {
    dir: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl Questions {
    /// Projects the folder.
    pub fn new(root: &Path) -> Self {
        let engine = Engine::open(root).expect("because the folder has a kanban.toml");
        let snapshot = engine.snapshot(true, &Silence);
        Self {
            dir: snapshot.expect("because the items are sound").dir.clone(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("because a runtime of one thread needs nothing"),
        }
    }

    /// Opens the cache and lists; gives how many items match.
    pub fn list(&self, query: &str) -> u64 {
        let question = query::list::ListArgs {
            query,
            now: "2026-01-31",
            sort: &[],
            limit: Some(50),
            offset: 0,
        };
        let view = self.runtime.block_on(async {
            let mut reader = query::open(&self.dir).await?;
            query::list::list(&mut reader, &question).await
        });
        view.expect("because the query is sound").total
    }
}

/// Looks through all branches and work trees of the repository of a folder; gives how many paths it was
/// told, and a line for each part that could not be looked at.
pub fn paths_everywhere(folder: &Path) -> (usize, Vec<String>) {
    let engine = Engine::open(folder).expect("because the benchmark has made a repository");
    let mut paths = 0;
    let skipped = engine.paths_everywhere("", &mut |_, _| paths += 1);
    (paths, skipped.expect("because its objects can be opened"))
}

/// Reads a query; gives whether it is one.
pub fn grammar(text: &str) -> bool {
    grammar::parse(text).is_ok()
}

struct Silence;

impl Progress for Silence {
    fn step(&self, _: Step) {}
    fn done(&self, _: u64) {}
}
