//! Apache Parquet, in types that other programs read: time stamps in UTC, decimals and guids as text, dynamics as JSON.

use std::io::{self, Write};
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, AsArray as _, TimestampMicrosecondArray};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringBuilder, TimestampNanosecondArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::{Layout, batches};
use crate::eval::arrays::Cells;
use crate::eval::engine::Answer;
use crate::literal::civil_to_ticks;
use crate::types::Type;

/// Ticks of a microsecond.
const MICROSECOND: i64 = 10;

pub(super) fn write(answer: &Answer, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let unit = time_unit(answer, layout)?;
    let fields: Vec<Field> =
        answer.columns.iter().map(|(name, ty)| Field::new(&**name, stored(*ty, unit), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("kqlc ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    // The writer wants to own what it writes to: it is given a buffer that is emptied as it goes.
    let mut writer =
        ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties)).map_err(io::Error::other)?;
    for batch in batches(answer, layout.limit) {
        let arrays = answer
            .columns
            .iter()
            .zip(batch.columns())
            .map(|((_, ty), array)| column(array, *ty, unit))
            .collect::<io::Result<Vec<_>>>()?;
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(io::Error::other)?;
        writer.write(&batch).map_err(io::Error::other)?;
        out.write_all(writer.inner())?;
        writer.inner_mut().clear();
    }
    out.write_all(&writer.into_inner().map_err(io::Error::other)?)
}

/// Nanoseconds where every datetime of the answer fits, which keeps all digits; else microseconds, which reach from
/// year 1 to 9999.
fn time_unit(answer: &Answer, layout: Layout) -> io::Result<TimeUnit> {
    let epoch = epoch();
    let fits = |ticks: i64| (ticks - epoch).checked_mul(100).is_some();
    for batch in batches(answer, layout.limit) {
        for ((_, ty), array) in answer.columns.iter().zip(batch.columns()) {
            if *ty == Type::DateTime {
                let ticks = array.as_primitive_opt::<Int64Type>().ok_or_else(|| wrong(*ty, array))?;
                if !ticks.iter().flatten().all(fits) {
                    return Ok(TimeUnit::Microsecond);
                }
            }
        }
    }
    Ok(TimeUnit::Nanosecond)
}

fn epoch() -> i64 {
    civil_to_ticks(1970, 1, 1).unwrap_or_default()
}

fn wrong(ty: Type, array: &ArrayRef) -> io::Error {
    io::Error::other(format!("a column of {ty} is {}", array.data_type()))
}

fn stored(ty: Type, unit: TimeUnit) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long => DataType::Int64,
        Type::Real => DataType::Float64,
        Type::DateTime => DataType::Timestamp(unit, Some("UTC".into())),
        _ => DataType::Utf8,
    }
}

fn column(array: &ArrayRef, ty: Type, unit: TimeUnit) -> io::Result<ArrayRef> {
    Ok(match ty {
        Type::Bool | Type::Int | Type::Long | Type::Real => Arc::clone(array),
        Type::String => cast(array, &DataType::Utf8).map_err(io::Error::other)?,
        Type::DateTime => {
            let epoch = epoch();
            let ticks = array.as_primitive_opt::<Int64Type>().ok_or_else(|| wrong(ty, array))?;
            let since = ticks.iter().map(|ticks| ticks.map(|ticks| ticks - epoch));
            if unit == TimeUnit::Nanosecond {
                let nanoseconds = since.map(|ticks| ticks.and_then(|ticks| ticks.checked_mul(100)));
                Arc::new(nanoseconds.collect::<TimestampNanosecondArray>().with_timezone("UTC"))
            } else {
                let microseconds = since.map(|ticks| ticks.map(|ticks| ticks.div_euclid(MICROSECOND)));
                Arc::new(microseconds.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            }
        }
        Type::Decimal | Type::TimeSpan | Type::Guid | Type::Dynamic | Type::Unknown => {
            let cells = Cells::new(array.as_ref(), ty).map_err(io::Error::other)?;
            let mut builder = StringBuilder::new();
            for at in 0..cells.len() {
                if array.is_valid(at) {
                    builder.append_value(match cells.get(at) {
                        crate::eval::Cell::Dynamic(bytes) => {
                            crate::eval::dynamic::json_text(crate::eval::dynamic::View::new(&bytes))
                        }
                        other => other.to_text().into_owned(),
                    });
                } else {
                    builder.append_null();
                }
            }
            Arc::new(builder.finish())
        }
    })
}
