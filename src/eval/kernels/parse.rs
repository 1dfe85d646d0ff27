use crate::ir::*; use crate::eval::Cell; use crate::types::Type;
pub struct Pattern; impl Pattern { pub fn new(_: &Parse) -> Result<Self,String> { Ok(Self) } pub fn extract<'a>(&self, _: &'a str) -> Option<Vec<Cell<'a>>> { None } }
pub struct KeyValues; impl KeyValues { pub fn new(_: &ParseKv, _: &[Type]) -> Result<Self,String> { Ok(Self) } pub fn extract<'a>(&self, _: &'a str) -> Vec<Cell<'a>> { vec![] } }
