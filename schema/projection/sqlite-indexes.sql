-- Made after the bulk load.
CREATE UNIQUE INDEX item_path ON item(path);
-- Slim, so that the usual filters are counted without a look at the table.
CREATE INDEX item_phase ON item(phase, state, kind, priority, priority_rank, owner, status, due);
CREATE INDEX item_updated ON item(updated DESC, path);
CREATE INDEX person_name ON person(name COLLATE NOCASE, role);
CREATE INDEX tag_tag ON tag(tag COLLATE NOCASE);
CREATE INDEX link_target ON link(target_item, rel);
CREATE INDEX problem_code ON problem(code);
CREATE INDEX item_companion ON item(companion) WHERE companion IS NOT NULL;
CREATE INDEX link_parent ON link(target_item) WHERE rel = 'parent' AND target_item IS NOT NULL;
