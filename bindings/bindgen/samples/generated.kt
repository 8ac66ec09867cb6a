internal object UniffiLib {
    external fun uniffi_x_fn_clone_thing(`handle`: Long,uniffi_out_err: UniffiRustCallStatus, 
    ): Long
    external fun uniffi_x_fn_free_thing(`handle`: Long,uniffi_out_err: UniffiRustCallStatus, 
    ): Unit
    external fun uniffi_x_fn_constructor_thing_new(uniffi_out_err: UniffiRustCallStatus, 
    ): Long
    external fun uniffi_x_fn_method_thing_now(`ptr`: Long,uniffi_out_err: UniffiRustCallStatus, 
    ): Unit
    external fun uniffi_x_fn_method_thing_later(`ptr`: Long,`text`: RustBuffer.ByValue,`other`: RustBuffer.ByValue,
    ): Long
    external fun uniffi_x_fn_clone_keys(`handle`: Long,uniffi_out_err: UniffiRustCallStatus, 
    ): Long
    external fun uniffi_x_fn_free_keys(`handle`: Long,uniffi_out_err: UniffiRustCallStatus, 
    ): Unit
    external fun uniffi_x_fn_init_callback_vtable_keys(`vtable`: UniffiVTableCallbackInterfaceKeys,
    ): Unit
    external fun uniffi_x_fn_func_open(`thing`: Long,`keys`: RustBuffer.ByValue,
    ): Long
    external fun uniffi_x_fn_method_trouble_code(`ptr`: RustBuffer.ByValue,uniffi_out_err: UniffiRustCallStatus, 
    ): RustBuffer.ByValue
}

public interface FfiConverter<KotlinType, FfiType> {
    fun lowerIntoRustBuffer(value: KotlinType): RustBuffer.ByValue {
        val rbuf = RustBuffer.alloc(allocationSize(value))
        try {
            val bbuf = rbuf.data!!.getByteBuffer(0, rbuf.capacity).also {
                it.order(ByteOrder.BIG_ENDIAN)
            }
            write(value, bbuf)
            rbuf.writeField("len", bbuf.position().toLong())
            return rbuf
        } catch (e: Throwable) {
            RustBuffer.free(rbuf)
            throw e
        }
    }
}

public interface FfiConverterRustBuffer<KotlinType>: FfiConverter<KotlinType, RustBuffer.ByValue> {
    override fun lift(value: RustBuffer.ByValue) = liftFromRustBuffer(value)
    override fun lower(value: KotlinType) = lowerIntoRustBuffer(value)
}

public object FfiConverterString: FfiConverter<String, RustBuffer.ByValue> {
    fun toUtf8(value: String): ByteBuffer {
        // Make sure we don't have invalid UTF-16, check for lone surrogates.
        return Charsets.UTF_8.newEncoder().run {
            onMalformedInput(CodingErrorAction.REPORT)
            encode(CharBuffer.wrap(value))
        }
    }

    override fun lower(value: String): RustBuffer.ByValue {
        val byteBuf = toUtf8(value)
        // Ideally we'd pass these bytes to `ffi_bytebuffer_from_bytes`, but doing so would require us
        // to copy them into a JNA `Memory`. So we might as well directly copy them into a `RustBuffer`.
        val rbuf = RustBuffer.alloc(byteBuf.limit().toULong())
        rbuf.asByteBuffer()!!.put(byteBuf)
        return rbuf
    }

    override fun allocationSize(value: String): ULong {
        val sizeForLength = 4UL
        val sizeForString = value.length.toULong() * 3UL
        return sizeForLength + sizeForString
    }
}

open class Thing: Disposable, AutoCloseable, ThingInterface
{
    constructor() :
        this(UniffiWithHandle, 
    uniffiRustCall() { _status ->
    UniffiLib.uniffi_x_fn_constructor_thing_new(
    
        _status)
}
    )

    internal inline fun <R> callWithHandle(block: (handle: Long) -> R): R {
        do {
            val c = this.callCounter.get()
            if (c == 0L) {
                throw IllegalStateException("${this.javaClass.simpleName} object has already been destroyed")
            }
        } while (! this.callCounter.compareAndSet(c, c + 1L))
        try {
            return block(this.uniffiCloneHandle())
        } finally {
            if (this.callCounter.decrementAndGet() == 0L) {
                cleanable?.clean()
            }
        }
    }

    private class UniffiCleanAction(private val handle: Long) : Runnable {
        override fun run() {
            uniffiRustCall { status ->
                UniffiLib.uniffi_x_fn_free_thing(handle, status)
            }
        }
    }

    fun uniffiCloneHandle(): Long {
        return uniffiRustCall() { status ->
            UniffiLib.uniffi_x_fn_clone_thing(handle, status)
        }
    }

    override fun `now`()
        = 
    callWithHandle {
    uniffiRustCall() { _status ->
    UniffiLib.uniffi_x_fn_method_thing_now(
        it,
        _status)
}
    }

    override suspend fun `later`(`text`: kotlin.String, `other`: Thing?) {
        return uniffiRustCallAsync(
        callWithHandle { uniffiHandle ->
            UniffiLib.uniffi_x_fn_method_thing_later(
                uniffiHandle,
                
        FfiConverterString.lower(`text`),
        FfiConverterOptionalTypeThing.lower(`other`),
            )
        },
        { future, callback, continuation -> UniffiLib.ffi_x_rust_future_poll_void(future, callback, continuation) },
        TroubleException.ErrorHandler,
    )
    }
}

public object FfiConverterTypeThing: FfiConverter<Thing, Long> {
    override fun lower(value: Thing): Long {
        return value.uniffiCloneHandle()
    }
}

open class KeysImpl: Disposable, AutoCloseable, Keys
{
    internal inline fun <R> callWithHandle(block: (handle: Long) -> R): R {
        do {
            val c = this.callCounter.get()
            if (c == 0L) {
                throw IllegalStateException("${this.javaClass.simpleName} object has already been destroyed")
            }
        } while (! this.callCounter.compareAndSet(c, c + 1L))
        try {
            return block(this.uniffiCloneHandle())
        } finally {
            if (this.callCounter.decrementAndGet() == 0L) {
                cleanable?.clean()
            }
        }
    }

    private class UniffiCleanAction(private val handle: Long) : Runnable {
        override fun run() {
            uniffiRustCall { status ->
                UniffiLib.uniffi_x_fn_free_keys(handle, status)
            }
        }
    }

    fun uniffiCloneHandle(): Long {
        return uniffiRustCall() { status ->
            UniffiLib.uniffi_x_fn_clone_keys(handle, status)
        }
    }
}

public object FfiConverterTypeKeys: FfiConverter<Keys, Long> {
    override fun lower(value: Keys): Long {
        if (value is KeysImpl) {
             // Rust-implemented object.  Clone the handle and return it
            return value.uniffiCloneHandle()
         } else {
            // Kotlin object, generate a new vtable handle and return that.
            return handleMap.insert(value)
         }
    }
}

sealed class TroubleException: kotlin.Exception() {
    fun `code`(): kotlin.String {
            return FfiConverterString.lift(
    uniffiRustCall() { _status ->
    UniffiLib.uniffi_x_fn_method_trouble_code(FfiConverterTypeTrouble.lower(this),
        _status)
}
    )
    }
}

     suspend fun `open`(`thing`: Thing, `keys`: Keys?) : Thing {
        return uniffiRustCallAsync(
        UniffiLib.uniffi_x_fn_func_open(
        FfiConverterTypeThing.lower(`thing`),
        FfiConverterOptionalTypeKeys.lower(`keys`),),
        TroubleException.ErrorHandler,
    )
    }
