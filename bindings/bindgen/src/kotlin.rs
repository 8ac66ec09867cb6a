//! What is changed in generated Kotlin.
//!
//! 1. An object that is handed over as an argument goes through the same counter as one that is called. The generator
//!    clones its handle without looking, also that of an object that was closed and freed: the clone writes into
//!    memory that belongs to somebody else by then. Now handing it over throws the `IllegalStateException` that calling
//!    it does; and once it is closed, neither is possible, whether or not calls of before are still under way.
//! 2. A call that fails while it takes its arguments holds nothing. The generator clones the receiver's handle first
//!    and forgets it, and all arguments it has taken, when a later one cannot be taken. Now what was taken is
//!    remembered until the call has it, and given back if it never gets it.
//! 3. Half a surrogate pair becomes U+FFFD, as everywhere else where text becomes UTF-8: no text can fail to be taken.
//! 4. Texts far beyond every limit are cut, to what is still beyond; and arguments that do not fit into a buffer throw
//!    `UniffiTooLargeException`. The generator asks for memory that cannot be had.

use crate::edit::{Call, Edit, Unexpected};

/// Texts are cut to one more than so many UTF-16 units. No text of the border may have so many.
const TEXT_MOST: usize = 16 * 1024 * 1024;

pub(crate) fn guard(text: String) -> Result<String, Unexpected> {
    let mut edit = Edit::new(text);
    let objects = edit.lines_with(&["external fun ", "_fn_clone_"]);
    guard_objects(&mut edit, objects)?;
    guard_callbacks(&mut edit)?;
    guard_calls(&mut edit)?;
    guard_values(&mut edit)?;
    edit.append(HELPERS);
    edit.append(&format!("\nprivate const val UNIFFI_TEXT_MOST = {}\n", TEXT_MOST + 1));
    Ok(edit.done())
}

/// The classes, and what hands their objects over.
fn guard_objects(edit: &mut Edit, objects: usize) -> Result<(), Unexpected> {
    edit.replace(
        objects,
        "            val c = this.callCounter.get()\n            if (c == 0L) {\n",
        "            val c = this.callCounter.get()\n            if (c == 0L || this.wasDestroyed.get()) {\n",
    )?;
    edit.expect(objects, "            return block(this.uniffiCloneHandle())\n")?;
    // By nobody else any more.
    edit.replace(
        objects,
        "    fun uniffiCloneHandle(): Long {\n",
        "    private fun uniffiCloneHandle(): Long {\n",
    )?;
    let action = "    private class UniffiCleanAction(private val handle: Long) : Runnable {\n";
    edit.replace(objects, action, &format!("{LEND}{action}"))?;
    edit.replace(objects, "return value.uniffiCloneHandle()\n", "return value.uniffiLend()\n")
}

/// Objects of the app, which are in a map as long as Rust has them.
fn guard_callbacks(edit: &mut Edit) -> Result<(), Unexpected> {
    let callbacks = edit.lines_with(&["external fun ", "_fn_init_callback_vtable_"]);
    edit.replace(
        callbacks,
        "return handleMap.insert(value)\n",
        "return handleMap.insert(value).also { handle -> UniffiHandOver.hold { handleMap.remove(handle) } }\n",
    )
}

/// The calls themselves.
fn guard_calls(edit: &mut Edit) -> Result<(), Unexpected> {
    let declared: usize = ["_fn_method_", "_fn_func_", "_fn_constructor_"]
        .iter()
        .map(|kind| edit.lines_with(&["external fun ", kind]))
        .sum();
    let wrapped = edit.wrap_calls("UniffiLib.uniffi_", |call| {
        let kind = |kind: &str| call.name.contains(kind);
        if kind("_fn_clone_") || kind("_fn_free_") {
            return Ok(None);
        }
        let receiver = receiver(call)?;
        Ok(Some(format!("uniffiHandOver({receiver}) {{ {} }}", call.whole)))
    })?;
    if wrapped != declared {
        let what = "a call of the library".to_owned();
        return Err(Unexpected::Count { what, expected: declared, found: wrapped });
    }
    Ok(())
}

/// What frees the handle that a call is made on, if it is one.
fn receiver(call: &Call<'_>) -> Result<&'static str, Unexpected> {
    let first = call.arguments.split(',').next().unwrap_or_default().trim();
    match first {
        "it" => Ok("UniffiCleanAction(it)"),
        "uniffiHandle" => Ok("UniffiCleanAction(uniffiHandle)"),
        "" | "_status" => Ok("null"),
        taken if taken.starts_with("FfiConverter") && taken.contains(".lower(") => Ok("null"),
        _ => Err(Unexpected::Call(call.whole.to_owned())),
    }
}

/// Texts, and what is written into a buffer.
fn guard_values(edit: &mut Edit) -> Result<(), Unexpected> {
    edit.replace(
        1,
        "            onMalformedInput(CodingErrorAction.REPORT)\n            encode(CharBuffer.wrap(value))\n",
        "            onMalformedInput(CodingErrorAction.REPLACE)\n            \
         replaceWith(UNIFFI_REPLACEMENT)\n            \
         encode(CharBuffer.wrap(value, 0, minOf(value.length, UNIFFI_TEXT_MOST)))\n",
    )?;
    edit.replace(
        1,
        "        // Make sure we don't have invalid UTF-16, check for lone surrogates.\n",
        "        // Half a surrogate pair is replaced.\n",
    )?;
    edit.replace(
        1,
        "        val sizeForString = value.length.toULong() * 3UL\n",
        "        val sizeForString = minOf(value.length, UNIFFI_TEXT_MOST).toULong() * 3UL\n",
    )?;
    edit.replace(
        1,
        "        rbuf.asByteBuffer()!!.put(byteBuf)\n        return rbuf\n",
        "        rbuf.asByteBuffer()!!.put(byteBuf)\n        return uniffiHeld(rbuf)\n",
    )?;
    edit.replace(
        1,
        "        val rbuf = RustBuffer.alloc(allocationSize(value))\n",
        "        val rbuf = RustBuffer.alloc(uniffiFitting(allocationSize(value)))\n",
    )?;
    edit.replace(
        1,
        "    override fun lower(value: KotlinType) = lowerIntoRustBuffer(value)\n",
        "    override fun lower(value: KotlinType) = uniffiHeld(lowerIntoRustBuffer(value))\n",
    )
}

/// In each class, before what frees its handle.
const LEND: &str = "    /**
     * A handle for a call that takes this object as an argument; freed if that call is not made. Throws if this object
     * is closed.
     *
     * @suppress
     */
    internal fun uniffiLend(): Long =
        callWithHandle { handle -> handle.also { UniffiHandOver.hold(UniffiCleanAction(it)) } }

";

/// At the end of each file. What is an error of the Java machine (no memory, say) gives nothing back: it may also come
/// when the call has been made, and what is freed twice is worse than what is lost.
const HELPERS: &str = r#"
// What follows, and what is called from above by these names, is not uniffi's: tmtp-bindgen has added it.

private val UNIFFI_REPLACEMENT = "\uFFFD".toByteArray(Charsets.UTF_8)

/**
 * The arguments of a call are larger than the library takes at once.
 *
 * @suppress
 */
public class UniffiTooLargeException(
    public val size: ULong,
) : kotlin.Exception("$size bytes of arguments")

private fun uniffiFitting(size: ULong): ULong =
    if (size <= Int.MAX_VALUE.toULong()) size else throw UniffiTooLargeException(size)

private fun uniffiHeld(buffer: RustBuffer.ByValue): RustBuffer.ByValue =
    buffer.also { UniffiHandOver.hold { RustBuffer.free(it) } }

/**
 * What a call has taken for itself while it takes its arguments, on each thread for the innermost call. The library
 * owns it when the call is made; if that comes to nothing, it is given back.
 */
internal object UniffiHandOver {
    private val taken = ThreadLocal<ArrayList<Runnable>>()

    /** Remembers how to give something back, if a call is taking its arguments on this thread. */
    fun hold(giveBack: Runnable) {
        taken.get()?.add(giveBack)
    }

    fun begin(receiver: Runnable?): ArrayList<Runnable>? {
        val outer = taken.get()
        taken.set(ArrayList(4))
        receiver?.let(::hold)
        return outer
    }

    fun giveBack() {
        taken.get()?.forEach { one -> runCatching { one.run() } }
    }

    fun end(outer: ArrayList<Runnable>?) {
        if (outer == null) taken.remove() else taken.set(outer)
    }
}

/** Makes a call of the library; [receiver] frees the handle that it is made on. */
internal inline fun <R> uniffiHandOver(
    receiver: Runnable?,
    call: () -> R,
): R {
    val outer = UniffiHandOver.begin(receiver)
    try {
        return call()
    } catch (trouble: kotlin.Exception) {
        UniffiHandOver.giveBack()
        throw trouble
    } finally {
        UniffiHandOver.end(outer)
    }
}
"#;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// As the generator writes it: one object that is called and handed over, one of the app, one function.
    const GENERATED: &str = include_str!("../samples/generated.kt");

    #[test]
    fn objects_are_handed_over_by_the_guarded_counter() {
        let guarded = guard(GENERATED.to_owned()).unwrap();
        assert!(guarded.contains("if (c == 0L || this.wasDestroyed.get()) {"));
        assert!(guarded.contains("private fun uniffiCloneHandle(): Long {"));
        assert_eq!(guarded.matches("return value.uniffiLend()").count(), 2);
        assert_eq!(guarded.matches("internal fun uniffiLend(): Long").count(), 2);
        assert!(!guarded.contains("value.uniffiCloneHandle()"));
    }

    #[test]
    fn every_call_gives_back_what_it_took() {
        let guarded = guard(GENERATED.to_owned()).unwrap();
        for call in [
            "uniffiHandOver(UniffiCleanAction(it)) { UniffiLib.uniffi_x_fn_method_thing_now(",
            "uniffiHandOver(UniffiCleanAction(uniffiHandle)) { UniffiLib.uniffi_x_fn_method_thing_later(",
            "uniffiHandOver(null) { UniffiLib.uniffi_x_fn_func_open(",
            "uniffiHandOver(null) { UniffiLib.uniffi_x_fn_constructor_thing_new(",
            "uniffiHandOver(null) { UniffiLib.uniffi_x_fn_method_trouble_code(",
        ] {
            assert_eq!(guarded.matches(call).count(), 1, "{call}");
        }
        assert!(guarded.contains("UniffiHandOver.hold { handleMap.remove(handle) }"));
    }

    #[test]
    fn a_text_can_always_be_taken() {
        let guarded = guard(GENERATED.to_owned()).unwrap();
        assert!(!guarded.contains("CodingErrorAction.REPORT"));
        assert!(guarded.contains("replaceWith(UNIFFI_REPLACEMENT)"));
    }

    /// Whatever the generator changes in a line that a guard was made for, the guard is not lost in silence.
    #[test]
    fn a_generator_that_writes_something_else_is_noticed() {
        for line in [
            "if (c == 0L) {",
            "return block(this.uniffiCloneHandle())",
            "fun uniffiCloneHandle(): Long {",
            "private class UniffiCleanAction(private val handle: Long) : Runnable {",
            "return value.uniffiCloneHandle()",
            "return handleMap.insert(value)",
            "onMalformedInput(CodingErrorAction.REPORT)",
            "val sizeForString = value.length.toULong() * 3UL",
            "rbuf.asByteBuffer()!!.put(byteBuf)",
            "val rbuf = RustBuffer.alloc(allocationSize(value))",
            "override fun lower(value: KotlinType) = lowerIntoRustBuffer(value)",
            "UniffiLib.uniffi_x_fn_func_open(",
            "external fun uniffi_x_fn_clone_thing",
            "uniffiHandle,\n",
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
