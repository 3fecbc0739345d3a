use convscope_store::{Cell, Rows};

fn rows() -> Rows {
    let text = |text: &str| Cell::Text(text.into());
    Rows {
        columns: vec!["name".into(), "value, exact".into(), "n".into()],
        rows: vec![
            vec![text("plain"), Cell::Real(0.1 + 0.2), Cell::Integer(12)],
            vec![text("a \"quoted\"\nword"), Cell::Null, Cell::Integer(-3)],
            vec![text("größe"), Cell::Real(1e-7), Cell::Null],
        ],
    }
}

#[test]
fn csv_quotes_what_needs_it_and_keeps_every_bit() {
    let wanted = "name,\"value, exact\",n\nplain,0.30000000000000004,12\n\
                  \"a \"\"quoted\"\"\nword\",,-3\ngröße,1e-7,\n";
    assert_eq!(rows().to_csv(), wanted);
}

#[test]
fn json_keeps_types_and_every_bit() {
    let wanted = r#"[{"name":"plain","value, exact":0.30000000000000004,"n":12},{"name":"a \"quoted\"\nword","value, exact":null,"n":-3},{"name":"größe","value, exact":1e-7,"n":null}]"#;
    assert_eq!(rows().to_json().to_string(), wanted);
}

#[test]
fn text_is_aligned_numbers_to_the_right() {
    let mut rows = rows();
    rows.rows.remove(1);
    let wanted = "\
name   value, exact   n
plain           0.3  12
größe          1e-7   -
";
    assert_eq!(rows.to_text(), wanted);
}

#[test]
fn text_rounds_to_six_digits() {
    let number = |x: f64| {
        let rows = Rows { columns: vec!["x".into()], rows: vec![vec![Cell::Real(x)]] };
        rows.to_text().lines().nth(1).unwrap().trim().to_owned()
    };
    let shown = [0.0, -1.5, 2.0 / 3.0, 123_456.7, 1e12, 0.000_1, 1.0e-5, 1.0];
    let wanted = ["0", "-1.5", "0.666667", "123457", "1e12", "0.0001", "1e-5", "1"];
    assert_eq!(shown.map(number), wanted);
}

#[test]
fn no_rows_leave_the_header() {
    let empty = Rows { columns: vec!["a".into(), "b".into()], rows: Vec::new() };
    assert_eq!(empty.to_text(), "a  b\n");
    assert_eq!(empty.to_csv(), "a,b\n");
    assert_eq!(empty.to_json().to_string(), "[]");
}
