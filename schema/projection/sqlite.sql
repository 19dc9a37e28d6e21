-- The disposable cache in SQLite. Base tables are private and may change with any version; the
-- views are the public SQL of docs/sql.md. A change of anything here raises PROJECTION_VERSION in
-- src/stores/sqlite/ddl.rs, and older caches are rebuilt.

-- The conventions at their roots; `items` counts. Rows stay while the cache lives.
CREATE TABLE space (
  space INTEGER PRIMARY KEY, root TEXT NOT NULL, preset TEXT NOT NULL, items INTEGER NOT NULL
) STRICT;

-- One row an item, slim, so that a scan of it reads few pages. A key is never used again for
-- another path. space and variant say how the file was read.
CREATE TABLE item (
  item INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  companion TEXT,
  preset TEXT NOT NULL,
  id TEXT,
  uid TEXT,
  kind TEXT,
  title TEXT NOT NULL,
  state TEXT,
  phase TEXT,
  priority TEXT,
  priority_rank INTEGER,
  parent TEXT,
  owner TEXT,
  area TEXT,
  iteration TEXT,
  created TEXT,
  updated TEXT,
  due TEXT,
  status TEXT NOT NULL,
  space INTEGER NOT NULL,
  variant INTEGER NOT NULL
) STRICT;

-- Two tables of what is read an item at a time, because pages are filled better by smaller rows.
CREATE TABLE content (
  item INTEGER PRIMARY KEY, body TEXT NOT NULL
) STRICT;

-- frontmatter, sections, entries and checks are JSONB, which any SQLite from 3.45 reads. The last three
-- are arrays of arrays whose numbers are byte offsets into the body:
--   sections [level, title, start, length, line]
--   entries  [at, author, model, start, length, line]
--   checks   [section, done, start, length, line], section being an index into sections
-- aliases is a JSON array of texts, or null. id_line is 0 where the id comes from the file name.
CREATE TABLE outline (
  item INTEGER PRIMARY KEY,
  frontmatter BLOB NOT NULL,
  sections BLOB NOT NULL,
  entries BLOB NOT NULL,
  checks BLOB NOT NULL,
  content_hash BLOB NOT NULL,
  blob_oid BLOB NOT NULL,
  id_line INTEGER NOT NULL,
  aliases TEXT
) STRICT;

CREATE TABLE person (
  item INTEGER NOT NULL, seq INTEGER NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (item, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE tag (
  item INTEGER NOT NULL, tag TEXT NOT NULL,
  PRIMARY KEY (item, tag)
) STRICT, WITHOUT ROWID;

-- rel: what a link says, the four that the program itself knows first. target is null where it is the id of the target as that is written. origin: 0 frontmatter,
-- 1 wikilink, 2 markdown. bucket: a hash of the last word of the target; an item whose names have
-- the same bucket may be what the link means.
CREATE TABLE rel (rel INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
INSERT INTO rel VALUES (0, 'parent'), (1, 'blocks'), (2, 'blocked_by'), (3, 'mentions');
CREATE TABLE link (
  item INTEGER NOT NULL, seq INTEGER NOT NULL, rel INTEGER NOT NULL, target TEXT,
  target_item INTEGER, origin INTEGER NOT NULL, companion INTEGER NOT NULL, line INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  PRIMARY KEY (item, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE problem (
  item INTEGER NOT NULL, seq INTEGER NOT NULL, code TEXT NOT NULL, severity TEXT NOT NULL,
  companion INTEGER NOT NULL, line INTEGER NOT NULL, col INTEGER NOT NULL,
  message TEXT NOT NULL, hint TEXT NOT NULL,
  PRIMARY KEY (item, seq)
) STRICT, WITHOUT ROWID;

-- The names under which REF and links find an item, in lower case. class 2 id, 3 alias, 5 file stem,
-- 6 file name of an item that is no Markdown file: key is a hash of the name. class 4 uid: key is
-- its first eight bytes, so that a beginning of it can be looked for.
CREATE TABLE name (
  key INTEGER NOT NULL, class INTEGER NOT NULL, item INTEGER NOT NULL,
  PRIMARY KEY (key, class, item)
) STRICT, WITHOUT ROWID;

-- The candidate files of the last scan by the hash of their path, with their stamps. role: 0 the
-- file of the item, 1 its companion, 2 no item (only then has the row a path). oid only where the source
-- is a commit, ctime_off is the ctime less the mtime, racy_hash only where the stamp alone cannot prove that the file is unchanged.
CREATE TABLE file (
  hash INTEGER PRIMARY KEY, role INTEGER NOT NULL, item INTEGER, size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL, ctime_off INTEGER NOT NULL, inode INTEGER NOT NULL, oid BLOB,
  racy_hash BLOB, path TEXT
) STRICT;

-- A random number for each generation: the search index says which one it shows, and a number alone
-- may be given twice where the system has lost a commit.
CREATE TABLE nonce (generation INTEGER PRIMARY KEY, nonce INTEGER NOT NULL) STRICT;

-- Paths in which the work tree differs from the commit of HEAD.
CREATE TABLE unclean (path TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- What each generation changed, for the sinks that follow. change: 0 created, 1 modified, 2 deleted,
-- 3 linked (only links or problems of the item changed), 4 moved here from old_path.
CREATE TABLE change_log (
  generation INTEGER NOT NULL, path TEXT NOT NULL, item INTEGER NOT NULL, change INTEGER NOT NULL,
  old_path TEXT, PRIMARY KEY (generation, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Content by scalar subqueries and not by a join: those that a question does not ask for are left
-- out, and a question about states must not read every body.
CREATE VIEW items AS
  SELECT i.path, i.id, i.uid, i.preset, i.kind, i.title, i.state, i.phase, i.priority, i.parent,
         i.owner, i.area, i.iteration, i.created, i.updated, i.due,
         (SELECT c.body FROM content c WHERE c.item = i.item) AS body,
         (SELECT json(o.frontmatter) FROM outline o WHERE o.item = i.item) AS frontmatter,
         (SELECT lower(hex(o.content_hash)) FROM outline o WHERE o.item = i.item) AS content_hash,
         (SELECT lower(hex(o.blob_oid)) FROM outline o WHERE o.item = i.item) AS blob_oid,
         i.status
  FROM item i;

CREATE VIEW people AS
  SELECT i.path, p.role, p.seq, p.name FROM person p JOIN item i ON i.item = p.item;

CREATE VIEW tags AS
  SELECT i.path, t.tag FROM tag t JOIN item i ON i.item = t.item;

CREATE VIEW links AS
  SELECT i.path, r.name AS rel, coalesce(l.target, t.id) AS target, t.path AS target_path,
         CASE l.origin WHEN 0 THEN 'frontmatter' WHEN 1 THEN 'wikilink' ELSE 'markdown' END AS origin,
         CASE l.companion WHEN 0 THEN i.path ELSE i.companion END AS file, l.line
  FROM link l JOIN item i ON i.item = l.item JOIN rel r ON r.rel = l.rel
       LEFT JOIN item t ON t.item = l.target_item;

CREATE VIEW entries AS
  SELECT i.path, e.key AS seq, json_extract(e.value, '$[0]') AS at,
         json_extract(e.value, '$[1]') AS author, json_extract(e.value, '$[2]') AS model,
         CAST(substr(CAST(c.body AS BLOB), json_extract(e.value, '$[3]') + 1,
                     json_extract(e.value, '$[4]')) AS TEXT) AS text,
         coalesce(i.companion, i.path) AS file, json_extract(e.value, '$[5]') AS line
  FROM outline o JOIN item i ON i.item = o.item JOIN content c ON c.item = o.item,
       json_each(o.entries) e;

CREATE VIEW checks AS
  SELECT i.path, e.key AS seq,
         json_extract(o.sections, '$[' || json_extract(e.value, '$[0]') || '][1]') AS section,
         CAST(substr(CAST(c.body AS BLOB), json_extract(e.value, '$[2]') + 1,
                     json_extract(e.value, '$[3]')) AS TEXT) AS text,
         json_extract(e.value, '$[1]') AS done,
         coalesce(i.companion, i.path) AS file, json_extract(e.value, '$[4]') AS line
  FROM outline o JOIN item i ON i.item = o.item JOIN content c ON c.item = o.item,
       json_each(o.checks) e;

CREATE VIEW sections AS
  SELECT i.path, e.key AS seq, json_extract(e.value, '$[0]') AS level,
         json_extract(e.value, '$[1]') AS title,
         CAST(substr(CAST(c.body AS BLOB), json_extract(e.value, '$[2]') + 1,
                     json_extract(e.value, '$[3]')) AS TEXT) AS text,
         coalesce(i.companion, i.path) AS file, json_extract(e.value, '$[4]') AS line
  FROM outline o JOIN item i ON i.item = o.item JOIN content c ON c.item = o.item,
       json_each(o.sections) e;

-- key is the dotted path of mapping keys; seq counts the elements of a list and is 0 elsewhere.
CREATE VIEW fields AS
  WITH RECURSIVE fields_walk(item, key, seq, value, type) AS (
    SELECT o.item, e.key, 0, e.value, e.type FROM outline o, json_each(o.frontmatter) e
    UNION ALL
    SELECT w.item,
           CASE w.type WHEN 'object' THEN w.key || '.' || e.key ELSE w.key END,
           CASE w.type WHEN 'array' THEN e.key ELSE w.seq END,
           e.value, e.type
    FROM fields_walk w, json_each(w.value) e WHERE w.type IN ('object', 'array')
  )
  SELECT i.path, w.key, w.seq,
         CASE w.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
                     ELSE CAST(w.value AS TEXT) END AS value,
         CASE w.type WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean'
                     ELSE w.type END AS type
  FROM fields_walk w JOIN item i ON i.item = w.item WHERE w.type NOT IN ('object', 'array');

CREATE VIEW problems AS
  SELECT i.path, p.code, p.severity,
         CASE p.companion WHEN 0 THEN i.path ELSE i.companion END AS file,
         p.line, p.col, p.message, p.hint
  FROM problem p JOIN item i ON i.item = p.item;

CREATE VIEW meta AS SELECT key, value FROM fact;
