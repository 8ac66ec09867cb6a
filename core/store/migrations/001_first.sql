-- The first schema of an account's store. One database holds one membership; nothing in it names another.
--
-- Message ids of the site are 64-bit unsigned. They are kept as signed integers with the top bit flipped,
-- so that SQLite's order is the site's order. Times are milliseconds since 1970 (only shown, never compared).
-- Send ids are non-zero and below 2^53. Texts in columns named *_head are the exact bytes of the wire.

-- What this store is. One row, made with the file.
CREATE TABLE account (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  site        TEXT    NOT NULL,             -- '=host:port' or '+host:port'
  site_name   TEXT    NOT NULL DEFAULT '',
  install     BLOB    NOT NULL,             -- random id of this installation, also kept outside backups
  key_name    TEXT    NOT NULL,             -- under which the key store holds the node secret
  uid         TEXT,                         -- NULL until registered
  last_msgid  INTEGER,                      -- last message confirmed, confirmed again behind a login
  created     INTEGER NOT NULL,
  pacing      BLOB,                         -- dials and logins of the last hour, as the account's pacing writes them
  echoes_tag  INTEGER                       -- whether the site repeats the datasum of a login in its message; NULL: not known
) STRICT;

-- This member's own aliases, and those being asked for.
CREATE TABLE alias (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  alias    TEXT    NOT NULL UNIQUE,
  state    TEXT    NOT NULL CHECK (state IN ('wanted', 'held', 'refused')),
  reason   TEXT    NOT NULL DEFAULT ''
) STRICT;

-- This member's other nodes as far as they are known. A secret that was asked for waits in the key store.
CREATE TABLE node (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  label    TEXT    NOT NULL,
  wire     TEXT    NOT NULL DEFAULT '',     -- the label as the site was told it: with a few random characters
  state    TEXT    NOT NULL CHECK (state IN ('wanted', 'made', 'refused', 'foreign')),
  key_name TEXT    NOT NULL DEFAULT '',     -- '' when the secret is not ours to keep
  reason   TEXT    NOT NULL DEFAULT '',
  msgid    INTEGER
) STRICT;

-- Which uid stands behind an alias. 'checked' by the site (pings, invites), or 'claimed' by some sender.
CREATE TABLE contact (
  alias    TEXT    NOT NULL,
  uid      TEXT    NOT NULL,
  source   TEXT    NOT NULL CHECK (source IN ('checked', 'claimed')),
  by_uid   TEXT    NOT NULL DEFAULT '',     -- who claimed it
  msgid    INTEGER,                         -- where it was learned
  since    INTEGER NOT NULL,
  PRIMARY KEY (alias, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_by_uid ON contact (uid);

-- What is known of other members as peers.
CREATE TABLE peer (
  uid      TEXT    PRIMARY KEY,
  folds    INTEGER NOT NULL DEFAULT 0,      -- 1: has sent a send id of its own, so it folds repetitions
  accepted INTEGER NOT NULL DEFAULT 0       -- 1: this site has accepted it as a recipient, or it wrote to us
) STRICT, WITHOUT ROWID;

CREATE TABLE thread (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  msgid     INTEGER UNIQUE,                 -- canonical: lowest known id of the first message; NULL until sent
  send_id   INTEGER UNIQUE,                 -- of our own first message
  reply_msgid INTEGER,                      -- highest known id of the first message: replies name it; NULL: `msgid`
  subject   TEXT    NOT NULL DEFAULT '',
  begun     INTEGER NOT NULL DEFAULT 1,     -- 0: the beginning is missing
  deleted   INTEGER NOT NULL DEFAULT 0,
  messages  INTEGER NOT NULL DEFAULT 0,     -- shown messages
  unread    INTEGER NOT NULL DEFAULT 0,
  -- Place of the newest shown message: orders the list. Starts below every place (places can be negative).
  newest    INTEGER NOT NULL DEFAULT -9223372036854775808
) STRICT;
-- Two lists in one index, so that a message moves its thread in one place: those with something unseen, and the
-- others. The list of all is both, merged by newest.
CREATE INDEX thread_list ON thread (unread > 0, newest DESC, id DESC) WHERE deleted = 0;

-- Every id under which a thread can be named on the wire.
CREATE TABLE thread_name (
  msgid    INTEGER PRIMARY KEY,
  thread   INTEGER NOT NULL REFERENCES thread (id)
) STRICT;

-- Each index here costs a page in the commit of every delivery. So a message that comes has the id of the site under
-- which it came as its row number; those of our own numbers, below 2^32, and all further ids are found through
-- message_name. Our numbers may come again: what names one (names, attachments, the outbox) goes with it.
CREATE TABLE message (
  id           INTEGER PRIMARY KEY,
  thread       INTEGER NOT NULL REFERENCES thread (id),
  msgid        INTEGER,                     -- canonical: lowest known id; NULL until the site has given one
  send_id      INTEGER,                     -- the sender's, ours or a peer's
  place        INTEGER NOT NULL,            -- order in the thread: msgid, or the largest value until there is one
  own          INTEGER NOT NULL,            -- 1: written by this member (here or at another node)
  from_uid     TEXT    NOT NULL,
  from_alias   TEXT    NOT NULL,            -- as the sender claims it
  subject      TEXT    NOT NULL,
  text         TEXT    NOT NULL,
  posted       INTEGER,                     -- the site's time; NULL until sent
  written      INTEGER,                     -- our time of `send`, for local echoes
  content      BLOB    NOT NULL,            -- equal only if everything behind the header is
  header_head  BLOB,                        -- the delivery's header, exactly
  data_head    BLOB,                        -- the data head, exactly
  unread       INTEGER NOT NULL DEFAULT 0,
  deleted      INTEGER NOT NULL DEFAULT 0   -- 1: a tombstone, only ids are left
) STRICT;
CREATE INDEX message_in_thread ON message (thread, deleted, place);
CREATE INDEX message_by_send_id ON message (send_id) WHERE send_id IS NOT NULL;

-- Every other id of the site under which a message is known, folded copies and tombstones included.
CREATE TABLE message_name (
  msgid    INTEGER PRIMARY KEY,
  message  INTEGER NOT NULL REFERENCES message (id),
  header   BLOB    NOT NULL                 -- SHA-256 of the header: the same id with other bytes is noticed
) STRICT;

-- To whom a thread goes: the recipient list of its beginning, with the claims that it makes.
CREATE TABLE recipient (
  thread   INTEGER NOT NULL REFERENCES thread (id),
  place    INTEGER NOT NULL,
  who      TEXT    NOT NULL,
  by_alias TEXT    NOT NULL,
  who_uid  TEXT    NOT NULL,
  by_uid   TEXT    NOT NULL,
  date     TEXT    NOT NULL,
  note     TEXT    NOT NULL,
  PRIMARY KEY (thread, place)
) STRICT, WITHOUT ROWID;

-- Attachments of messages. Small bytes stand here, large ones in a file of this account (with an offset:
-- a large delivery is one file).
CREATE TABLE attachment (
  message  INTEGER NOT NULL REFERENCES message (id),
  place    INTEGER NOT NULL,
  name     TEXT    NOT NULL,                -- with its prefix u:, f: or r:
  size     INTEGER NOT NULL,
  ffn      TEXT    NOT NULL DEFAULT '',
  sha256   BLOB,                            -- as the sender gave it
  damaged  INTEGER NOT NULL DEFAULT 0,      -- 1: the bytes do not match that hash
  data     BLOB,
  file     TEXT,                            -- name in files/
  start    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (message, place),
  CHECK ((data IS NULL) <> (file IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_file ON attachment (file) WHERE file IS NOT NULL;

CREATE TABLE ping (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  msgid     INTEGER UNIQUE,
  own       INTEGER NOT NULL,
  from_uid  TEXT    NOT NULL,
  from_alias TEXT   NOT NULL,
  to_alias  TEXT    NOT NULL,
  text      TEXT    NOT NULL,
  token     INTEGER,                        -- its datasum, for folding; unsigned bits
  posted    INTEGER,
  written   INTEGER,
  unread    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX ping_fold ON ping (from_uid, to_alias, token);
CREATE INDEX ping_unread ON ping (id) WHERE unread = 1;

-- Every id under which a ping is known.
CREATE TABLE ping_name (
  msgid    INTEGER PRIMARY KEY,
  ping     INTEGER NOT NULL REFERENCES ping (id)
) STRICT;

-- What is not finished. A draft's files are already in files/.
CREATE TABLE draft (
  id         TEXT    PRIMARY KEY,           -- chosen by the caller
  thread     INTEGER REFERENCES thread (id), -- NULL: begins a thread
  from_alias TEXT    NOT NULL DEFAULT '',   -- '': not chosen
  subject    TEXT    NOT NULL DEFAULT '',
  text       TEXT    NOT NULL DEFAULT '',
  changed    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE draft_to (
  draft    TEXT    NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
  place    INTEGER NOT NULL,
  who      TEXT    NOT NULL,
  note     TEXT    NOT NULL,
  PRIMARY KEY (draft, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE draft_file (
  draft    TEXT    NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
  place    INTEGER NOT NULL,
  name     TEXT    NOT NULL,                -- as the recipients will see it
  file     TEXT    NOT NULL,                -- name in files/
  size     INTEGER NOT NULL,
  sha256   BLOB    NOT NULL,
  PRIMARY KEY (draft, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_file_by_file ON draft_file (file);

-- What waits to be sent, is being sent, is in doubt, or was refused. An item leaves when it is sent.
CREATE TABLE outbox (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,   -- the order of `send`
  kind      TEXT    NOT NULL CHECK (kind IN ('post', 'ping', 'alias', 'node')),
  send_id   INTEGER NOT NULL UNIQUE,        -- of posts; the token (datasum) of the others
  draft     TEXT    UNIQUE,                 -- the draft it was made of: `send` is idempotent by it
  message   INTEGER REFERENCES message (id),
  ping      INTEGER REFERENCES ping (id),
  alias     INTEGER REFERENCES alias (id),
  node      INTEGER REFERENCES node (id),
  thread    INTEGER REFERENCES thread (id),
  state     TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'released', 'doubt', 'failed')),
  own_copy  INTEGER NOT NULL DEFAULT 0,     -- 1: the attempt named this member, so a copy proves it
  sure      INTEGER NOT NULL DEFAULT 0,     -- 1: nothing in it can be refused
  login     INTEGER NOT NULL DEFAULT 0,     -- tag of the login whose link carried the attempt, 0: none
  handed    INTEGER NOT NULL DEFAULT 0,     -- order in which the requests of one login were handed to its link
  attempts  INTEGER NOT NULL DEFAULT 0,
  size      INTEGER NOT NULL DEFAULT 0,     -- bytes behind the header
  no_resend INTEGER NOT NULL DEFAULT 0,     -- 1: withdrawn while in doubt
  reason    TEXT    NOT NULL DEFAULT ''     -- why it failed, the site's words
) STRICT;
CREATE INDEX outbox_state ON outbox (state, id);
CREATE INDEX outbox_thread ON outbox (thread, id);

-- What became of a draft that left the outbox: `send` called again finds it here.
CREATE TABLE done (
  draft    TEXT    PRIMARY KEY,
  send_id  INTEGER NOT NULL,
  outcome  TEXT    NOT NULL CHECK (outcome IN ('sent', 'withdrawn'))
) STRICT, WITHOUT ROWID;

-- Deliveries that this version does not interpret, or could not: raw, confirmed, counted.
CREATE TABLE parked (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  msgid    TEXT    NOT NULL,                -- as the site wrote it
  op       TEXT    NOT NULL,
  why      TEXT    NOT NULL,                -- a stable code
  header   BLOB    NOT NULL,
  content  BLOB    NOT NULL,                -- SHA-256 over header and data: the same frame is parked once
  data     BLOB,
  file     TEXT,
  size     INTEGER NOT NULL,                -- bytes behind the header, also of data in a file
  UNIQUE (msgid, content)
) STRICT;
CREATE INDEX parked_file ON parked (file) WHERE file IS NOT NULL;

-- Deliveries larger than the limit, which wait unconfirmed for the member's word.
CREATE TABLE too_large (
  msgid    INTEGER PRIMARY KEY,
  from_uid TEXT    NOT NULL,
  size     INTEGER NOT NULL,
  answer   TEXT    NOT NULL DEFAULT 'ask' CHECK (answer IN ('ask', 'accept', 'discard'))
) STRICT;

-- Frames and posts that ended a link, by a hash of their bytes, and how often.
CREATE TABLE poison (
  content  BLOB    PRIMARY KEY,
  times    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for each wake: stages and times, no contents.
CREATE TABLE wake (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  began    INTEGER NOT NULL,
  stages   TEXT    NOT NULL,                -- a line for each: its word, a blank, milliseconds since began
  outcome  TEXT    NOT NULL,
  arrived  INTEGER NOT NULL
) STRICT;

CREATE TABLE counter (
  name     TEXT    PRIMARY KEY,
  value    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
