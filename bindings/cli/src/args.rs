//! What can be typed: commands, options, their help texts. Nothing here acts.
//!
//! The names are fixed, scripts rely on them. The example of each command stands in [`crate::examples`].

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::examples as ex;

/// How long a command that sends tries by default.
const WAIT: &str = "20";
/// Over the options that every command has.
const EVERYWHERE: &str = "Everywhere";
/// How long one `sync`, or one `join`, may take by default.
const LONG_WAIT: &str = "30";

/// Mail over TMTP from a terminal: nothing accepted is lost, nothing is sent or shown twice.
///
/// A membership at a site is an account. With one account no command needs to name it.
#[derive(Debug, Parser)]
#[command(name = "tmtp", version, max_term_width = 100, after_help = ex::TOP)]
pub(crate) struct Cli {
    /// Folder that holds the accounts [default: the platform's folder for application data]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR", env = "TMTP_HOME", hide_env_values = true)]
    pub(crate) home: Option<PathBuf>,
    /// Account to use; needed only if there are several
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Answer with one JSON document (`watch`: with one object a line)
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands, in the order in which a new member meets them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what this program promises: three people, two sites, a bad network, killed processes
    #[command(after_help = ex::DEMO)]
    Demo(Demo),
    /// Run a site (a server), for trying things out and for tests
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Site {
        #[command(subcommand)]
        action: SiteAction,
    },
    /// Become a member of a site, or take a further node of a member into use
    #[command(after_help = ex::JOIN)]
    Join(Join),
    /// List the accounts, remove one, or save what reads of a damaged one
    #[command(after_help = ex::ACCOUNTS, args_conflicts_with_subcommands = true)]
    Accounts {
        #[command(subcommand)]
        action: Option<AccountsAction>,
    },
    /// Add a name under which others reach you
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Alias {
        #[command(subcommand)]
        action: AliasAction,
    },
    /// Let another device act as the same member
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Node {
        #[command(subcommand)]
        action: NodeAction,
    },
    /// Say hello to somebody whose alias you know, so that you know each other
    #[command(after_help = ex::PING)]
    Ping(Ping),
    /// List the pings that came and went
    #[command(after_help = ex::PINGS)]
    Pings(Paged),
    /// List the people you know: checked by the site, or only claimed by somebody; or remove one
    #[command(after_help = ex::CONTACTS, args_conflicts_with_subcommands = true)]
    Contacts {
        #[command(flatten)]
        page: Paged,
        #[command(subcommand)]
        action: Option<ContactsAction>,
    },
    /// Begin a thread
    #[command(after_help = ex::SEND)]
    Send(Send),
    /// Answer in a thread
    #[command(after_help = ex::REPLY)]
    Reply(Reply),
    /// Connect, fetch and send what waits, and hang up
    #[command(after_help = ex::SYNC)]
    Sync(Sync),
    /// Stay connected and print what arrives, until Ctrl-C
    #[command(after_help = ex::WATCH)]
    Watch,
    /// List the threads, newest first
    #[command(after_help = ex::THREADS)]
    Threads(Threads),
    /// Show the newest messages of a thread, the newest last
    #[command(after_help = ex::THREAD)]
    Thread(Thread),
    /// Show one message and mark it as read
    #[command(after_help = ex::READ)]
    Read {
        /// The message, as `thread` and `watch` call it
        #[arg(value_name = "MSGID")]
        message: String,
    },
    /// Save an attachment to a file
    #[command(after_help = ex::SAVE)]
    Save(Save),
    /// Delete a thread, or one message, for good
    #[command(after_help = ex::DELETE)]
    Delete(Delete),
    /// List what is not sent yet, is in doubt, or was refused
    #[command(after_help = ex::OUTBOX)]
    Outbox(Paged),
    /// Take back what was not sent
    #[command(after_help = ex::WITHDRAW)]
    Withdraw {
        /// The item, as `send` and `outbox` call it
        #[arg(value_name = "SEND_ID")]
        send_id: String,
    },
    /// Decide about an item that no proof can settle
    #[command(after_help = ex::SETTLE)]
    Settle(Settle),
    /// Take or discard a message that is larger than the limit
    #[command(after_help = ex::LARGE)]
    Large(Large),
    /// Show a site's key, or trust another one after it has changed
    #[command(after_help = ex::TRUST)]
    Trust(Trust),
    /// Show how each account is doing
    #[command(after_help = ex::STATUS)]
    Status,
    /// Print a completion script for a shell
    #[command(after_help = ex::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// A client of the demo, driven by lines of JSON.
    #[command(hide = true)]
    DemoMember,
    /// The demo's receiver that does not fold repetitions.
    #[command(hide = true)]
    DemoStock(DemoStock),
    /// Prints what the stores of a home hold, for the demo's judgement.
    #[command(hide = true)]
    DemoRead,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Repeat the choices of an earlier run
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How many messages to send
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) messages: u32,
    /// Over how many minutes to spread them
    #[arg(long, value_name = "N", default_value = "0.7", value_parser = minutes)]
    pub(crate) minutes: f64,
    /// Leave the homes here, to look at with the other commands
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoStock {
    #[arg(long)]
    pub(crate) site: String,
    #[arg(long)]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SiteAction {
    /// Serve until Ctrl-C; the first line of output is the address to join
    #[command(after_help = ex::SITE)]
    Serve(Serve),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
    /// Folder for members and waiting messages [default: in memory, gone at the end]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Now and then deliver nothing for 30 s after a lost link, as the public server does
    #[arg(long)]
    pub(crate) gaps: bool,
    /// What the site calls itself
    #[arg(long, value_name = "NAME", default_value = "tmtp site")]
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The site: `=host:port` (its key is remembered) or `+host:port` (the platform vouches for it)
    #[arg(required_unless_present = "node")]
    pub(crate) address: Option<String>,
    /// The name under which others reach you, at least 8 bytes
    #[arg(long, required_unless_present = "node", allow_hyphen_values = true)]
    pub(crate) alias: Option<String>,
    /// What to call the account here [default: made of the site's address]
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) name: Option<String>,
    /// Take a node into use that `node add` made on another device; `-` reads standard input
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["address", "alias"])]
    pub(crate) node: Option<String>,
    /// How long to try
    #[arg(long, value_name = "SECONDS", default_value = LONG_WAIT, value_parser = seconds)]
    pub(crate) wait: Duration,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountsAction {
    /// Remove an account from this device: its key and its mail are gone for good
    #[command(after_help = ex::REMOVE)]
    Remove {
        /// The account
        name: String,
        #[command(flatten)]
        sure: Sure,
    },
    /// Take a copied home into use: its original is gone, or is not used any more
    #[command(after_help = ex::ADOPT)]
    Adopt {
        /// The account
        name: String,
        #[command(flatten)]
        sure: Sure,
    },
    /// Save what still reads of an account whose store is damaged; the damaged one is kept
    #[command(after_help = ex::SALVAGE)]
    Salvage {
        /// The account
        name: String,
    },
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Sure {
    /// Do it without asking; a script needs this, for nobody can be asked there
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ContactsAction {
    /// Forget a name; a later ping or message of theirs tells it again
    #[command(after_help = ex::FORGET)]
    Remove {
        /// The alias as it is listed, or the uid: then all names of that uid
        who: String,
        /// Which one, if several are listed under the alias
        #[arg(long, value_name = "UID")]
        uid: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AliasAction {
    /// Add a further alias; a site takes none back
    #[command(after_help = ex::ALIAS)]
    Add {
        /// The name, at least 8 bytes
        #[arg(allow_hyphen_values = true)]
        alias: String,
        #[command(flatten)]
        wait: Wait,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum NodeAction {
    /// Make a second node and print, this once, what the other device needs
    #[command(after_help = ex::NODE)]
    Add {
        /// What to call the other device
        #[arg(allow_hyphen_values = true)]
        label: String,
        #[command(flatten)]
        wait: Wait,
    },
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Wait {
    /// How long to try; 0 only queues
    #[arg(long = "wait", value_name = "SECONDS", default_value = WAIT, value_parser = seconds)]
    pub(crate) time: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Ping {
    /// The other's alias
    #[arg(value_name = "TO-ALIAS", allow_hyphen_values = true)]
    pub(crate) to: String,
    /// A few words, at most 140 characters
    #[arg(default_value = "", allow_hyphen_values = true)]
    pub(crate) text: String,
    /// Which of your aliases to use [default: the first]
    #[arg(long, value_name = "ALIAS", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Paged {
    /// Go on where the last page ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) page: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Body {
    /// The message; `-` reads standard input
    #[arg(
        long,
        value_name = "T|-",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub(crate) text: String,
    /// A file to go with it; may be given several times
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) attach: Vec<PathBuf>,
    /// Send it although it has neither text nor attachment
    #[arg(long)]
    pub(crate) empty: bool,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("whom").required(true))]
pub(crate) struct Send {
    /// Who gets it: aliases of people you know, or uids; one that begins with a dash as --to=-NAME
    #[arg(long, value_name = "ALIAS-OR-UID", num_args = 1.., group = "whom")]
    pub(crate) to: Vec<String>,
    /// A note to yourself, to read on your other devices
    #[arg(long, group = "whom", conflicts_with = "note")]
    pub(crate) to_self: bool,
    /// A remark beside a recipient, for all to see
    #[arg(long, value_name = "TO=TEXT", num_args = 1..)]
    pub(crate) note: Vec<String>,
    /// What it is about
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    pub(crate) subject: String,
    /// Which of your aliases to use [default: the first]
    #[arg(long, value_name = "ALIAS", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    #[command(flatten)]
    pub(crate) body: Body,
}

#[derive(Debug, Args)]
pub(crate) struct Reply {
    /// The thread, as `threads` calls it
    pub(crate) thread: String,
    /// A subject of its own
    #[arg(long, value_name = "S", default_value = "", hide_default_value = true, allow_hyphen_values = true)]
    pub(crate) subject: String,
    /// Write to those who can be reached, though the thread's list names others who cannot
    #[arg(long)]
    pub(crate) without_unreachable: bool,
    #[command(flatten)]
    pub(crate) body: Body,
}

#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// How long it may take
    #[arg(long, value_name = "SECONDS", default_value = LONG_WAIT, value_parser = seconds)]
    pub(crate) wait: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Threads {
    /// Only those with something new
    #[arg(long)]
    pub(crate) unread: bool,
    #[command(flatten)]
    pub(crate) page: Paged,
}

#[derive(Debug, Args)]
pub(crate) struct Thread {
    /// The thread, as `threads` calls it
    #[arg(value_name = "ID")]
    pub(crate) thread: String,
    /// Begin with its oldest messages [default with --json]
    #[arg(long, conflicts_with = "newest")]
    pub(crate) oldest: bool,
    /// Begin with its newest messages, with --json the newest first [default without]
    #[arg(long)]
    pub(crate) newest: bool,
    /// Mark all of it as read
    #[arg(long)]
    pub(crate) read: bool,
    #[command(flatten)]
    pub(crate) page: Paged,
}

#[derive(Debug, Args)]
pub(crate) struct Save {
    /// The message
    #[arg(value_name = "MSGID")]
    pub(crate) message: String,
    /// The attachment, as `read` calls it
    #[arg(value_name = "ATTACHMENT-NAME")]
    pub(crate) attachment: String,
    /// A file's name, or a folder that is there; an existing file is never overwritten
    pub(crate) path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// A thread (the id of its first message), or another message
    pub(crate) id: String,
    /// Of a thread, delete the first message alone
    #[arg(long)]
    pub(crate) message: bool,
    #[command(flatten)]
    pub(crate) sure: Sure,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("verdict").required(true))]
pub(crate) struct Settle {
    /// The item, as `outbox` calls it
    #[arg(value_name = "SEND_ID")]
    pub(crate) send_id: String,
    /// It did not arrive: send it again
    #[arg(long, group = "verdict")]
    pub(crate) send_again: bool,
    /// It arrived: take it as sent
    #[arg(long, group = "verdict")]
    pub(crate) sent: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("answer").required(true))]
pub(crate) struct Large {
    /// The message, as `status` calls it
    #[arg(value_name = "MSGID")]
    pub(crate) message: String,
    /// Receive it
    #[arg(long, group = "answer")]
    pub(crate) accept: bool,
    /// Throw it away unseen, for good
    #[arg(long, group = "answer")]
    pub(crate) discard: bool,
    #[command(flatten)]
    pub(crate) sure: Sure,
}

#[derive(Debug, Args)]
pub(crate) struct Trust {
    /// The site's address
    pub(crate) address: String,
    /// The key's fingerprint, as the site's owner gives it; without it, the keys are only shown
    #[arg(value_name = "FINGERPRINT")]
    pub(crate) key: Option<String>,
}

/// Seconds, with fractions if need be.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "a number of seconds is needed".to_owned())?;
    if !(0.0..=86_400.0).contains(&number) {
        return Err("between 0 and 86400 seconds (one day)".to_owned());
    }
    Ok(Duration::from_secs_f64(number))
}

fn minutes(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "a number of minutes is needed".to_owned())?;
    if !(0.1..=600.0).contains(&number) {
        return Err("between 0.1 and 600 minutes".to_owned());
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(words: &[&str]) -> Result<Cli, clap::error::ErrorKind> {
        Cli::try_parse_from(["tmtp"].iter().chain(words)).map_err(|error| error.kind())
    }

    #[test]
    fn the_description_of_the_commands_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_visible_command_shows_an_example_with_its_output() {
        fn look(command: &clap::Command) {
            let inner: Vec<_> = command.get_subcommands().filter(|c| !c.is_hide_set()).collect();
            if inner.is_empty() || command.get_name() == "accounts" {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(
                    help.contains("Example:\n  $ ") && help.contains("tmtp "),
                    "{} has no example",
                    command.get_name()
                );
                assert!(help.lines().count() >= 3, "{}: an example has output", command.get_name());
            }
            inner.into_iter().for_each(look);
        }
        look(&Cli::command());
    }

    #[test]
    fn send_takes_several_recipients_and_needs_one() {
        let words = ["send", "--to", "Ada Kittiwake", "Ben Lapwing", "--subject", "x", "--wait", "0"];
        let Command::Send(send) = parse(&words).unwrap().command else { panic!("not send") };
        assert_eq!(send.to.len(), 2);
        assert_eq!(send.body.wait.time, Duration::ZERO);
        assert!(parse(&["send", "--subject", "x"]).is_err());
        assert!(parse(&["send", "--subject", "x", "--to-self"]).is_ok());
    }

    #[test]
    fn names_and_texts_may_begin_with_a_dash() {
        let words = [
            "send",
            "--to=-Ada",
            "--to=--wait",
            "--subject",
            "-5 degrees",
            "--text",
            "--wait",
            "--from",
            "-me",
        ];
        let Command::Send(send) = parse(&words).unwrap().command else { panic!("not send") };
        assert_eq!(
            (send.to, send.subject.as_str()),
            (vec!["-Ada".to_owned(), "--wait".to_owned()], "-5 degrees")
        );
        assert_eq!((send.body.text.as_str(), send.from.as_deref()), ("--wait", Some("-me")));
        let Command::Ping(ping) =
            parse(&["ping", "-Ada of the Pier", "- hello", "--wait", "0"]).unwrap().command
        else {
            panic!("not ping")
        };
        assert_eq!((ping.to.as_str(), ping.text.as_str()), ("-Ada of the Pier", "- hello"));
        assert_eq!(ping.wait.time, Duration::ZERO);
        assert_eq!(parse(&["ping", "--help"]).unwrap_err(), clap::error::ErrorKind::DisplayHelp);
        assert!(parse(&["alias", "add", "-Ada of the Pier"]).is_ok());
        assert!(parse(&["join", "=h:1", "--alias", "-Ada of the Pier"]).is_ok());
    }

    #[test]
    fn a_thread_begins_at_one_end() {
        assert!(parse(&["thread", "1", "--oldest"]).is_ok() && parse(&["thread", "1", "--newest"]).is_ok());
        assert!(parse(&["thread", "1", "--oldest", "--newest"]).is_err());
    }

    #[test]
    fn join_needs_a_site_and_an_alias_or_a_node() {
        assert!(parse(&["join", "=h:1", "--alias", "Ada Kittiwake"]).is_ok());
        assert!(parse(&["join", "--node", "-"]).is_ok());
        assert!(parse(&["join", "=h:1"]).is_err());
        assert!(parse(&["join", "=h:1", "--node", "-"]).is_err());
    }

    #[test]
    fn a_time_to_wait_must_be_sensible() {
        assert!(seconds("0.5").is_ok());
        for bad in ["-1", "NaN", "inf", "86401", "soon"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
