//! A member without an account of ours: sends whatever a test wants, byte by byte if need be.

use tmtp_session::{Config, Event, Input, Opening, Session, Transmit};
use tmtp_site::LinkId;
use tmtp_wire::frame;
use tmtp_wire::ids::Uid;
use tmtp_wire::request::{Request, To, Token};

use super::World;

pub struct Stock {
    link: LinkId,
    pub uid: Uid,
}

impl Stock {
    /// Registers, and stays online without ever confirming anything.
    pub fn join(world: &mut World) -> Stock {
        Stock::open(world, Opening::Register { label: "x".to_owned() })
    }

    /// Comes as a further node of a member that has nodes of ours.
    pub fn node_of(world: &mut World, who: usize) -> Stock {
        let (uid, secret, _) = world.ticket(who, "desktop");
        Stock::open(world, Opening::Login { uid, secret, tag: Token::from_random(7) })
    }

    fn open(world: &mut World, opening: Opening) -> Stock {
        let clock = world.clock();
        let link = world.site.open(clock.mono, clock.wall);
        let mut uid = match &opening {
            Opening::Login { uid, .. } => Some(uid.clone()),
            _ => None,
        };
        let mut session = Session::new(clock.mono, Config::new(opening));
        while let Some(Transmit::Bytes(bytes)) = session.poll_transmit(clock.mono) {
            world.site.receive(clock.mono, clock.wall, link, &bytes);
        }
        let answer = world.site.take_output(clock.mono, clock.wall, link, 1 << 20);
        session.handle_input(clock.mono, Input::Bytes(&answer)).unwrap();
        while let Some(event) = session.poll_event() {
            if let Event::Registered { uid: given, .. } = event {
                uid = Some(given);
            }
        }
        Stock { link, uid: uid.expect("registered") }
    }

    /// Posts these bytes to a member.
    pub fn post(&self, world: &mut World, to: &str, head: &str, behind: &[u8]) {
        self.post_with(world, to, head, behind, None);
    }

    pub fn post_with(&self, world: &mut World, to: &str, head: &str, behind: &[u8], datasum: Option<u64>) {
        let request = Request::Post {
            to: vec![To::Member(to.parse().unwrap())],
            datahead: u32::try_from(head.len()).unwrap(),
            datalen: (head.len() + behind.len()) as u64,
            datasum,
        };
        let mut bytes = request.encode("s1").unwrap();
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(behind);
        self.raw(world, &bytes);
    }

    /// Sends a header of its own making.
    pub fn header(&self, world: &mut World, header: &str, data: &[u8]) {
        let mut bytes = Vec::new();
        frame::encode(header.as_bytes(), &mut bytes).unwrap();
        bytes.extend_from_slice(data);
        self.raw(world, &bytes);
    }

    fn raw(&self, world: &mut World, bytes: &[u8]) {
        let clock = world.clock();
        world.site.receive(clock.mono, clock.wall, self.link, bytes);
        // The answers are read, and nobody looks at them.
        while world.site.has_output(self.link) {
            world.site.take_output(clock.mono, clock.wall, self.link, 1 << 20);
        }
        world.run(std::time::Duration::ZERO);
    }
}
