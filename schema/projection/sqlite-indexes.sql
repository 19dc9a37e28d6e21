-- Made after the bulk load. Few, because every index is written by each rebuild and stored: people
-- and tags are scanned (a few milliseconds at 100,000 items), and paths are found by their hash.
-- Slim, so that the usual filters are counted without a look at the table.
CREATE INDEX item_state ON item(state, phase, kind, priority, priority_rank, owner, status, due);
CREATE INDEX item_updated ON item(updated DESC);
CREATE INDEX link_target ON link(target_item);
CREATE INDEX link_bucket ON link(bucket);
