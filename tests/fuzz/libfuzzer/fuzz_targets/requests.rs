#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    tmtp_fuzz::requests(bytes);
});
