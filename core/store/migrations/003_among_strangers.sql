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
