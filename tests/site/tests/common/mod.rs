//! A plain client for tests of the server: blocking sockets, rustls, frames.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind};
use tmtp_site::{Server, any_key_tls};
use tmtp_wire::json::Object;

/// A frame from the site.
#[derive(Debug)]
pub struct Frame {
    pub head: Object,
    pub data: Vec<u8>,
}

impl Frame {
    pub fn text(&self, key: &'static str) -> String {
        self.head.str(key).unwrap().unwrap_or_default().to_owned()
    }
}

/// A link to a site.
pub struct Client {
    pub socket: TcpStream,
    pub tls: ClientConnection,
}

pub fn socket_address(server: &Server) -> SocketAddr {
    server.local_addr()
}

impl Client {
    pub fn connect(address: SocketAddr) -> Client {
        Client::connect_with(address, any_key_tls().unwrap())
    }

    pub fn connect_with(address: SocketAddr, config: Arc<ClientConfig>) -> Client {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Client { socket, tls: ClientConnection::new(config, name).unwrap() }
    }

    fn stream(&mut self) -> rustls::Stream<'_, ClientConnection, TcpStream> {
        rustls::Stream::new(&mut self.tls, &mut self.socket)
    }

    pub fn send(&mut self, header: &str, data: &[u8]) {
        self.stream().write_all(&frame(header, data)).unwrap();
        self.stream().flush().unwrap();
    }

    pub fn read(&mut self) -> io::Result<Frame> {
        let mut digits = [0; 4];
        self.stream().read_exact(&mut digits)?;
        let length = usize::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap();
        let mut header = vec![0; length];
        self.stream().read_exact(&mut header)?;
        let head = Object::parse(&header).unwrap();
        let mut data = vec![0; head.u64("datalen").unwrap().unwrap_or_default() as usize];
        self.stream().read_exact(&mut data)?;
        Ok(Frame { head, data })
    }

    /// Reads on to the next frame of an op, confirming queued ones on the way and that one too.
    pub fn next(&mut self, op: &str) -> Frame {
        loop {
            let frame = self.read().unwrap();
            if frame.head.get("from").is_some() && frame.head.get("id").is_some() {
                self.confirm(&frame);
            }
            if frame.text("op") == op {
                return frame;
            }
        }
    }

    pub fn confirm(&mut self, frame: &Frame) {
        self.send(&format!(r#"{{"op":10,"id":"{}","type":"ok"}}"#, frame.text("id")), b"");
    }

    /// TmtpRev and Register; uid and secret.
    pub fn register(&mut self) -> (String, String) {
        self.send(r#"{"op":0,"id":"1"}"#, b"");
        self.send(r#"{"op":1,"newnode":"x","newalias":"_"}"#, b"");
        let registered = self.next("registered");
        self.next("info");
        (registered.text("uid"), registered.text("nodeid"))
    }

    /// TmtpRev and Login, up to the greeting.
    pub fn login(&mut self, uid: &str, secret: &str) {
        self.send(r#"{"op":0,"id":"1"}"#, b"");
        self.send(&format!(r#"{{"op":2,"uid":"{uid}","node":"{secret}"}}"#), b"");
        self.next("info");
    }

    /// The ciphertext of some plaintext, as records.
    pub fn records(&mut self, plain: &[u8]) -> Vec<u8> {
        self.tls.writer().write_all(plain).unwrap();
        let mut bytes = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut bytes).unwrap();
        }
        bytes
    }

    /// Reads until the site ends the link; `true` if it said so properly.
    pub fn ends_properly(&mut self) -> bool {
        let mut rest = Vec::new();
        self.stream().read_to_end(&mut rest).is_ok()
    }

    pub fn was_resumed(&self) -> bool {
        self.tls.handshake_kind() == Some(HandshakeKind::Resumed)
    }
}

pub fn frame(header: &str, data: &[u8]) -> Vec<u8> {
    [format!("{:04x}{header}", header.len()).as_bytes(), data].concat()
}

/// A post's header.
pub fn post(id: &str, to: &[&str], datalen: usize) -> String {
    let targets: Vec<_> = to.iter().map(|uid| format!(r#"{{"id":"{uid}","type":1}}"#)).collect();
    format!(r#"{{"op":7,"id":"{id}","for":[{}],"datalen":{datalen}}}"#, targets.join(","))
}
