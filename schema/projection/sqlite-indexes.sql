-- Made after the bulk load. Few, because every index is written by each rebuild and stored: people
-- and tags are scanned (a few milliseconds at 100,000 items), and paths of items have one for REF.
CREATE UNIQUE INDEX item_path ON item(path);
CREATE INDEX item_phase ON item(phase, state, kind, status);
CREATE INDEX item_updated ON item(updated DESC);
CREATE INDEX link_target ON link(target_item);
CREATE INDEX problem_code ON problem(code);
CREATE INDEX item_companion ON item(companion) WHERE companion IS NOT NULL;
