#![no_main]

use codeartifact_fuzz::nuget_config::check;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check::check(bytes));
