//! What is read from sketches: the numbers of distinct values that `hll` keeps, the percentiles that `tdigest` keeps.
//!
//! What should be a sketch and is none gives null.

use super::cast::cast;
use super::{Env, Kernel};
use crate::eval::aggregates::digest::Digest;
use crate::eval::aggregates::sketch::Sketch;
use crate::eval::cell::Cell;
use crate::ir::Json;
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::strict("dcount_hll", dcount_hll),
    Kernel::strict("hll_merge", hll_merge),
    Kernel::strict("merge_tdigest", tdigest_merge),
    Kernel::strict("percentile_tdigest", percentile_tdigest),
    Kernel::strict("percentiles_array_tdigest", percentiles_array_tdigest),
    Kernel::strict("percentrank_tdigest", |_, args| ranked(args, |below, all| below / all * 100.0)),
    Kernel::strict("rank_tdigest", |_, args| ranked(args, |below, _| below)),
    Kernel::strict("tdigest_merge", tdigest_merge),
];

fn sketch(cell: &Cell<'_>) -> Option<Sketch> {
    Sketch::from_json(&cell.to_json()?)
}

fn digest(cell: &Cell<'_>) -> Option<Digest> {
    Digest::from_json(&cell.to_json()?)
}

fn dcount_hll<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    args.first().and_then(sketch).map(|sketch| sketch.count()).into()
}

fn hll_merge<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let sketches: Option<Vec<Sketch>> = args.iter().map(sketch).collect();
    let merged = sketches.and_then(|sketches| {
        sketches.into_iter().reduce(|mut merged, other| {
            merged.merge(other);
            merged
        })
    });
    merged.map(|merged| merged.to_json()).into()
}

/// Null where one digest holds numbers and another instants or spans of time.
fn tdigest_merge<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(digests) = args.iter().map(digest).collect::<Option<Vec<_>>>() else { return Cell::Null };
    let mut digests = digests.into_iter();
    let merged = digests.next().and_then(|first| digests.try_fold(first, |merged, other| merged.merge(&other)));
    merged.map(|merged| merged.to_json()).into()
}

/// A percentage; `int`, `real` or a number in a dynamic.
fn percent(cell: &Cell<'_>) -> Option<f64> {
    cast(cell, Type::Real).as_real().filter(|percent| !percent.is_nan())
}

/// In the type of the digest, or that which the third argument names.
fn percentile_tdigest<'a>(env: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(digest), Some(percent)) = (args.first().and_then(digest), args.get(1).and_then(percent)) else {
        return Cell::Null;
    };
    cast(&digest.percentile(percent), env.ty).into_owned()
}

/// Percentages one by one or as an array; a type named behind the array is that of the values.
fn percentiles_array_tdigest<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some((first, rest)) = args.split_first() else { return Cell::Null };
    let (percents, ty): (Option<Vec<f64>>, Type) = match rest {
        [list, named @ ..] if list.to_array().is_some() => {
            let ty = named.first().and_then(Cell::as_str).and_then(Type::parse);
            let items = list.to_array().unwrap_or_default();
            (items.iter().map(|item| percent(&Cell::dynamic(item))).collect(), ty.unwrap_or(Type::Dynamic))
        }
        percents => (percents.iter().map(percent).collect(), Type::Dynamic),
    };
    let (Some(digest), Some(percents)) = (digest(first), percents) else { return Cell::Null };
    let value = |percent: f64| cast(&digest.percentile(percent), ty).to_json().unwrap_or(Json::Null);
    Some(Json::Array(percents.into_iter().map(value).collect())).into()
}

/// What follows from the weight of the values up to one and of all. Null where the value and the digest differ in type.
#[expect(clippy::cast_precision_loss, reason = "as exact as a rank of so many values can be")]
fn ranked(args: &[Cell<'_>], read: fn(f64, f64) -> f64) -> Cell<'static> {
    let (Some(digest), Some(value)) = (args.first().and_then(digest), args.get(1)) else { return Cell::Null };
    let value = super::arguments::unwrapped(value);
    digest.rank(&value).map(|(below, all)| read(below as f64, all as f64)).into()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{arguments, call, check, shown};
    use super::*;
    use crate::eval::aggregates::sketch::{hash, register_bits};

    fn sketch_of(values: std::ops::Range<i64>) -> Cell<'static> {
        let mut sketch = Sketch::new(register_bits(1).unwrap());
        for value in values {
            sketch.insert(hash(&Cell::Long(value)).unwrap());
        }
        Cell::dynamic(&sketch.to_json())
    }

    #[test]
    fn sketches_are_merged_and_counted() {
        let merged = call("hll_merge", Type::Dynamic, &[sketch_of(0..10), sketch_of(5..20)]);
        assert_eq!(shown(&call("dcount_hll", Type::Long, &[merged])), "20");
        check(&[
            ("dcount_hll", "[[1,2]]", "null"),
            ("hll_merge", "[[1,2],[1,2]]", "null"),
            ("dcount_hll", "[null]", "null"),
        ]);
    }

    #[test]
    fn digests_are_merged_and_read() {
        let longs = "[[7],[10,20,30],[1,1,2]]";
        check(&[
            ("tdigest_merge", &format!("[{longs},[[7],[5,10],[1,1]]]"), "[[7],[5,10,20,30],[1,2,1,2]]"),
            ("merge_tdigest", &format!("[{longs},[[7],[0.5],[1]]]"), "[[7],[0.5,10.0,20.0,30.0],[1,1,1,2]]"),
            ("tdigest_merge", &format!("[{longs},[1]]"), "null"),
            ("percentile_tdigest", &format!("[{longs},50]"), "20"),
            ("percentile_tdigest", "[[[7],[],[]],50]", "null"),
            ("percentiles_array_tdigest", &format!("[{longs},0,50,100]"), "[10,20,30]"),
            ("percentiles_array_tdigest", &format!("[{longs},[0,100]]"), "[10,30]"),
            ("percentiles_array_tdigest", &format!(r#"[{longs},[0,100],"real"]"#), "[10.0,30.0]"),
            ("rank_tdigest", &format!("[{longs},20]"), "2"),
            ("rank_tdigest", &format!("[{longs},25.5]"), "2"),
            ("percentrank_tdigest", &format!("[{longs},20]"), "50"),
            ("rank_tdigest", &format!(r#"[{longs},"x"]"#), "null"),
        ]);
        assert_eq!(
            shown(&call("percentile_tdigest", Type::Real, &arguments(&format!("[{longs},100,\"real\"]")))),
            "30"
        );
    }
}
