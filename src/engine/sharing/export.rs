//! `sync export`: a commit's items, their history, outbox and audit as one file.
//!
//! What leaves is what others may see, unless everything is asked for. A bundle is read again before it gets
//! its name, so that no backup is made that could not be taken back.
//! Never: replaces a file unasked, changes what is exported.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;

use serde_json::{Value, json};

use crate::base::atomic::{self, Access};
use crate::base::{clock, hash};
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::init::CONFIG;
use crate::engine::progress::Progress;
use crate::engine::sharing::address::{address, from_postgres};
use crate::engine::sharing::branch::Branch;
use crate::engine::sharing::publish::from_state;
use crate::engine::sharing::run;
use crate::engine::sharing::sync::{Sharing, connect};
use crate::model::file::{Found, Scan};
use crate::model::sharing::Line;
use crate::presets::{self, Layout};
use crate::query::view::ExportView;
use crate::source::git;
use crate::stores::state::{Act, Status};
use crate::sync::bundle::{self, BundleError, Counts, FILES, Manifest, Piece};

pub(super) const AUDIT: &str = "audit.jsonl";
const OUTBOX: &str = "outbox.jsonl";
const HISTORY: &str = "history.jsonl";
const GIT_BUNDLE: &str = "history.bundle";

/// What is to be exported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExportWish<'a> {
    pub branch: Option<&'a str>,
    /// Everything as it is, for a backup that stays private.
    pub unredacted: bool,
    /// Replace a file that is there.
    pub force: bool,
}

/// A commit as it is exported.
struct Shown {
    engine: Engine,
    /// Files of items, by path.
    files: Vec<Found>,
    items: usize,
    /// kanban.toml, where there is one or must be.
    config: Option<String>,
}

impl Sharing<'_> {
    /// Writes a bundle of a branch's commit.
    pub(crate) fn export(
        &self,
        file: &Path,
        wish: ExportWish<'_>,
        progress: &dyn Progress,
    ) -> Result<ExportView, EngineError> {
        self.is_free(file, wish)?;
        let branch = self.engine.branch(wish.branch)?;
        let _lock = self.lock(progress)?;
        let shown = self.shown(&branch, wish)?;
        let (history, commits) = self.history(&shown, &branch, wish)?;
        let (audit, audited) = self.audit_lines(wish)?;
        let (outbox, waiting) = self.outbox_lines(&shown, wish)?;
        let texts = [(AUDIT, audit), (HISTORY, history), (OUTBOX, outbox)];
        let git_history = match wish.unredacted {
            true => Some(self.git_bundle(&branch)?),
            false => None,
        };
        let mut pieces = Vec::new();
        if let Some(config) = &shown.config {
            pieces.push(bundle::measure(
                format!("{FILES}{CONFIG}"),
                config.as_bytes(),
            ));
        }
        for found in &shown.files {
            let bytes = shown.read(found)?;
            pieces.push(bundle::measure(format!("{FILES}{}", found.path), &bytes));
        }
        for (path, text) in &texts {
            pieces.push(bundle::measure((*path).to_owned(), text.as_bytes()));
        }
        if let Some(file) = &git_history {
            pieces.push(measured(file.path())?);
        }
        pieces.sort_by(|a, b| a.path.cmp(&b.path));
        // Of the commit, as everything else in the bundle.
        let named = shown.engine.config.sync.repository.as_deref();
        let repository = self.engine.repository(named).unwrap_or_default();
        let manifest = Manifest {
            kanban_bundle: bundle::VERSION,
            made_by: concat!("kanban ", env!("CARGO_PKG_VERSION")).to_owned(),
            made: clock::iso(clock::now_ns()),
            repository: shown.engine.seen(&repository),
            branch: shown.engine.seen(&branch.name),
            commit: branch.commit.clone(),
            redacted: !wish.unredacted,
            counts: Counts {
                items: shown.items as u64,
                files: pieces.iter().filter(|piece| piece.file().is_some()).count() as u64,
                commits,
                audit: audited,
                outbox: waiting,
            },
            pieces,
        };
        let open = |piece: &Piece| -> io::Result<Box<dyn Read>> {
            if let Some((_, text)) = texts.iter().find(|(path, _)| *path == piece.path) {
                return Ok(Box::new(Cursor::new(text.clone().into_bytes())));
            }
            if let Some(file) = git_history.as_ref().filter(|_| piece.path == GIT_BUNDLE) {
                return Ok(Box::new(File::open(file.path())?));
            }
            let path = piece.file().unwrap_or_default();
            if let Some(config) = shown.config.as_ref().filter(|_| path == CONFIG) {
                return Ok(Box::new(Cursor::new(config.clone().into_bytes())));
            }
            let found = shown
                .files
                .binary_search_by(|found| (*found.path).cmp(path));
            let found = found.map_err(|_| io::Error::other("the commit has changed"))?;
            let bytes = shown.read(&shown.files[found]).map_err(io::Error::other)?;
            Ok(Box::new(Cursor::new(bytes)))
        };
        let access = if wish.unredacted {
            Access::Private
        } else {
            Access::Read
        };
        let mut packed = 0;
        atomic::fill(file, access, |out| -> Result<(), EngineError> {
            bundle::pack(&mut *out, &manifest, open)?;
            packed = out.stream_position().map_err(BundleError::Io)?;
            out.rewind().map_err(BundleError::Io)?;
            bundle::unpack(
                out,
                packed,
                |_| Ok(()),
                |_, source| {
                    io::copy(source, &mut io::sink()).map_err(BundleError::Io)?;
                    Ok::<_, EngineError>(())
                },
            )?;
            Ok(())
        })?;
        let mut view = ExportView {
            file: file.display().to_string(),
            from: "files".to_owned(),
            repository: manifest.repository.clone(),
            branch: manifest.branch.clone(),
            commit: manifest.commit.clone(),
            redacted: manifest.redacted,
            items: manifest.counts.items,
            files: manifest.counts.files,
            commits,
            audit: audited,
            outbox: waiting,
            bytes: packed,
            seal: seal(&manifest),
        };
        if manifest.repository.is_empty() {
            view.repository = "-".to_owned();
        }
        self.note_export(&view)?;
        Ok(view)
    }

    fn note_export(&self, view: &ExportView) -> Result<(), EngineError> {
        let counts = json!({"items": view.items, "files": view.files, "redacted": view.redacted});
        let details = json!({"by": self.actor(), "commit": view.commit, "seal": view.seal});
        let place = (&*view.repository, &*view.branch);
        self.note(
            &mut self.state()?,
            (Act::Export, "done"),
            place,
            &counts,
            &details,
        )
    }

    fn is_free(&self, file: &Path, wish: ExportWish<'_>) -> Result<(), EngineError> {
        if !wish.force && file.symlink_metadata().is_ok() {
            let error = EngineError {
                class: Class::No,
                ..EngineError::environment("exists", "the file is there already")
            };
            return Err(error.path(file).hint("`--force` replaces it"));
        }
        Ok(())
    }

    /// Writes the rows that the server holds of a branch, one JSON object a line.
    pub(crate) fn export_rows(
        &self,
        file: &Path,
        wish: ExportWish<'_>,
    ) -> Result<ExportView, EngineError> {
        self.is_free(file, wish)?;
        let address = address()?;
        let repository = self.repository()?;
        let branch = match wish.branch {
            Some(name) => name.to_owned(),
            None => self.engine.branch(None)?.name,
        };
        let line = Line {
            repository: repository.clone(),
            branch: branch.clone(),
            draft: String::new(),
        };
        let mut view = ExportView {
            file: file.display().to_string(),
            from: "server".to_owned(),
            repository,
            branch,
            redacted: true,
            ..ExportView::default()
        };
        let mut hasher = hash::Hasher::default();
        let nothing = || {
            let error = EngineError {
                class: Class::No,
                ..EngineError::environment(
                    "not-shared",
                    format!(
                        "nothing of branch {} of {} is shared with you",
                        line.branch, line.repository
                    ),
                )
            };
            error.hint("no such branch is published, or you are no member of the repository")
        };
        // A file that is there stays until all of the new one is.
        atomic::fill(file, Access::Read, |out| {
            run(async {
                let mut server = connect(&address).await?;
                let fail = |error| from_postgres(&error);
                let (state, _) = server.line(&line, 0).await.map_err(fail)?;
                if state.version == 0 {
                    return Err(nothing());
                }
                view.commit = state.tip.unwrap_or_default();
                let mut after = String::new();
                loop {
                    let rows = server.rows_after(&line, &after).await.map_err(fail)?;
                    let Some((last, _)) = rows.last() else {
                        return Ok(());
                    };
                    after.clone_from(last);
                    for (_, row) in rows {
                        let text = row + "\n";
                        hasher.update(text.as_bytes());
                        io::Write::write_all(out, text.as_bytes()).map_err(BundleError::Io)?;
                        view.bytes += text.len() as u64;
                        view.items += 1;
                    }
                }
            })
        })?;
        view.seal = hasher.hex();
        self.note_export(&view)?;
        Ok(view)
    }

    /// The files of the commit, as they are or as they may be seen.
    fn shown(&self, branch: &Branch, wish: ExportWish<'_>) -> Result<Shown, EngineError> {
        let engine = match wish.unredacted {
            true => self.engine.unredacted(&branch.name, &branch.commit)?,
            false => self.engine.published(&branch.name, &branch.commit)?,
        };
        let scan = engine.scan()?;
        let layout = engine.recognize(&scan);
        let mut wanted = BTreeSet::new();
        for unit in &layout.units {
            wanted.insert(unit.file);
            wanted.extend(unit.companion);
        }
        let files: Vec<Found> = wanted.iter().map(|at| scan.files[*at].clone()).collect();
        let config = match engine.origin.config_text()? {
            Some(text) if wish.unredacted => Some(text),
            Some(text) => Some(engine.seen(&without_rules(&text))),
            None => needs_config(&engine, &layout, &scan, &files)
                .then(|| presets::render_config(engine.config.name.as_deref(), &layout)),
        };
        Ok(Shown {
            items: layout.units.len(),
            engine,
            files,
            config,
        })
    }

    /// Which commit changed what, one a line, newest first. Others may see of it when who changed which of the
    /// exported files, and what the commit says of itself where it changed no others.
    fn history(
        &self,
        shown: &Shown,
        branch: &Branch,
        wish: ExportWish<'_>,
    ) -> Result<(String, u64), EngineError> {
        let format = "--format=%x01%H%x00%P%x00%aI%x00%an%x00%ae%x00%s%x00";
        let arguments = [
            "log",
            "-z",
            "--no-renames",
            "--name-status",
            format,
            &branch.commit,
        ];
        let git_dir = self
            .engine
            .origin
            .git_dir()
            .unwrap_or(self.engine.origin.root());
        let log = git::ask(git_dir, "read the history", &arguments);
        let log = log.map_err(|error| EngineError::from_source(&error))?;
        let prefix = self.engine.origin.prefix();
        let is_shown = |path: &str| {
            let file = shown
                .files
                .binary_search_by(|found| (*found.path).cmp(path));
            file.is_ok() || path == CONFIG && shown.config.is_some()
        };
        let mut out = String::new();
        let mut commits = 0;
        for commit in log.unwrap_or_default().split('\x01').skip(1) {
            let mut fields = commit.split('\0');
            let mut field = || fields.next().unwrap_or_default();
            let (id, parents, at) = (field(), field(), field());
            let (name, email, subject) = (field(), field(), field());
            let rest: Vec<&str> = fields
                .map(str::trim_start)
                .filter(|text| !text.is_empty())
                .collect();
            let all: Vec<(&str, &str)> = rest
                .chunks_exact(2)
                .map(|pair| (pair[0], pair[1]))
                .collect();
            let ours = all
                .iter()
                .filter_map(|(how, path)| Some((*how, path.strip_prefix(&*prefix)?)));
            let parents: Vec<&str> = parents.split_whitespace().collect();
            let line = if wish.unredacted {
                let changed: Vec<_> = ours.collect();
                json!({"commit": id, "parents": parents, "at": at, "author": format!("{name} <{email}>"),
                       "subject": subject, "changed": changed})
            } else {
                let changed: Vec<_> = ours.filter(|(_, path)| is_shown(path)).collect();
                if changed.is_empty() {
                    continue;
                }
                let subject = (changed.len() == all.len()).then(|| shown.engine.seen(subject));
                json!({"commit": id, "parents": parents, "at": at, "author": shown.engine.seen(name),
                       "subject": subject, "changed": changed})
            };
            push(&mut out, &line);
            commits += 1;
        }
        Ok((out, commits))
    }

    /// The audit with what proves it; others see no details, which the chain does not need.
    fn audit_lines(&self, wish: ExportWish<'_>) -> Result<(String, u64), EngineError> {
        let chain = self.state()?.chain();
        let chain = chain.map_err(|error| from_state(&error))?;
        let mut out = String::new();
        let count = chain.len() as u64;
        for link in chain {
            let link = if wish.unredacted { link } else { link.erased() };
            let line = serde_json::to_value(&link).expect("because it is texts and numbers");
            push(&mut out, &line);
        }
        Ok((out, count))
    }

    fn outbox_lines(
        &self,
        shown: &Shown,
        wish: ExportWish<'_>,
    ) -> Result<(String, u64), EngineError> {
        let all = self
            .state()?
            .entries(&[Status::Pending, Status::Synced, Status::Failed]);
        let all = all.map_err(|error| from_state(&error))?;
        let is_shown = |path: &str| {
            let file = shown
                .files
                .binary_search_by(|found| (*found.path).cmp(path));
            wish.unredacted || file.is_ok()
        };
        let mut out = String::new();
        let mut count = 0;
        for row in all.into_iter().filter(|row| is_shown(&row.path)) {
            let line = json!({
                "repository": shown.engine.seen(&row.line.repository),
                "branch": shown.engine.seen(&row.line.branch), "draft": shown.engine.seen(&row.line.draft),
                "path": row.path, "act": row.act, "status": row.status.as_str(),
                "attempts": row.attempts, "last_error": row.last_error, "since_ms": row.since_ms,
            });
            push(&mut out, &line);
            count += 1;
        }
        Ok((out, count))
    }

    /// All of the branch's past, as git packs it.
    fn git_bundle(&self, branch: &Branch) -> Result<tempfile::NamedTempFile, EngineError> {
        let failed =
            |error: &io::Error| EngineError::io("packing the history", &self.folder, error);
        std::fs::create_dir_all(&self.folder).map_err(|error| failed(&error))?;
        let file = tempfile::Builder::new()
            .prefix(atomic::TEMP_PREFIX)
            .suffix(".tmp")
            .tempfile_in(&self.folder)
            .map_err(|error| failed(&error))?;
        let path = file.path().to_string_lossy().into_owned();
        let git_dir = self
            .engine
            .origin
            .git_dir()
            .unwrap_or(self.engine.origin.root());
        let arguments = ["bundle", "create", "--quiet", &path, &branch.source];
        git::ask(git_dir, "pack the history", &arguments)
            .map_err(|error| EngineError::from_source(&error))?;
        Ok(file)
    }
}

impl Shown {
    fn read(&self, found: &Found) -> Result<Vec<u8>, EngineError> {
        let taken = self.engine.origin.read(found).map_err(|problem| {
            let reason = problem.map_or("it is gone".to_owned(), |problem| problem.message);
            EngineError::environment("cannot-read", format!("{}: {reason}", found.path))
        })?;
        Ok(taken.bytes)
    }
}

impl Engine {
    /// A text as others may see it.
    fn seen(&self, text: &str) -> String {
        match self.origin.lens() {
            Some(lens) => {
                String::from_utf8_lossy(&lens.redact(text.as_bytes().to_vec())).into_owned()
            }
            None => text.to_owned(),
        }
    }
}

/// Whether the exported files alone would be taken for something else.
fn needs_config(engine: &Engine, layout: &Layout, scan: &Scan, files: &[Found]) -> bool {
    let alone = Scan {
        files: files.to_vec(),
        ..Scan::default()
    };
    let again = engine.recognize(&alone);
    let said = |layout: &Layout, files: &[Found]| -> BTreeSet<(String, String, String)> {
        let units = layout.units.iter().map(|unit| {
            let place = &layout.places[unit.place];
            (
                files[unit.file].path.clone(),
                place.root.clone(),
                place.preset.name.to_string(),
            )
        });
        units.collect()
    };
    said(layout, &scan.files) != said(&again, files)
}

/// kanban.toml without what tells of what is hidden, and of servers.
fn without_rules(text: &str) -> String {
    let Ok(mut table) = toml::from_str::<toml::Table>(text) else {
        return String::new();
    };
    for key in ["privacy", "redaction", "sync"] {
        table.remove(key);
    }
    toml::to_string(&table).unwrap_or_default()
}

fn push(out: &mut String, line: &Value) {
    out.push_str(&line.to_string());
    out.push('\n');
}

fn measured(file: &Path) -> Result<Piece, EngineError> {
    let failed = |error| EngineError::io("packing the history", file, &error);
    let mut hasher = hash::Hasher::default();
    let mut source = File::open(file).map_err(failed)?;
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0;
    loop {
        let read = source.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        size += read as u64;
    }
    Ok(Piece {
        path: GIT_BUNDLE.to_owned(),
        size,
        blake3: hasher.hex(),
    })
}

/// Names all that is in a bundle: two with one seal are the same.
pub(super) fn seal(manifest: &Manifest) -> String {
    let text = serde_json::to_vec(manifest).expect("because texts and numbers have a JSON form");
    hash::hex(&hash::content_hash(&text))
}
