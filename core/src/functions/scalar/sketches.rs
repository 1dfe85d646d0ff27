//! Functions of the sketches that `hll` and `tdigest` make.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Reads a percentile from a t-digest.
    percentile_tdigest: [named(PrefixAndFirst("percentile_tdigest"))]
        (tdigest: Array, percentile1: Real) -> Dynamic
        (tdigest: Array, percentile1: Real, type: TypeLiteral[Literal]) -> Named[2]
        => "range i from 1 to 5 step 1 | summarize t = tdigest(i) | project x = percentile_tdigest(t, 50)" gives "3";
    /// Reads several percentiles from a t-digest, as an array.
    percentiles_array_tdigest: [named(PrefixAndFirst("percentile_tdigest"))]
        (tdigest: Array, percentile: Real+) -> Array
        (tdigest: Array, percentiles: Array) -> Array
        (tdigest: Array, percentiles: Array, type: TypeLiteral[Literal]) -> Array
        => "range i from 1 to 5 step 1 | summarize t = tdigest(i) | project x = percentiles_array_tdigest(t, 50)" gives "[3]";
    /// Gives the share of values, in percent, that a t-digest has below a value.
    percentrank_tdigest:
        (digest: Array, value: Scalar) -> Real;
    /// Gives about how many values a t-digest has below a value.
    rank_tdigest:
        (digest: Array, value: Scalar) -> Real;
    /// Tells whether a value is a t-digest; internal.
    tdigest_isvalid: [hidden]
        (digest: Array, value: Scalar) -> Bool;
    /// Tells whether a value is a sketch of distinct values; internal.
    hll_isvalid: [hidden]
        (hll: Array, value: Scalar) -> Bool;
    /// Puts t-digests together.
    tdigest_merge: [named(Fixed("tdigests_merge_result"))]
        (tdigest: Array * 2..16) -> Array;
    /// Puts t-digests together.
    merge_tdigest: [named(Fixed("tdigests_merge_result"))]
        (tdigest: Array * 2..16) -> Array;
    /// Puts sketches of distinct values together.
    hll_merge: [named(Fixed("hll_merged_result"))]
        (hll: Array * 2..16) -> Array;
    /// Reads the number of distinct values from a sketch.
    dcount_hll: [named(PrefixAndFirst("dcount_hll"))]
        (hll: Array) -> Long
        => "range i from 1 to 5 step 1 | summarize h = hll(i) | project x = dcount_hll(h)" gives "5";
    /// Brings a sketch of distinct values to its canonical form; internal.
    __hll_normalize: [hidden, named(FirstArgument)]
        (hll: Dynamic * 2..16) -> Dynamic;
}
