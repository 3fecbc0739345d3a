//! Damaged files are errors or other numbers, never a panic, and take no more memory than they have.

use convscope_core::Seed;

use crate::corpus::{Corpus, files};
use crate::property::survives_within;

#[test]
fn no_beginning_of_a_file_is_taken_for_the_whole() {
    for (name, bytes) in files() {
        assert!(survives_within(&bytes), "{name} is valid");
        for length in 0..bytes.len() {
            assert!(!survives_within(&bytes[..length]), "{name}: {length} of {}", bytes.len());
        }
    }
}

#[test]
fn flipped_bits_are_survived() {
    let mut draws = Seed::root(1).child("flips").stream();
    let mut errors = 0;
    for (_, bytes) in files() {
        for round in 0..1500 {
            let mut damaged = bytes.clone();
            for _ in 0..=round % 4 {
                let place = draws.below(bytes.len() as u64) as usize;
                damaged[place] ^= 1 << draws.below(8);
            }
            errors += u32::from(!survives_within(&damaged));
        }
    }
    assert!(errors > 2000, "{errors}");
}

#[test]
fn other_numbers_in_headers_are_survived() {
    // Digits and signs of lengths, places and shapes: what a hostile header would play with.
    let mut draws = Seed::root(2).child("headers").stream();
    for (_, bytes) in files() {
        for _ in 0..1500 {
            let mut damaged = bytes.clone();
            for _ in 0..=draws.below(3) {
                let place = draws.below(bytes.len().min(400) as u64) as usize;
                let from = b"0123456789(),:-\xff\x00\x7f\x80";
                damaged[place] = from[draws.below(from.len() as u64) as usize];
            }
            survives_within(&damaged);
        }
    }
}

#[test]
fn pieces_put_elsewhere_are_survived() {
    let mut draws = Seed::root(3).child("pieces").stream();
    for (_, bytes) in files() {
        for _ in 0..500 {
            let mut damaged = bytes.clone();
            let length = draws.below(64) as usize + 1;
            let from = draws.below((bytes.len() - length) as u64) as usize;
            let to = draws.below((bytes.len() - length) as u64) as usize;
            damaged[to..to + length].copy_from_slice(&bytes[from..from + length]);
            survives_within(&damaged);
        }
    }
}

#[test]
fn damage_of_all_kinds_is_survived() {
    // `cargo run --release --example fuzz` reads any number of such files.
    let corpus = Corpus::new();
    let mut read = 0;
    for index in 0..6000 {
        let bytes = corpus.damaged(&mut Seed::root(0).child("fuzz").nth(index).stream());
        read += u32::from(survives_within(&bytes));
    }
    assert!((200..4000).contains(&read), "{read}: damage is neither none nor always the same");
}
