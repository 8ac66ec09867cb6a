-- What is known of others, and what waits, said more exactly.

-- What was asked to be sent under a draft id, as a hash over all that its caller gave: the same again is the same item,
-- anything else is refused. NULL: it was asked for before this was kept.
ALTER TABLE outbox ADD COLUMN content BLOB;
ALTER TABLE done ADD COLUMN content BLOB;
-- Why an item failed: a stable code; its `reason` has the site's words alone. '': it failed before this was kept.
ALTER TABLE outbox ADD COLUMN failed TEXT NOT NULL DEFAULT '';
-- What the site said when a post ended a link; `times` is a weight: some ends say more than others.
ALTER TABLE poison ADD COLUMN words TEXT NOT NULL DEFAULT '';
