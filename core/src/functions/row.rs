//! What a row of the catalogue is made of.

use crate::types::Type;

/// Which of the three kinds of built-in a row describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A function of values in one record, such as `strlen`.
    Scalar,
    /// A function over the records of a group, such as `dcount`.
    Aggregate,
    /// A function over tables, called with `evaluate`, such as `bag_unpack`.
    Plugin,
}

/// One built-in.
#[derive(Debug, PartialEq)]
pub struct Function {
    /// The name it is called by.
    pub name: &'static str,
    /// Scalar function, aggregate or plugin.
    pub kind: Kind,
    /// What it gives, as sentences; units included.
    pub doc: &'static str,
    /// The ways it can be called; the order matters to nobody.
    pub overloads: &'static [Overload],
    /// How a result column without a name of its own is called.
    pub naming: Naming,
    /// Gives a constant when all arguments are constants.
    pub foldable: bool,
    /// Gives the same value for the same arguments in every evaluation.
    pub deterministic: bool,
    /// Looks at other records of its input, which therefore must be serialised.
    pub window: bool,
    /// Known only within a graph pattern.
    pub graph: bool,
    /// Left out of documentation: internal, or an old spelling.
    pub hidden: bool,
    /// For an old name, what to write instead; several where the choice depends on the intent.
    pub replaced_by: &'static [&'static str],
    /// A cheaper built-in that answers almost the same, such as `dcount` for `count_distinct`.
    pub cheaper: Option<&'static str>,
    /// Queries with their results; they run as tests.
    pub examples: &'static [Example],
}

/// A query and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The query; its result is one record with one column.
    pub query: &'static str,
    /// That value as `kqlc run` prints it, strings without quotes.
    pub result: &'static str,
}

/// One way to call a built-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overload {
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub returns: Returns,
    /// Accepted for the sake of old queries, but not documented.
    pub hidden: bool,
}

/// One parameter of an overload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name the documentation gives it.
    pub name: &'static str,
    /// The types it accepts.
    pub accepts: Accepts,
    /// What kind of expression it must be.
    pub requires: Requires,
    /// Whether it may be left out or given several times.
    pub repeat: Repeat,
    /// The only strings it accepts, in any case; empty where there is no such list.
    pub values: &'static [&'static str],
    /// A literal that stands for "the default", such as `~`.
    pub default_marker: Option<&'static str>,
}

/// The most times a parameter can be given where the documentation sets no limit.
pub const MANY: u16 = 32_767;

/// How often a parameter is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Exactly once.
    Once,
    /// Once or not at all.
    Optional,
    /// Between so many and so many times, one after the other.
    Times(u16, u16),
    /// Between so many and so many times, in turn with the neighbouring parameters that do so too.
    InTurn(u16, u16),
}

/// The types a parameter accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// Anything at all, unchecked.
    Anything,
    /// One of these types, or one that widens to it.
    Only(&'static [Type]),
    /// A type, written `typeof(…)`.
    TypeLiteral,
    /// Any scalar.
    Scalar,
    /// `int` or `long`.
    Integer,
    /// Any number.
    Number,
    /// Any number, or `bool`.
    NumberOrBool,
    /// `real` or `decimal`.
    RealOrDecimal,
    /// A number, `datetime` or `timespan`.
    Summable,
    /// What `min` and `max` order: summable, `string` or `bool`.
    Orderable,
    /// `string`, or any `dynamic`.
    StringOrDynamic,
    /// `string`, or a `dynamic` that can be an array of strings.
    StringOrArray,
    /// An integer, or a `dynamic` that can be an array of integers.
    IntegerOrArray,
    /// A `dynamic` that can be an array.
    Array,
    /// A `dynamic` that can be a bag.
    Bag,
    /// Any scalar but `dynamic`.
    NotDynamic,
    /// Any scalar but `bool`.
    NotBool,
    /// Any scalar but `real` and `bool`.
    NotRealOrBool,
    /// Exactly the type of the argument at this position.
    SameAs(u8),
    /// Any scalar; all such arguments of a call have one type after widening.
    CommonScalar,
    /// Like [`Accepts::CommonScalar`], with `dynamic` where there is no such type.
    CommonScalarOrDynamic,
    /// Orderable; all such arguments of a call have one type after widening.
    CommonOrderable,
    /// A tabular expression.
    Tabular,
}

/// What kind of expression an argument must be, besides its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// Any expression.
    Expression,
    /// A literal.
    Literal,
    /// A literal string that is not empty.
    LiteralNotEmpty,
    /// An expression whose value does not depend on the record.
    Constant,
    /// The name of a column of the input.
    Column,
    /// The name of a column of the table given as the first argument.
    ColumnOfFirst,
    /// The name of a column that both the input and the table given as the first argument have.
    ColumnOfBoth,
    /// A call of an aggregate.
    Aggregate,
    /// `*` and nothing else.
    Star,
    /// Any expression, or `*`.
    ExpressionOrStar,
    /// An expression over the elements of the first argument, a path of a graph pattern.
    OverElementsOfFirst,
}

/// The type of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// Always this type.
    Type(Type),
    /// A `dynamic` that is known to have this shape.
    Dynamic(Shape),
    /// The type of the argument of the parameter at this position.
    SameAs(u8),
    /// The type of the argument of the first parameter, `long` for `int`.
    Promoted,
    /// An array of the type of the argument of the first parameter.
    ArrayOfFirst,
    /// The widest numeric type among the arguments, `long` for `int`.
    Widest,
    /// The common type of the arguments whose parameters ask for one.
    Common,
    /// Like [`Returns::Common`], not counting `dynamic` arguments unless all are.
    CommonNotDynamic,
    /// The type that the argument of the parameter at this position names with `typeof`.
    Named(u8),
    /// A table, for plugins.
    Table(&'static [Part]),
    /// Several columns at once, each named `<function>_<name of the first argument>_<suffix>`.
    Columns(&'static [(&'static str, Type)]),
    /// What a rule of its own computes.
    Computed(Computed),
}

/// The rules that only the caller can carry out, knowing the expressions and the columns of the input.
///
/// "Named after itself" means: like a column or a path, by [`Naming`] for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Computed {
    /// `take_any(a, b, *)`: each argument is a column named after itself, `any_arg1` (its position) where it has
    /// no name. `*` is every column of the input that is neither grouped by nor given already.
    TakeAny,
    /// `any(a, b, *)`: as [`Computed::TakeAny`], with `any_` before every name and `arg1` for the nameless.
    Any,
    /// `arg_max(x, a, *)`: each argument is a column named after itself; without a name the first is `max_`, the
    /// others `max_x_arg1` (name of the first, position). `*` is as in [`Computed::TakeAny`].
    ArgMax,
    /// `arg_min`: as [`Computed::ArgMax`], with `min_`.
    ArgMin,
    /// `argmax(x, a, *)`: `max_x`, then `max_x_a`; nothing for a missing name.
    ArgMaxPrefixed,
    /// `argmin`: as [`Computed::ArgMaxPrefixed`], with `min_`.
    ArgMinPrefixed,
    /// `percentiles(x, 5, 99.5)`: `percentile_x_5`, `percentile_x_99_5` (what is no letter or digit becomes `_`),
    /// of the type of `x`, `long` for `int` and `real` for `decimal`.
    Percentiles,
    /// `percentiles_array(x, 5, 95)`: one `dynamic` column `percentiles_x`.
    PercentilesArray,
    /// `array_sort_asc(a, b)`: one column an array, `a_sorted`, or `array1_sorted` (its position) without a name.
    ArraySort,
    /// `table('T')`, `database('D')` and the like: what the name stands for.
    Entity,
}

/// A part of the table a plugin gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A column of this name and type.
    Column(&'static str, Type),
    /// A column of this name and of the type of the argument of the parameter at this position.
    Like(&'static str, u8),
    /// Every column of the input.
    Input,
    /// Every column of the input but the one given for the parameter at this position.
    InputExcept(u8),
    /// The columns given for the parameter at this position; none where it is left out.
    Argument(u8),
    /// The columns of the table given as the first argument, but those given for the parameter at this position;
    /// a name that the input has too gets a number.
    LookupExcept(u8),
    /// Every column of the table given as the first argument; a name that the input has too gets a number.
    Lookup,
    /// A column of the type of the second argument of the pair, its name put together from a prefix and the name of
    /// the argument at this position: `from_TimeGenerated`.
    Prefixed(&'static str, u8),
    /// For each argument of the first parameter a column of the type of the second: `Login_TimeGenerated`.
    Pairs(u8, u8),
    /// A column named after the argument of this parameter, then `_` and a word: `Text_embeddings`.
    Suffixed(u8, &'static str, Type),
    /// A `string` column named like the argument of the parameter at this position.
    Text(u8),
    /// A `long` column for each argument of the parameter at this position: the word with the argument's place, from
    /// 0, after it.
    Counted(&'static str, u8),
    /// The columns that the `typeof(…)` given for this parameter lists, `*` being the input's.
    SchemaOf(u8),
    /// What `pivot` keeps: the columns given after the aggregate; without any, the input's but the pivot column and
    /// the aggregated one.
    PivotKept,
    /// `rolling_<bins>_percentile_<column>_<percentile>`, of the column's type.
    RollingPercentile,
    /// Columns that depend on the data: the table is open.
    Open,
}

/// How a result column without a name of its own is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Not at all: the operator numbers it.
    None,
    /// Like the first argument.
    FirstArgument,
    /// Like the only argument; not at all where there are several.
    OnlyArgument,
    /// This prefix, `_`, and the name of the first argument (nothing where that has none).
    PrefixAndFirst(&'static str),
    /// This word.
    Fixed(&'static str),
    /// The text of the first argument where the input has such a column, otherwise not at all.
    ColumnInFirst,
}

/// What is known of a `dynamic` value before it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Nothing.
    Any,
    /// An array, of values of this type; [`Type::Dynamic`] where they are mixed or unknown.
    Array(Type),
    /// A bag.
    Bag,
    /// A scalar of this type.
    Scalar(Type),
}

/// A scalar type, with the shape where it is `dynamic`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueType {
    /// The type.
    pub ty: Type,
    /// The shape; [`Shape::Any`] for every type but `dynamic`.
    pub shape: Shape,
}

impl Parameter {
    /// Whether a literal string is among the values allowed, in any case.
    pub fn allows(&self, text: &str) -> bool {
        self.values.is_empty() || self.values.iter().any(|value| value.eq_ignore_ascii_case(text))
    }
}

impl Repeat {
    /// The fewest and the most times.
    pub const fn range(self) -> (usize, usize) {
        match self {
            Self::Once => (1, 1),
            Self::Optional => (0, 1),
            Self::Times(min, max) | Self::InTurn(min, max) => (min as usize, max as usize),
        }
    }
}

impl Accepts {
    /// Whether the arguments of all such parameters must have a type in common.
    pub const fn is_common(self) -> bool {
        matches!(self, Self::CommonScalar | Self::CommonScalarOrDynamic | Self::CommonOrderable)
    }
}

impl From<Type> for ValueType {
    fn from(ty: Type) -> Self {
        Self { ty, shape: Shape::Any }
    }
}

impl ValueType {
    /// A `dynamic` of a known shape.
    pub const fn dynamic(shape: Shape) -> Self {
        Self { ty: Type::Dynamic, shape }
    }

    /// Whether it is a `dynamic` that nothing keeps from being an array.
    pub const fn can_be_array(self) -> bool {
        matches!(self, Self { ty: Type::Dynamic, shape: Shape::Any | Shape::Array(_) })
    }

    /// Whether it is a `dynamic` that nothing keeps from being a bag.
    pub const fn can_be_bag(self) -> bool {
        matches!(self, Self { ty: Type::Dynamic, shape: Shape::Any | Shape::Bag })
    }

    /// Whether it is a `dynamic` that nothing keeps from being an array of such elements, or one such element.
    pub fn can_be_array_of(self, element: Type) -> bool {
        self.ty == Type::Dynamic
            && match self.shape {
                Shape::Any | Shape::Array(Type::Dynamic) => true,
                Shape::Array(ty) | Shape::Scalar(ty) => ty == element,
                Shape::Bag => false,
            }
    }
}
