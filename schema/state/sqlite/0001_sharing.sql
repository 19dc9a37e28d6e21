-- What files cannot give back: <git common dir>/kanban/state.db. A released step is never edited; the next
-- one goes into a file of its own, and src/stores/state/mod.rs lists them. Times (`..._ms`) are milliseconds
-- since the epoch.

-- A line that this clone publishes. cache, generation: the publish cache up to which the outbox was
-- derived, and the commit that it showed. version, seal: the server's line up to which its rows are known here,
-- and the server's name for it; 0 where nothing is known, so that everything is compared. standing and reason: how
-- the line stands against the server, as a word and for people. paused_until_ms, failures: the whole line
-- waits, because nobody answers. source: what named the commit that was planned last, a ref in full or HEAD; `renamed`
-- where the branch was planned under another name of the repository since.
CREATE TABLE line (
  repository TEXT NOT NULL, branch TEXT NOT NULL, draft TEXT NOT NULL,
  cache TEXT NOT NULL DEFAULT '', generation INTEGER NOT NULL DEFAULT 0,
  commit_oid TEXT NOT NULL DEFAULT '', version INTEGER NOT NULL DEFAULT 0,
  seal TEXT NOT NULL DEFAULT '',
  standing TEXT NOT NULL DEFAULT 'new', reason TEXT NOT NULL DEFAULT '',
  succeeded_ms INTEGER, tried_ms INTEGER, paused_until_ms INTEGER, failures INTEGER NOT NULL DEFAULT 0,
  source TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (repository, branch, draft)
) STRICT, WITHOUT ROWID;

-- One row an item. act: put or remove. status: pending, synced, failed. row_hash: of what is to be on the
-- server, empty for a removal. urgent: a rule asks to deliver it at once.
CREATE TABLE outbox (
  repository TEXT NOT NULL, branch TEXT NOT NULL, draft TEXT NOT NULL, path TEXT NOT NULL,
  act TEXT NOT NULL CHECK (act IN ('put', 'remove')), row_hash TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'synced', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '',
  since_ms INTEGER NOT NULL, next_try_ms INTEGER NOT NULL DEFAULT 0, synced_ms INTEGER,
  urgent INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (repository, branch, draft, path)
) STRICT, WITHOUT ROWID;
-- In the order of delivery, so that a batch of many is found without sorting all.
CREATE INDEX outbox_due ON outbox (repository, branch, draft, urgent DESC, since_ms, path)
  WHERE status = 'pending';

-- Every operation of sync, in order; only added to. details (who, which items, which errors) may be erased
-- together with its salt; commitment is the hash of both and remains, so that the chain stays whole: hash is
-- of previous, seq, at_ms, act, outcome, repository, branch, counts and commitment.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, act TEXT NOT NULL, outcome TEXT NOT NULL,
  repository TEXT NOT NULL, branch TEXT NOT NULL, counts TEXT NOT NULL,
  salt BLOB, details TEXT, commitment BLOB NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL
) STRICT;
-- Number and hash of the newest entry once more, so that it is missed where it is taken out.
CREATE TABLE audit_head (
  one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL
) STRICT;
-- Against what happens by mistake: who may write the file may take these away.
CREATE TRIGGER audit_next BEFORE INSERT ON audit
  WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
  BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_erased BEFORE UPDATE ON audit
  WHEN NEW.salt IS NOT NULL OR NEW.details IS NOT NULL
    OR (NEW.seq, NEW.at_ms, NEW.act, NEW.outcome, NEW.repository, NEW.branch, NEW.counts, NEW.commitment,
        NEW.previous, NEW.hash)
      IS NOT (OLD.seq, OLD.at_ms, OLD.act, OLD.outcome, OLD.repository, OLD.branch, OLD.counts,
              OLD.commitment, OLD.previous, OLD.hash)
  BEGIN SELECT raise(ABORT, 'of the audit only details are erased'); END;
CREATE TRIGGER audit_whole BEFORE DELETE ON audit
  BEGIN SELECT raise(ABORT, 'nothing is taken out of the audit'); END;
CREATE TRIGGER audit_head_next BEFORE UPDATE ON audit_head WHEN NEW.seq IS NOT OLD.seq + 1
  BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_head_whole BEFORE DELETE ON audit_head
  BEGIN SELECT raise(ABORT, 'nothing is taken out of the audit'); END;

-- People who are to be forgotten: hash of a name (src/privacy/person.rs), how many words it has, and what stands
-- in its place, nothing where only that somebody did. The server keeps the same list for all clones.
CREATE TABLE forgotten (
  hash TEXT PRIMARY KEY, words INTEGER NOT NULL, pseudonym TEXT, since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
