//! The commands: from the arguments to an answer on the screen, and an exit code.
//!
//! [`leaving`] has what cannot be taken back, and asks first ([`sure`]); [`reading`] looks into the stores and disturbs nobody; [`writing`] makes orders and has them done; [`watching`]
//! holds the links; [`site`] serves; [`progress`] shows on a terminal that something is going on.

mod leaving;
mod progress;
mod reading;
mod site;
mod sure;
mod watching;
mod writing;

use std::io;
use std::path::PathBuf;

use clap::CommandFactory;
use tmtp_client::{AccountHandle, Client, Config};

use crate::args::{AccountsAction, AliasAction, Cli, Command, ContactsAction, NodeAction, SiteAction};
use crate::failure::{DONE, Failure, Outcome, REFUSED, USAGE};
use crate::output::Out;
use crate::{demo, home, read};

/// The code of a failure that only says that nobody reads the output any more.
pub(crate) const PIPE_CLOSED: &str = "pipe_closed";

/// What every command has.
struct Context {
    home: PathBuf,
    account: Option<String>,
    out: Out,
}

/// Does what was typed; the exit code.
pub(crate) async fn run(cli: Cli) -> Outcome<u8> {
    let out = Out { json: cli.json };
    match &cli.command {
        Command::Demo(args) => {
            // What is dropped at Ctrl-C takes its processes and its folder with it.
            return tokio::select! {
                ended = demo::run(args, out) => ended,
                interrupted = watching::interrupted() => {
                    interrupted?;
                    Err(Failure::not_yet("interrupted", "the demo was interrupted; nothing was judged"))
                }
            };
        }
        Command::DemoStock(args) => return demo::run_stock(args).await,
        Command::Site { action: SiteAction::Serve(args) } => return site::serve(args, out).await,
        Command::Completions { shell } => return completions(*shell, out),
        _ => {}
    }
    let context = Context { home: home::find(cli.home)?, account: cli.account, out };
    match cli.command {
        Command::DemoMember => demo::run_member(&context.home).await,
        Command::DemoRead => demo::run_read(&context.home).await,
        Command::Join(args) => writing::join(&context, args).await,
        Command::Accounts { action: None } => reading::accounts(&context).await,
        Command::Accounts { action: Some(AccountsAction::Remove { name, sure }) } => {
            leaving::remove(&context, name, sure).await
        }
        Command::Accounts { action: Some(AccountsAction::Adopt { name, sure }) } => {
            leaving::adopt(&context, name, sure).await
        }
        Command::Accounts { action: Some(AccountsAction::Salvage { name }) } => {
            leaving::salvage(&context, name).await
        }
        Command::Alias { action: AliasAction::Add { alias, wait } } => {
            writing::add_alias(&context, alias, wait).await
        }
        Command::Node { action: NodeAction::Add { label, wait } } => {
            writing::add_node(&context, label, wait).await
        }
        Command::Ping(args) => writing::ping(&context, args).await,
        Command::Pings(page) => reading::pings(&context, page).await,
        Command::Contacts { action: None, page } => reading::contacts(&context, page).await,
        Command::Contacts { action: Some(ContactsAction::Remove { who, uid }), .. } => {
            writing::remove_contact(&context, who, uid).await
        }
        Command::Send(args) => writing::send(&context, args).await,
        Command::Reply(args) => writing::reply(&context, args).await,
        Command::Sync(args) => writing::sync(&context, args).await,
        Command::Watch => watching::watch(&context).await,
        Command::Threads(args) => reading::threads(&context, args).await,
        Command::Thread(args) => reading::thread(&context, args).await,
        Command::Read { message } => reading::read(&context, message).await,
        Command::Save(args) => reading::save(&context, args).await,
        Command::Delete(args) => leaving::delete(&context, args).await,
        Command::Outbox(page) => reading::outbox(&context, page).await,
        Command::Withdraw { send_id } => leaving::withdraw(&context, send_id).await,
        Command::Settle(args) => writing::settle(&context, args).await,
        Command::Large(args) => leaving::large(&context, args).await,
        Command::Trust(args) => writing::trust(&context, args).await,
        Command::Status => reading::status(&context).await,
        Command::Demo(_) | Command::DemoStock(_) | Command::Site { .. } | Command::Completions { .. } => {
            Ok(DONE)
        }
    }
}

impl Context {
    /// The accounts, for looking. Nothing is locked, nothing connects.
    async fn client(&self) -> Outcome<Client> {
        home::check(&self.home)?;
        if !self.home.exists() {
            return Err(no_account());
        }
        Ok(Client::open(Config::new(&self.home)).await?)
    }

    /// The account that was named, or the only one.
    async fn account(&self, client: &Client) -> Outcome<AccountHandle> {
        if let Some(name) = &self.account {
            return client.account(&name.parse()?).await.map_err(|error| match error {
                tmtp_client::Error::NotFound => unknown_account(name),
                error => error.into(),
            });
        }
        let mut handles = read::handles(client).await?;
        match (handles.pop(), handles.len()) {
            (None, _) => Err(no_account()),
            (Some(only), 0) => Ok(only),
            (Some(last), _) => {
                let names: Vec<String> =
                    handles.iter().chain([&last]).map(|one| one.name().to_string()).collect();
                let sentence =
                    format!("there are several accounts, name one with --account: {}", names.join(", "));
                Err(Failure::usage(sentence))
            }
        }
    }

    /// The name of that account.
    async fn account_name(&self) -> Outcome<String> {
        let client = self.client().await?;
        Ok(self.account(&client).await?.name().to_string())
    }

    /// Prints what was asked for: a command that only shows has failed when nothing can be shown.
    fn answer<T: serde::Serialize>(&self, answer: &T, human: impl FnOnce(&T) -> String) -> Outcome<u8> {
        self.out.answer(answer, human).map_err(output)?;
        Ok(DONE)
    }

    /// Prints what became of an act. The exit code is the act's, whatever becomes of the output: a script that takes
    /// it for the output's would do the act twice, or not at all.
    fn report<T: serde::Serialize>(
        &self,
        code: u8,
        answer: &T,
        human: impl FnOnce(&T) -> String,
    ) -> Outcome<u8> {
        self.out.report(answer, human);
        Ok(code)
    }
}

fn unknown_account(name: &str) -> Failure {
    Failure::usage(format!("there is no account “{name}”; see `accounts`"))
}

fn no_account() -> Failure {
    Failure::usage("there is no account here yet; `tmtp join` makes one")
}

/// Output that cannot be written: mostly a reader that has seen enough.
fn output(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::new(PIPE_CLOSED, "nobody reads the output");
    }
    Failure::io("the output cannot be written", &error)
}

/// Prints what the parser has to say: a help text, or what is wrong with the command line. A help text that cannot be
/// written is a failure like any other.
pub(crate) fn told_by_parser(told: &clap::Error) -> u8 {
    let asked_for = told.exit_code() == i32::from(DONE);
    let printed = told.print().map_err(output);
    if told.kind() == clap::error::ErrorKind::UnknownArgument {
        Out { json: false }.remark("A value that begins with a dash is written behind a sign: --text=-x");
    }
    match printed {
        Err(failure) if asked_for && failure.code != PIPE_CLOSED => {
            Out { json: false }.failure(&failure);
            REFUSED
        }
        _ if asked_for => DONE,
        _ => USAGE,
    }
}

fn completions(shell: clap_complete::Shell, out: Out) -> Outcome<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tmtp", &mut script);
    out.raw(&String::from_utf8_lossy(&script)).map_err(output)?;
    Ok(DONE)
}
