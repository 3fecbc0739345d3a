use std::collections::BTreeMap;

use convscope_core::{Identity, Value};
use convscope_store::{Curve, Named, Outcome, Provenance, Record, StoreError, Table};
use proptest::{collection::vec, option, prelude::*};

use crate::samples::{exact, exact_of, job, keep, keep_and_finish, provenance, record, store};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |x| x.is_finite()),
        Just(-0.0),
        Just(0.1 + 0.2),
        Just(1.0),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![number().prop_map(Value::Number), any::<String>().prop_map(Value::missing)]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Done),
        any::<u32>().prop_map(|epoch| Outcome::Diverged { epoch }),
        any::<String>().prop_map(|reason| Outcome::Failed { reason }),
    ]
}

fn settings() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        number().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Into::into),
            vec((any::<String>(), inner), 0..3)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn table() -> impl Strategy<Value = Table> {
    (any::<String>(), option::of("[a-z]*"), vec(any::<String>(), 0..3), vec("[a-z]*", 0..3))
        .prop_flat_map(|(name, layer, rows, columns)| {
            let count = rows.len() * columns.len();
            vec(number(), count).prop_map(move |counts| Table {
                name: name.clone(),
                layer: layer.clone(),
                rows: rows.clone(),
                columns: columns.clone(),
                counts,
            })
        })
}

fn any_record() -> impl Strategy<Value = Record> {
    let named = (any::<String>(), option::of(any::<String>()), value())
        .prop_map(|(name, layer, value)| Named { name, layer, value });
    let curve = (any::<String>(), option::of("[a-z]*"), any::<u32>(), vec(value(), 0..5))
        .prop_map(|(name, layer, first_epoch, values)| Curve { name, layer, first_epoch, values });
    let parts = (settings(), outcome(), vec(named, 0..4), vec(curve, 0..3), vec(table(), 0..3));
    parts.prop_map(|(settings, outcome, values, curves, tables)| {
        let job = Identity::of_json(&settings);
        Record { job, settings, outcome, values, curves, tables }
    })
}

fn any_provenance(job: Identity) -> impl Strategy<Value = Provenance> {
    let data = proptest::collection::btree_map(any::<String>(), any::<String>(), 0..3);
    (any::<String>(), any::<u32>(), number(), any::<u64>(), data).prop_map(
        move |(text, threads, wall_seconds, peak_memory_bytes, data)| Provenance {
            job: job.clone(),
            tool: text.clone(),
            level: text,
            threads,
            wall_seconds,
            peak_memory_bytes,
            data,
        },
    )
}

fn kept() -> impl Strategy<Value = (Record, Provenance)> {
    any_record().prop_flat_map(|record| {
        let provenance = any_provenance(record.job.clone());
        (Just(record), provenance)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_record_comes_back_bit_for_bit(kept in vec(kept(), 1..4)) {
        // One of each job: the same job with other content is another test's matter.
        let kept: BTreeMap<_, _> =
            kept.into_iter().map(|(record, from)| (record.job.clone(), (record, from))).collect();
        let (_folder, store) = store();
        let mut writer = store.writer().unwrap();
        for (record, provenance) in kept.values() {
            writer.keep(record, provenance).unwrap();
        }
        let appended = store.read().unwrap();
        writer.finish().unwrap();
        let compacted = store.read().unwrap();
        let wanted: Vec<_> = kept.values().map(|(record, _)| format!("{record:?}")).collect();
        let wanted_provenance: Vec<_> = kept.values().map(|(_, from)| format!("{from:?}")).collect();
        for contents in [appended, compacted] {
            prop_assert_eq!(contents.faults.as_slice(), &[]);
            prop_assert_eq!(exact(&contents), wanted.clone());
            let provenance: Vec<_> =
                contents.provenance.values().map(|from| format!("{from:?}")).collect();
            prop_assert_eq!(provenance, wanted_provenance.clone());
        }
    }
}

#[test]
fn segments_and_parquet_are_read_together() {
    let (_folder, store) = store();
    keep_and_finish(&store, &[record(1), record(2)]);
    keep(&store, &[record(3)]);
    keep_and_finish(&store, &[record(4)]);
    let contents = store.read().unwrap();
    assert_eq!(exact(&contents), exact_of(&[record(1), record(2), record(3), record(4)]));
    assert_eq!(contents.provenance[&job(2)], provenance(&job(2)));
    assert_eq!(contents.faults, []);
}

#[test]
fn what_could_not_be_read_again_is_refused() {
    let (_folder, store) = store();
    let mut writer = store.writer().unwrap();
    let mut wild = record(1);
    wild.curves[0].values[0] = Value::Number(f64::NAN);
    let error = writer.keep(&wild, &provenance(&wild.job)).unwrap_err();
    assert!(matches!(&error, StoreError::NotFinite { place, .. } if place == "curve `train-loss`"));
    let mut ragged = record(1);
    ragged.tables[0].counts.pop();
    let error = writer.keep(&ragged, &provenance(&ragged.job)).unwrap_err();
    assert!(error.to_string().contains("3 counts for 2 rows and 2 columns"), "{error}");
    writer.keep(&record(1), &provenance(&job(1))).unwrap();
    assert_eq!(exact(&store.read().unwrap()), exact_of(&[record(1)]));
}
