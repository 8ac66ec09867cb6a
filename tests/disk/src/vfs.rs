//! The disk as an SQLite VFS.
//!
//! SQLite calls C functions with pointers; nothing safe can stand there. What is behind them is safe code in
//! `file`. What SQLite promises, and each function relies on: a `sqlite3_file` that it hands in is one that
//! `open` has set up and `close` has not yet seen; it has `szOsFile` bytes and is not used by two threads at
//! once; buffers have the length that is said beside them; names end with a zero byte.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;

use rusqlite::ffi;

use crate::fault::Fault;

mod file;

use file::{Mode, OpenFile};

/// The name under which SQLite knows the disks.
pub const VFS_NAME: &str = "tmtp-sim-disk";
const NAME: &CStr = c"tmtp-sim-disk";

/// What SQLite holds for an open file: its own part, and ours.
#[repr(C)]
struct Slot {
    base: ffi::sqlite3_file,
    /// From `Box::into_raw`; null when nothing is open.
    open: *mut OpenFile,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes the VFS known to SQLite, once.
pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let vfs = ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: size_of::<Slot>() as c_int,
            mxPathname: 1024,
            pNext: std::ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: None,
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        };
        // Counting its memory costs SQLite one lock for all threads at each allocation: worlds that run side by
        // side would mostly wait for each other. Refused if SQLite is in use already, which does no harm.
        // SAFETY: the option takes one integer; nothing of SQLite runs in another thread if it is accepted.
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int) };
        // SAFETY: the structure is leaked, so it lives as long as SQLite may use it.
        let result = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) };
        assert_eq!(result, ffi::SQLITE_OK, "SQLite takes the VFS");
    });
}

/// An error as SQLite wants it: a full disk is one of its own, everything else is said by `otherwise`.
fn code(result: Result<(), Fault>, otherwise: c_int) -> c_int {
    match result {
        Ok(()) => ffi::SQLITE_OK,
        Err(Fault::Full) => ffi::SQLITE_FULL,
        Err(_) => otherwise,
    }
}

/// The file behind SQLite's pointer.
///
/// # Safety
/// `file` was set up by [`open`] and not yet given to [`close`], and nobody else uses it now.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut OpenFile {
    // SAFETY: as the caller promises; `open` has put a box's pointer there.
    unsafe { &mut *(*file.cast::<Slot>()).open }
}

/// # Safety
/// `name` is null or ends with a zero byte.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

fn at(offset: i64) -> usize {
    usize::try_from(offset).unwrap_or(0)
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let slot = file.cast::<Slot>();
    // SAFETY: SQLite gives `szOsFile` bytes for the slot. Without methods it will not call `close`.
    unsafe {
        (*slot).base.pMethods = std::ptr::null();
        (*slot).open = std::ptr::null_mut();
    }
    let has = |flag: c_int| flags & flag != 0;
    let mode = Mode {
        create: has(ffi::SQLITE_OPEN_CREATE),
        exclusive: has(ffi::SQLITE_OPEN_EXCLUSIVE),
        delete_on_close: has(ffi::SQLITE_OPEN_DELETEONCLOSE),
        journal: has(ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL),
    };
    // SAFETY: SQLite's names end with a zero byte.
    let opened = match unsafe { text(name) } {
        Some(path) => OpenFile::open(path, &mode),
        None if name.is_null() => Ok(OpenFile::Scratch(Vec::new())),
        None => Err(Fault::Invalid),
    };
    match opened {
        Ok(opened) => {
            // SAFETY: as above; `out_flags` may be null.
            unsafe {
                (*slot).base.pMethods = &raw const METHODS;
                (*slot).open = Box::into_raw(Box::new(opened));
                if !out_flags.is_null() {
                    *out_flags = flags;
                }
            }
            ffi::SQLITE_OK
        }
        Err(fault) => code(Err(fault), ffi::SQLITE_CANTOPEN),
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let slot = file.cast::<Slot>();
    // SAFETY: `open` has put a box's pointer there; it is taken out, so that it is freed once.
    unsafe {
        let open = std::mem::replace(&mut (*slot).open, std::ptr::null_mut());
        if !open.is_null() {
            Box::from_raw(open).close();
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, buf: *mut c_void, len: c_int, offset: i64) -> c_int {
    let buf = buf.cast::<u8>();
    let len = at(len.into());
    // SAFETY: the buffer has `len` bytes; they are set before a reference to them is made.
    let (open, buf) = unsafe {
        buf.write_bytes(0, len);
        (opened(file), std::slice::from_raw_parts_mut(buf, len))
    };
    match open.read(at(offset), buf) {
        Ok(count) if count == len => ffi::SQLITE_OK,
        // The rest is zeros already, as it must be.
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(_) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    len: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: there are `len` bytes.
    let (open, bytes) =
        unsafe { (opened(file), std::slice::from_raw_parts(bytes.cast::<u8>(), at(len.into()))) };
    code(open.write(at(offset), bytes), ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: i64) -> c_int {
    // SAFETY: an open file.
    code(unsafe { opened(file) }.truncate(at(len)), ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file.
    code(unsafe { opened(file) }.sync(), ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: an open file.
    let found = unsafe { opened(file) }.size();
    code(
        // SAFETY: `size` is for the answer.
        found.map(|found| unsafe { *size = found as i64 }),
        ffi::SQLITE_IOERR_FSTAT,
    )
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    match unsafe { opened(file) }.lock(level) {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_BUSY,
        Err(_) => ffi::SQLITE_IOERR_LOCK,
    }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    unsafe { opened(file) }.unlock(level);
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: an open file.
    let reserved = unsafe { opened(file) }.is_reserved();
    code(
        // SAFETY: `out` is for the answer.
        reserved.map(|reserved| unsafe { *out = reserved.into() }),
        ffi::SQLITE_IOERR_CHECKRESERVEDLOCK,
    )
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

/// As SQLite's own VFS on Unix: a write changes no byte beside those that it writes.
unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    index: c_int,
    bytes: c_int,
    make: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file.
    let region = unsafe { opened(file) }.shm_region(at(index.into()), at(bytes.into()), make != 0);
    let start = match region {
        Ok(Some(start)) => start.cast_mut().cast::<c_void>(),
        Ok(None) => std::ptr::null_mut(),
        Err(_) => return ffi::SQLITE_IOERR_SHMMAP,
    };
    // SAFETY: `out` is for the answer. SQLite writes to the memory behind it; it is made of atomics, so that
    // is allowed through a pointer that came from a shared reference, and it lives until `shm_unmap`.
    unsafe { *out = start };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    let take = flags & ffi::SQLITE_SHM_LOCK != 0;
    let alone = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    // SAFETY: an open file.
    match unsafe { opened(file) }.shm_lock(at(first.into()), at(count.into()), take, alone) {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_BUSY,
        Err(_) => ffi::SQLITE_IOERR_SHMLOCK,
    }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file.
    unsafe { opened(file) }.shm_leave();
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite's names end with a zero byte.
    let Some(path) = (unsafe { text(name) }) else { return ffi::SQLITE_IOERR_DELETE };
    match file::remove(path, sync_folder != 0) {
        Err(Fault::NotFound) => ffi::SQLITE_IOERR_DELETE_NOENT,
        other => code(other, ffi::SQLITE_IOERR_DELETE),
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's names end with a zero byte.
    let Some(path) = (unsafe { text(name) }) else { return ffi::SQLITE_IOERR_ACCESS };
    // SAFETY: `out` is for the answer.
    code(file::exists(path).map(|found| unsafe { *out = found.into() }), ffi::SQLITE_IOERR_ACCESS)
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    len: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's names end with a zero byte.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > at(len.into()) {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: `out` has `len` bytes, and is not the name itself.
    unsafe { out.copy_from_nonoverlapping(bytes.as_ptr().cast(), bytes.len()) };
    ffi::SQLITE_OK
}

/// SQLite takes its random numbers from its default VFS, which this is not.
unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, len: c_int, out: *mut c_char) -> c_int {
    // SAFETY: `out` has `len` bytes.
    unsafe { out.write_bytes(0, at(len.into())) };
    len
}

/// Simulated time does not pass while SQLite waits for a lock.
unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    std::thread::yield_now();
    microseconds
}

/// Noon of 24 November 2000 as a Julian day number: nothing that is stored depends on it.
const JULIAN_DAY: i64 = 2_451_873;

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: `out` is for the answer.
    unsafe { *out = JULIAN_DAY as f64 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_int64(_: *mut ffi::sqlite3_vfs, out: *mut i64) -> c_int {
    // SAFETY: `out` is for the answer.
    unsafe { *out = JULIAN_DAY * 86_400_000 };
    ffi::SQLITE_OK
}
