//! What the tests of kernels share.

use super::{Env, Kernel, array_sort, arrays, bags, find, series, sets, sketches};
use crate::bind::bind;
use crate::eval::Cell;
use crate::eval::dynamic::{self, View};
use crate::ir::{Json, Op};
use crate::schema::{Dialect, Schemas};
use crate::types::Type;

/// What a function gives for a record's values.
///
/// # Panics
/// Where the function has no kernel.
pub(super) fn call<'a>(name: &str, ty: Type, args: &[Cell<'a>]) -> Cell<'a> {
    let kernel = find(name).unwrap_or_else(|| panic!("`{name}` has no kernel"));
    kernel.call(Env { now: 0, ty }, args)
}

/// Holds that functions give values of these texts; the text of null is empty.
///
/// # Panics
/// Where one does not.
pub(super) fn calls(ty: Type, cases: &[(&str, Vec<Cell<'_>>, &str)]) {
    for (name, args, expected) in cases {
        let given = call(name, ty, args);
        assert_eq!(given.to_text(), *expected, "{name}{args:?} gives {given:?}");
    }
}

/// The last step of a query.
///
/// # Panics
/// Where the query cannot be bound.
pub(super) fn bound_step(query: &str) -> Op {
    let parsed = crate::syntax::parse(query);
    let tree = parsed.query.unwrap_or_else(|| panic!("{query}: {:?}", parsed.diagnostics));
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let bound = bind(&tree, &schemas);
    let steps = bound.query.map(|query| query.plan.steps).unwrap_or_default();
    steps.last().map_or_else(|| panic!("{query}: {:?}", bound.diagnostics), |step| step.op.clone())
}

/// The arguments that the elements of a JSON array stand for: scalars of their own types, arrays and bags as dynamics.
pub(super) fn arguments(text: &str) -> Vec<Cell<'static>> {
    let Some(Json::Array(items)) = dynamic::parse(text) else { panic!("{text} is no JSON array") };
    let cells = items.iter().map(|item| match item {
        Json::Array(_) | Json::Bag(_) => Cell::dynamic(item),
        Json::Null => Cell::Null,
        scalar => Cell::from(&scalar.to_value()),
    });
    cells.collect()
}

/// A result as text: `null`, JSON for a dynamic, what `tostring` gives for anything else.
pub(super) fn shown(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Dynamic(bytes) => dynamic::json_text(View::new(bytes)),
        other => other.to_text().into_owned(),
    }
}

/// Checks what kernels give: name, arguments as a JSON array, result as of [`shown`].
pub(super) fn check(cases: &[(&str, &str, &str)]) {
    for (name, args, expected) in cases {
        assert_eq!(shown(&call(name, Type::Dynamic, &arguments(args))), *expected, "{name}({args})");
    }
}

/// As [`check`], where numbers need only agree to within half a unit of the third decimal.
pub(super) fn check_nearly(cases: &[(&str, &str, &str)]) {
    for (name, args, expected) in cases {
        let actual = call(name, Type::Dynamic, &arguments(args));
        let wanted = dynamic::parse(expected).unwrap_or_else(|| panic!("{expected} is no JSON"));
        let found = actual.to_json().unwrap_or(Json::Null);
        assert!(near(&found, &wanted), "{name}({args}) gives {} and not {expected}", shown(&actual));
    }
}

fn near(left: &Json, right: &Json) -> bool {
    let number = |json: &Json| match json {
        Json::Long(_) | Json::Real(_) => Cell::from(&json.to_value()).as_real(),
        _ => None,
    };
    match (left, right) {
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(a, b)),
        (Json::Bag(a), Json::Bag(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.iter().any(|(other, b)| name == other && near(a, b)))
        }
        _ => match (number(left), number(right)) {
            (Some(a), Some(b)) => (a - b).abs() <= 5.1e-4,
            _ => left == right,
        },
    }
}

/// Values that kernels are seldom given: the ends of ranges, damaged and odd texts, dynamics of every shape.
fn odd_values() -> Vec<Cell<'static>> {
    let dynamics = [
        "null",
        "[]",
        "{}",
        "5",
        "\"\"",
        "\"a\"",
        "[null]",
        "[1,2,3]",
        "[1.5,null,\"x\"]",
        "[-1,0,4611686018427387904]",
        "[[1],{\"a\":[2]}]",
        "{\"a\":1,\"b\":{\"c\":[1,2]}}",
        "[1,2,1,2,1,2,1,2,1,2,1,2]",
        "[\"a\",\"$.b.c\",\"$[\"]",
    ];
    let dynamics = dynamics.iter().filter_map(|text| dynamic::parse(text)).map(|json| Cell::dynamic(&json));
    let reals = [f64::NAN, f64::INFINITY, -0.0, f64::MIN_POSITIVE, -1.5].map(Cell::Real);
    let longs = [0, 1, -1, 7, i64::MAX, i64::MIN].map(Cell::Long);
    let texts = ["", "é\u{301}", "$.a[0]", "[", "2020-01-01", "avg", "\\", "1.2.3.4/24"].map(Cell::string);
    let others = [
        Cell::Null,
        Cell::Bool(true),
        Cell::Int(i32::MIN),
        Cell::DateTime(crate::literal::MAX_DATETIME),
        Cell::TimeSpan(i64::MIN),
        Cell::Guid(u128::MAX),
        Cell::Decimal(crate::literal::Decimal::new(i128::MAX, 3)),
    ];
    dynamics.chain(reals).chain(longs).chain(texts).chain(others).collect()
}

/// The tables of the kernels over dynamics, whose arguments the binder knows least about.
const OVER_DYNAMICS: &[&[Kernel]] = &[
    array_sort::KERNELS,
    arrays::KERNELS,
    bags::KERNELS,
    series::arithmetic::KERNELS,
    series::decompose::KERNELS,
    series::fill::KERNELS,
    series::filter::KERNELS,
    series::fit_line::KERNELS,
    series::fit_poly::KERNELS,
    series::fourier::KERNELS,
    series::outliers::KERNELS,
    series::periods::KERNELS,
    series::statistics::KERNELS,
    sets::KERNELS,
    sketches::KERNELS,
];

/// Whatever the number and the types of the arguments, a kernel gives a value. The binder lets few of these through.
#[test]
fn no_kernel_over_dynamics_panics_on_odd_arguments() {
    let values = odd_values();
    let value = |at: usize| values[at % values.len()].clone();
    for kernel in OVER_DYNAMICS.iter().copied().flatten() {
        // These make as many elements as they are asked for, which takes long and is tested beside them.
        if matches!(kernel.name, "range" | "repeat") {
            continue;
        }
        let call = |args: &[Cell<'static>]| {
            let _ = kernel.call(Env { now: 0, ty: Type::Dynamic }, args);
        };
        call(&[]);
        for first in 0..values.len() {
            call(&[value(first)]);
            for second in 0..values.len() {
                call(&[value(first), value(second)]);
                // Of the longer lists a part, spread so that each value comes to stand at each place.
                let spread = first * 7 + second * 3;
                call(&[value(first), value(second), value(spread)]);
                if (first + second) % 3 == 0 {
                    let more = (3..7).map(|place| value(spread * place + first));
                    call(&[value(first), value(second)].into_iter().chain(more).collect::<Vec<_>>());
                }
            }
        }
    }
}
