//! The example that each command's `--help` shows, with its output. A test looks that each has one.

pub(crate) const TOP: &str = "\
Two minutes from here, with a site of your own:
  $ tmtp site serve &
  =127.0.0.1:38413
  $ tmtp join =127.0.0.1:38413 --alias \"Ada Kittiwake\"
  $ tmtp send --to-self --subject \"Nest count\" --text \"Three so far.\"
  $ tmtp threads

Or all of it at once, among cut links and killed processes: tmtp demo

Exit codes: 0 done · 1 refused · 2 wrong usage, or `--yes` is missing · 3 not settled in time, nothing lost
They say what became of the act, whatever becomes of the output. A command that only shows ends with 1 if it cannot
write, and with 0 if the reader has closed the pipe. A command may be repeated: it goes on with what is there.";

pub(crate) const DEMO: &str = "\
Example:
  $ tmtp demo --seed 7
  tmtp demo, seed 7
  Three people, two sites, eight links, one receiver of the old kind that folds nothing.
  …
       500  sent             messages handed to `send`
       500  arrived          of them are at every node where they belong
         0  doubled          copies too many in a store
  …
  Nothing lost, nothing doubled, nothing out of order.";

pub(crate) const SITE: &str = "\
Example:
  $ tmtp site serve --listen 127.0.0.1:7000 --dir ./site --name harbour
  =127.0.0.1:7000
  The site “harbour” accepts connections; members and waiting messages are in ./site. Ctrl-C ends it.";

pub(crate) const JOIN: &str = "\
Example:
  $ tmtp join =127.0.0.1:7000 --alias \"Ada Kittiwake\"
  You are a member of =127.0.0.1:7000 (harbour) as Ada Kittiwake.
  The account is called 127.0.0.1, its uid is 3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1.

Given up or killed, the same command goes on with what is there: one alias at one site is one account.";

pub(crate) const ACCOUNTS: &str = "\
Example:
  $ tmtp accounts
  ACCOUNT    ALIASES        SITE                       UNREAD  STATE
  127.0.0.1  Ada Kittiwake  =127.0.0.1:7000 (harbour)  2       idle";

pub(crate) const REMOVE: &str = "\
Example:
  $ tmtp accounts remove 127.0.0.1
  The account 127.0.0.1 (Ada Kittiwake at =127.0.0.1:7000) is gone for good, its key too, with 14 messages; no other
  node of this member is known here: without its key nobody can ever be this member again. Go on? [y/N] y
  The account 127.0.0.1 is gone from this device, its key and its mail too.

A script says --yes; without it and without a terminal the command is refused (exit code 2).";

pub(crate) const ADOPT: &str = "\
Example:
  $ cp -a ~/.local/share/tmtp /media/card/tmtp
  $ tmtp --home /media/card/tmtp accounts adopt 127.0.0.1 --yes
  The account 127.0.0.1 is used from here now.

Two homes with one node would take each other's mail: a copy reads, and does not connect before this. To use both,
make a second node instead (`node add`).";

pub(crate) const SALVAGE: &str = "\
Example:
  $ tmtp accounts salvage clinic
  Saved what reads of the account clinic: 512 rows. Lost: 2 of message.
  The damaged store is kept as mail.db.damaged-1 in the account's folder.";

pub(crate) const ALIAS: &str = "\
Example:
  $ tmtp alias add \"Ada of the Pier\"
  You can be reached as Ada of the Pier now.";

pub(crate) const NODE: &str = "\
Example:
  $ tmtp node add tablet > ticket
  The node “tablet” exists. This line is all that the other device needs.
  It is a password, and is shown this once. There: tmtp join --node -
  $ ssh tablet tmtp join --node - < ticket";

pub(crate) const PING: &str = "\
Example:
  $ tmtp ping \"Ben Lapwing\" \"Ada here, from the pier\"
  Ben Lapwing has your ping.";

pub(crate) const PINGS: &str = "\
Example:
  $ tmtp pings
  WHEN   FROM           TO           TEXT
  10:02  Ada Kittiwake  Ben Lapwing  Ada here, from the pier";

pub(crate) const CONTACTS: &str = "\
Example:
  $ tmtp contacts
  ALIAS        UID                               KNOWN BY
  Ben Lapwing  7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6  the site
  Cleo Dunlin  QZ2B7M%KD4+W1HV9RTXN8CJL5FPG3SY6  a claim of Ben Lapwing
  $ tmtp send --to \"Cleo Dunlin\" --subject Hello --text Hello
  tmtp: only Ben Lapwing (7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6) says who “Cleo Dunlin” is […]";

pub(crate) const FORGET: &str = "\
Example:
  $ tmtp contacts remove \"Cleo Dunlin\"
  Removed: Cleo Dunlin.";

pub(crate) const SEND: &str = "\
Example:
  $ tmtp send --to \"Ben Lapwing\" --subject \"Nest count\" --text \"See the map.\" --attach map.pdf
  Sent. Thread 18eac40f98d50007

With --wait 0 it is only queued, and leaves with the next `sync` or beside a `watch`.
Once accepted it is never lost: exit code 3 means that it still waits.
Without text and attachment it is refused, unless --empty says that this is meant.";

pub(crate) const REPLY: &str = "\
Example:
  $ echo \"Three is more than I hoped for.\" | tmtp reply 18eac40f98d50007 --text -
  Sent. Thread 18eac40f98d50007";

pub(crate) const SYNC: &str = "\
Example:
  $ tmtp sync
  127.0.0.1  1 new message
    Ben Lapwing: Three is more than I hoped for.  18eac40f98d50009

All that came is listed, up to 10000 messages; `arrived` in the JSON counts all, the others are in threads --unread.";

pub(crate) const WATCH: &str = "\
Example:
  $ tmtp watch
  Watching; Ctrl-C ends it.
  10:04:31  127.0.0.1  online
  10:05:12  127.0.0.1  Ben Lapwing: Dawn walk – Saturday?  18eac40f98d5000c

Beside a running `watch`, the other commands go over its link. If it is stopped (Ctrl-Z), they wait some seconds for it,
say so and end, and what they were to do is not done later.";

pub(crate) const THREADS: &str = "\
Example:
  $ tmtp threads
     THREAD            WHEN   FROM         SUBJECT
  ●  18eac40f98d50007  10:02  Ben Lapwing  Nest count (2)  Three is more than I hoped for.";

pub(crate) const THREAD: &str = "\
Example:
  $ tmtp thread 18eac40f98d50007
  Nest count
  Ada Kittiwake – “author”, Ben Lapwing

  Ada Kittiwake  10:01  18eac40f98d50007
    See the map.
    ▸ map.pdf (48.2 KB)

  Ben Lapwing  10:02  18eac40f98d50009  new
    Three is more than I hoped for.";

pub(crate) const READ: &str = "\
Example:
  $ tmtp read 18eac40f98d50009
  Nest count

  Ben Lapwing  10:02  18eac40f98d50009  new
    Three is more than I hoped for.";

pub(crate) const SAVE: &str = "\
Example:
  $ tmtp save 18eac40f98d50007 map.pdf /media/card/map.pdf
  Saved to /media/card/map.pdf (48.2 KB).";

pub(crate) const DELETE: &str = "\
Example:
  $ tmtp delete 18eac40f98d50007
  The thread “Nest count” is deleted here for good, 2 messages; others keep their copies. Go on? [y/N] y
  The thread 18eac40f98d50007 is deleted here; others keep their copies.

A script says --yes; without it and without a terminal the command is refused (exit code 2).";

pub(crate) const OUTBOX: &str = "\
Example:
  $ tmtp outbox
  SEND ID         STATE   WHAT  TO           SUBJECT
  0178a6c3ffb2d4  queued  post  Ben Lapwing  Dawn walk";

pub(crate) const WITHDRAW: &str = "\
Example:
  $ tmtp withdraw 0178a6c3ffb2d4
  Taken back; it was not sent, and is not kept. Its text was:
    Saturday?";

pub(crate) const SETTLE: &str = "\
Example:
  $ tmtp settle 0178a6c3ffb2d4 --send-again
  It waits to be sent. Nothing is lost. See `outbox`, 0178a6c3ffb2d4

Only for an item that stays in doubt: its answer was lost, and nothing proves what became of it.";

pub(crate) const LARGE: &str = "\
Example:
  $ tmtp large 18eac40f98d5000d --accept
  It will be received at the next link.";

pub(crate) const TRUST: &str = "\
Example:
  $ tmtp trust =127.0.0.1:7000
  THE KEY OF =127.0.0.1:7000 HAS CHANGED.
    remembered  5f0c…
    shown now   a91e…
  Ask the site's owner. To trust it: tmtp trust =127.0.0.1:7000 a91e…

A changed key can mean that somebody sits in between.";

pub(crate) const STATUS: &str = "\
Example:
  $ tmtp status
  127.0.0.1  node busy  =127.0.0.1:7000
    the site still holds an earlier link for alive; it lets go within two minutes of it
    Ada Kittiwake · next try in 9 s · 2 unread · 1 to send · 14 received · 5 sent";

pub(crate) const COMPLETIONS: &str = "\
Example:
  $ tmtp completions bash > ~/.local/share/bash-completion/completions/tmtp
  (nothing is printed; new shells complete tmtp's commands)";
