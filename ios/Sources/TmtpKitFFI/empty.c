// SwiftPM wants a source file in a C target; the functions come from the Rust library.
