//! Vector instructions stand in the loops that ask for them.

use std::io::Write;
use std::process::Command;

/// A closure that is not inlined is compiled without a level's instructions, and calls each of them
/// as a function: to the same bits, in ten times the time.
#[test]
fn no_instruction_is_a_function_of_its_own() {
    let own = std::env::current_exe().expect("a test knows its own file");
    let Ok(listing) = Command::new("nm").arg(own).output() else {
        // Not by a macro, whose words of a test that passes nobody sees.
        let why = "SKIPPED: nm, which lists the functions of a program, is not installed";
        return writeln!(std::io::stderr(), "{why}").expect("standard error can be written to");
    };
    let listing = String::from_utf8_lossy(&listing.stdout);
    assert!(listing.contains("convscope_engine"), "nm lists the engine's functions");
    let instruction = |line: &&str| {
        let of_x86 = line.contains("_mm256_") || line.contains("_mm512_");
        line.contains("core_arch") && (of_x86 && line.contains("_ps") || line.contains("q_f32"))
    };
    let called: Vec<&str> = listing.lines().filter(instruction).collect();
    assert!(called.is_empty(), "{called:#?}");
}
