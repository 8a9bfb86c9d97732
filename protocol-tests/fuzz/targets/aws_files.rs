#![no_main]

use codeartifact_fuzz::aws::check;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check::check(bytes));
