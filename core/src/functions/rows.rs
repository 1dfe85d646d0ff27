//! The notation the rows are written in.
//!
//! ```text
//! /// What it gives, in a sentence or two.
//! name: flags, naming
//!     (parameter: Kind, parameter: Kind?, parameter: Kind * (min, max)) -> Result
//!     (another overload) -> Result
//!     => "a query" == "its result";
//! ```

/// Writes the rows of one file.
macro_rules! rows {
    ($kind:ident; $($(#[doc = $doc:literal])+ $name:ident: $([$($property:tt)*])?
        $(($($parameters:tt)*) -> $returns:ident $([$($detail:tt)*])? $(/ $hidden:ident)?)+
        $(=> $query:literal gives $result:literal)*;)+) => {
        pub(in crate::functions) const ROWS: &[$crate::functions::Function] = &[$(
            $crate::functions::rows::property!([$($($property)*)?] $crate::functions::Function {
                name: stringify!($name),
                kind: $crate::functions::Kind::$kind,
                doc: concat!($($doc),+).trim_ascii(),
                overloads: &[$($crate::functions::Overload {
                    parameters: $crate::functions::rows::parameters!([] $($parameters)*),
                    returns: $crate::functions::rows::returns!($returns $(($($detail)*))?),
                    hidden: $crate::functions::rows::hidden!($($hidden)?),
                }),+],
                naming: $crate::functions::Naming::None,
                foldable: false,
                deterministic: true,
                window: false,
                graph: false,
                hidden: false,
                replaced_by: &[],
                cheaper: None,
                examples: &[$($crate::functions::Example { query: $query, result: $result }),*],
            })
        ),+];
    };
}

/// Lays the properties of a row over the row.
macro_rules! property {
    ([$($property:tt)*] $row:expr) => {{
        #[allow(unused_mut, reason = "most rows have a property, some have none")]
        let mut row = $row;
        $crate::functions::rows::set!(row $($property)*);
        row
    }};
}

/// Sets one property after another.
macro_rules! set {
    ($row:ident) => {};
    ($row:ident foldable $(, $($rest:tt)*)?) => { $row.foldable = true; $crate::functions::rows::set!($row $($($rest)*)?); };
    ($row:ident volatile $(, $($rest:tt)*)?) => { $row.deterministic = false; $crate::functions::rows::set!($row $($($rest)*)?); };
    ($row:ident window $(, $($rest:tt)*)?) => { $row.window = true; $crate::functions::rows::set!($row $($($rest)*)?); };
    ($row:ident graph $(, $($rest:tt)*)?) => { $row.graph = true; $crate::functions::rows::set!($row $($($rest)*)?); };
    ($row:ident hidden $(, $($rest:tt)*)?) => { $row.hidden = true; $crate::functions::rows::set!($row $($($rest)*)?); };
    ($row:ident old($($new:literal)|+) $(, $($rest:tt)*)?) => {
        $row.replaced_by = &[$($new),+];
        $crate::functions::rows::set!($row $($($rest)*)?);
    };
    ($row:ident cheaper($other:literal) $(, $($rest:tt)*)?) => {
        $row.cheaper = Some($other);
        $crate::functions::rows::set!($row $($($rest)*)?);
    };
    ($row:ident named($naming:ident $(($prefix:literal))?) $(, $($rest:tt)*)?) => {
        $row.naming = $crate::functions::Naming::$naming $(($prefix))?;
        $crate::functions::rows::set!($row $($($rest)*)?);
    };
}

/// Writes lists of overloads that several operators share.
macro_rules! overloads {
    ($($list:ident:
        $(($($parameters:tt)*) -> $returns:ident $([$($detail:tt)*])? $(/ $hidden:ident)?)+;)+) => {
        $(pub(super) const $list: &[Overload] = &[$(Overload {
            parameters: $crate::functions::rows::parameters!([] $($parameters)*),
            returns: $crate::functions::rows::returns!($returns $(($($detail)*))?),
            hidden: $crate::functions::rows::hidden!($($hidden)?),
        }),+];)+
    };
}

/// The parameters of an overload.
macro_rules! parameters {
    ([$($done:expr,)*]) => { &[$($done),*] };
    ([$($done:expr,)*] $name:ident: $accepts:ident $(($($detail:tt)*))? $([$($requires:tt)*])? ? $(, $($rest:tt)*)?) => {
        $crate::functions::rows::parameters!([$($done,)* $crate::functions::rows::parameter!(
            $name, $accepts $(($($detail)*))?, Optional, [$($($requires)*)?])  ,] $($($rest)*)?)
    };
    ([$($done:expr,)*] $name:ident: $accepts:ident $(($($detail:tt)*))? $([$($requires:tt)*])? & $(, $($rest:tt)*)?) => {
        $crate::functions::rows::parameters!([$($done,)* $crate::functions::rows::parameter!(
            $name, $accepts $(($($detail)*))?, InTurn(1, $crate::functions::row::MANY), [$($($requires)*)?])  ,] $($($rest)*)?)
    };
    ([$($done:expr,)*] $name:ident: $accepts:ident $(($($detail:tt)*))? $([$($requires:tt)*])? + $(, $($rest:tt)*)?) => {
        $crate::functions::rows::parameters!([$($done,)* $crate::functions::rows::parameter!(
            $name, $accepts $(($($detail)*))?, Times(1, $crate::functions::row::MANY), [$($($requires)*)?])  ,] $($($rest)*)?)
    };
    ([$($done:expr,)*] $name:ident: $accepts:ident $(($($detail:tt)*))? $([$($requires:tt)*])? * $(, $($rest:tt)*)?) => {
        $crate::functions::rows::parameters!([$($done,)* $crate::functions::rows::parameter!(
            $name, $accepts $(($($detail)*))?, Times(0, $crate::functions::row::MANY), [$($($requires)*)?])  ,] $($($rest)*)?)
    };
    ([$($done:expr,)*] $name:ident: $accepts:ident $(($($detail:tt)*))? $([$($requires:tt)*])? * $min:literal..$max:literal $(, $($rest:tt)*)?) => {
        $crate::functions::rows::parameters!([$($done,)* $crate::functions::rows::parameter!(
            $name, $accepts $(($($detail)*))?, Times($min, $max), [$($($requires)*)?])  ,] $($($rest)*)?)
    };
    ([$($done:expr,)*] $name:ident: $accepts:ident $(($($detail:tt)*))? $([$($requires:tt)*])? $(, $($rest:tt)*)?) => {
        $crate::functions::rows::parameters!([$($done,)* $crate::functions::rows::parameter!(
            $name, $accepts $(($($detail)*))?, Once, [$($($requires)*)?])  ,] $($($rest)*)?)
    };
}

/// One parameter.
macro_rules! parameter {
    ($name:ident, $accepts:ident $(($($detail:tt)*))?, $repeat:ident $(($min:expr, $max:expr))?, [$($requires:ident)? $(@ $values:ident)? $(= $marker:literal)?]) => {
        $crate::functions::Parameter {
            name: stringify!($name),
            accepts: $crate::functions::rows::accepts!($accepts $(($($detail)*))?),
            requires: $crate::functions::rows::requires!($($requires)?),
            repeat: $crate::functions::Repeat::$repeat $(($min, $max))?,
            values: $crate::functions::rows::values!($($values)?),
            default_marker: $crate::functions::rows::default_marker!($($marker)?),
        }
    };
}

/// A parameter's list of allowed strings.
macro_rules! values {
    () => {
        &[]
    };
    ($values:ident) => {
        $values
    };
}

/// The literal that stands for the default.
macro_rules! default_marker {
    () => {
        None
    };
    ($marker:literal) => {
        Some($marker)
    };
}

/// What kind of expression an argument must be.
macro_rules! requires {
    () => {
        $crate::functions::Requires::Expression
    };
    ($requires:ident) => {
        $crate::functions::Requires::$requires
    };
}

/// Names of types stand for themselves, other names for an [`Accepts`](super::Accepts).
macro_rules! accepts {
    (Bool) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::Bool]) };
    (Int) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::Int]) };
    (Long) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::Long]) };
    (Real) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::Real]) };
    (Decimal) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::Decimal]) };
    (DateTime) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::DateTime]) };
    (TimeSpan) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::TimeSpan]) };
    (String) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::String]) };
    (Guid) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::Guid]) };
    (Dynamic) => { $crate::functions::Accepts::Only(&[$crate::functions::Type::Dynamic]) };
    (Only($($ty:ident)|+)) => { $crate::functions::Accepts::Only(&[$($crate::functions::Type::$ty),+]) };
    ($accepts:ident $(($position:literal))?) => { $crate::functions::Accepts::$accepts $(($position))? };
}

/// Names of types stand for themselves, other names for a [`Returns`](super::Returns).
macro_rules! returns {
    (Bool) => { $crate::functions::Returns::Type($crate::functions::Type::Bool) };
    (Int) => { $crate::functions::Returns::Type($crate::functions::Type::Int) };
    (Long) => { $crate::functions::Returns::Type($crate::functions::Type::Long) };
    (Real) => { $crate::functions::Returns::Type($crate::functions::Type::Real) };
    (Decimal) => { $crate::functions::Returns::Type($crate::functions::Type::Decimal) };
    (DateTime) => { $crate::functions::Returns::Type($crate::functions::Type::DateTime) };
    (TimeSpan) => { $crate::functions::Returns::Type($crate::functions::Type::TimeSpan) };
    (String) => { $crate::functions::Returns::Type($crate::functions::Type::String) };
    (Guid) => { $crate::functions::Returns::Type($crate::functions::Type::Guid) };
    (Dynamic) => { $crate::functions::Returns::Type($crate::functions::Type::Dynamic) };
    (Bag) => { $crate::functions::Returns::Dynamic($crate::functions::Shape::Bag) };
    (Array) => { $crate::functions::Returns::Dynamic($crate::functions::Shape::Array($crate::functions::Type::Dynamic)) };
    (Array($ty:ident)) => { $crate::functions::Returns::Dynamic($crate::functions::Shape::Array($crate::functions::Type::$ty)) };
    (Computed($rule:ident)) => { $crate::functions::Returns::Computed($crate::functions::Computed::$rule) };
    (Table($($part:ident $(($($detail:tt)*))?),+)) => {
        $crate::functions::Returns::Table(&[$($crate::functions::rows::part!($part $(($($detail)*))?)),+])
    };
    (Columns($($name:ident: $ty:ident),+)) => {
        $crate::functions::Returns::Columns(&[$((stringify!($name), $crate::functions::Type::$ty)),+])
    };
    ($returns:ident $(($detail:tt))?) => { $crate::functions::Returns::$returns $(($detail))? };
}

/// A part of a plugin's table.
macro_rules! part {
    ($part:ident($name:literal, $position:literal)) => { $crate::functions::Part::$part($name, $position) };
    (Column($name:literal, $ty:ident)) => { $crate::functions::Part::Column($name, $crate::functions::Type::$ty) };
    (Suffixed($position:literal, $name:literal, $ty:ident)) => {
        $crate::functions::Part::Suffixed($position, $name, $crate::functions::Type::$ty)
    };
    ($part:ident $(($($position:literal),+))?) => { $crate::functions::Part::$part $(($($position),+))? };
}

/// Whether an overload is undocumented.
macro_rules! hidden {
    () => {
        false
    };
    (hidden) => {
        true
    };
}

pub(super) use {
    accepts, default_marker, hidden, overloads, parameter, parameters, part, property, requires, returns, rows, set,
    values,
};
