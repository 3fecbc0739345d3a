//! The tables behind the views, and the views.
//!
//! A number is stored once for each job. A placement knows the row ids of its job's numbers, so
//! that a view is a join over ranges: no index to build, and rows come in the order of the plan.

/// The views, each with its columns before and after those of the axes.
pub(super) const VIEWS: [View; 4] = [
    View {
        name: "results",
        before: &["study", "model", "seed"],
        after: &["name", "layer", "value", "reason", "job"],
        numbers: Some("_results"),
    },
    View {
        name: "curves",
        before: &["study", "model", "seed"],
        after: &["name", "layer", "epoch", "value", "reason", "job"],
        numbers: Some("_curves"),
    },
    View {
        name: "tables",
        before: &["study", "model", "seed"],
        after: &["name", "layer", "row", "column", "count", "job"],
        numbers: Some("_tables"),
    },
    View {
        name: "jobs",
        before: &["study", "model", "seed"],
        after: &[
            "job",
            "kind",
            "outcome",
            "reason",
            "tool",
            "level",
            "threads",
            "wall_seconds",
            "peak_memory_bytes",
        ],
        numbers: None,
    },
];

/// A view and where it takes its columns from.
pub(super) struct View {
    pub(super) name: &'static str,
    before: &'static [&'static str],
    after: &'static [&'static str],
    /// The table that is joined to the placements.
    numbers: Option<&'static str>,
}

impl View {
    /// Returns the names of the columns.
    pub(super) fn columns<'a>(&self, axes: &'a [String]) -> Vec<&'a str> {
        let axes = axes.iter().map(String::as_str);
        self.before.iter().copied().chain(axes).chain(self.after.iter().copied()).collect()
    }

    fn statement(&self, axes: &[String]) -> String {
        let source = |column: &str| match self.numbers {
            // `+` changes no value. It hides the column from the planner, which would otherwise
            // index a million numbers by name instead of using the range.
            Some(numbers) if self.after.contains(&column) && column != "job" => {
                format!("+{numbers}.{column} as {column}", column = quoted(column))
            }
            _ => format!("_placements.{}", quoted(column)),
        };
        let columns: Vec<String> = self.columns(axes).into_iter().map(source).collect();
        let join = self.numbers.map_or(String::new(), |numbers| {
            format!(
                " cross join {numbers} on {numbers}.rowid \
                 between _placements.first{numbers} and _placements.last{numbers}"
            )
        });
        format!(
            "create view {} as select {} from _placements{join};\n",
            self.name,
            columns.join(", ")
        )
    }
}

/// Returns the statements that make all tables and views.
pub(super) fn statements(axes: &[String]) -> String {
    let axis_columns: String = axes.iter().map(|axis| quoted(axis) + ", ").collect();
    let mut statements = format!(
        "create table _placements (study, model, seed, {axis_columns}job, kind, outcome, reason, \
         tool, level, threads, wall_seconds, peak_memory_bytes, first_results, last_results, \
         first_curves, last_curves, first_tables, last_tables);\n\
         create table _results (name, layer, value, reason);\n\
         create table _curves (name, layer, epoch, value, reason);\n\
         create table _tables (name, layer, row, \"column\", count);\n"
    );
    // `cross join` keeps the placements outermost, whatever the planner would prefer.
    statements.extend(VIEWS.iter().map(|view| view.statement(axes)));
    statements
}

/// Writes a name as SQL needs it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
