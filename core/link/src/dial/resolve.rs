//! Names to addresses.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

/// The addresses of a host, in time.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Resolves host names, and takes addresses as they are. Without a time limit; the dialer has one.
pub trait Resolver: Send + Sync {
    /// All addresses of `host`, in the order of preference within each family.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}
