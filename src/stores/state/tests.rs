use super::*;
use crate::model::sharing::Line;

fn line() -> Line {
    Line {
        repository: "acme/backlog".to_owned(),
        branch: "main".to_owned(),
        draft: String::new(),
    }
}

fn put(path: &str, hash: &str) -> Enqueued {
    Enqueued {
        path: path.to_owned(),
        row_hash: Some(hash.to_owned()),
        urgent: false,
    }
}

fn remove(path: &str) -> Enqueued {
    Enqueued {
        path: path.to_owned(),
        row_hash: None,
        urgent: false,
    }
}

fn cursor(generation: u64) -> Cursor {
    Cursor {
        cache: "c".to_owned(),
        generation,
        commit: format!("commit {generation}"),
    }
}

fn state() -> (tempfile::TempDir, State) {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    (folder, state)
}

fn due(state: &State, now: i64) -> Vec<String> {
    let due = state.due(&line(), now, 600_000, 100).unwrap();
    due.into_iter().map(|due| due.path).collect()
}

#[test]
fn an_entry_waits_until_just_it_is_delivered() {
    let (_folder, mut state) = state();
    let entries = [put("a.md", "1"), remove("b.md")];
    assert_eq!(state.enqueue(&line(), &entries, &cursor(1), 10).unwrap(), 2);
    // The same once more is nothing new.
    assert_eq!(state.enqueue(&line(), &entries, &cursor(1), 11).unwrap(), 0);
    assert_eq!(due(&state, 20), ["a.md", "b.md"]);
    // While the first was under way it changed again.
    state
        .enqueue(&line(), &[put("a.md", "2")], &cursor(2), 12)
        .unwrap();
    let delivered = |path: &str, hash: Option<&str>| Delivery::Synced {
        path: path.to_owned(),
        row_hash: hash.map(str::to_owned),
    };
    let deliveries = [delivered("a.md", Some("1")), delivered("b.md", None)];
    state
        .delivered(&line(), &deliveries, (1, "seal"), 30)
        .unwrap();
    assert_eq!(due(&state, 40), ["a.md"]);
    state
        .delivered(&line(), &[delivered("a.md", Some("2"))], (1, "seal"), 50)
        .unwrap();
    assert_eq!(due(&state, 60), [""; 0]);
    assert_eq!(state.counts(&line()).unwrap().synced, 2);
    // What the server has as it should be enqueues nothing.
    assert_eq!(
        state
            .enqueue(&line(), &[put("a.md", "2")], &cursor(3), 70)
            .unwrap(),
        0
    );
    assert_eq!(state.line(&line()).unwrap().unwrap().cursor, cursor(3));
}

#[test]
fn a_refused_entry_holds_no_other_and_fails_in_the_end() {
    let (_folder, mut state) = state();
    let entries = [put("a.md", "1"), put("b.md", "1")];
    state.enqueue(&line(), &entries, &cursor(1), 0).unwrap();
    let refused = |next| Delivery::Refused {
        path: "a.md".to_owned(),
        error: "22P05".to_owned(),
        next_try_ms: next,
    };
    state
        .delivered(&line(), &[refused(Some(30_000))], (1, "seal"), 0)
        .unwrap();
    assert_eq!(due(&state, 100), ["b.md"]);
    assert_eq!(
        due(&state, 30_000),
        ["b.md", "a.md"]
            .map(str::to_owned)
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
    );
    // The clock was set back by a day: the time lies too far ahead to be meant.
    assert_eq!(due(&state, -86_400_000).len(), 2);
    state
        .delivered(&line(), &[refused(None)], (1, "seal"), 30_000)
        .unwrap();
    assert_eq!(due(&state, 1_000_000), ["b.md"]);
    assert_eq!(state.counts(&line()).unwrap().failed, 1);
    assert_eq!(state.entries(&[Status::Failed]).unwrap()[0].attempts, 2);
    assert_eq!(state.retry(None).unwrap(), 1);
    assert_eq!(due(&state, 0).len(), 2);
}

#[test]
fn what_the_server_shows_settles_what_waits() {
    let (_folder, mut state) = state();
    let entries = [
        put("same.md", "1"),
        put("other.md", "1"),
        put("absent.md", "1"),
    ];
    state.enqueue(&line(), &entries, &cursor(1), 0).unwrap();
    let shown = |path: &str, hash: Option<&str>| Shown {
        path: path.to_owned(),
        hash: hash.map(str::to_owned),
    };
    let seen = [
        shown("same.md", Some("1")),
        shown("other.md", Some("9")),
        shown("foreign.md", Some("1")),
        shown("gone.md", None),
    ];
    // What waits for delivery is no surprise; what no file has is one.
    let differed = state
        .reconcile(&line(), &seen, true, (7, "seal"), 5)
        .unwrap();
    assert_eq!(differed, ["foreign.md"]);
    assert_eq!(due(&state, 10), ["absent.md", "other.md", "foreign.md"]);
    assert_eq!(state.line(&line()).unwrap().unwrap().version, 7);
    // What was synced and is shown otherwise was changed by somebody else.
    let changed = [shown("same.md", Some("8"))];
    let differed = state
        .reconcile(&line(), &changed, false, (8, "seal"), 20)
        .unwrap();
    assert_eq!(differed, ["same.md"]);
    assert!(due(&state, 30).contains(&"same.md".to_owned()));
}

/// The server was set back to an old backup, or emptied.
#[test]
fn what_the_server_has_lost_is_delivered_again() {
    let (_folder, mut state) = state();
    let entries = [put("a.md", "1"), put("b.md", "1")];
    state.enqueue(&line(), &entries, &cursor(1), 0).unwrap();
    let synced = |path: &str| Delivery::Synced {
        path: path.to_owned(),
        row_hash: Some("1".to_owned()),
    };
    let all = [synced("a.md"), synced("b.md")];
    state.delivered(&line(), &all, (3, "seal"), 1).unwrap();
    let shown = [Shown {
        path: "a.md".to_owned(),
        hash: Some("1".to_owned()),
    }];
    let differed = state
        .reconcile(&line(), &shown, true, (1, "seal"), 2)
        .unwrap();
    assert_eq!(differed, ["b.md"]);
    assert_eq!(due(&state, 3), ["b.md"]);
}

#[test]
fn the_steps_are_taken_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(folder.path()).unwrap();
    state
        .enqueue(&line(), &[put("a.md", "1")], &cursor(1), 0)
        .unwrap();
    drop(state);
    let state = State::open(folder.path()).unwrap();
    assert_eq!(due(&state, 0), ["a.md"]);
    state
        .connection
        .pragma_update(None, "user_version", 99)
        .unwrap();
    drop(state);
    assert!(matches!(
        State::open(folder.path()),
        Err(StateError::Newer { found: 99, .. })
    ));
}

fn audited(state: &mut State, number: u8) {
    let entry = Entry {
        act: Act::Publish,
        outcome: "done",
        repository: "acme/backlog",
        branch: "main",
        counts: format!("{{\"items\":{number}}}"),
        details: format!("{{\"by\":\"person {number}\"}}"),
    };
    state
        .audit(&entry, [number; 32], i64::from(number))
        .unwrap();
}

/// Takes the triggers away, as whoever may write the file can.
fn unguarded(connection: &rusqlite::Connection) {
    let names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
    let names: Vec<String> = names
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    assert!(names.len() > 3);
    for name in names {
        connection
            .execute_batch(&format!("DROP TRIGGER {name}"))
            .unwrap();
    }
}

#[test]
fn the_newest_entries_cannot_go_unnoticed() {
    let (folder, mut state) = state();
    let head = folder.path().join(audit::HEAD);
    assert_eq!(state.prove_audit().unwrap(), None);
    audited(&mut state, 0);
    let first = std::fs::read_to_string(&head).unwrap();
    (1..5).for_each(|number| audited(&mut state, number));
    let last = std::fs::read_to_string(&head).unwrap();
    assert!(last.starts_with("5 "), "{last}");
    let put = |text: &str| crate::base::atomic::write(&head, text.as_bytes()).unwrap();
    // Behind the chain, half, or not there: somebody died in between.
    for text in [&*first, "", "5", "x y\n"] {
        put(text);
        assert_eq!(state.prove_audit().unwrap(), None, "{text:?}");
    }
    std::fs::remove_file(&head).unwrap();
    assert_eq!(state.prove_audit().unwrap(), None);
    put(&last);
    unguarded(&state.connection);
    // With the head in the table, and then made to fit: the file knows it still.
    for forgery in [
        "DELETE FROM audit WHERE seq = 5",
        "UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4)",
    ] {
        state.connection.execute(forgery, []).unwrap();
        let broken = state.prove_audit().unwrap().expect(forgery);
        assert_eq!(broken.seq, 5);
    }
    // What is noted from now on does not hide it.
    audited(&mut state, 9);
    assert!(state.prove_audit().unwrap().is_some());
    assert_eq!(std::fs::read_to_string(&head).unwrap(), last);
    // Where all is gone, too.
    state
        .connection
        .execute_batch("DELETE FROM audit; DELETE FROM audit_head")
        .unwrap();
    assert_eq!(state.prove_audit().unwrap().expect("all is gone").seq, 1);
}

#[test]
fn the_chain_holds_when_details_are_erased_and_breaks_when_anything_else_changes() {
    let (_folder, mut state) = state();
    (0..5).for_each(|number| audited(&mut state, number));
    assert_eq!(state.prove_audit().unwrap(), None);
    let erased = state.erase_details(|details| details.contains("person 2"));
    assert_eq!(erased.unwrap(), 1);
    assert_eq!(state.prove_audit().unwrap(), None);
    let left = state.audited(9).unwrap();
    assert_eq!(left.len(), 5);
    assert!(
        left.iter()
            .all(|entry| entry.details.as_deref() != Some("{\"by\":\"person 2\"}"))
    );
    audited(&mut state, 9);
    assert_eq!(state.prove_audit().unwrap(), None);
    for forgery in [
        "UPDATE audit SET counts = '{\"items\":99}' WHERE seq = 3",
        "UPDATE audit SET details = '{\"by\":\"nobody\"}' WHERE seq = 2",
        "UPDATE audit SET salt = NULL WHERE seq = 2",
        "UPDATE audit SET outcome = 'failed' WHERE seq = 6",
        "DELETE FROM audit WHERE seq = 4",
        "DELETE FROM audit WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 6",
        "DELETE FROM audit",
        "REPLACE INTO audit SELECT seq, at_ms, act, 'failed', repository, branch, counts, salt, details, \
         commitment, previous, hash FROM audit WHERE seq = 6",
        "UPDATE audit SET commitment = zeroblob(32) WHERE seq = 3",
    ] {
        let refused = state.connection.execute(forgery, []);
        assert!(refused.is_err(), "{forgery}");
        state.connection.execute_batch("SAVEPOINT forged").unwrap();
        unguarded(&state.connection);
        assert!(state.connection.execute(forgery, []).unwrap() > 0);
        assert!(state.prove_audit().unwrap().is_some(), "{forgery}");
        state
            .connection
            .execute_batch("ROLLBACK TO forged; RELEASE forged")
            .unwrap();
    }
}
