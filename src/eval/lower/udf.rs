//! Kernels as functions of DataFusion.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::repeated::Repeated;
use crate::eval::arrays::{CellBuilder, Cells, data_type};
use crate::eval::cell::Cell;
use crate::eval::kernels::{Body, Env, Kernel};
use crate::types::Type;

/// What a function computes: whole arrays of one length to an array of that length.
pub(super) type Function = Arc<dyn Fn(&[ArrayRef], usize) -> Result<ArrayRef> + Send + Sync>;
/// What a function computes value by value.
pub(super) type RowFunction = Arc<dyn for<'c> Fn(&[Cell<'c>]) -> Cell<'c> + Send + Sync>;

#[derive(Clone)]
enum Work {
    /// What is given, as it is.
    Same,
    Arrays(Function),
    Rows {
        arguments: Vec<Type>,
        strict: bool,
        function: RowFunction,
    },
}

/// A function of DataFusion. Two are the same where name and key are: whatever a function closes over is in its key.
#[derive(Clone)]
struct Udf {
    name: String,
    key: String,
    result: DataType,
    result_type: Type,
    nullable: bool,
    signature: Signature,
    work: Work,
    /// The function, by name and key, that it undoes: which of that function's arguments it gives.
    undoes: Option<(&'static str, String, usize)>,
}

impl fmt::Debug for Udf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Udf").field("name", &self.name).field("key", &self.key).finish_non_exhaustive()
    }
}

impl PartialEq for Udf {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.key == other.key && self.result == other.result
    }
}

impl Eq for Udf {}

impl Hash for Udf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.key.hash(state);
    }
}

impl ScalarUDFImpl for Udf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.result.clone())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(&self.name, self.result.clone(), self.nullable)))
    }

    fn simplify(&self, args: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let undone = self.undoes.as_ref().zip(args.first()).and_then(|((name, key, at), argument)| {
            let Expr::ScalarFunction(call) = argument else { return None };
            let other = call.func.inner().downcast_ref::<Self>()?;
            if other.name == *name && other.key == *key { call.args.get(*at) } else { None }
        });
        Ok(match undone {
            Some(argument) => ExprSimplifyResult::Simplified(argument.clone()),
            None => ExprSimplifyResult::Original(args),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // What is volatile gives each record a value of its own, whatever its arguments are.
        let constant = self.signature.volatility != Volatility::Volatile
            && args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let array = match self.repeated(&args.args) {
            Some((place, repeated)) => {
                let mut values = args.args;
                values[place] = ColumnarValue::Array(Arc::clone(&repeated.texts));
                repeated.spread(&self.computed(&values, repeated.texts.len())?)?
            }
            None => self.computed(&args.args, rows)?,
        };
        Ok(if constant && array.len() == 1 {
            ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?)
        } else {
            ColumnarValue::Array(array)
        })
    }
}

/// The array with one NaN for all: there are many by their bits, and each would be a group of its own.
fn one_nan(array: &ArrayRef) -> ArrayRef {
    match array.as_primitive_opt::<Float64Type>() {
        Some(reals) if reals.values().iter().any(|real| real.is_nan()) => {
            let reals: Float64Array = reals.unary(|real| if real.is_nan() { f64::NAN } else { real });
            Arc::new(reals)
        }
        _ => Arc::clone(array),
    }
}

impl Udf {
    fn computed(&self, values: &[ColumnarValue], rows: usize) -> Result<ArrayRef> {
        match &self.work {
            Work::Arrays(function) => {
                let arrays = values.iter().map(|value| value.to_array(rows)).collect::<Result<Vec<_>>>()?;
                function(&arrays, rows)
            }
            Work::Rows { arguments, strict, function } => self.by_row(values, arguments, *strict, function, rows),
            Work::Same => {
                let Some(value) = values.first() else {
                    return datafusion::common::internal_err!("nothing is given");
                };
                value.to_array(rows).map(|array| one_nan(&array))
            }
        }
    }

    /// The one argument that differs from row to row, where it takes few values.
    fn repeated(&self, values: &[ColumnarValue]) -> Option<(usize, Repeated)> {
        if self.signature.volatility == Volatility::Volatile || matches!(self.work, Work::Same) {
            return None;
        }
        let mut arrays = values.iter().enumerate().filter_map(|(place, value)| match value {
            ColumnarValue::Array(array) => Some((place, array)),
            ColumnarValue::Scalar(_) => None,
        });
        let (place, array) = arrays.next().filter(|_| arrays.next().is_none())?;
        Some((place, Repeated::of(array)?))
    }

    fn by_row(
        &self,
        values: &[ColumnarValue],
        types: &[Type],
        strict: bool,
        function: &RowFunction,
        rows: usize,
    ) -> Result<ArrayRef> {
        // A constant is an array of one row, read again for each.
        let arrays = values
            .iter()
            .map(|value| match value {
                ColumnarValue::Array(array) => Ok((Arc::clone(array), false)),
                ColumnarValue::Scalar(scalar) => Ok((scalar.to_array()?, true)),
            })
            .collect::<Result<Vec<_>>>()?;
        let columns = arrays
            .iter()
            .zip(types)
            .map(|((array, constant), ty)| Ok((Cells::new(array.as_ref(), *ty)?, *constant)))
            .collect::<Result<Vec<_>>>()?;
        let mut builder = CellBuilder::new(self.result_type, rows);
        let mut cells = Vec::with_capacity(columns.len());
        for row in 0..rows {
            cells.clear();
            cells.extend(columns.iter().map(|(column, constant)| column.get(if *constant { 0 } else { row })));
            let cell = if strict && cells.iter().any(Cell::is_null) { Cell::Null } else { function(&cells) };
            builder.push(&cell)?;
        }
        Ok(builder.finish())
    }
}

fn call(udf: Udf, arguments: Vec<Expr>) -> Expr {
    ScalarUDF::new_from_impl(udf).call(arguments)
}

fn signature(arguments: usize, volatility: Volatility) -> Signature {
    if arguments == 0 { Signature::nullary(volatility) } else { Signature::variadic_any(volatility) }
}

/// A call of a function over arrays that gives a KQL type.
pub(super) fn arrays(name: &str, key: String, result: Type, function: Function, arguments: Vec<Expr>) -> Expr {
    raw(name, key, data_type(result), result != Type::String, function, arguments)
}

/// A call of a function over arrays that gives an argument of another function back: which one, and by which name and key
/// that function goes.
pub(super) fn undoing(
    (name, key, at): (&'static str, &str, usize),
    result: DataType,
    nullable: bool,
    function: Function,
    argument: Expr,
) -> Expr {
    let udf = Udf {
        name: format!("un{name}"),
        key: format!("{key}{at}"),
        result,
        result_type: Type::Unknown,
        nullable,
        signature: signature(1, Volatility::Immutable),
        work: Work::Arrays(function),
        undoes: Some((name, key.to_owned(), at)),
    };
    call(udf, vec![argument])
}

/// A call of a function over arrays that gives an Arrow type of its own.
pub(super) fn raw(
    name: &str,
    key: String,
    result: DataType,
    nullable: bool,
    function: Function,
    arguments: Vec<Expr>,
) -> Expr {
    let work = Work::Arrays(function);
    let udf = Udf {
        name: name.to_owned(),
        key,
        result,
        result_type: Type::Unknown,
        nullable,
        signature: signature(arguments.len(), Volatility::Immutable),
        work,
        undoes: None,
    };
    call(udf, arguments)
}

/// The expression, which the optimiser is to leave where it stands: it moves nothing past what is volatile.
pub(super) fn in_place(expr: Expr, result: DataType, nullable: bool) -> Expr {
    same("in_place", expr, result, nullable, Volatility::Volatile)
}

/// The expression, which the optimiser does not see to be the column it is.
pub(super) fn apart(expr: Expr, result: DataType, nullable: bool) -> Expr {
    same("key", expr, result, nullable, Volatility::Immutable)
}

/// A function that gives what it is given.
fn same(name: &str, expr: Expr, result: DataType, nullable: bool, volatility: Volatility) -> Expr {
    let udf = Udf {
        name: name.to_owned(),
        key: String::new(),
        result,
        result_type: Type::Unknown,
        nullable,
        signature: signature(1, volatility),
        work: Work::Same,
        undoes: None,
    };
    call(udf, vec![expr])
}

/// A call of a function that works value by value.
pub(super) fn rows(
    name: &str,
    key: String,
    result: Type,
    strict: bool,
    function: RowFunction,
    arguments: Vec<(Expr, Type)>,
) -> Expr {
    let (arguments, types): (Vec<Expr>, Vec<Type>) = arguments.into_iter().unzip();
    let udf = Udf {
        name: name.to_owned(),
        key,
        result: data_type(result),
        result_type: result,
        nullable: result != Type::String,
        signature: signature(arguments.len(), Volatility::Immutable),
        work: Work::Rows { arguments: types, strict, function },
        undoes: None,
    };
    call(udf, arguments)
}

/// A call of a kernel.
pub(super) fn kernel(kernel: Kernel, env: Env, volatile: bool, arguments: Vec<(Expr, Type)>) -> Expr {
    let types: Vec<Type> = arguments.iter().map(|(_, ty)| *ty).collect();
    let key = format!("{env:?}{types:?}");
    let (work, arguments) = match kernel.body {
        Body::Row(function) | Body::Strict(function) => {
            let strict = matches!(kernel.body, Body::Strict(_));
            let function: RowFunction = Arc::new(move |cells| function(env, cells));
            (Work::Rows { arguments: types, strict, function }, arguments)
        }
        Body::Array(function) => {
            let function: Function = Arc::new(move |arrays, _| function(env, arrays, &types));
            (Work::Arrays(function), arguments)
        }
    };
    let volatility = if volatile { Volatility::Volatile } else { Volatility::Immutable };
    let udf = Udf {
        name: kernel.name.to_owned(),
        key,
        result: data_type(env.ty),
        result_type: env.ty,
        nullable: env.ty != Type::String,
        signature: signature(arguments.len(), volatility),
        work,
        undoes: None,
    };
    call(udf, arguments.into_iter().map(|(expr, _)| expr).collect())
}
