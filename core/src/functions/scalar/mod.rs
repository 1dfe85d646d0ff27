//! The scalar functions, by subject.

mod bags;
mod conditional;
mod convert;
mod datetime;
mod dynamic;
mod geo;
mod geo_cells;
mod graph;
mod hash;
mod math;
mod network;
mod series;
mod series_analysis;
mod sketches;
mod strings;
mod system;
mod text_codecs;
mod units;
mod window;

use super::Function;

/// The rows of every file.
pub(super) const FILES: &[&[Function]] = &[
    bags::ROWS,
    conditional::ROWS,
    convert::ROWS,
    datetime::ROWS,
    dynamic::ROWS,
    geo::ROWS,
    geo_cells::ROWS,
    graph::ROWS,
    hash::ROWS,
    math::ROWS,
    network::ROWS,
    series::ROWS,
    series_analysis::ROWS,
    sketches::ROWS,
    strings::ROWS,
    system::ROWS,
    text_codecs::ROWS,
    window::ROWS,
];
