-- The shared cache on several machines with Citus, for when one is not enough. Nothing of kanban needs it, and
-- our tests do not run it: it is written for Citus 12 on Postgres 15 or newer.
--
-- Run it once, as a superuser, on the coordinator, in a database with the extension, behind `kanban sync init`
-- and before the first `kanban sync now` (or later; tables that hold rows are moved).
--
-- Every key begins with the repository, so the repository is the distribution key: all rows of one
-- repository are on one machine, a batch of a publication touches one machine and one transaction, and a
-- question about one repository is answered by one machine. Questions about several go to all of them.
-- Tables are plain: no native partitions, whose policies would have to be kept one by one.

-- On every machine, since who asks decides what is seen: small, read by every policy, seldom changed.
SELECT create_reference_table('kanban_data.gateway');
SELECT create_reference_table('kanban_data.member');
SELECT create_reference_table('kanban_data.founded');

-- By repository, and those of one repository together.
SELECT create_distributed_table('kanban_data.branch', 'repository');
SELECT create_distributed_table('kanban_data.seal', 'repository', colocate_with => 'kanban_data.branch');
-- A distributed table takes no triggers: what is changed by hand is then found by `kanban rebuild-index` alone.
DROP TRIGGER edited ON kanban_data.item;
DROP TRIGGER unsealed_by_insert ON kanban_data.item;
DROP TRIGGER unsealed_before_update ON kanban_data.item;
DROP TRIGGER unsealed_behind_update ON kanban_data.item;
DROP TRIGGER unsealed_by_delete ON kanban_data.item;
DROP TRIGGER emptied ON kanban_data.item;
SELECT create_distributed_table('kanban_data.item', 'repository', colocate_with => 'kanban_data.branch');
SELECT create_distributed_table('kanban_data.forgotten', 'repository',
                                colocate_with => 'kanban_data.branch');

-- kanban_data.step stays where it is: only `kanban sync init` reads it.

-- Who writes is sent to the machine that has the repository, with the whole call: what stands in it is then
-- local, and one transaction.
SELECT create_distributed_function(
  'kanban.publish(text, text, text, bigint, text, text, text, json, bigint, text, json, json, boolean)',
  'of_repository', colocate_with => 'kanban_data.item');
SELECT create_distributed_function(
  'kanban_data.put(text, text, text, bigint, json)',
  'of_repository', colocate_with => 'kanban_data.item');
SELECT create_distributed_function(
  'kanban.forget(text, json, bigint[], text[], text[])',
  'of_repository', colocate_with => 'kanban_data.item');
SELECT create_distributed_function(
  'kanban.remove_branch(text, text)', 'of_repository', colocate_with => 'kanban_data.item');
SELECT create_distributed_function(
  'kanban.remove_draft(text, text, text)', 'of_repository', colocate_with => 'kanban_data.item');

-- What a transaction says of itself (which lines are chosen, whom a gateway speaks for) must reach the machines
-- that answer.
ALTER SYSTEM SET citus.propagate_set_commands = 'local';
SELECT pg_reload_conf();
