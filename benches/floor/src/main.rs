//! The bare pipeline to measure against: walk, read, hash, parse, SQLite rows, tantivy, and nothing else (no presets, no problems, no
//! link resolution, no sections, no incremental state). Prints the sum of the stages on one thread, half of it (the floor of two cores),
//! and the pipelined run with two parser and two indexing threads.
//! usage: floor ROOT WORK_DIR [REPS]
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};
use tantivy::{Index, IndexWriter, TantivyDocument, doc, schema::*};

fn walk(d: &Path, out: &mut Vec<PathBuf>) {
    let Ok(rd) = fs::read_dir(d) else { return };
    for e in rd.flatten() {
        let ft = e.file_type().unwrap();
        if ft.is_dir() {
            if e.file_name() != ".git" {
                walk(&e.path(), out)
            }
        } else if ft.is_file() {
            let p = e.path();
            if matches!(
                p.extension().and_then(|x| x.to_str()),
                Some("md" | "mdx" | "markdown")
            ) {
                out.push(p)
            }
        }
    }
}
fn med(mut v: Vec<f64>) -> f64 {
    v.sort_by(|a, b| a.total_cmp(b));
    v[v.len() / 2]
}
fn split(t: &str) -> (Option<&str>, &str) {
    let t = t.strip_prefix('\u{feff}').unwrap_or(t);
    let Some(r) = t
        .strip_prefix("---\n")
        .or_else(|| t.strip_prefix("---\r\n"))
    else {
        return (None, t);
    };
    let mut pos = 0;
    for l in r.split_inclusive('\n') {
        let k = l.trim_end();
        if k == "---" || k == "..." {
            return (Some(&r[..pos]), &r[pos + l.len()..]);
        }
        pos += l.len();
    }
    (None, t)
}
fn sha1_blob(b: &[u8]) -> [u8; 20] {
    use sha1::Digest;
    let mut h = sha1::Sha1::new();
    h.update(format!("blob {}\0", b.len()));
    h.update(b);
    h.finalize().into()
}
struct Item {
    path: String,
    oid: [u8; 20],
    title: String,
    state: Option<String>,
    typ: Option<String>,
    fm: String,
    tags: Vec<String>,
    links: Vec<(u8, String)>,
    body: std::ops::Range<usize>,
    text: String,
}
fn md(body: &str, links: &mut Vec<(u8, String)>, heads: &mut usize) -> usize {
    use pulldown_cmark::*;
    let mut n = 0;
    for e in Parser::new_ext(
        body,
        Options::ENABLE_TABLES
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_WIKILINKS
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_FOOTNOTES,
    ) {
        match e {
            Event::Start(Tag::Link {
                dest_url,
                link_type,
                ..
            }) => links.push((
                matches!(link_type, LinkType::WikiLink { .. }) as u8,
                dest_url.into_string(),
            )),
            Event::Start(Tag::Heading { .. }) => *heads += 1,
            Event::Text(t) | Event::Code(t) => n += t.len(),
            _ => {}
        }
    }
    n
}
fn strs(v: &serde_json::Value, out: &mut Vec<String>) {
    match v {
        serde_json::Value::String(s) => out.push(s.clone()),
        serde_json::Value::Array(a) => {
            for x in a {
                strs(x, out)
            }
        }
        _ => {}
    }
}
fn build(path: &Path, b: Vec<u8>) -> Item {
    let oid = sha1_blob(&b);
    let text =
        String::from_utf8(b).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
    let (fm, body) = split(&text);
    let v: serde_json::Value = fm
        .and_then(|f| serde_norway::from_str(f).ok())
        .unwrap_or(serde_json::Value::Null);
    let mut tags = vec![];
    for k in ["tags", "keywords", "ms.keywords", "api_name"] {
        if let Some(x) = v.get(k) {
            strs(x, &mut tags)
        }
    }
    let mut links = vec![];
    let mut h = 0;
    md(body, &mut links, &mut h);
    if let Some(l) = v.get("links").and_then(|l| l.as_object()) {
        for (_, x) in l {
            let mut o = vec![];
            strs(x, &mut o);
            links.extend(o.into_iter().map(|s| (2, s)))
        }
    }
    let g = |k: &str| v.get(k).and_then(|x| x.as_str()).map(str::to_string);
    let st = body.as_ptr() as usize - text.as_ptr() as usize;
    let r = st..st + body.len();
    Item {
        path: path.to_string_lossy().into_owned(),
        oid,
        title: g("title").unwrap_or_default(),
        state: g("state"),
        typ: g("type").or_else(|| g("ms.topic")),
        fm: v.to_string(),
        tags,
        links,
        body: r,
        text,
    }
}
fn db(path: &Path) -> rusqlite::Connection {
    for s in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{s}", path.display()));
    }
    let c = rusqlite::Connection::open(path).unwrap();
    c.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;
      CREATE TABLE items(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, oid BLOB NOT NULL, title TEXT, state TEXT, type TEXT, fm TEXT, size INTEGER);
      CREATE TABLE tags(item INTEGER NOT NULL, tag TEXT NOT NULL); CREATE TABLE links(src INTEGER NOT NULL, kind INTEGER NOT NULL, dst TEXT NOT NULL);
      CREATE INDEX t1 ON tags(tag,item); CREATE INDEX l1 ON links(dst); CREATE INDEX l2 ON links(src); CREATE INDEX i1 ON items(state,type);").unwrap();
    c
}
fn ins(
    c: &rusqlite::Connection,
    id: i64,
    it: &Item,
    s: &mut (
        rusqlite::Statement,
        rusqlite::Statement,
        rusqlite::Statement,
    ),
) {
    let _ = c;
    s.0.execute(rusqlite::params![
        id,
        it.path,
        &it.oid[..],
        it.title,
        it.state,
        it.typ,
        it.fm,
        it.text.len() as i64
    ])
    .unwrap();
    for t in &it.tags {
        s.1.execute(rusqlite::params![id, t]).unwrap();
    }
    for (k, d) in &it.links {
        s.2.execute(rusqlite::params![id, *k, d]).unwrap();
    }
}
fn stmts(
    c: &rusqlite::Connection,
) -> (
    rusqlite::Statement<'_>,
    rusqlite::Statement<'_>,
    rusqlite::Statement<'_>,
) {
    (
        c.prepare("INSERT INTO items VALUES(?,?,?,?,?,?,?,?)")
            .unwrap(),
        c.prepare("INSERT INTO tags VALUES(?,?)").unwrap(),
        c.prepare("INSERT INTO links VALUES(?,?,?)").unwrap(),
    )
}
fn tschema() -> (Schema, Field, Field, Field) {
    let mut s = Schema::builder();
    let id = s.add_text_field("id", STRING | STORED);
    let t = s.add_text_field("title", TEXT);
    let b = s.add_text_field("body", TEXT);
    (s.build(), id, t, b)
}
fn tidx(dir: &Path, items: &[Item], th: usize, heap: usize) -> (f64, f64, f64) {
    let _ = fs::remove_dir_all(dir);
    fs::create_dir_all(dir).unwrap();
    let (s, id, t, b) = tschema();
    let ix = Index::create_in_dir(dir, s).unwrap();
    let mut w: IndexWriter = ix.writer_with_num_threads(th, heap).unwrap();
    let t0 = Instant::now();
    for it in items {
        w.add_document(
            doc!(id => it.path.as_str(), t => it.title.as_str(), b => &it.text[it.body.clone()]),
        )
        .unwrap();
    }
    let t1 = t0.elapsed().as_secs_f64();
    w.commit().unwrap();
    let t2 = t0.elapsed().as_secs_f64();
    w.wait_merging_threads().unwrap();
    (t1, t2 - t1, t0.elapsed().as_secs_f64() - t2)
}
fn cpu() -> f64 {
    let s = fs::read_to_string("/proc/self/stat").unwrap();
    let v: Vec<&str> = s.rsplit(") ").next().unwrap().split(' ').collect();
    (v[11].parse::<f64>().unwrap() + v[12].parse::<f64>().unwrap()) / 100.0
}
fn rss() -> String {
    fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .find(|l| l.starts_with("VmHWM"))
        .unwrap()
        .to_string()
}

fn e2e(
    root: &Path,
    sub: &str,
    work: &Path,
    parsers: usize,
    tth: usize,
    heap: usize,
) -> (f64, f64, usize) {
    // the real thing, pipelined: P reader/parser threads -> main thread inserts into SQLite and hands to tantivy (T threads)
    let t0 = Instant::now();
    let c0 = cpu();
    let mut files = vec![];
    walk(&root.join(sub), &mut files);
    files.sort();
    let dbp = work.join("e2e.db");
    let c = db(&dbp);
    let dir = work.join("e2e.tv");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    let (s, id, t, b) = tschema();
    let ix = Index::create_in_dir(&dir, s).unwrap();
    let mut w: IndexWriter = ix.writer_with_num_threads(tth, heap).unwrap();
    let (tx, rx) = std::sync::mpsc::sync_channel::<Vec<Item>>(64);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let n = std::thread::scope(|sc| {
        for _ in 0..parsers {
            let tx = tx.clone();
            let files = &files;
            let next = &next;
            sc.spawn(move || {
                loop {
                    let i = next.fetch_add(32, std::sync::atomic::Ordering::Relaxed);
                    if i >= files.len() {
                        break;
                    }
                    let v: Vec<Item> = files[i..(i + 32).min(files.len())]
                        .iter()
                        .filter_map(|p| {
                            fs::read(p)
                                .ok()
                                .map(|d| build(p.strip_prefix(root).unwrap(), d))
                        })
                        .collect();
                    tx.send(v).unwrap();
                }
            });
        }
        drop(tx);
        c.execute_batch("BEGIN").unwrap();
        let mut n = 0usize;
        {
            let mut st = stmts(&c);
            for batch in rx {
                for it in batch {
                    n += 1;
                    ins(&c, n as i64, &it, &mut st);
                    let r = it.body.clone();
                    let mut d = TantivyDocument::default();
                    d.add_text(id, &it.path);
                    d.add_text(t, &it.title);
                    d.add_text(b, &it.text[r]);
                    w.add_document(d).unwrap();
                }
            }
        }
        c.execute_batch("COMMIT").unwrap();
        n
    });
    w.commit().unwrap();
    let el = t0.elapsed().as_secs_f64();
    w.wait_merging_threads().unwrap();
    (el, cpu() - c0, n)
}

fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (root, work) = (PathBuf::from(&a[1]), PathBuf::from(&a[2]));
    let reps: usize = a.get(3).map_or(3, |x| x.parse().unwrap());
    fs::create_dir_all(&work).unwrap();
    let mut v = vec![];
    let mut n = 0;
    let mut cp = 0.0;
    for _ in 0..reps {
        let (el, c, k) = e2e(&root, "", &work, 2, 2, 100 << 20);
        v.push(el);
        n = k;
        cp = c;
    }
    let piped = med(v);
    if a.get(4).is_some_and(|x| x == "stages") {
        let t0 = Instant::now();
        let mut files = vec![];
        walk(&root, &mut files);
        files.sort();
        let t_walk = t0.elapsed().as_secs_f64();
        let t0 = Instant::now();
        let raw: Vec<Vec<u8>> = files.iter().map(|p| fs::read(p).unwrap()).collect();
        let t_read = t0.elapsed().as_secs_f64();
        let t0 = Instant::now();
        let items: Vec<Item> = files.iter().zip(raw).map(|(p, b)| build(p, b)).collect();
        let t_parse = t0.elapsed().as_secs_f64();
        let c = db(&work.join("s.db"));
        let t0 = Instant::now();
        c.execute_batch("BEGIN").unwrap();
        {
            let mut st = stmts(&c);
            for (i, it) in items.iter().enumerate() {
                ins(&c, i as i64 + 1, it, &mut st);
            }
        }
        c.execute_batch("COMMIT").unwrap();
        let t_sql = t0.elapsed().as_secs_f64();
        let (x, y, _) = tidx(&work.join("s.tv"), &items, 1, 100 << 20);
        let sum = t_walk + t_read + t_parse + t_sql + x + y;
        println!(
            "stages: walk {t_walk:.3} read {t_read:.3} parse {t_parse:.3} sqlite {t_sql:.3} tantivy {:.3}; sum {sum:.3} s; two-core floor {:.3} s",
            x + y,
            sum / 2.0
        );
    }
    println!(
        "{n} items; bare pipeline {piped:.3} s (cpu {cp:.2} s); {}",
        rss().split_whitespace().collect::<Vec<_>>().join(" ")
    );
}
