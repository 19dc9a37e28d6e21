//! What git ignores: the patterns that hold in a folder, nearest first.
//! Gets ignore files and git's configuration; gives a verdict for a path.
//! Never: looks at the index (a tracked file is not ignored, says the caller), or at a folder's
//! parents: below an ignored folder no pattern is asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::bstr::ByteSlice;
use gix::glob::pattern::{Case, Mode};
use gix::glob::{Pattern, wildmatch};

use crate::source::repo::{Place, config_file};

/// The file in any folder of a work tree.
pub(crate) const IGNORE_FILE: &[u8] = b".gitignore";

/// Where patterns that hold everywhere come from, and how they are compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct IgnoreSettings {
    /// Weakest first; they need not exist.
    pub files: Vec<PathBuf>,
    /// `core.ignoreCase`.
    pub fold_case: bool,
}

impl IgnoreSettings {
    /// As git is configured for this place by system, user, repository and environment.
    pub(crate) fn of(place: &Place) -> Self {
        // Git itself stops at a configuration it cannot read. An index that shows an ignored file
        // too many is better than none.
        let user = around_layers();
        let over = gix::config::File::from_environment_overrides().unwrap_or_default();
        Self::from_layers(place, Some((&user, &over)))
    }

    #[cfg(test)]
    /// As the repository alone is configured, whoever runs this.
    pub(crate) fn isolated(place: &Place) -> Self {
        Self::from_layers(place, None)
    }

    /// `around` is what is weaker and what is stronger than the repository's own configuration.
    fn from_layers(
        place: &Place,
        around: Option<(&gix::config::File, &gix::config::File)>,
    ) -> Self {
        let (Some(git_dir), Some(common_dir)) = (place.git_dir(), place.common_dir()) else {
            // No Git, so only the ignore files that lie in the folders.
            return Self::default();
        };
        let own = own_layers(git_dir, common_dir);
        let (user, over) = around.unzip();
        let strongest_first = || over.into_iter().chain(own.iter().rev()).chain(user);

        let named = strongest_first().find_map(|layer| layer.path("core.excludesFile"));
        let general = match named {
            Some(path) => interpolate(path),
            None => around.and_then(|_| user_ignore_file()),
        };
        Self {
            files: general
                .map(|path| place.root.join(path))
                .into_iter()
                .chain([common_dir.join("info/exclude")])
                .collect(),
            fold_case: strongest_first()
                .find_map(|layer| layer.boolean("core.ignoreCase").ok().flatten())
                .unwrap_or(false),
        }
    }

    fn case(&self) -> Case {
        if self.fold_case {
            Case::Fold
        } else {
            Case::Sensitive
        }
    }
}

/// The repository's own configuration, weakest first, with what it includes.
fn own_layers(git_dir: &Path, common_dir: &Path) -> Vec<gix::config::File> {
    let home = gix::path::env::home_dir();
    let options = gix::config::file::init::Options {
        includes: gix::config::file::includes::Options::follow(
            gix::config::path::interpolate::Context {
                home_dir: home.as_deref(),
                ..Default::default()
            },
            gix::config::file::includes::conditional::Context {
                git_dir: Some(git_dir),
                branch_name: None,
            },
        ),
        ..Default::default()
    };
    let read = |path: PathBuf| {
        let mut file = config_file(&path).unwrap_or_default();
        let included = file.resolve_includes(options);
        if included.is_err() {
            tracing::warn!(path = %path.display(), "an include of git's configuration cannot be read");
        }
        file
    };
    let mut layers = vec![read(common_dir.join("config"))];
    if matches!(
        layers[0].boolean("extensions.worktreeConfig"),
        Ok(Some(true))
    ) {
        layers.push(read(git_dir.join("config.worktree")));
    }
    layers
}

/// The configuration around all repositories, weakest first, with what it includes.
fn around_layers() -> gix::config::File {
    let home = gix::path::env::home_dir();
    let options = gix::config::file::init::Options {
        includes: gix::config::file::includes::Options::follow_without_conditional(home.as_deref()),
        ..Default::default()
    };
    let files = around_files()
        .into_iter()
        .filter(|(_, path)| path.is_file());
    let metas = files.map(|(source, path)| gix::config::file::Metadata {
        path: Some(path),
        source,
        level: 0,
        trust: gix::sec::Trust::Full,
    });
    gix::config::File::from_paths_metadata(metas, options)
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// Where that configuration would be, weakest first.
fn around_files() -> Vec<(gix::config::Source, PathBuf)> {
    use gix::config::Source;
    let at = |source: Source| {
        let path = match source {
            Source::GitInstallation => installation_file(),
            _ => source.storage_location(&mut |name| gix::path::env::var(name)),
        };
        Some((source, path?))
    };
    let sources = [
        Source::GitInstallation,
        Source::System,
        Source::Git,
        Source::User,
    ];
    let mut files: Vec<(Source, PathBuf)> = sources.into_iter().filter_map(at).collect();
    files.dedup_by(|a, b| a.1 == b.1);
    files
}

/// The configuration that came with git, where it is not the one of the system. Only git itself knows
/// for sure, and asking it costs more than all the rest of a look at a small repository. On Linux its
/// builds have it in `etc` beside the `bin` that holds git, or that a link there leads from, and in
/// `/etc` where that is below `/usr`.
#[cfg(target_os = "linux")]
fn installation_file() -> Option<PathBuf> {
    use gix::config::Source;
    let var = |name: &str| gix::path::env::var(name);
    // The same switches count; what they name in its place is the file of the system.
    Source::System.storage_location(&mut |name| var(name))?;
    if var("GIT_CONFIG_SYSTEM").is_some() {
        return None;
    }
    let paths = var("PATH")?;
    let mut found = std::env::split_paths(&paths).map(|folder| folder.join("git"));
    // A script in its place may lead anywhere.
    let git = found.find(|path| is_program(path))?;
    let real = git.canonicalize().ok();
    [Some(git), real].into_iter().flatten().find_map(|git| {
        let prefix = git.parent()?.parent()?;
        let file = prefix.join("etc/gitconfig");
        (prefix != Path::new("/usr") && file.is_file()).then_some(file)
    })
}

#[cfg(target_os = "linux")]
fn is_program(path: &Path) -> bool {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    let mut first = [0; 4];
    let begins = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first));
    begins.is_ok()
        && &first == b"\x7fELF"
        && std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0)
}

/// Asks git: its builds for other systems have it in many places.
#[cfg(not(target_os = "linux"))]
fn installation_file() -> Option<PathBuf> {
    gix::config::Source::GitInstallation.storage_location(&mut |name| gix::path::env::var(name))
}

fn interpolate(path: gix::config::Path) -> Option<PathBuf> {
    let home = gix::path::env::home_dir();
    path.interpolate(gix::config::path::interpolate::Context {
        home_dir: home.as_deref(),
        ..Default::default()
    })
    .ok()
}

/// `$XDG_CONFIG_HOME/git/ignore`, or `~/.config/git/ignore`.
fn user_ignore_file() -> Option<PathBuf> {
    gix::path::env::xdg_config("ignore", &mut |name| gix::path::env::var(name))
}

/// Files outside the repository that decide what is ignored: patterns and configuration. They need
/// not exist.
pub(crate) fn outside(place: &Place) -> Vec<PathBuf> {
    let mut files = IgnoreSettings::of(place).files;
    files.extend(around_files().into_iter().map(|(_, path)| path));
    let own = match (place.git_dir(), place.common_dir()) {
        (Some(git_dir), Some(common_dir)) => own_layers(git_dir, common_dir),
        _ => Vec::new(),
    };
    // With what they include.
    for layer in own.iter().chain([&around_layers()]) {
        let included = layer
            .sections()
            .filter_map(|section| section.meta().path.clone());
        files.extend(included);
    }
    files.sort_unstable();
    files.dedup();
    files
}

/// The patterns of a folder, and by links those of the folders above it.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The last of the file first, because that one decides.
    patterns: Vec<Pattern>,
    outlines: Vec<Outline>,
    /// Length of the folder's path with its slash.
    base: usize,
    case: Case,
    next: Option<Arc<Self>>,
}

/// What any match of a pattern begins and ends with: it spares most patterns the full comparison,
/// which would otherwise cost more than all the rest of a walk. 0 is any byte.
#[derive(Debug, Clone, Copy)]
struct Outline {
    first: u8,
    last: u8,
    /// The pattern is compared with the name alone, so `first` is the name's.
    of_name: bool,
    folders_only: bool,
}

impl Outline {
    fn of(pattern: &Pattern, case: Case) -> Self {
        let literal = |byte: Option<&u8>, special: &[u8]| match byte {
            Some(byte) if !special.contains(byte) => fold(*byte, case),
            _ => 0,
        };
        Self {
            first: literal(pattern.text.first(), b"*?[\\"),
            last: literal(pattern.text.last(), b"*?]\\"),
            of_name: pattern.mode.contains(Mode::NO_SUB_DIR)
                && !pattern.mode.contains(Mode::ABSOLUTE),
            folders_only: pattern.mode.contains(Mode::MUST_BE_DIR),
        }
    }
}

fn fold(byte: u8, case: Case) -> u8 {
    match case {
        Case::Fold => byte.to_ascii_lowercase(),
        Case::Sensitive => byte,
    }
}

impl Rules {
    /// The rules at the root, before its own ignore file.
    pub(crate) fn at_root(settings: &IgnoreSettings) -> Option<Arc<Self>> {
        let mut rules = None;
        for file in &settings.files {
            if let Ok(bytes) = std::fs::read(file) {
                rules = Self::push(rules, settings, &bytes, 0);
            }
        }
        rules
    }

    /// The rules of the folder whose path takes `base` bytes with its slash, and whose ignore file
    /// is `bytes`.
    pub(crate) fn push(
        next: Option<Arc<Self>>,
        settings: &IgnoreSettings,
        bytes: &[u8],
        base: usize,
    ) -> Option<Arc<Self>> {
        // Git ends the last line itself, and takes a carriage return before it for part of the end.
        let mut lines = bytes.to_vec();
        lines.push(b'\n');
        let mut patterns: Vec<Pattern> = gix::ignore::parse(&lines, false)
            .map(|(pattern, _, _)| pattern)
            .collect();
        if patterns.is_empty() {
            return next;
        }
        patterns.reverse();
        let case = settings.case();
        Some(Arc::new(Self {
            outlines: patterns
                .iter()
                .map(|pattern| Outline::of(pattern, case))
                .collect(),
            patterns,
            base,
            case,
            next,
        }))
    }

    /// Whether the path below the root is ignored, given that no folder above it is. `name_at` is
    /// where its last component begins.
    pub(crate) fn ignores(&self, path: &[u8], name_at: usize, is_dir: bool) -> bool {
        let mut rules = Some(self);
        while let Some(here) = rules {
            if let Some(verdict) = here.verdict(path, name_at, is_dir) {
                return verdict;
            }
            rules = here.next.as_deref();
        }
        false
    }

    fn verdict(&self, path: &[u8], name_at: usize, is_dir: bool) -> Option<bool> {
        let relative = &path[self.base..];
        let byte = |byte: Option<&u8>| byte.map_or(0, |byte| fold(*byte, self.case));
        let (path_first, name_first) = (byte(relative.first()), byte(path.get(name_at)));
        let last = byte(relative.last());
        let name_at = (name_at > self.base).then(|| name_at - self.base);

        self.outlines
            .iter()
            .zip(&self.patterns)
            .filter(|(outline, _)| {
                let first = if outline.of_name {
                    name_first
                } else {
                    path_first
                };
                (outline.last == 0 || outline.last == last)
                    && (outline.first == 0 || outline.first == first)
                    && (is_dir || !outline.folders_only)
            })
            .find(|(_, pattern)| {
                pattern.matches_repo_relative_path(
                    relative.as_bstr(),
                    name_at,
                    Some(is_dir),
                    self.case,
                    wildmatch::Mode::NO_MATCH_SLASH_LITERAL,
                )
            })
            .map(|(_, pattern)| !pattern.is_negative())
    }
}

/// The bytes of a folder's ignore file. Git follows no symbolic link here, and goes on where it
/// cannot read.
pub(crate) fn read_ignore_file(folder: &Path) -> Option<Vec<u8>> {
    let path = folder.join(".gitignore");
    let meta = std::fs::symlink_metadata(&path).ok()?;
    if !meta.is_file() {
        return None;
    }
    std::fs::read(path).ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_script_or_a_text_in_the_place_of_git_is_no_program() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("git");
        let is_one = |text: &[u8], mode: u32| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            is_program(&path)
        };
        assert!(!is_program(&path), "nothing");
        assert!(!is_one(b"#!/bin/sh\nexec /usr/bin/git \"$@\"\n", 0o755));
        assert!(!is_one(b"\x7fELF\x02", 0o644), "not executable");
        assert!(is_one(b"\x7fELF\x02", 0o755));
        assert!(!is_program(dir.path()), "a folder");
    }
}
