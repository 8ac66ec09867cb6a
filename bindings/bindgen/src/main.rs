//! Writes the Kotlin and Swift side of the border from a built library. Generator and library are of one
//! version because they come from one workspace; see `bindings/README.md` for how it is called.

fn main() {
    uniffi::uniffi_bindgen_main();
}
