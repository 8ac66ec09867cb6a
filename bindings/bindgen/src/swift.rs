//! What is changed in generated Swift.
//!
//! Swift frees an object when nobody holds it, so none that is closed can be handed over, and its texts are always
//! valid. What is left:
//!
//! 1. Objects come from the library alone: no subclass, and no object around a handle of the caller's own, which the
//!    library would take for an address of its memory.
//! 2. An object lives until its handle is cloned, also where the optimiser sees no further use of it.
//! 3. Sizes that do not fit into 32 bits end the process in what the generator writes. Texts and data far beyond every
//!    limit are cut, to what is still beyond; and what many of them need together is asked for by a call that takes
//!    its size in 64 bits.

use crate::edit::{Edit, Unexpected};

/// Texts and data are cut to one more than so many bytes. None of the border may have so many.
const MOST: usize = 48 * 1024 * 1024;

pub(crate) fn guard(text: String) -> Result<String, Unexpected> {
    let mut edit = Edit::new(text);
    guard_objects(&mut edit)?;
    guard_values(&mut edit)?;
    edit.append(HELPERS);
    edit.append(&format!("\nfileprivate let uniffiMost = {}\n", MOST + 1));
    Ok(edit.done())
}

fn guard_objects(edit: &mut Edit) -> Result<(), Unexpected> {
    let objects = edit.lines_with(&["return try! rustCall { uniffi_", "_fn_clone_"]);
    edit.replace(objects, "\nopen class ", "\npublic final class ")?;
    let methods = edit.count("\nopen func ");
    edit.replace(methods, "\nopen func ", "\n    public func ")?;
    edit.expect(0, "\n    open ")?;
    edit.replace(
        objects,
        "    required public init(unsafeFromHandle handle: UInt64) {\n",
        "    init(unsafeFromHandle handle: UInt64) {\n",
    )?;
    edit.replace(objects, "    public init(noHandle: NoHandle) {\n", "    init(noHandle: NoHandle) {\n")?;
    edit.replace(
        objects,
        "    public func uniffiCloneHandle() -> UInt64 {\n        return try! rustCall {",
        CLONE,
    )?;
    Ok(())
}

fn guard_values(edit: &mut Edit) -> Result<(), Unexpected> {
    let component = component(edit)?;
    let from = format!("        try! rustCall {{ ffi_{component}_rustbuffer_from_bytes(");
    let alloc = format!(
        "        if ptr.count > Int(Int32.max) {{\n            \
         var whole = try! rustCall {{ ffi_{component}_rustbuffer_alloc(UInt64(ptr.count), $0) }}\n            \
         whole.data!.update(from: ptr.baseAddress!, count: ptr.count)\n            \
         whole.len = UInt64(ptr.count)\n            \
         return whole\n        \
         }}\n        \
         return try! rustCall {{ ffi_{component}_rustbuffer_from_bytes("
    );
    edit.replace(1, &from, &alloc)?;
    edit.replace(
        1,
        "        return value.utf8CString.withUnsafeBufferPointer { ptr in\n",
        "        return uniffiCut(value).utf8CString.withUnsafeBufferPointer { ptr in\n",
    )?;
    edit.replace(
        1,
        "        let len = Int32(value.utf8.count)\n",
        "        let value = uniffiCut(value)\n        let len = Int32(value.utf8.count)\n",
    )?;
    let data = edit.count("struct FfiConverterData: FfiConverterRustBuffer {\n");
    let write = "        let len = Int32(value.count)\n        writeInt(&buf, len)\n        writeBytes(&buf, value)\n";
    edit.replace(data, write, &format!("        let value = value.prefix(uniffiMost)\n{write}"))
}

/// What the component is called in the names of its C functions.
fn component(edit: &Edit) -> Result<String, Unexpected> {
    let (before, after) = ("ffi_", "_rustbuffer_from_bytes(");
    edit.before(after)
        .and_then(|line| line.rsplit_once(before))
        .map(|(_, component)| component.to_owned())
        .ok_or_else(|| Unexpected::Count { what: format!("{before}…{after}"), expected: 1, found: 0 })
}

const CLONE: &str = "    func uniffiCloneHandle() -> UInt64 {
        // Nobody frees it meanwhile, whatever the optimiser knows.
        defer { withExtendedLifetime(self) {} }
        return try! rustCall {";

/// At the end of each file.
const HELPERS: &str = "
// What follows, and what is called from above by these names, is not uniffi's: tmtp-bindgen has added it.

fileprivate func uniffiCut(_ value: String) -> String {
    value.utf8.count <= uniffiMost ? value : String(decoding: value.utf8.prefix(uniffiMost), as: UTF8.self)
}
";

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// As the generator writes it: one object, texts and data.
    const GENERATED: &str = include_str!("../samples/generated.swift");

    #[test]
    fn objects_come_from_the_library_alone() {
        let guarded = guard(GENERATED.to_owned()).unwrap();
        assert!(guarded.contains("\npublic final class Thing: ThingProtocol"));
        assert!(guarded.contains("\n    public func now()"));
        assert!(guarded.contains("\n    init(unsafeFromHandle handle: UInt64) {"));
        assert!(!guarded.contains("\nopen "));
        assert!(guarded.contains("withExtendedLifetime(self)"));
    }

    #[test]
    fn no_size_ends_the_process() {
        let guarded = guard(GENERATED.to_owned()).unwrap();
        assert!(guarded.contains("ffi_x_rustbuffer_alloc(UInt64(ptr.count), $0)"));
        assert_eq!(guarded.matches("uniffiCut(value)").count(), 2);
        assert!(guarded.contains("value.prefix(uniffiMost)"));
    }

    /// Whatever the generator changes in a line that a guard was made for, the guard is not lost in silence.
    #[test]
    fn a_generator_that_writes_something_else_is_noticed() {
        for line in [
            "\nopen class ",
            "required public init(unsafeFromHandle handle: UInt64) {",
            "public init(noHandle: NoHandle) {",
            "public func uniffiCloneHandle() -> UInt64 {",
            "return try! rustCall { uniffi_",
            "try! rustCall { ffi_x_rustbuffer_from_bytes(",
            "return value.utf8CString.withUnsafeBufferPointer { ptr in",
            "let len = Int32(value.utf8.count)",
            "let len = Int32(value.count)",
        ] {
            assert!(GENERATED.contains(line), "{line}");
            let changed = GENERATED.replacen(line, "somethingElse", 1);
            assert!(guard(changed).is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_guarded_already_is_not_guarded_again() {
        let guarded = guard(GENERATED.to_owned()).unwrap();
        assert!(guard(guarded).is_err());
    }
}
