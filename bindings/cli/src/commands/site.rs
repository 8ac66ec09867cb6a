//! `site serve`: the embedded site as a process.

use tmtp_site::{Server, ServerConfig};

use crate::args::Serve;
use crate::failure::{DONE, Failure, Outcome};
use crate::output::Out;

/// Serves until Ctrl-C. The first line is the address, and it is out before the first connection can come.
pub(super) async fn serve(args: &Serve, out: Out) -> Outcome<u8> {
    let config = ServerConfig {
        listen: args.listen,
        dir: args.dir.clone(),
        name: args.name.clone(),
        ..ServerConfig::default()
    };
    let server = Server::start(config)
        .await
        .map_err(|error| Failure::io(&format!("the site cannot listen on {}", args.listen), &error))?;
    out.raw(&server.address().to_string()).map_err(super::output)?;
    let where_to = match &args.dir {
        Some(dir) => format!("members and waiting messages are in {}", dir.display()),
        None => "everything is in memory and gone at the end".to_owned(),
    };
    out.remark(&format!("The site “{}” accepts connections; {where_to}. Ctrl-C ends it.", args.name));
    super::watching::interrupted().await?;
    server.stop().await;
    Ok(DONE)
}
