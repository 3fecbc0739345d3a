use convscope_core::Value;
use convscope_store::{Flaw, Outcome, Provenance, Record, Store};

use crate::samples::{exact, exact_of, job, keep, keep_and_finish, provenance, record, store};

/// Reads a store into which two records were kept in one and in the other order.
fn in_both_orders(one: &Record, two: &Record) -> Vec<convscope_store::Contents> {
    let mut all = Vec::new();
    for finish in [keep as fn(&Store, &[Record]), keep_and_finish] {
        for order in [[one, two], [two, one]] {
            let (_folder, store) = store();
            for record in order {
                finish(&store, std::slice::from_ref(record));
            }
            all.push(store.read().unwrap());
        }
    }
    all
}

#[test]
fn the_same_record_twice_counts_once() {
    for contents in in_both_orders(&record(1), &record(1)) {
        assert_eq!(exact(&contents), exact_of(&[record(1)]));
        assert_eq!(contents.faults, []);
    }
}

#[test]
fn a_record_that_differs_is_nondeterminism_and_the_same_one_wins_in_any_order() {
    let mut other = record(1);
    other.curves[1].values[1] = Value::Number(0.25);
    let all = in_both_orders(&record(1), &other);
    for contents in &all {
        assert_eq!(contents.records, all[0].records);
        assert_eq!(contents.faults.len(), 1);
        let Flaw::Differs { job: which, how } = &contents.faults[0].flaw else { panic!() };
        assert_eq!(*which, job(1));
        assert!(how.contains("curve `valid-loss`, epoch 1: ") && how.contains("0.25"), "{how}");
    }
}

#[test]
fn even_the_sign_of_zero_is_a_difference() {
    let mut other = record(1);
    other.values[2].value = Value::Number(0.0);
    for contents in in_both_orders(&record(1), &other) {
        let words = contents.faults[0].to_string();
        assert!(words.contains("nondeterminism") && words.contains("`similarity`"), "{words}");
        assert!(words.contains("-0.0"), "{words}");
    }
}

#[test]
fn every_part_of_a_record_is_compared() {
    type Change = fn(&mut Record);
    let changes: [(Change, &str); 7] = [
        (|record| record.settings["lr"] = 0.2.into(), "its settings"),
        (|record| record.outcome = Outcome::Diverged { epoch: 3 }, "diverged in epoch 3"),
        (|record| record.values.truncate(2), "values"),
        (|record| record.values[0].name = "x".into(), "value `x`"),
        (|record| record.curves[2].first_epoch = 8, "curve `empty`: its epochs"),
        (|record| record.tables[0].rows[0] = "x".into(), "its rows or columns"),
        (|record| record.tables[0].counts[1] = 2.0, "table `confusion`: "),
    ];
    for (change, words) in changes {
        let mut other = record(1);
        change(&mut other);
        for contents in in_both_orders(&record(1), &other) {
            let fault = contents.faults[0].to_string();
            assert!(fault.contains(words), "{fault} does not say {words}");
        }
    }
}

#[test]
fn a_failure_gives_way_to_a_result() {
    let failed = Record { outcome: Outcome::Failed { reason: "no such file".into() }, ..record(1) };
    for contents in in_both_orders(&record(1), &failed) {
        assert_eq!(exact(&contents), exact_of(&[record(1)]));
        assert_eq!(contents.faults, []);
    }
}

#[test]
fn another_instruction_level_is_named_beside_the_difference() {
    let (_folder, store) = store();
    let mut other = record(1);
    other.values[0].value = Value::Number(0.75);
    let mut writer = store.writer().unwrap();
    writer.keep(&record(1), &provenance(&job(1))).unwrap();
    let elsewhere = Provenance { level: "neon".into(), ..provenance(&job(1)) };
    writer.keep(&other, &elsewhere).unwrap();
    let fault = store.read().unwrap().faults[0].to_string();
    assert!(fault.contains("with neon") && fault.contains("with avx2"), "{fault}");
}
