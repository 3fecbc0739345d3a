//! Damages files of arrays in as many ways as asked and reads them.
//!
//! ```sh
//! cargo run --release -p convscope-arrays --example fuzz -- 1000000 [SEED]
//! ```
//!
//! Holds for each that nothing panics and that no more memory is taken than a small multiple of the
//! file; an input for which it does not hold is printed in hexadecimal digits. The same draws make
//! the same inputs; a few thousand of them are read by the tests.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a desk")]

mod corpus;
mod make;
mod mutate;
mod property;

use std::panic::catch_unwind;
use std::process::ExitCode;

use convscope_core::Seed;

use corpus::Corpus;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (Some(Ok(count)), seed) = (words.next(), words.next()) else {
        println!("usage: fuzz COUNT [SEED]");
        return ExitCode::from(2);
    };
    let seed = seed.map_or(0, |seed| seed.unwrap_or(0));
    let corpus = Corpus::new();
    let (mut read, mut broken) = (0, 0);
    for index in 0..count {
        let bytes = corpus.damaged(&mut Seed::root(seed).child("fuzz").nth(index).stream());
        if let Ok(is_read) = catch_unwind(|| property::survives_within(&bytes)) {
            read += u64::from(is_read);
        } else {
            broken += 1;
            println!("input {index}: {bytes:02x?}");
        }
    }
    println!("{count} inputs, {read} read as arrays, {broken} broken");
    ExitCode::from(u8::from(broken > 0))
}
