//! The folder of a site that lasts: a journal of facts, appended and synced before anything that depends on
//! them is said, and made anew, shorter, at each start and when it has grown too long.
//!
//! A record is: length of header (4 bytes), length of data (8), checksum of header and data (4), checksum of
//! those 16 bytes (4), header, data; numbers are big-endian. A last record that is not whole was never synced,
//! so nobody was told of it: it is forgotten. Any other damage is an error, and the site does not start.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::logic::{Config, Site, StorageOp};

const JOURNAL: &str = "journal";
const NEW: &str = "journal.new";
const LOCK: &str = "lock";
/// Both lengths and the checksum of what they measure.
const LENGTHS: usize = 16;
const PREFIX: usize = LENGTHS + 4;

/// The open journal of a site.
#[derive(Debug)]
pub(super) struct Journal {
    dir: PathBuf,
    file: File,
    len: u64,
    len_when_made: u64,
    /// Held, so that no other site uses the folder.
    _lock: File,
}

/// Opens a folder, makes it if need be, and makes the site of what is in it.
pub(super) fn open(dir: &Path, config: Config) -> io::Result<(Site, Journal)> {
    fs::create_dir_all(dir)?;
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "the folder belongs to a running site"));
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let facts = match File::open(dir.join(JOURNAL)) {
        Ok(file) => read_all(file)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let site = Site::restore(config, facts);
    let (file, len) = write_new(dir, &site.snapshot())?;
    let journal = Journal { dir: dir.to_owned(), file, len, len_when_made: len, _lock: lock };
    Ok((site, journal))
}

impl Journal {
    /// Bytes in it.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes in it when it was last made anew.
    pub(super) fn len_when_made(&self) -> u64 {
        self.len_when_made
    }

    /// Appends facts; they are on the disk when this returns, if anything depends on one of them.
    pub(super) fn append(&mut self, facts: &[StorageOp]) -> io::Result<()> {
        self.len += write_all(&self.file, facts)?;
        if facts.iter().any(StorageOp::needs_sync) { self.file.sync_data() } else { Ok(()) }
    }

    /// Puts a shorter list of facts in place of all there are.
    pub(super) fn replace(&mut self, facts: &[StorageOp]) -> io::Result<()> {
        let (file, len) = write_new(&self.dir, facts)?;
        self.file = file;
        self.len = len;
        self.len_when_made = len;
        Ok(())
    }
}

/// Writes a journal beside the old one and puts it in its place.
fn write_new(dir: &Path, facts: &[StorageOp]) -> io::Result<(File, u64)> {
    let path = dir.join(NEW);
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    // The messages that add a node hold its secret.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    let len = write_all(&file, facts)?;
    file.sync_all()?;
    fs::rename(&path, dir.join(JOURNAL))?;
    File::open(dir)?.sync_all()?;
    Ok((file, len))
}

fn write_all(file: &File, facts: &[StorageOp]) -> io::Result<u64> {
    let mut writer = BufWriter::new(file);
    let mut written = 0;
    for fact in facts {
        let (header, data) = (fact.header(), fact.data());
        let header_len = u32::try_from(header.len()).map_err(io::Error::other)?;
        let mut prefix = Vec::with_capacity(PREFIX);
        prefix.extend_from_slice(&header_len.to_be_bytes());
        prefix.extend_from_slice(&(data.len() as u64).to_be_bytes());
        prefix.extend_from_slice(&checksum(&header, data).to_be_bytes());
        prefix.extend_from_slice(&crc32c::crc32c(&prefix).to_be_bytes());
        writer.write_all(&prefix)?;
        writer.write_all(&header)?;
        writer.write_all(data)?;
        written += (PREFIX + header.len() + data.len()) as u64;
    }
    writer.flush()?;
    Ok(written)
}

fn checksum(header: &[u8], data: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(header), data)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the site's journal is damaged")
}

fn read_all(file: File) -> io::Result<Vec<StorageOp>> {
    let mut left = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    let mut facts = Vec::new();
    while left >= PREFIX as u64 {
        let mut prefix = [0; PREFIX];
        reader.read_exact(&mut prefix)?;
        left -= PREFIX as u64;
        let [lengths @ .., p, q, r, s] = prefix;
        if crc32c::crc32c(&lengths) != u32::from_be_bytes([p, q, r, s]) {
            return Err(damaged());
        }
        let [a, b, c, d, data_len @ .., w, x, y, z] = lengths;
        let header_len = u32::from_be_bytes([a, b, c, d]);
        let data_len = u64::from_be_bytes(data_len);
        // Longer than the file: the last record, cut off.
        let whole = u64::from(header_len).checked_add(data_len).filter(|whole| *whole <= left);
        let Some(whole) = whole else { break };
        let mut header = vec![0; header_len as usize];
        reader.read_exact(&mut header)?;
        let mut data = vec![0; usize::try_from(data_len).map_err(io::Error::other)?];
        reader.read_exact(&mut data)?;
        left -= whole;
        if checksum(&header, &data) != u32::from_be_bytes([w, x, y, z]) {
            return if left == 0 { Ok(facts) } else { Err(damaged()) };
        }
        facts.push(StorageOp::decode(&header, data).map_err(io::Error::other)?);
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tmtp_wire::time::{Mono, Wall};

    /// A folder of its own for each test, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("tmtp-site-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn config() -> Config {
        Config { durable: true, ..Config::default() }
    }

    /// Registers somebody and returns the facts of it.
    fn registration(site: &mut Site) -> Vec<StorageOp> {
        let (now, wall) = (Mono(1), Wall(1));
        let link = site.open(now, wall);
        site.receive(now, wall, link, b"0011{\"op\":0,\"id\":\"1\"}");
        site.take_output(now, wall, link, 1000);
        let register = r#"{"op":1,"newnode":"x","newalias":"anna anna"}"#;
        site.receive(now, wall, link, format!("{:04x}{register}", register.len()).as_bytes());
        site.poll_storage()
    }

    #[test]
    fn what_was_appended_is_there_at_the_next_start() {
        let folder = Folder::new("append");
        let (mut site, mut journal) = open(&folder.0, config()).unwrap();
        let facts = registration(&mut site);
        assert_eq!(facts.len(), 2);
        journal.append(&facts).unwrap();
        assert!(journal.len() > journal.len_when_made());
        drop(journal);
        let (site, _journal) = open(&folder.0, config()).unwrap();
        assert_eq!(site.snapshot().len(), 3, "last id, user, alias");
    }

    #[test]
    fn a_record_cut_at_any_byte_of_the_end_is_forgotten_and_the_rest_kept() {
        let folder = Folder::new("torn");
        let (mut site, mut journal) = open(&folder.0, config()).unwrap();
        journal.append(&registration(&mut site)).unwrap();
        let first = journal.len();
        journal.append(&registration(&mut site)).unwrap();
        drop(journal);
        let whole = fs::read(folder.0.join(JOURNAL)).unwrap();
        for cut in first as usize..whole.len() {
            fs::write(folder.0.join(JOURNAL), &whole[..cut]).unwrap();
            let facts = read_all(File::open(folder.0.join(JOURNAL)).unwrap()).unwrap();
            assert_eq!(facts.len(), 3, "{cut}");
        }
    }

    #[test]
    fn damage_in_the_middle_is_an_error() {
        let folder = Folder::new("damage");
        let (mut site, mut journal) = open(&folder.0, config()).unwrap();
        journal.append(&registration(&mut site)).unwrap();
        drop(journal);
        let bytes = fs::read(folder.0.join(JOURNAL)).unwrap();
        for at in 0..PREFIX + 10 {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(folder.0.join(JOURNAL), changed).unwrap();
            assert_eq!(open(&folder.0, config()).unwrap_err().kind(), io::ErrorKind::InvalidData, "{at}");
        }
    }

    #[test]
    fn a_folder_belongs_to_one_site_at_a_time() {
        let folder = Folder::new("lock");
        let first = open(&folder.0, config()).unwrap();
        assert_eq!(open(&folder.0, config()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(first);
        assert!(open(&folder.0, config()).is_ok());
    }

    #[test]
    fn a_replaced_journal_holds_the_same_site() {
        let folder = Folder::new("replace");
        let (mut site, mut journal) = open(&folder.0, config()).unwrap();
        for _ in 0..3 {
            journal.append(&registration(&mut site)).unwrap();
        }
        let before = site.snapshot().len();
        journal.replace(&site.snapshot()).unwrap();
        drop(journal);
        assert_eq!(open(&folder.0, config()).unwrap().0.snapshot().len(), before);
    }
}
