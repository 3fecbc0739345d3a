//! The page: what it holds, what it never does, and that it is always the same.

use convscope_report::{Bar, Bars, Figure, Unit, page};

use crate::fixed;

#[test]
fn a_page_of_everything() {
    insta::assert_snapshot!(readable(&page::html(&fixed::page())));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert!(page::html(&fixed::page()) == page::html(&fixed::page()));
}

#[test]
fn nothing_in_a_page_can_be_loaded() {
    let page = page::html(&fixed::page());
    let markup = without_scripts(&page);
    for attribute in ["src", "href", "action", "srcset", "poster", "data"] {
        for place in markup.split(&format!(" {attribute}=\"")).skip(1) {
            let own = place.starts_with('#') || place.starts_with("data:");
            assert!(own, "{attribute}: {}", &place[..place.len().min(60)]);
        }
    }
    for address in markup.split("url(").skip(1) {
        assert!(address.starts_with("data:"), "{}", &address[..60]);
    }
    assert!(
        !markup.contains("@import") && !markup.contains("<link") && !markup.contains("<iframe")
    );
    assert!(page.contains("default-src 'none'; script-src 'sha256-"));
    assert!(!page.contains("unsafe-eval") && !page.contains("connect-src"));
}

#[test]
fn names_from_a_study_stay_text() {
    let evil = "</script><img src=x onerror=alert(1)>\"'&";
    let mut page = fixed::page();
    page.title = evil.into();
    page.faults = vec![evil.into()];
    page.provenance = vec![(evil.into(), evil.into())];
    let section = &mut page.sections[0];
    section.id = evil.into();
    section.question = evil.into();
    section.arms[0].name = evil.into();
    section.claims[0].says = evil.into();
    section.troubles[0].what = evil.into();
    for figure in &mut section.figures {
        match figure {
            Figure::Chart(chart) => {
                chart.title = evil.into();
                chart.id = evil.into();
                chart.rows.columns.iter_mut().for_each(|column| column.push_str(""));
                for row in &mut chart.rows.rows {
                    row[0] = convscope_report::Cell::Text(evil.into());
                }
            }
            Figure::Kernels(wall) => wall.rows[0].name = evil.into(),
            Figure::Samples(sheet) => sheet.groups[0].name = evil.into(),
            Figure::HeatMap(map) => {
                map.rows[0] = evil.into();
                map.cells[0][0].facts[0] = evil.into();
            }
            Figure::Listing(listing) => listing.rows[0][0] = evil.into(),
            Figure::Cards(wall) => {
                let group = &mut wall.groups[0];
                (group.name, group.about) = (evil.into(), evil.into());
                let card = &mut group.cards[0];
                (card.name, card.tag) = (evil.into(), evil.into());
                card.facts[0] = evil.into();
                card.scores[0][0] = evil.into();
            }
            Figure::Histograms(all) => {
                all.thing = evil.into();
                all.panels[0].name = evil.into();
            }
            Figure::Bars(all) => {
                (all.thing, all.marks[0]) = (evil.into(), evil.into());
                (all.bars[0].name, all.bars[0].about) = (evil.into(), evil.into());
            }
        }
    }
    let written = page::html(&page);
    assert!(!written.contains("<img src=x"), "markup from a name");
    assert_eq!(
        written.matches("</script>").count(),
        page::html(&fixed::page()).matches("</script>").count(),
        "a name ends a script"
    );
}

#[test]
fn a_figure_that_cannot_be_drawn_says_why_in_its_place() {
    let mut page = fixed::page();
    let misspelt = convscope_report::figures::Line { x: "image".into(), ..Default::default() };
    page.sections[0].figures = vec![fixed::line(misspelt)];
    let written = page::html(&page);
    assert!(written.contains(
        "The mark reads column `image`, the query returns model, images, epoch, value; did you mean `images`?"
    ));
}

/// A page without its libraries and typefaces, one element on each line.
fn readable(page: &str) -> String {
    let mut page = without_scripts(page);
    let style = page.find("<style>").unwrap()..page.find("</style>").unwrap();
    page.replace_range(style, "<style>");
    let licences = page.find("<pre").unwrap()..page.rfind("</pre>").unwrap();
    page.replace_range(licences, "<pre>");
    let policy = page.find("script-src ").unwrap()..page.find("; style-src").unwrap();
    page.replace_range(policy, "script-src …");
    page.replace("><", ">\n<")
}

/// A page without what its scripts say; blocks of JSON stay.
fn without_scripts(page: &str) -> String {
    let mut parts = page.split("<script>");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str("<script>");
        kept.push_str(&part[part.find("</script>").expect("a script ends")..]);
    }
    kept
}

#[test]
fn a_page_without_charts_carries_no_chart_library() {
    let mut page = fixed::page();
    let with = page::html(&page);
    page.sections[0].figures = vec![fixed::heat_map(), fixed::listing()];
    let without = page::html(&page);
    assert!(without.len() * 3 < with.len(), "{} and {}", without.len(), with.len());
    assert!(with.contains("vega-lite 6") && !without.contains("vega-lite 6"));
    assert!(without.contains(r#"class="k29 strong" title="conv1 × conv1: 0.8125"#), "its colour");
}

#[test]
fn cards_and_histograms_that_lack_numbers_say_so() {
    let Figure::Cards(mut wall) = fixed::cards() else { unreachable!("they are cards") };
    let Figure::Histograms(mut all) = fixed::histograms() else { unreachable!("they are some") };
    wall.groups[0].cards[0].weights.pop();
    all.panels[0].expected.pop();
    let mut page = fixed::page();
    page.sections[0].figures = vec![Figure::Cards(wall), Figure::Histograms(all)];
    let written = page::html(&page);
    assert!(written.contains("The kernel of `filter 0` in `cards` needs 4 numbers, but has 3."));
    assert!(written.contains("Chance in `edge` of `scores` needs 2 numbers, but has 1."));
}

#[test]
fn bars_share_a_scale_and_say_what_chance_would_give() {
    let bar = |name: &str, count: usize, value: f64, marks: &[f64]| Bar {
        name: name.into(),
        about: format!("what {name} is"),
        count,
        value,
        marks: marks.to_vec(),
    };
    let mut all = Bars {
        id: "structures".into(),
        title: "Structures".into(),
        thing: "kernel".into(),
        marks: ["normal numbers", "own numbers"].map(String::from).into(),
        unit: Unit::Percent,
        bars: vec![bar("columns", 3, 0.3, &[0.1, 0.6]), bar("<b>", 0, 0.0, &[0.0, 0.02])],
        ..Bars::default()
    };
    let figure = Figure::Bars(all.clone());
    let csv = convscope_report::figure::csv(&figure).unwrap();
    assert_eq!(
        csv.lines().collect::<Vec<_>>(),
        [
            "kind,what it means,kernels,value (%),normal numbers (%),own numbers (%)",
            "columns,what columns is,3,30.0,10.0,60.0",
            "<b>,what <b> is,0,0.0,0.0,2.0"
        ]
    );
    assert!(convscope_report::figure::svg(&figure).is_err(), "a part of the page");
    let mut page = fixed::page();
    page.sections[0].figures = vec![figure];
    let written = page::html(&page);
    // Half as long as the longest mark, which ends a little before the edge.
    for part in [
        "M0 2h49.500v6H0z",
        "M16.500 0v10",
        "M99.000 0v10",
        "columns: 3 kernels, 30.0\u{a0}%",
        "&lt;b&gt;",
    ] {
        assert!(written.contains(part), "{part}");
    }
    assert!(!written.contains("<b>") && !written.contains("vega-lite 6"));
    all.bars[1].marks.pop();
    page.sections[0].figures = vec![Figure::Bars(all)];
    assert!(
        page::html(&page)
            .contains("Chance of `&lt;b&gt;` in `structures` needs 2 numbers, but has 1.")
    );
    page.sections[0].figures = vec![Figure::Bars(Bars::default())];
    assert!(page::html(&page).contains("Nothing to show yet"));
}

#[test]
fn a_card_opens_to_the_kernel_its_ideal_and_what_is_left() {
    let mut page = fixed::page();
    page.sections[0].figures = vec![fixed::cards()];
    let written = page::html(&page);
    assert!(written.contains("3 kernels, 1 shown"), "what is not shown is said");
    let cards = || written.split("<details class=\"card\"").skip(1);
    let cards: Vec<&str> = cards().map(|card| card.split("</details>").next().unwrap()).collect();
    let [card, free] = cards[..] else { panic!("{} cards", cards.len()) };
    assert!(card.contains("ideal") && card.contains("left over") && card.contains("<use href=\"#"));
    assert!(!free.contains("left over"), "a free kernel has no ideal beside it");
}

#[test]
fn a_heat_map_whose_cells_do_not_fill_it_says_so() {
    let Figure::HeatMap(mut map) = fixed::heat_map() else { unreachable!("it is one") };
    map.cells[0].pop();
    let mut page = fixed::page();
    page.sections[0].figures = vec![Figure::HeatMap(map)];
    assert!(page::html(&page).contains("The heat map `cka` needs 2 numbers, but has 1."));
}
