//! A site in a folder, for those who need nothing else of `tmtp`: `tmtp-site FOLDER [ADDRESS]`. The first line
//! that it prints is its address, once it accepts connections; it serves until it is killed.

use std::io::Write;
use std::process::ExitCode;

use tmtp_site::{Server, ServerConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let Some(dir) = words.next() else { return fail("usage: tmtp-site FOLDER [ADDRESS]") };
    let mut config = ServerConfig { dir: Some(dir.into()), ..ServerConfig::default() };
    if let Some(word) = words.next() {
        match word.to_str().and_then(|text| text.parse().ok()) {
            Some(address) => config.listen = address,
            None => return fail("ADDRESS: an IP address and a port, such as 127.0.0.1:7443"),
        }
    }
    let server = match Server::start(config).await {
        Ok(server) => server,
        Err(error) => return fail(&format!("the site cannot start: {error}")),
    };
    let mut out = std::io::stdout();
    if writeln!(out, "{}", server.address()).and_then(|()| out.flush()).is_err() {
        return ExitCode::FAILURE;
    }
    std::future::pending().await
}

fn fail(why: &str) -> ExitCode {
    // Nobody is left to tell if even this cannot be written.
    let _ = writeln!(std::io::stderr(), "{why}");
    ExitCode::from(2)
}
