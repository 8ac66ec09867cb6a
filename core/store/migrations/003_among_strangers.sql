-- What is known of others, and what waits, said more exactly.

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
