-- What the questions of kanban itself read: the tables of schema/projection/sqlite.sql, as views on the
-- items of the lines that a transaction has chosen, so that one text of a question serves both stores.
-- Private as those tables are, and under the policies of whoever asks: choosing a line shows nothing of it
-- to one who is no member.

CREATE SCHEMA kanban_read;
REVOKE ALL ON SCHEMA kanban_read FROM PUBLIC;

-- The collations of the read side, as texts that sort and equal as "C" does. A letter becomes small by
-- itself, so the sigma at the end of a word is no exception.
CREATE FUNCTION kanban_read.nocase(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN lower(t COLLATE "C");

CREATE FUNCTION kanban_read.fold(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN octet_length(t) = length(t) THEN lower(t COLLATE "C")
       ELSE lower(replace(t, 'Σ', 'σ') COLLATE "und-x-icu") COLLATE "C" END;

CREATE FUNCTION kanban_read.loose(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN kanban_read.fold(translate(t, ' _-', ''));

-- Numbers as 40 digits; longer ones, which are rare, behind a 1 and their length.
CREATE FUNCTION kanban_read.naturally(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE
    WHEN t !~ '[0-9]' THEN kanban_read.fold(t)
    WHEN t !~ '[0-9]{40}' THEN regexp_replace(
      regexp_replace(kanban_read.fold(t), '([0-9]+)', repeat('0', 40) || '\1', 'g'),
      '[0-9]*([0-9]{40})', '\1', 'g')
    ELSE (
      SELECT string_agg(CASE
          WHEN p.part[1] !~ '[0-9]' THEN p.part[1]
          WHEN length(d.digits) < 40 THEN lpad(d.digits, 40, '0')
          ELSE '1' || lpad(length(d.digits)::text, 12, '0') || d.digits
        END, '' ORDER BY p.seq)
      FROM regexp_matches(kanban_read.fold(t), '[0-9]+|[^0-9]+', 'g') WITH ORDINALITY p(part, seq),
           LATERAL (SELECT ltrim(p.part[1], '0') AS digits) d)
  END;

-- The last part of a path, folded, without what follows its last dot.
CREATE FUNCTION kanban_read.stem(path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  kanban_read.fold(CASE
    WHEN strpos(substr(split_part(path, '/', -1), 2), '.') = 0 THEN split_part(path, '/', -1)
    ELSE left(split_part(path, '/', -1), -strpos(reverse(path), '.'))
  END);

-- By what a text is found in an index, whose keys have an end; what is found is looked at once more.
CREATE FUNCTION kanban_read.key(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN left(t, 200);

-- The keys of the paths that links lead to.
CREATE FUNCTION kanban_read.targets(links json) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
  SELECT coalesce(array_agg(kanban_read.key(l.value ->> 2)), '{}')
  FROM json_array_elements(links) l(value) WHERE l.value ->> 2 IS NOT NULL;
END;

CREATE FUNCTION kanban_read.keys(names json) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
  SELECT coalesce(array_agg(kanban_read.key(kanban_read.fold(n.name))), '{}')
  FROM json_array_elements_text(names) n(name);
END;

CREATE FUNCTION kanban_read.folded(names json) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
  SELECT coalesce(array_agg(kanban_read.fold(n.name)), '{}')
  FROM json_array_elements_text(names) n(name);
END;

-- The members of a JSON object or array as SQLite's json_each gives them: type is null, true, false,
-- integer, real, text, array or object. Of anything else nothing.
CREATE FUNCTION kanban_read.each(whole text) RETURNS TABLE (key text, value text, type text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
  SELECT e.key, e.value #>> '{}', CASE json_typeof(e.value)
           WHEN 'string' THEN 'text'
           WHEN 'boolean' THEN e.value #>> '{}'
           WHEN 'number' THEN CASE WHEN e.value #>> '{}' ~ '[.eE]' THEN 'real' ELSE 'integer' END
           ELSE json_typeof(e.value)
         END
  FROM (
    SELECT o.key, o.value
    FROM json_each(CASE WHEN whole LIKE '{%' THEN whole ELSE '{}' END::json) o
    UNION ALL
    SELECT NULL, a.value
    FROM json_array_elements(CASE WHEN whole LIKE '[%' THEN whole ELSE '[]' END::json) a
  ) e;
END;

-- kanban.repositories and kanban.branches are arrays of names, kanban.draft is a name or empty.
CREATE VIEW kanban_read.item WITH (security_invoker = true) AS
  SELECT i.* FROM kanban_data.item i
  WHERE NOT i.removed
    AND i.repository = ANY ((SELECT nullif(current_setting('kanban.repositories', true), '')::text[])::text[])
    AND i.branch = ANY ((SELECT nullif(current_setting('kanban.branches', true), '')::text[])::text[])
    AND i.draft = (SELECT coalesce(current_setting('kanban.draft', true), ''));

CREATE VIEW kanban_read.content WITH (security_invoker = true) AS
  SELECT i.item, i.body FROM kanban_read.item i;

CREATE VIEW kanban_read.outline WITH (security_invoker = true) AS
  SELECT i.item, i.frontmatter, i.sections, i.entries, i.checks, i.content_hash, i.blob_oid
  FROM kanban_read.item i;

CREATE VIEW kanban_read.person WITH (security_invoker = true) AS
  SELECT i.item, p.seq - 1 AS seq, (p.value ->> 0) COLLATE "C" AS role,
         (p.value ->> 1) COLLATE "C" AS name
  FROM kanban_read.item i, json_array_elements(i.people) WITH ORDINALITY p(value, seq);

CREATE VIEW kanban_read.tag WITH (security_invoker = true) AS
  SELECT i.item, t.tag COLLATE "C" AS tag
  FROM kanban_read.item i, json_array_elements_text(i.tags) t(tag);

-- target stands there always; rel is its own name.
CREATE VIEW kanban_read.link WITH (security_invoker = true) AS
  SELECT i.item, l.seq - 1 AS seq, (l.value ->> 0) COLLATE "C" AS rel,
         (l.value ->> 1) COLLATE "C" AS target, t.item AS target_item,
         CASE l.value ->> 3 WHEN 'frontmatter' THEN 0 WHEN 'wikilink' THEN 1 ELSE 2 END AS origin,
         CASE WHEN l.value ->> 4 = i.companion THEN 1 ELSE 0 END AS companion,
         (l.value ->> 5)::bigint AS line
  FROM kanban_read.item i
    CROSS JOIN LATERAL json_array_elements(i.links) WITH ORDINALITY l(value, seq)
    LEFT JOIN kanban_read.item t ON t.repository = i.repository AND t.branch = i.branch
      AND t.path = (l.value ->> 2) COLLATE "C";

CREATE VIEW kanban_read.problem WITH (security_invoker = true) AS
  SELECT i.item, (p.value ->> 0) COLLATE "C" AS code, (p.value ->> 1) COLLATE "C" AS severity,
         CASE WHEN p.value ->> 2 = i.companion THEN 1 ELSE 0 END AS companion,
         (p.value ->> 3)::bigint AS line, (p.value ->> 4)::bigint AS col,
         (p.value ->> 5) COLLATE "C" AS message, p.value ->> 6 AS hint
  FROM kanban_read.item i, json_array_elements(i.problems) p(value);

-- Paths and names themselves, where SQLite keeps hashes of them.
CREATE VIEW kanban_read.file WITH (security_invoker = true) AS
  SELECT i.path AS hash, 0 AS role, i.item FROM kanban_read.item i
  UNION ALL
  SELECT i.companion, 1, i.item FROM kanban_read.item i WHERE i.companion IS NOT NULL;

CREATE VIEW kanban_read.name WITH (security_invoker = true) AS
  SELECT kanban_read.fold(i.id) AS key, 2 AS class, i.item FROM kanban_read.item i
  WHERE i.id IS NOT NULL
  UNION ALL
  SELECT kanban_read.fold(a.alias COLLATE "C"), 3, i.item
  FROM kanban_read.item i, json_array_elements_text(i.aliases) a(alias)
  UNION ALL
  SELECT kanban_read.fold(i.uid), 4, i.item FROM kanban_read.item i WHERE i.uid IS NOT NULL
  UNION ALL
  SELECT kanban_read.stem(i.path), 5, i.item FROM kanban_read.item i;

-- What must be found without reading every item. Matching is not leakproof, so under the policies no index
-- can serve it: these functions ask for membership themselves and then read past the policies.
DROP INDEX kanban_data.item_id;
CREATE INDEX item_id ON kanban_data.item (repository, branch, draft, kanban_read.key(kanban_read.fold(id)))
  WHERE id IS NOT NULL;
CREATE INDEX item_uid ON kanban_data.item (repository, branch, draft, kanban_read.key(kanban_read.fold(uid)))
  WHERE uid IS NOT NULL;
CREATE INDEX item_stem ON kanban_data.item (repository, branch, draft, kanban_read.key(kanban_read.stem(path)));
CREATE INDEX item_aliases ON kanban_data.item
  USING gin ((kanban_read.keys(aliases) COLLATE "C"));
CREATE INDEX item_companion ON kanban_data.item (repository, branch, draft, companion)
  WHERE companion IS NOT NULL;
CREATE INDEX item_targets ON kanban_data.item USING gin ((kanban_read.targets(links) COLLATE "C"));

-- The rows of `name` that have the key, and those of uids that begin with it.
CREATE FUNCTION kanban_read.named(wanted text)
RETURNS TABLE (key text, class integer, item bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 SET search_path = '' AS $$
  WITH chosen AS (
    SELECT b.repository, b.branch, b.draft FROM kanban_data.branch b
    WHERE b.repository = ANY (nullif(current_setting('kanban.repositories', true), '')::text[])
      AND b.branch = ANY (nullif(current_setting('kanban.branches', true), '')::text[])
      AND b.draft = coalesce(current_setting('kanban.draft', true), '')
      AND b.repository IN (SELECT kanban_data.mine('{reader,writer,admin}')))
  SELECT wanted, 2, i.item
  FROM chosen JOIN kanban_data.item i USING (repository, branch, draft)
  WHERE NOT i.removed AND i.id IS NOT NULL AND kanban_read.fold(i.id) = wanted
    AND kanban_read.key(kanban_read.fold(i.id)) = kanban_read.key(wanted)
  UNION ALL
  SELECT wanted, 3, i.item
  FROM chosen JOIN kanban_data.item i USING (repository, branch, draft)
  WHERE NOT i.removed AND wanted = ANY (kanban_read.folded(i.aliases))
    AND kanban_read.keys(i.aliases) COLLATE "C" @> ARRAY[kanban_read.key(wanted)]
  UNION ALL
  SELECT kanban_read.fold(i.uid), 4, i.item
  FROM chosen JOIN kanban_data.item i USING (repository, branch, draft)
  WHERE NOT i.removed AND i.uid IS NOT NULL
    AND kanban_read.fold(i.uid) BETWEEN wanted AND wanted || chr(1114111)
    AND kanban_read.key(kanban_read.fold(i.uid))
        BETWEEN kanban_read.key(wanted) AND kanban_read.key(wanted) || chr(1114111)
  UNION ALL
  SELECT wanted, 5, i.item
  FROM chosen JOIN kanban_data.item i USING (repository, branch, draft)
  WHERE NOT i.removed AND kanban_read.stem(i.path) = wanted
    AND kanban_read.key(kanban_read.stem(i.path)) = kanban_read.key(wanted)
$$;

-- The items that link to an item.
CREATE FUNCTION kanban_read.linkers(target bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 SET search_path = '' AS $$
  SELECT i.item
  FROM kanban_data.item t JOIN kanban_data.item i USING (repository, branch, draft)
  WHERE t.item = target AND NOT t.removed AND NOT i.removed
    AND t.repository IN (SELECT kanban_data.mine('{reader,writer,admin}'))
    AND kanban_read.targets(i.links) COLLATE "C" @> ARRAY[kanban_read.key(t.path)]
    AND EXISTS (SELECT 1 FROM json_array_elements(i.links) l(value)
                WHERE (l.value ->> 2) COLLATE "C" = t.path)
$$;

-- The items whose words match. It asks for membership itself and then reads past the policies: under
-- them no index on words can serve, because matching is not leakproof. Where `most` is null, all.
CREATE FUNCTION kanban.search(
  in_repositories text[], in_branches text[], in_draft text, wanted tsquery, most bigint
) RETURNS TABLE (repository text, branch text, path text, rank real, item bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT i.repository, i.branch, i.path, pg_catalog.ts_rank(i.words, wanted) AS rank, i.item
  FROM kanban_data.item i
  WHERE i.repository IN (SELECT kanban_data.mine('{reader,writer,admin}'))
    AND (in_repositories IS NULL OR i.repository = ANY (in_repositories))
    AND (in_branches IS NULL OR i.branch = ANY (in_branches))
    AND i.draft = in_draft AND NOT i.removed AND i.words @@ wanted
  ORDER BY rank DESC, i.repository, i.branch, i.path LIMIT most
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kanban_read FROM PUBLIC;
REVOKE ALL ON FUNCTION kanban.search FROM PUBLIC;
GRANT USAGE ON SCHEMA kanban_read TO kanban_reader, kanban_writer, kanban_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA kanban_read TO kanban_reader, kanban_writer, kanban_admin;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA kanban_read TO kanban_reader, kanban_writer, kanban_admin;
GRANT EXECUTE ON FUNCTION kanban.search TO kanban_reader, kanban_writer, kanban_admin;
