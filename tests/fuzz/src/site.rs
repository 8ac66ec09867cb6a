//! The embedded site as a reader of what clients send.

use std::cell::RefCell;

use tmtp_site::{Config, LinkEnd, LinkId, Site};
use tmtp_wire::frame::{FrameReader, Piece};
use tmtp_wire::headsum::{self, HeadSum};
use tmtp_wire::time::{Mono, Wall};

const NOW: (Mono, Wall) = (Mono(5_000), Wall(1_700_000_000_000));
/// A site is made anew after so many, so that what one leaves behind meets the next ones.
const PER_SITE: usize = 100;

thread_local! {
    static SITE: RefCell<(Site, usize)> = RefCell::new((Site::new(Config::default()), 0));
}

/// Requests behind a good registration. The site may refuse and close, but everything that it says must be
/// whole frames with right checksums, and behind the client's end it must be done with the link.
pub fn requests(bytes: &[u8]) -> bool {
    SITE.with_borrow_mut(|(site, used)| {
        if *used == PER_SITE {
            *site = Site::new(Config::default());
            *used = 0;
        }
        *used += 1;
        let link = member(site);
        for piece in bytes.chunks(1 + bytes.len() % 40) {
            site.receive(NOW.0, NOW.1, link, piece);
        }
        check(&site.take_output(NOW.0, NOW.1, link, usize::MAX));
        let taken = !site.wants_close(link);
        site.receive_end(NOW.0, NOW.1, link, LinkEnd::Fin);
        check(&site.take_output(NOW.0, NOW.1, link, usize::MAX));
        assert!(site.wants_close(link) || !site.takes_input(link), "a link that has ended goes on");
        site.closed(NOW.0, NOW.1, link);
        taken
    })
}

fn member(site: &mut Site) -> LinkId {
    let link = site.open(NOW.0, NOW.1);
    for header in [r#"{"op":0,"id":"1"}"#, r#"{"op":1,"newnode":"x","newalias":"_"}"#] {
        let frame = format!("{:04x}{header}", header.len());
        site.receive(NOW.0, NOW.1, link, frame.as_bytes());
        site.take_output(NOW.0, NOW.1, link, usize::MAX);
    }
    link
}

fn check(said: &[u8]) {
    let mut reader = FrameReader::new();
    reader.push(said);
    while let Some(piece) = reader.next().unwrap() {
        if let Piece::Header { raw, .. } = piece {
            assert_ne!(headsum::verify(&raw), HeadSum::Wrong);
        }
    }
    assert!(!reader.inside_frame(), "half a frame");
}
