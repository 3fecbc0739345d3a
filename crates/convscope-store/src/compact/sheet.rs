//! Columns of equal length in a Parquet file.

use std::sync::Arc;

use bytes::Bytes;
use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as PhysicalType},
    column::reader::get_typed_column_reader,
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::WriterProperties,
        reader::{FileReader, SerializedFileReader},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{ColumnPath, Type},
};

use crate::format::VERSION;

/// What the cells of a column are; each may be absent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cells {
    Text,
    Whole,
    Real,
}

/// The cells of a column.
pub(super) enum Column {
    Text(Vec<Option<ByteArray>>),
    Whole(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
}

/// A file that is being written, one group of rows after the other.
pub(super) struct SheetWriter(SerializedFileWriter<Vec<u8>>);

impl SheetWriter {
    pub(super) fn new(
        columns: &[(&str, Cells)],
        note: Option<(&str, &str)>,
    ) -> Result<Self, ParquetError> {
        let fields =
            columns.iter().map(|(name, cells)| field(name, *cells)).collect::<Result<_, _>>()?;
        let schema = Type::group_type_builder("record").with_fields(fields).build()?;
        let notes = std::iter::once(("convscope-store".to_owned(), VERSION.to_string()))
            .chain(note.map(|(key, value)| (key.to_owned(), value.to_owned())))
            .map(|(key, value)| KeyValue::new(key, value))
            .collect();
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("convscope".into())
            .set_key_value_metadata(Some(notes));
        for (name, cells) in columns {
            if matches!(cells, Cells::Real) {
                // A dictionary looks equal numbers up, and −0 equals 0: bits would be lost.
                properties =
                    properties.set_column_dictionary_enabled(ColumnPath::from(*name), false);
            }
        }
        let writer =
            SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build()))?;
        Ok(Self(writer))
    }

    /// Adds rows; `columns` in the order of the schema.
    pub(super) fn add(&mut self, columns: &[Column]) -> Result<(), ParquetError> {
        let mut group = self.0.next_row_group()?;
        for column in columns {
            match column {
                Column::Text(cells) => write::<ByteArrayType>(&mut group, cells)?,
                Column::Whole(cells) => write::<Int64Type>(&mut group, cells)?,
                Column::Real(cells) => write::<DoubleType>(&mut group, cells)?,
            }
        }
        group.close()?;
        Ok(())
    }

    /// Returns the whole file.
    pub(super) fn finish(self) -> Result<Vec<u8>, ParquetError> {
        self.0.into_inner()
    }
}

/// A file to read from.
pub(super) struct Sheet(SerializedFileReader<Bytes>);

impl Sheet {
    pub(super) fn open(content: Vec<u8>) -> Result<Self, String> {
        SerializedFileReader::new(Bytes::from(content)).map(Self).map_err(|error| error.to_string())
    }

    /// Returns what the file says of itself under a key.
    pub(super) fn note(&self, key: &str) -> Option<String> {
        let notes = self.0.metadata().file_metadata().key_value_metadata()?;
        notes.iter().find(|note| note.key == key)?.value.clone()
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<Option<String>>, String> {
        let cells = self.column::<ByteArrayType>(name)?;
        cells
            .into_iter()
            .map(|cell| cell.map(|text| text.as_utf8().map(ToOwned::to_owned)).transpose())
            .collect::<Result<_, _>>()
            .map_err(|error| format!("column {name}: {error}"))
    }

    pub(super) fn wholes(&self, name: &str) -> Result<Vec<Option<i64>>, String> {
        self.column::<Int64Type>(name)
    }

    pub(super) fn reals(&self, name: &str) -> Result<Vec<Option<f64>>, String> {
        self.column::<DoubleType>(name)
    }

    fn column<T: DataType>(&self, name: &str) -> Result<Vec<Option<T::T>>, String> {
        let schema = self.0.metadata().file_metadata().schema_descr();
        let index = schema
            .columns()
            .iter()
            .position(|column| {
                column.name() == name
                    && column.physical_type() == T::get_physical_type()
                    && column.max_def_level() == 1
            })
            .ok_or_else(|| format!("it has no column {name} of the type that belongs there"))?;
        self.cells::<T>(index).map_err(|error| format!("column {name}: {error}"))
    }

    fn cells<T: DataType>(&self, index: usize) -> Result<Vec<Option<T::T>>, ParquetError> {
        let mut cells = Vec::new();
        for group in 0..self.0.num_row_groups() {
            let group = self.0.get_row_group(group)?;
            let mut reader = get_typed_column_reader::<T>(group.get_column_reader(index)?);
            let (mut levels, mut values) = (Vec::new(), Vec::new());
            while reader.read_records(1 << 16, Some(&mut levels), None, &mut values)?.0 > 0 {}
            let mut values = values.into_iter();
            cells.extend(levels.iter().map(|level| (*level == 1).then(|| values.next()).flatten()));
        }
        Ok(cells)
    }
}

fn field(name: &str, cells: Cells) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match cells {
        Cells::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        Cells::Whole => (PhysicalType::INT64, None),
        Cells::Real => (PhysicalType::DOUBLE, None),
    };
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
        .map(Arc::new)
}

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    cells: &[Option<T::T>],
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.iter().flatten().cloned().collect();
    let mut column = group
        .next_column()?
        .ok_or_else(|| ParquetError::General("more columns than the schema has".into()))?;
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}
