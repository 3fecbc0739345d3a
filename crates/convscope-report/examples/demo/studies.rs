//! Studies of invented numbers.

use convscope_core::verdict::Verdict;
use convscope_report::{Arm, ClaimRow, Figure, Measured, Page, Parts, Section, Trouble, Unit};

use crate::figures;

/// A page with every kind of thing that a page can have.
pub(crate) fn page() -> Page {
    Page {
        title: "Demonstration: invented numbers".into(),
        about: Some(
            "Nothing on this page was measured. It shows what a report of convscope looks like: \
             each study asks a question, lists what was trained, sets published numbers beside \
             measured ones, and shows the figures with the tables behind them."
                .into(),
        ),
        parts: Parts::STUDIES,
        sections: vec![data_sweep(), permuted(), five_classes(), pooling()],
        provenance: pairs(&[
            ("convscope", "0.1.0"),
            ("store", "demo-store"),
            ("instruction level", "AVX2"),
            ("jobs", "240 done, 2 diverged"),
        ]),
        faults: vec![
            "segments/0007.jsonl, line 12: the checksum does not fit; the record was skipped"
                .into(),
        ],
    }
}

fn data_sweep() -> Section {
    let claims = vec![
        claim("cnn reaches 86.67 % from 10 images per class", "86.67 %", 0.8667, (0.846, 0.829, 0.863), (0.79, 0.902), Verdict::Reproduced),
        claim("mlp reaches 58.0 % from 10 images per class", "58.0 %", 0.58, (0.505, 0.489, 0.521), (0.45, 0.56), Verdict::NotReproduced),
        claim("cnn reaches 100 % from 30 images per class", "100 %", 1.0, (0.974, 0.951, 0.997), (0.90, 1.05), Verdict::Undecided),
        ClaimRow {
            says: "the mlp catches up with the cnn at 200 to 300 images per class".into(),
            source: "text, section 4".into(),
            published: "guessed".into(),
            published_number: None,
            measured: Some(Measured { mean: 0.021, low: Some(0.012), high: Some(0.03), count: 10, unit: Unit::Points }),
            expected: None,
            verdict: Verdict::NotReproduced,
            why: "at 300 images the cnn is still ahead, and the whole interval of the difference says so".into(),
            mismatch: None,
        },
        ClaimRow {
            says: "cnn trains in 3 seconds".into(),
            source: "text, section 2".into(),
            published: "3 s".into(),
            published_number: None,
            measured: None,
            expected: None,
            verdict: Verdict::Undecided,
            why: "0 of at least 3 seeds have a number".into(),
            mismatch: None,
        },
    ];
    Section {
        claims,
        troubles: vec![Trouble {
            what: "mlp, images 10: 2 of 10 seeds".into(),
            why: "diverged in epoch 3".into(),
        }],
        ..section(
            "data-sweep",
            "How many images does each network need before it recognises edges?",
            vec![
                figures::accuracy_by_images(),
                figures::curves("curves", "accuracy", 500, true),
                figures::curves("loss", "loss", 300, false),
                figures::kernels(),
                figures::nothing(),
            ],
        )
    }
}

fn permuted() -> Section {
    section(
        "permuted-pixels",
        "What is left of the advantage when neighbouring pixels are no longer neighbours?",
        vec![figures::samples(), figures::intervals("kernel-size", false)],
    )
}

fn five_classes() -> Section {
    let classes = ["horizontal", "vertical", "diagonal", "both", "none"];
    section(
        "five-classes",
        "Do five classes change the picture?",
        vec![figures::confusion(&classes, true), figures::intervals("kernel-lying", true)],
    )
}

fn pooling() -> Section {
    section(
        "pooling",
        "Does it matter how the network pools?",
        vec![figures::confusion(&["horizontal", "vertical", "none"], false)],
    )
}

fn section(id: &str, question: &str, shown: Vec<Figure>) -> Section {
    let arm = |name: &str, net: &str, parameters: usize| Arm {
        name: name.into(),
        net: net.into(),
        parameters: parameters..=parameters,
        data: "edges 28×28, 3 classes".into(),
        recipe: "sgd 0.01, momentum 0.9, batch 32, 500 epochs".into(),
        seeds: 10,
        axes: pairs(&[("images", "10, 30, 50, 100, 200, 300, 500")]),
    };
    Section {
        id: id.into(),
        question: question.into(),
        about: Some(
            "Both networks see the same images: edges at random places, of random width and \
             brightness.\n\nEvery number is a mean over ten replicates, each with its own weights, \
             images and order."
                .into(),
        ),
        arms: vec![
            arm("cnn", "two convolutions of 3 filters, k = 7, global average pooling", 606),
            arm("mlp", "dense 50, dense 10", 39_793),
        ],
        claims: vec![claim(
            "cnn beats mlp",
            "CNN > MLP",
            0.0,
            (0.12, 0.09, 0.15),
            (0.0, 0.2),
            Verdict::Reproduced,
        )],
        figures: shown,
        troubles: Vec::new(),
        provenance: pairs(&[
            ("study file", "3f1c9a2be0d4"),
            ("jobs", "140"),
            ("data", "edges, made here"),
        ]),
    }
}

fn claim(
    says: &str,
    published: &str,
    number: f64,
    (mean, low, high): (f64, f64, f64),
    expected: (f64, f64),
    verdict: Verdict,
) -> ClaimRow {
    ClaimRow {
        says: says.into(),
        source: "003_36aeddc7, question 2".into(),
        published: published.into(),
        published_number: Some(number),
        measured: Some(Measured {
            mean,
            low: Some(low),
            high: Some(high),
            count: 10,
            unit: Unit::Percent,
        }),
        expected: Some(expected),
        verdict,
        why: match verdict {
            Verdict::Reproduced => "the published number is one that our runs would produce",
            Verdict::NotReproduced => {
                "the published number lies outside what our runs would produce"
            }
            Verdict::Undecided => "our runs differ so much that agreement would mean little",
        }
        .into(),
        mismatch: None,
    }
}

fn pairs(named: &[(&str, &str)]) -> Vec<(String, String)> {
    named.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}
