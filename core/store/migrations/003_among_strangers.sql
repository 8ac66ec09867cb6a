-- What is known of others, and what waits, said more exactly.

-- A member folds repetitions only as long as everything that comes from it carries a send id. `peer.folds` is now
-- 0: nothing is known; 1: everything so far has one; 2: something had none, so that one of its nodes folds nothing,
-- for good.
UPDATE peer SET folds = 2 WHERE uid IN (SELECT from_uid FROM message WHERE own = 0 AND send_id IS NULL
  UNION ALL SELECT from_uid FROM ping WHERE own = 0 AND token IS NULL);

-- A post without a copy: the highest place of its thread when it left, which it stands behind should its id never be
-- known; and whether something is here that the site handled behind it.
ALTER TABLE outbox ADD COLUMN place_floor INTEGER;
ALTER TABLE outbox ADD COLUMN handled INTEGER NOT NULL DEFAULT 0;

-- Each deletion of a parent looks for its children: by an index, not by going through all of them. Of mail that comes,
-- none of these costs a page: its own names stand in its row, and an index that is partial has only what others name.
CREATE INDEX message_name_of ON message_name (message);
CREATE INDEX thread_name_of ON thread_name (thread);
CREATE INDEX ping_name_of ON ping_name (ping);
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;
CREATE INDEX outbox_ping ON outbox (ping) WHERE ping IS NOT NULL;
CREATE INDEX outbox_alias ON outbox (alias) WHERE alias IS NOT NULL;
CREATE INDEX outbox_node ON outbox (node) WHERE node IS NOT NULL;
CREATE INDEX draft_thread ON draft (thread) WHERE thread IS NOT NULL;
CREATE INDEX done_by_send_id ON done (send_id);

-- What was asked to be sent under a draft id, as a hash over all that its caller gave: the same again is the same item,
-- anything else is refused. NULL: it was asked for before this was kept.
ALTER TABLE outbox ADD COLUMN content BLOB;
ALTER TABLE done ADD COLUMN content BLOB;
-- Why an item failed: a stable code; its `reason` has the site's words alone. '': it failed before this was kept.
ALTER TABLE outbox ADD COLUMN failed TEXT NOT NULL DEFAULT '';
-- What the site said when a post ended a link; `times` is a weight: some ends say more than others.
ALTER TABLE poison ADD COLUMN words TEXT NOT NULL DEFAULT '';

-- Names that look alike are found by `look`, equal for aliases that a person takes for one another; see
-- `write::contacts`, which also fills it for rows that are there already.
ALTER TABLE contact ADD COLUMN look TEXT NOT NULL DEFAULT '';
CREATE INDEX contact_by_look ON contact (look, source, msgid);
-- Whose claims these are: each sender has room for some.
CREATE INDEX contact_by_claimer ON contact (by_uid, msgid) WHERE source = 'claimed';

-- Entries of a thread's recipient list that name nobody: what is sent there does not reach them.
ALTER TABLE thread ADD COLUMN unreachable INTEGER NOT NULL DEFAULT 0;
-- 1: the person knows, and writes to the others.
ALTER TABLE thread ADD COLUMN without_them INTEGER NOT NULL DEFAULT 0;
