-- What became of a draft has a third answer: withdrawn in a doubt that nothing could end, and then dismissed by its
-- person. It may have been sent.
CREATE TABLE done_2 (
  draft    TEXT    PRIMARY KEY,
  send_id  INTEGER NOT NULL,
  outcome  TEXT    NOT NULL CHECK (outcome IN ('sent', 'withdrawn', 'dismissed'))
) STRICT, WITHOUT ROWID;
INSERT INTO done_2 (draft, send_id, outcome) SELECT draft, send_id, outcome FROM done;
DROP TABLE done;
ALTER TABLE done_2 RENAME TO done;
