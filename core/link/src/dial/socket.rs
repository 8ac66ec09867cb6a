//! A TCP socket with the options that a link needs (wire 18.1): no waiting for more to send, no keepalive probes, a
//! short backlog, no linger.

use std::io;
use std::net::SocketAddr;

use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};

use crate::limits::SEND_BUFFER;

/// Connects. Without a time limit; the caller has one.
pub(super) async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
    let options = SockRef::from(&socket);
    options.set_tcp_nodelay(true)?;
    options.set_send_buffer_size(SEND_BUFFER)?;
    limit_backlog(&options)?;
    socket.connect(address).await
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn limit_backlog(socket: &SockRef<'_>) -> io::Result<()> {
    use crate::limits::{UNACKNOWLEDGED, UNSENT_MAX};

    socket.set_tcp_notsent_lowat(UNSENT_MAX)?;
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))
}

/// Elsewhere the send buffer alone keeps the backlog short, and the driver's stall limit finds dead paths.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn limit_backlog(_socket: &SockRef<'_>) -> io::Result<()> {
    Ok(())
}
