fileprivate extension RustBuffer {
    static func from(_ ptr: UnsafeBufferPointer<UInt8>) -> RustBuffer {
        try! rustCall { ffi_x_rustbuffer_from_bytes(ForeignBytes(bufferPointer: ptr), $0) }
    }
}

fileprivate struct FfiConverterString: FfiConverter {
    public static func lower(_ value: String) -> RustBuffer {
        return value.utf8CString.withUnsafeBufferPointer { ptr in
            // The swift string gives us int8_t, we want uint8_t.
            ptr.withMemoryRebound(to: UInt8.self) { ptr in
                // The swift string gives us a trailing null byte, we don't want it.
                let buf = UnsafeBufferPointer(rebasing: ptr.prefix(upTo: ptr.count - 1))
                return RustBuffer.from(buf)
            }
        }
    }

    public static func write(_ value: String, into buf: inout [UInt8]) {
        let len = Int32(value.utf8.count)
        writeInt(&buf, len)
        writeBytes(&buf, value.utf8)
    }
}

fileprivate struct FfiConverterData: FfiConverterRustBuffer {
    typealias SwiftType = Data

    public static func write(_ value: Data, into buf: inout [UInt8]) {
        let len = Int32(value.count)
        writeInt(&buf, len)
        writeBytes(&buf, value)
    }
}

/**
 * A thing.
 */
open class Thing: ThingProtocol, @unchecked Sendable {
    fileprivate let handle: UInt64

    required public init(unsafeFromHandle handle: UInt64) {
        self.handle = handle
    }

    public init(noHandle: NoHandle) {
        self.handle = 0
    }

    public func uniffiCloneHandle() -> UInt64 {
        return try! rustCall { uniffi_x_fn_clone_thing(self.handle, $0) }
    }

    deinit {
        try! rustCall { uniffi_x_fn_free_thing(handle, $0) }
    }

    /**
     * Does it now.
     */
open func now()throws   {try rustCallWithError(FfiConverterTypeTrouble_lift) {
        uniffiCallStatus in
    uniffi_x_fn_method_thing_now(
            self.uniffiCloneHandle(),uniffiCallStatus
    )
}
}
}
