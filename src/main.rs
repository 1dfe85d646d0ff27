//! The `kqlc` command.

fn main() {}
