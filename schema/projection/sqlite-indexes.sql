-- Made after the bulk load.
CREATE UNIQUE INDEX item_path ON item(path);
CREATE INDEX item_uid ON item(lower(uid)) WHERE uid IS NOT NULL;
CREATE INDEX item_phase ON item(phase, state, kind);
CREATE INDEX item_updated ON item(updated, path);
CREATE INDEX person_name ON person(name, role);
CREATE INDEX tag_tag ON tag(tag);
CREATE INDEX link_target ON link(target_item, rel);
CREATE INDEX problem_code ON problem(code);
