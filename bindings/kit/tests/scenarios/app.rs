//! An app as a process of its own, for the scenario that kills one: `tmtp-kit-app HOME UID FILE` opens the home, holds
//! a link, sends FILE to the member under the draft `picture`, prints the send id, and then goes on until its standard
//! input ends or it is killed.

#![allow(clippy::print_stdout, reason = "whoever started it waits for this line")]

use std::error::Error;
use std::io::{Read, Write, stdin, stdout};

use tmtp_ffi::ids::AccountName;
use tmtp_ffi::log::LogLevel;
use tmtp_ffi::open_client;
use tmtp_ffi::options::{ClientConfig, NewMessage, Profile, Recipient, To};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let mut word = || words.next().ok_or("usage: tmtp-kit-app HOME UID FILE");
    let (home, uid, file) = (word()?, word()?, word()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
    runtime.block_on(async {
        let config = ClientConfig {
            home,
            profile: Profile::App,
            device_name: None,
            proxy: None,
            log_level: LogLevel::Error,
        };
        let client = open_client(config, None, None, None).await?;
        client.foreground()?;
        let account = client.account(AccountName::from("harbour")).await?;
        let recipient = Recipient { who: uid, note: String::new() };
        let message = NewMessage {
            draft: "picture".to_owned(),
            to: To::NewThread { recipients: vec![recipient], from_alias: None },
            subject: "Sailing".to_owned(),
            text: "With a picture.".to_owned(),
            attachments: vec![file],
        };
        let sent = account.send(message, None).await?;
        println!("{}", sent.send_id);
        stdout().flush()?;
        stdin().read_to_end(&mut Vec::new())?;
        Ok(())
    })
}
