//! What the operators `parse`, `parse-where` and `parse-kv` take out of a text.

mod key_values;
mod pattern;

pub use key_values::KeyValues;
pub use pattern::Pattern;
