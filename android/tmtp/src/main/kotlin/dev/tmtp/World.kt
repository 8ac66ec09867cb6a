package dev.tmtp

/**
 * A disk and clocks for tests, in place of the real ones. Only the test kit makes one; an app passes none.
 */
public class World
    @KitOnly
    constructor(
        internal val inner: dev.tmtp.ffi.World,
    )

/** Marks what exists for the test kit alone. */
@RequiresOptIn("For the test kit alone.")
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CONSTRUCTOR)
public annotation class KitOnly
