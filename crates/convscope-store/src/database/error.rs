//! Why a query has no answer.

use convscope_core::registry::nearest;
use rusqlite::ErrorCode;

use super::schema::{VIEWS, View, quoted};
use crate::AxisNameError;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// An axis that cannot be a column.
    #[error(transparent)]
    Axis(#[from] AxisNameError),
    /// A study that was not given.
    #[error("there is no study called `{study}` in the store{}", suggestion(nearest.as_deref()))]
    UnknownStudy {
        /// What was asked for.
        study: String,
        /// The nearest name.
        nearest: Option<String>,
    },
    /// A column, view or function that does not exist.
    #[error("there is no {kind} `{name}`{}{available}", suggestion(nearest.as_deref()))]
    UnknownName {
        /// What kind of thing ("column").
        kind: &'static str,
        /// What was written.
        name: String,
        /// The nearest name.
        nearest: Option<String>,
        /// What there is, in words.
        available: String,
        /// Where it stands in the query, in bytes.
        offset: Option<usize>,
    },
    /// A statement that does not only read.
    #[error("a query only reads: begin it with `select` or `with`")]
    Writes,
    /// More than one statement.
    #[error("a query is one statement: remove what follows the first `;`")]
    Several,
    /// No statement.
    #[error("the query is empty: write a `select`")]
    Empty,
    /// Two columns of the answer have one name.
    #[error("two columns of the answer are called `{column}`: rename one with `as`")]
    SameName {
        /// The name.
        column: String,
    },
    /// Whatever else `SQLite` says.
    #[error("{message}")]
    Sqlite {
        /// Its words.
        message: String,
        /// Where in the query, in bytes, if it says so.
        offset: Option<usize>,
    },
}

impl From<rusqlite::Error> for QueryError {
    fn from(error: rusqlite::Error) -> Self {
        explain(error, "", &[])
    }
}

/// Says what `SQLite` says, with the names that there are.
pub(super) fn explain(error: rusqlite::Error, sql: &str, axes: &[String]) -> QueryError {
    if error.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied) {
        return QueryError::Writes;
    }
    let (message, offset) = match error {
        rusqlite::Error::MultipleStatement => return QueryError::Several,
        rusqlite::Error::SqlInputError { msg, offset, .. } => (msg, usize::try_from(offset).ok()),
        other => (other.to_string(), None),
    };
    let unknown = |kind, name: &str, known: Vec<&str>, available| QueryError::UnknownName {
        kind,
        name: name.to_owned(),
        nearest: nearest(name, known),
        available,
        offset,
    };
    if let Some(name) = message.strip_prefix("no such table: ") {
        let views: Vec<_> = VIEWS.iter().map(|view| view.name).collect();
        let available = format!(" (there are the views {})", views.join(", "));
        return unknown("view", name, views, available);
    }
    if let Some(rest) = message.strip_prefix("no such column: ") {
        let name = rest.split(" - ").next().unwrap_or(rest).trim_matches('"');
        let name = name.rsplit('.').next().unwrap_or(name);
        let views = mentioned(sql);
        let columns = views.iter().flat_map(|view| view.columns(axes)).collect();
        return unknown("column", name, columns, described(&views, axes));
    }
    QueryError::Sqlite { message, offset }
}

fn mentioned(sql: &str) -> Vec<&'static View> {
    let sql = sql.to_ascii_lowercase();
    VIEWS.iter().filter(|view| sql.contains(view.name)).collect()
}

fn described(views: &[&View], axes: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let written = |column: &str| {
        if column.chars().all(plain) && !column.starts_with(|c: char| c.is_ascii_digit()) {
            column.to_owned()
        } else {
            quoted(column)
        }
    };
    let of_view = |view: &&View| {
        let columns: Vec<_> = view.columns(axes).into_iter().map(written).collect();
        format!(" (`{}` has {})", view.name, columns.join(", "))
    };
    views.iter().map(of_view).collect()
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |nearest| format!("; did you mean `{nearest}`?"))
}
