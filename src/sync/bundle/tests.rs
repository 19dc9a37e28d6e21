//! A bundle gives back what was put in, or nothing; what could do harm is refused. Never: a file.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

type Files = BTreeMap<String, Vec<u8>>;

fn manifest(pieces: &Files) -> Manifest {
    let lines = |name: &str| {
        let bytes = pieces.get(name).map_or(&[][..], Vec::as_slice);
        bytes.iter().filter(|byte| **byte == b'\n').count() as u64
    };
    Manifest {
        kanban_bundle: VERSION,
        made_by: "kanban 0".to_owned(),
        made: "2026-01-01T00:00:00Z".to_owned(),
        repository: "acme/backlog".to_owned(),
        branch: "main".to_owned(),
        commit: "0".repeat(40),
        redacted: true,
        counts: Counts {
            items: 0,
            files: pieces.keys().filter(|path| path.starts_with(FILES)).count() as u64,
            commits: lines("history.jsonl"),
            audit: lines("audit.jsonl"),
            outbox: lines("outbox.jsonl"),
        },
        pieces: pieces
            .iter()
            .map(|(path, bytes)| measure(path.clone(), bytes))
            .collect(),
    }
}

fn packed(pieces: &Files) -> Result<Vec<u8>, BundleError> {
    let mut out = Vec::new();
    pack(&mut out, &manifest(pieces), |piece| {
        Ok(&*pieces[&piece.path])
    })?;
    Ok(out)
}

fn unpacked(bytes: &[u8]) -> Result<(Manifest, Files), BundleError> {
    let mut files = Files::new();
    let manifest = unpack(
        bytes,
        bytes.len() as u64,
        |_| Ok(()),
        |piece, source| {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes)?;
            files.insert(piece.path.clone(), bytes);
            Ok::<_, BundleError>(())
        },
    )?;
    Ok((manifest, files))
}

fn of(pieces: &[(&str, &str)]) -> Files {
    pieces
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
        .collect()
}

fn sample() -> Files {
    of(&[
        ("audit.jsonl", "{}\n"),
        ("files/a.md", "# A\n"),
        (
            "files/notes/a rather long name, as people give them, far beyond the hundred bytes of old archives, and then some.md",
            "long\n",
        ),
        ("files/notes/empty.md", ""),
        ("history.jsonl", "{}\n{}\n"),
    ])
}

/// An archive of these entries behind a manifest, packed as it is.
fn forged(manifest: &[u8], entries: &[(tar::EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
    let first = (tar::EntryType::Regular, MANIFEST, manifest);
    for (kind, path, bytes) in std::iter::once(&first).chain(entries) {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        // The safe way refuses what we want to send.
        let name = &mut header.as_gnu_mut().unwrap().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        archive.append(&header, *bytes).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn honest(pieces: &Files) -> Vec<u8> {
    serde_json::to_vec(&manifest(pieces)).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    unpacked(bytes).unwrap_err().to_string()
}

#[test]
fn what_was_put_in_comes_out() {
    let files = sample();
    let (read, found) = unpacked(&packed(&files).unwrap()).unwrap();
    assert_eq!(found, files);
    assert_eq!(read, manifest(&files));
}

#[test]
fn names_that_could_do_harm_are_refused_by_both_sides() {
    for name in [
        "../a.md",
        "/etc/a.md",
        "a/../../b.md",
        "a//b.md",
        "./a.md",
        "",
        ".git/hooks/post-commit",
        "a/.GIT/config",
        "git~1/config",
        "con.md",
        "notes/NUL",
        "COM1.md",
        "a:stream",
        "a\\b.md",
        "a.md.",
        "line\nend.md",
        "C:/a.md",
        ".vscode/tasks.json",
        ".envrc",
        ".gitattributes",
        "a/.gitattributes",
        "Makefile",
        "package.json",
        "sub/kanban.toml",
        ".github/workflows/x.yml",
        ".github/workflows/x.yaml",
        ".github/x.md",
        "a/.claude/x.md",
        ".x.md",
        "a/.yaml",
        "md",
        "Kanban-Bundle/x.md",
        "kanban-bundle/x.md",
        "\u{212a}anban-bundle/x.md",
    ] {
        let files = of(&[(&format!("files/{name}"), "x")]);
        assert!(packed(&files).is_err(), "{name:?} was packed");
        let archive = forged(
            &honest(&files),
            &[(tar::EntryType::Regular, &format!("files/{name}"), b"x")],
        );
        assert!(unpacked(&archive).is_err(), "{name:?} was taken");
    }
    for names in [
        ["a.md", "A.md"],
        ["docs/a.md", "Docs/b.md"],
        ["a.md", "a.md/b.md"],
        ["caf\u{e9}.md", "cafe\u{301}.md"],
        ["stra\u{df}e/a.md", "STRA\u{1e9e}E/b.md"],
    ] {
        let files = of(&names.map(|name| (&*format!("files/{name}").leak(), "x")));
        assert!(packed(&files).is_err(), "{names:?} were packed");
    }
    let deep = format!("files/{}a.md", "d/".repeat(65));
    assert!(packed(&of(&[(&deep, "x")])).is_err());
    assert!(packed(&of(&[("other.txt", "x")])).is_err());
}

#[test]
fn what_is_no_file_is_refused() {
    let files = of(&[("files/a.md", "")]);
    for kind in [
        tar::EntryType::Symlink,
        tar::EntryType::Link,
        tar::EntryType::Char,
        tar::EntryType::Block,
        tar::EntryType::Fifo,
        tar::EntryType::Directory,
        tar::EntryType::GNUSparse,
        tar::EntryType::XGlobalHeader,
    ] {
        let archive = forged(&honest(&files), &[(kind, "files/a.md", b"")]);
        assert!(unpacked(&archive).is_err(), "{kind:?} was taken");
    }
}

#[test]
fn the_manifest_and_what_follows_are_one() {
    let regular = tar::EntryType::Regular;
    let two = of(&[("files/a.md", "a"), ("files/b.md", "b")]);
    let a: (_, _, &[u8]) = (regular, "files/a.md", b"a");
    let b: (_, _, &[u8]) = (regular, "files/b.md", b"b");
    let ask = |entries: &[(tar::EntryType, &str, &[u8])]| unpacked(&forged(&honest(&two), entries));
    assert!(ask(&[a, b]).is_ok());
    for entries in [
        &[a][..],
        &[b, a],
        &[a, a],
        &[a, b, b],
        &[a, b, (regular, "files/c.md", b"c")],
        &[a, (regular, "files/b.md", b"c")],
        &[a, (regular, "files/b.md", b"bb")],
        &[a, (regular, "files/b.md", b"")],
        &[(regular, MANIFEST, b"{}"), a, b],
    ] {
        assert!(
            ask(entries).is_err(),
            "{} entries were taken",
            entries.len()
        );
    }
    let twice = {
        let mut manifest = manifest(&two);
        manifest.pieces[1] = manifest.pieces[0].clone();
        serde_json::to_vec(&manifest).unwrap()
    };
    assert!(refusal(&forged(&twice, &[a, a])).contains("order"));
}

#[test]
fn counts_are_those_of_what_is_there() {
    let regular = tar::EntryType::Regular;
    let pieces = of(&[("files/a.md", "a"), ("history.jsonl", "{}\n{}\n")]);
    let entries: [(_, _, &[u8]); 2] = [
        (regular, "files/a.md", b"a"),
        (regular, "history.jsonl", b"{}\n{}\n"),
    ];
    let ask = |change: fn(&mut Counts)| {
        let mut manifest = manifest(&pieces);
        change(&mut manifest.counts);
        unpacked(&forged(&serde_json::to_vec(&manifest).unwrap(), &entries))
    };
    assert!(ask(|counts| counts.items = 1).is_ok());
    for wrong in [
        (|counts| counts.items = u64::MAX) as fn(&mut Counts),
        |counts| counts.items = 2,
        |counts| counts.files = 0,
        |counts| counts.files = 2,
        |counts| counts.commits = 1,
        |counts| counts.commits = u64::MAX,
        |counts| counts.audit = 1,
        |counts| counts.outbox = 1,
    ] {
        assert!(ask(wrong).is_err());
    }
}

#[test]
fn another_version_is_told() {
    let mut manifest = serde_json::to_value(manifest(&Files::new())).unwrap();
    manifest["kanban_bundle"] = 2.into();
    manifest["shape"] = "unknown".into();
    let text = serde_json::to_vec(&manifest).unwrap();
    assert!(matches!(
        unpacked(&forged(&text, &[])),
        Err(BundleError::Version { found: 2 })
    ));
}

#[test]
fn what_grows_without_measure_is_refused_before_it_has_grown() {
    let mut large = manifest(&of(&[("files/a.md", ""), ("history.bundle", "")]));
    large.pieces[1].size = 8 << 30;
    let text = serde_json::to_vec(&large).unwrap();
    assert!(refusal(&forged(&text, &[])).contains("packs so well"));
    large.pieces[1].size = 20 << 30;
    assert!(large.check().is_err());
    large.pieces[1].size = 0;
    large.pieces[0].size = 65 << 20;
    assert!(large.check().is_err());

    // A name of four gigabytes, of zeros.
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(4 << 30);
    header.set_cksum();
    std::io::Write::write_all(&mut encoder, header.as_bytes()).unwrap();
    std::io::copy(
        &mut std::io::Read::take(std::io::repeat(b'a'), 8 << 20),
        &mut encoder,
    )
    .unwrap();
    let archive = encoder.finish().unwrap();
    assert!(refusal(&archive).contains("more than was announced"));
}

#[test]
fn what_ends_too_soon_or_too_late_is_refused() {
    let bytes = packed(&sample()).unwrap();
    for length in 0..bytes.len() {
        assert!(
            unpacked(&bytes[..length]).is_err(),
            "{length} bytes were enough"
        );
    }
    let mut longer = bytes.clone();
    longer.extend_from_slice(b"and more");
    assert!(unpacked(&longer).is_err());
    let mut twice = bytes.clone();
    twice.extend_from_slice(&bytes);
    assert!(unpacked(&twice).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Any change of the bytes is refused, or changes nothing that is taken.
    #[test]
    fn a_changed_bundle_is_the_same_or_none(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..4),
        inside in any::<bool>(),
    ) {
        let files = sample();
        let whole = packed(&files).unwrap();
        // Inside of the compression, where what is changed is read at all.
        let mut bytes = if inside { zstd::decode_all(&*whole).unwrap() } else { whole };
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        if inside {
            bytes = zstd::encode_all(&*bytes, 1).unwrap();
        }
        if let Ok((_, found)) = unpacked(&bytes) {
            prop_assert_eq!(found, files);
        }
    }

    /// Any names come back, or are refused before anything is written.
    #[test]
    fn any_names_come_back_or_are_refused(
        names in prop::collection::btree_set("(\\PC|[./\\\\: a-cA-C]){1,12}", 1..6),
    ) {
        let files: Files = names
            .into_iter()
            .map(|name| (format!("files/{name}.md"), name.into_bytes()))
            .collect();
        if let Ok(bytes) = packed(&files) {
            prop_assert_eq!(unpacked(&bytes).unwrap().1, files);
        }
    }

    #[test]
    fn any_bytes_are_no_bundle(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(unpacked(&bytes).is_err());
    }
}
