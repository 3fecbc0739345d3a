//! What `SQLite` lacks for statistics.

use convscope_core::stats;
use rusqlite::{
    Connection, Result,
    functions::{Aggregate, Context, FunctionFlags},
};

/// Adds `stddev(x)` and `sqrt(x)`.
pub(super) fn add_to(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_aggregate_function("stddev", 1, flags, StandardDeviation)?;
    connection.create_scalar_function("sqrt", 1, flags, |context| {
        let number: Option<f64> = context.get(0)?;
        Ok(number.map(f64::sqrt).filter(|root| root.is_finite()))
    })
}

/// The standard deviation with divisor n − 1; null for fewer than two numbers.
struct StandardDeviation;

impl Aggregate<Vec<f64>, Option<f64>> for StandardDeviation {
    fn init(&self, _: &mut Context<'_>) -> Result<Vec<f64>> {
        Ok(Vec::new())
    }

    fn step(&self, context: &mut Context<'_>, numbers: &mut Vec<f64>) -> Result<()> {
        numbers.extend(context.get::<Option<f64>>(0)?);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, numbers: Option<Vec<f64>>) -> Result<Option<f64>> {
        Ok(numbers.and_then(|numbers| stats::standard_deviation(&numbers)))
    }
}
