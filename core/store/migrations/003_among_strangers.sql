-- What is known of others, and what waits, said more exactly.

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
