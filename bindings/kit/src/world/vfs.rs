//! The same disk as SQLite sees it: the operating system's VFS with one function replaced. A write that would make a
//! file grow fails while the disk is full; everything else, locks and shared memory too, is the original.
//!
//! SQLite calls C functions with pointers; nothing safe can stand there. What it promises, and each function relies on:
//! a `sqlite3_file` that it hands in was set up by `open`, has `szOsFile` bytes, and is not used by two threads at
//! once; a VFS and its methods are used as long as they live, so they are leaked.

use std::ffi::{CString, c_char, c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::ffi;

use super::Controls;
use crate::error::KitError;

/// A VFS of ours. SQLite's part comes first, so that a pointer to it is one to the whole.
#[repr(C)]
struct Disk {
    vfs: ffi::sqlite3_vfs,
    /// The operating system's.
    original: *mut ffi::sqlite3_vfs,
    controls: Arc<Controls>,
}

/// The methods of a file, with ours among them. SQLite's part comes first.
#[repr(C)]
struct Methods {
    table: ffi::sqlite3_io_methods,
    original: *const ffi::sqlite3_io_methods,
    /// Where in a file's bytes the pointer to its [`Disk`] stands: behind the original's part.
    disk_at: usize,
}

// SAFETY: a table is never changed once it is made, and what its pointers lead to lives for ever.
unsafe impl Send for Methods {}
// SAFETY: as above.
unsafe impl Sync for Methods {}

/// The tables made so far: the operating system's VFS has a few, one for each way of locking.
static TABLES: Mutex<Vec<&'static Methods>> = Mutex::new(Vec::new());

/// Makes a disk with these controls known to SQLite; its name. Each one costs some hundred bytes for ever.
pub(super) fn register(controls: Arc<Controls>) -> Result<String, KitError> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = format!("tmtp-kit-disk-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let refused = || KitError::System { reason: "SQLite does not take the disk".to_owned() };
    let c_name = CString::new(name.clone()).map_err(|_| refused())?;
    // SAFETY: null asks for the default VFS, which lives for ever.
    let original = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
    if original.is_null() {
        return Err(refused());
    }
    // SAFETY: just checked; a plain structure that nobody changes.
    let mut vfs = unsafe { *original };
    vfs.zName = c_name.into_raw();
    vfs.pNext = std::ptr::null_mut();
    vfs.szOsFile += size_of::<*const Disk>() as c_int;
    vfs.xOpen = Some(open);
    let disk = Box::leak(Box::new(Disk { vfs, original, controls }));
    // SAFETY: leaked, so it lives as long as SQLite may use it.
    let result = unsafe { ffi::sqlite3_vfs_register(&raw mut disk.vfs, 0) };
    if result == ffi::SQLITE_OK { Ok(name) } else { Err(refused()) }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let disk: *const Disk = vfs.cast();
    // SAFETY: this function is only in VFSs of ours, which are a `Disk`; `file` has room for the original's part and
    // the pointer behind it.
    unsafe {
        let original = (*disk).original;
        let Some(open) = (*original).xOpen else { return ffi::SQLITE_CANTOPEN };
        let result = open(original, name, file, flags, out_flags);
        // Without methods SQLite does not call `close`, and ours have no business there.
        if !(*file).pMethods.is_null() {
            let disk_at = usize::try_from((*original).szOsFile).unwrap_or(0);
            (*file).pMethods = &raw const methods((*file).pMethods, disk_at).table;
            file.cast::<u8>().add(disk_at).cast::<*const Disk>().write_unaligned(disk);
        }
        result
    }
}

/// The table with our function, for a file that had this one.
///
/// # Safety
/// `original` is a table of the operating system's VFS, which lives for ever.
unsafe fn methods(original: *const ffi::sqlite3_io_methods, disk_at: usize) -> &'static Methods {
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = tables.iter().find(|methods| methods.original == original) {
        return known;
    }
    // SAFETY: as the caller promises; a plain structure.
    let mut table = unsafe { *original };
    table.xWrite = Some(write);
    let made = Box::leak(Box::new(Methods { table, original, disk_at }));
    tables.push(made);
    made
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    len: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: this function is only in tables of ours, so the file's methods are a `Methods`, and `open` has put the
    // pointer behind the original's part.
    let (methods, disk) = unsafe {
        let methods: &Methods = &*(*file).pMethods.cast();
        let disk = file.cast::<u8>().add(methods.disk_at).cast::<*const Disk>().read_unaligned();
        (methods, &*disk)
    };
    // SAFETY: tables live for ever.
    let original = unsafe { &*methods.original };
    let (Some(size_of_file), Some(write)) = (original.xFileSize, original.xWrite) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    if disk.controls.is_full() {
        let mut size = 0;
        // SAFETY: the original's function with the original's file.
        let known = unsafe { size_of_file(file, &raw mut size) };
        if known != ffi::SQLITE_OK || offset.saturating_add(len.into()) > size {
            return ffi::SQLITE_FULL;
        }
    }
    // SAFETY: SQLite's own arguments, passed on.
    unsafe { write(file, bytes, len, offset) }
}
