//! Questions to the records, in SQL.

mod error;
mod fill;
mod functions;
mod schema;

use std::cell::{Cell as Flag, RefCell};

use convscope_core::registry::nearest;
use rusqlite::{
    Connection,
    config::DbConfig,
    hooks::{AuthAction, AuthContext, Authorization},
    types::ValueRef,
};

use crate::{Cell, Contents, Rows, StudyCopy, axes};
pub use error::QueryError;
use fill::Filling;

/// The records of some studies as tables in memory.
///
/// ```text
/// results  study model seed <axes…> name layer value reason job             a row for each final value
/// curves   study model seed <axes…> name layer epoch value reason job       a row for each epoch
/// tables   study model seed <axes…> name layer row column count job         a row for each count
/// jobs     study model seed <axes…> job kind outcome reason tool level threads wall_seconds
///          peak_memory_bytes                                                a row for each placement
/// ```
///
/// There is a column for every axis of the given studies; it is null where an arm does not have
/// the axis. Whole numbers on an axis are integers. A missing value is null, with its reason beside
/// it. A job without a record is in `jobs` only, with the outcome `pending`. A job that has several
/// places has its rows at each of them.
///
/// Without `order by`, rows of one view come in the order of studies, placements, and names in the
/// record, with ascending epochs. Besides `SQLite`'s own functions there are `stddev` (n − 1) and
/// `sqrt`. Text stands in single quotes; a double-quoted word is always a name, as it must be for
/// an axis such as `"learning-rate"`.
///
/// # Example
/// ```
/// use convscope_store::{Contents, Database};
///
/// let contents = Contents::default();
/// let database = Database::of(&contents, &[])?;
/// let rows = database.query("select count(*) as n from results")?;
/// assert_eq!(rows.to_json().to_string(), r#"[{"n":0}]"#);
/// # Ok::<(), convscope_store::QueryError>(())
/// ```
#[derive(Debug)]
pub struct Database<'a> {
    contents: &'a Contents,
    studies: Vec<&'a StudyCopy>,
    axes: Vec<String>,
    connection: RefCell<Connection>,
    has_curves: Flag<bool>,
    has_tables: Flag<bool>,
}

impl<'a> Database<'a> {
    /// Puts the records that the studies have placed into the views.
    ///
    /// # Errors
    /// [`QueryError::Axis`] for an axis that could not be a column.
    ///
    /// # Cost
    /// Only placements and final values are loaded; curves and tables wait for a query that
    /// mentions them.
    pub fn of(
        contents: &'a Contents,
        studies: impl IntoIterator<Item = &'a StudyCopy>,
    ) -> Result<Self, QueryError> {
        let studies: Vec<_> = studies.into_iter().collect();
        let axes = axes::check(studies.iter().copied())?;
        Self::filled(contents, studies, axes)
    }

    /// Returns the same views with one study's rows only.
    ///
    /// # Errors
    /// [`QueryError::UnknownStudy`], with the nearest name.
    pub fn narrowed_to(&self, study: &str) -> Result<Self, QueryError> {
        let studies: Vec<_> =
            self.studies.iter().copied().filter(|copy| copy.name == study).collect();
        if studies.is_empty() {
            let names = self.studies.iter().map(|copy| copy.name.as_str());
            let nearest = nearest(study, names);
            return Err(QueryError::UnknownStudy { study: study.to_owned(), nearest });
        }
        Self::filled(self.contents, studies, self.axes.clone())
    }

    /// Answers one `select`.
    ///
    /// # Errors
    /// [`QueryError`] for a statement that would write, more than one, an unknown name (with those
    /// that there are) and whatever `SQLite` does not understand.
    pub fn query(&self, sql: &str) -> Result<Rows, QueryError> {
        self.fill_what_is_mentioned(sql)?;
        let connection = self.connection.borrow();
        let explain = |error| error::explain(error, sql, &self.axes);
        let mut statement = connection.prepare(sql).map_err(explain)?;
        if statement.expanded_sql().is_none() {
            return Err(QueryError::Empty);
        }
        let columns: Vec<String> = statement.column_names().map(ToOwned::to_owned).collect();
        // Some statements, such as `vacuum`, ask for permission only when they run.
        if columns.is_empty() || !statement.readonly() {
            return Err(QueryError::Writes);
        }
        if let Some((_, twice)) =
            columns.iter().enumerate().find(|(index, column)| columns[..*index].contains(column))
        {
            return Err(QueryError::SameName { column: twice.clone() });
        }
        let mut found = statement.query([]).map_err(explain)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(explain)? {
            let cells = (0..columns.len()).map(|column| row.get_ref(column).map(cell));
            rows.push(cells.collect::<Result<_, _>>().map_err(explain)?);
        }
        Ok(Rows { columns, rows })
    }

    fn filled(
        contents: &'a Contents,
        studies: Vec<&'a StudyCopy>,
        axes: Vec<String>,
    ) -> Result<Self, QueryError> {
        let mut connection = Connection::open_in_memory()?;
        // A misspelt column in double quotes would otherwise silently be text.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        functions::add_to(&connection)?;
        connection.execute_batch(&schema::statements(&axes))?;
        Filling::of(contents, &studies).placements_and_results(&mut connection, &axes)?;
        connection.authorizer(Some(only_reading))?;
        Ok(Self {
            contents,
            studies,
            axes,
            connection: RefCell::new(connection),
            has_curves: Flag::new(false),
            has_tables: Flag::new(false),
        })
    }

    fn fill_what_is_mentioned(&self, sql: &str) -> Result<(), QueryError> {
        let sql = sql.to_ascii_lowercase();
        let curves = sql.contains("curves") && !self.has_curves.get();
        let tables = sql.contains("tables") && !self.has_tables.get();
        if !curves && !tables {
            return Ok(());
        }
        let filling = Filling::of(self.contents, &self.studies);
        let mut connection = self.connection.borrow_mut();
        connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
        if curves {
            filling.curves(&mut connection)?;
            self.has_curves.set(true);
        }
        if tables {
            filling.tables(&mut connection)?;
            self.has_tables.set(true);
        }
        connection.authorizer(Some(only_reading))?;
        Ok(())
    }
}

/// Allows what a `select` does, and nothing that could touch a file.
fn only_reading(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Function { .. }
        | AuthAction::Recursive => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Integer(whole) => Cell::Integer(whole),
        ValueRef::Real(real) if real.is_finite() => Cell::Real(real),
        ValueRef::Null | ValueRef::Real(_) => Cell::Null,
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            Cell::Text(String::from_utf8_lossy(text).into_owned())
        }
    }
}
