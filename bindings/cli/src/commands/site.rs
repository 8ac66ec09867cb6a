//! `site serve`: the embedded site as a process.

use tmtp_site::{Gaps, Server, ServerConfig};

use crate::args::Serve;
use crate::failure::{DONE, Failure, Outcome};
use crate::output::{Out, shapes};
use crate::random::random;

/// Serves until Ctrl-C. The first line is the address, and it is out before the first connection can come.
pub(super) async fn serve(args: &Serve, out: Out) -> Outcome<u8> {
    let gaps = if args.gaps { Some(Gaps::as_public(random()?)) } else { None };
    let config = ServerConfig {
        listen: args.listen,
        dir: args.dir.clone(),
        name: args.name.clone(),
        gaps,
        ..ServerConfig::default()
    };
    let what = match &args.dir {
        Some(dir) => format!("the site cannot start on {} with the folder {}", args.listen, dir.display()),
        None => format!("the site cannot listen on {}", args.listen),
    };
    let server = Server::start(config).await.map_err(|error| Failure::io(&what, &error))?;
    let over = super::watching::interrupts()?;
    let serving = shapes::Serving { site: server.address().to_string(), site_name: args.name.clone() };
    // A site whose address nobody gets to know serves nobody.
    let unsaid = |error| Failure::io("the site's address cannot be written", &error);
    out.answer(&serving, |serving| serving.site.clone()).map_err(unsaid)?;
    let where_to = match &args.dir {
        Some(dir) => format!("members and waiting messages are in {}", dir.display()),
        None => "everything is in memory and gone at the end".to_owned(),
    };
    out.remark(&format!("The site “{}” accepts connections; {where_to}. Ctrl-C ends it.", args.name));
    over.await;
    server.stop().await;
    Ok(DONE)
}
