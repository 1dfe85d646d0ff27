//! Operators and plugins as whole queries. What they must give is what Microsoft's documentation says of them.
#![expect(clippy::unwrap_used, reason = "a test ends where what it stands on fails")]

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::Schema;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use kqlc::bind::{Learned, bind_learned};
use kqlc::eval::arrays::{Cells, field, from_cells};
use kqlc::eval::catalog::{Catalog, INGESTION_TIME, NoTables, ORDINAL};
use kqlc::eval::{Answer, Cell, Engine, EvalError, Options};
use kqlc::ir::External;
use kqlc::schema::{Dialect, Schemas};
use kqlc::types::Type;

/// How often a query may be bound again for columns that depend on the data.
const ROUNDS: usize = 8;

fn answer(text: &str) -> Result<Answer, String> {
    answer_over(text, &NoTables)
}

fn answer_over(text: &str, tables: &dyn Catalog) -> Result<Answer, String> {
    let tree = kqlc::syntax::parse(text).query.ok_or_else(|| "no query".to_owned())?;
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let engine = Engine::new(Options::at(638_000_000_000_000_000)).map_err(|error| format!("{error}"))?;
    let mut learned = Learned::new();
    for _ in 0..ROUNDS {
        let bound = bind_learned(&tree, &schemas, &learned);
        if bound.has_errors() {
            return Err(format!("{:?}", bound.diagnostics));
        }
        match engine.run(&bound.query.ok_or_else(|| "nothing bound".to_owned())?, tables) {
            Err(EvalError::Columns { span, columns }) => {
                learned.insert(span, columns.into_iter().map(|(name, ty)| (name.into(), ty)).collect());
            }
            other => return other.map_err(|error| format!("{error}")),
        }
    }
    Err("the columns change from run to run".to_owned())
}

/// The columns with their types, and the rows with their cells parted by bars.
fn shown(text: &str) -> (String, Vec<String>) {
    let answer = answer(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let columns: Vec<String> = answer.columns.iter().map(|(name, ty)| format!("{name}:{ty}")).collect();
    let mut rows = Vec::new();
    for batch in &answer.batches {
        let cells: Vec<Cells<'_>> = answer
            .columns
            .iter()
            .zip(batch.columns())
            .map(|((_, ty), array)| Cells::new(array.as_ref(), *ty).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            rows.push(cells.iter().map(|cells| cells.get(row).to_text().into_owned()).collect::<Vec<_>>().join("|"));
        }
    }
    (columns.join(" "), rows)
}

/// Holds that a query gives these columns and rows, in this order.
pub(super) fn gives(query: &str, columns: &str, rows: &[&str]) {
    let (there, given) = shown(query);
    assert_eq!(there, columns, "{query}");
    assert_eq!(given, rows, "{query}");
}

/// Holds that a query is refused in words that contain these.
pub(super) fn refuses(query: &str, words: &str) {
    match answer(query) {
        Ok(_) => panic!("not refused: {query}"),
        Err(error) => assert!(error.contains(words), "{query}\n{error}"),
    }
}

const SPANS: &str = "datatable(t: timespan, e: string) [
    0m, 'A', 1m, 'Start', 2m, 'B', 3m, 'D', 4m, 'Stop', 6m, 'C', 8m, 'Start', 11m, 'E', 12m, 'Stop'] | sort by t asc";

#[test]
fn groups_and_joins_know_one_zero_and_one_nan() {
    // A minus turns the sign of both, which no comparison sees.
    let both = "datatable(x: real, n: long) [real(nan), 1, 0.0, 2, real(nan), 3, 0.0, 4, 1.5, 5]
        | extend x = iff(n < 3, x, -x)";
    gives(
        &format!("{both} | summarize n = make_list(n) by x"),
        "x:real n:dynamic",
        &["NaN|[1,3]", "-1.5|[5]", "0|[2,4]"],
    );
    gives(&format!("{both} | distinct x"), "x:real", &["NaN", "-1.5", "0"]);
    gives(
        &format!("{both} | join kind=inner (print x = 0.0, found = true) on x | project n, found | sort by n asc"),
        "n:long found:bool",
        &["2|True", "4|True"],
    );
}

#[test]
fn scan_sums_up() {
    gives(
        "range x from 1 to 5 step 1 | scan declare (sum: long = 0) with (step s: true => sum = x + s.sum;)
         | project x, sum",
        "x:long sum:long",
        &["1|1", "2|3", "3|6", "4|10", "5|15"],
    );
    gives(
        "range x from 1 to 5 step 1 | extend y = 2 * x
         | scan declare (sx: long = 0, sy: long = 0) with
           (step s: true => sx = iff(s.sx >= 10, x, x + s.sx), sy = iff(s.sy >= 10, y, y + s.sy);)
         | project x, sx, sy",
        "x:long sx:long sy:long",
        &["1|1|2", "2|3|6", "3|6|12", "4|10|8", "5|5|18"],
    );
}

#[test]
fn scan_fills_forward() {
    gives(
        "datatable(n: int, v: string) [1, 'A', 2, '', 3, 'B', 4, '', 5, ''] | sort by n asc
         | scan declare (filled: string = '') with (step s: true => filled = iff(isempty(v), s.filled, v);)
         | project n, filled",
        "n:int filled:string",
        &["1|A", "2|A", "3|B", "4|B", "5|B"],
    );
}

#[test]
fn scan_starts_a_run_where_the_first_step_is_empty() {
    gives(
        "datatable(t: timespan, e: string) [0m, 'A', 1m, 'A', 3m, 'D', 32m, 'B', 36m, 'C', 41m, 'E', 75m, 'A']
         | sort by t asc
         | scan with_match_id = session declare (start: timespan) with (
             step inside: true => start = iff(isnull(inside.start), t, inside.start);
             step over output = none: t - inside.start > 30m;)
         | project t, start, session",
        "t:timespan start:timespan session:long",
        &[
            "00:00:00|00:00:00|0",
            "00:01:00|00:00:00|0",
            "00:03:00|00:00:00|0",
            "00:32:00|00:32:00|1",
            "00:36:00|00:32:00|1",
            "00:41:00|00:32:00|1",
            "01:15:00|01:15:00|2",
        ],
    );
}

#[test]
fn scan_finds_what_lies_between_two_records() {
    let steps = "step s1: e == 'Start';
        step s2: e != 'Start' and e != 'Stop' and t - s1.t <= 5m;
        step s3: e == 'Stop' and t - s1.t <= 5m;";
    gives(
        &format!("{SPANS} | scan with_match_id = m with ({steps})"),
        "t:timespan e:string m:long",
        &[
            "00:01:00|Start|0",
            "00:02:00|B|0",
            "00:03:00|D|0",
            "00:04:00|Stop|0",
            "00:08:00|Start|1",
            "00:11:00|E|1",
            "00:12:00|Stop|1",
        ],
    );
    let last = steps.replace("step s2:", "step s2 output = last:").replace("step s1:", "step s1 output = none:");
    gives(
        &format!("{SPANS} | scan with_match_id = m with ({last})"),
        "t:timespan e:string m:long",
        &["00:03:00|D|0", "00:04:00|Stop|0", "00:11:00|E|1", "00:12:00|Stop|1"],
    );
}

#[test]
fn scan_has_a_state_for_each_part() {
    gives(
        "datatable(t: long, user: int, e: string) [1, 1, 'in', 2, 2, 'in', 3, 1, 'out', 5, 2, 'out', 6, 2, 'out']
         | partition hint.strategy = native by user (
             sort by t asc
             | scan declare (start: long, took: long) with (
                 step s1 output = none: e == 'in' => start = t;
                 step s2: e == 'out' => start = s1.start, took = t - s1.start;))
         | project user, start, took | sort by user asc, took asc",
        "user:int start:long took:long",
        &["1|1|2", "2|2|3", "2|2|4"],
    );
}

#[test]
fn scan_refuses_what_is_not_documented() {
    refuses(
        "range x from 1 to 3 step 1 | scan declare (a: long = 0, b: long = 0) with (step s: true => a = x, b = a + 1;)",
        "read and assigned in one step",
    );
}

#[test]
fn records_without_a_partner_stay_behind_a_partition() {
    let text = "datatable(l:long, s:string) [1, 'a', 2, 'b'] | partition hint.strategy=native by s (top 1 by l asc) \
        | join kind=rightouter (datatable(l:long) [7, 1]) on l | sort by l1 asc | extend x = row_number()";
    let (_, rows) = shown(text);
    assert_eq!(rows, ["1|a|1|1", "||7|2"]);
}

#[test]
fn partition_reads_a_table_of_its_own_for_each_key() {
    let own = "datatable(at: string, n: long) ['TX', 1, 'CA', 2, 'TX', 3, 'KS', 5]";
    // A part without records has a sum all the same; the key is there when all columns of the table are gone.
    gives(
        &format!(
            "{DAMAGE} | partition by state {{ {own} | where at == toscalar(state) | summarize t = sum(n) | extend s = state }}"
        ),
        "t:long s:string",
        &["2|CA", "5|KS", "0|NY", "4|TX"],
    );
    gives(
        &format!(
            "{DAMAGE} | where damage > 4 | partition hint.strategy = legacy by state {{ {own} | top 1 by n | project n, state }}"
        ),
        "n:long state:string",
        &["5|CA", "5|TX"],
    );
    // What the sub-query reads besides is the same for every key, unless it refers to it.
    let lists = "datatable(at: string, name: string) ['TX', 'Texas', 'CA', 'California']";
    gives(
        &format!(
            "{DAMAGE} | partition by state {{ {own} | where at == state | join kind = inner ({lists}) on at | summarize t = sum(n) by name }}"
        ),
        "name:string t:long",
        &["California|2", "Texas|4"],
    );
    refuses(
        &format!("{DAMAGE} | partition by state {{ {own} | join kind = inner ({lists} | where at == state) on at }}"),
        "refers to the key",
    );
    refuses(
        &format!("{DAMAGE} | partition by state {{ {own} | where at == state | union ({own}) }}"),
        "refers to the key",
    );
}

const DAMAGE: &str = "datatable(state: string, event: string, damage: long) [
    'TX', 'Hail', 10, 'TX', 'Flood', 5, 'TX', 'Wind', 1, 'CA', 'Fire', 9, 'CA', 'Flood', 4, 'CA', 'Wind', 4,
    'KS', 'Hail', 3, 'NY', 'Snow', 2]";

#[test]
fn top_nested_has_groups_in_groups() {
    gives(
        &format!("{DAMAGE} | top-nested 2 of state by sum(damage), top-nested 2 of event by sum(damage)"),
        "state:string aggregated_state:long event:string aggregated_event:long",
        &["CA|17|Fire|9", "CA|17|Flood|4", "TX|16|Hail|10", "TX|16|Flood|5"],
    );
    gives(
        &format!("{DAMAGE} | top-nested 1 of state by n = count() asc, top-nested of event by max(1)"),
        "state:string n:long event:string aggregated_event:long",
        &["KS|1|Hail|1"],
    );
}

#[test]
fn top_nested_puts_the_others_together() {
    gives(
        &format!("{DAMAGE} | top-nested 2 of state with others = 'rest' by sum(damage)"),
        "state:string aggregated_state:long",
        &["CA|17", "TX|16", "rest|5"],
    );
    // What a level without a name for them leaves over goes to the level below that has one.
    gives(
        &format!(
            "{DAMAGE} | top-nested 1 of state with others = 'all other' by sum(damage),
             top-nested 2 of event by sum(damage), top-nested 1 of damage with others = -1 by count()"
        ),
        "state:string aggregated_state:long event:string aggregated_event:long damage:long aggregated_damage:long",
        &["CA|17|Fire|9|9|1", "CA|17|Flood|4|4|1", "CA|17|||-1|1", "all other|21|||-1|5"],
    );
}

#[test]
fn top_nested_keeps_latest_records() {
    gives(
        "datatable(id: string, t: datetime, other: string) [
            'B', datetime(2015-01-01), '1', 'B', datetime(2016-01-01), '2', 'B', datetime(2017-01-20), '3',
            'D', datetime(2017-01-20), '4', 'D', datetime(2017-01-18), '5', 'D', datetime(2017-01-19), '6']
         | top-nested of id by a = max(1), top-nested 2 of t by b = max(t), top-nested of other by c = max(1)
         | project id, other",
        "id:string other:string",
        &["B|3", "B|2", "D|4", "D|6"],
    );
}

#[test]
fn top_hitters_count_or_sum_up() {
    gives(
        &format!("{DAMAGE} | top-hitters 2 of event"),
        "event:string approximate_count_event:long",
        &["Flood|2", "Hail|2"],
    );
    gives(
        &format!("{DAMAGE} | top-hitters 2 of state by damage"),
        "state:string approximate_sum_damage:long",
        &["CA|17", "TX|16"],
    );
}

const BAGS: &str = "datatable(n: long, d: dynamic) [
    1, dynamic({'Name': 'John', 'Age': 20}), 2, dynamic({'Name': 'Dave', 'Height': 170, 'Age': 40}), 3, dynamic(null)]";

#[test]
fn plugins_run_for_each_part() {
    gives(
        "datatable(k: string, n: long) ['a', 1, 'b', 1, 'a', 2, 'b', 2, 'a', 3, 'b', 3, 'c', 1]
         | partition by k ( sort by n asc | evaluate rows_near(n == 3, 1) )",
        "k:string n:long",
        &["a|2", "a|3", "b|2", "b|3"],
    );
    gives("range n from 1 to 3 step 1 | where n > 3 | partition by n ( evaluate rows_near(n == 3, 1) )", "n:long", &[]);
    // Columns are those of all parts together.
    gives(
        "datatable(k: string, d: dynamic) ['a', dynamic({'x': 1}), 'b', dynamic({'y': 'u'}), 'a', dynamic({'x': 2})]
         | partition by k ( evaluate bag_unpack(d) )",
        "k:string x:long y:string",
        &["a|1|", "a|2|", "b||u"],
    );
    gives(
        "datatable(k: string, d: dynamic) ['a', dynamic([{'x': 1}, {'x': 2}]), 'b', dynamic([]), 'c', dynamic([{'x': 3}])]
         | mv-apply d on ( evaluate bag_unpack(d) | summarize s = sum(x) )
         | project k, s",
        "k:string s:long",
        &["a|3", "b|0", "c|3"],
    );
    refuses(
        "datatable(k: string, d: dynamic) ['a', dynamic({'x': 1}), 'b', dynamic({'x': 'u'})]
         | partition by k ( evaluate bag_unpack(d) )",
        "in one part",
    );
    refuses(
        "datatable(k: string, s: string) ['a', 'x', 'b', 'y'] | partition by k ( evaluate pivot(s) )",
        "inside a sub-query over parts",
    );
}

#[test]
fn bag_unpack_makes_columns_of_slots() {
    gives(
        &format!("{BAGS} | evaluate bag_unpack(d)"),
        "n:long Age:long Height:long Name:string",
        &["1|20||John", "2|40|170|Dave", "3|||"],
    );
    gives(
        &format!("{BAGS} | evaluate bag_unpack(d, 'p_') | where p_Age > 30 | project p_Name"),
        "p_Name:string",
        &["Dave"],
    );
    gives(
        &format!("{BAGS} | evaluate bag_unpack(d, ignoredProperties = dynamic(['Age', 'Height']))"),
        "n:long Name:string",
        &["1|John", "2|Dave", "3|"],
    );
    gives(
        &format!("{BAGS} | evaluate bag_unpack(d) : (*, Name: string, Age: string)"),
        "n:long Name:string Age:string",
        &["1|John|20", "2|Dave|40", "3||"],
    );
    gives(
        &format!("{BAGS} | project Name = 'old', d | evaluate bag_unpack(d, columnsConflict = 'keep_source')"),
        "Name:string Age:long Height:long",
        &["old|20|", "old|40|170", "old||"],
    );
    refuses(&format!("{BAGS} | project Name = 'old', d | evaluate bag_unpack(d)"), "columnsConflict");
}

#[test]
fn plugins_whose_columns_depend_on_data_follow_each_other() {
    gives(
        &format!(
            "{BAGS} | evaluate bag_unpack(d) | where isnotempty(Name) | project n, Name, Age
             | evaluate pivot(Name, sum(Age), n)"
        ),
        "n:long John:long Dave:long",
        &["1|20|0", "2|0|40"],
    );
}

#[test]
fn pivot_makes_columns_of_values() {
    gives(
        &format!("{DAMAGE} | where state in ('TX', 'CA') | project state, event | evaluate pivot(state)"),
        "event:string TX:long CA:long",
        &["Hail|1|0", "Flood|1|1", "Wind|1|1", "Fire|0|1"],
    );
    gives(
        &format!("{DAMAGE} | evaluate pivot(state, sum(damage), event) : (event: string, CA: long, ZZ: long)"),
        "event:string CA:long ZZ:long",
        &["Hail|0|0", "Flood|4|0", "Wind|4|0", "Fire|9|0", "Snow|0|0"],
    );
    refuses("datatable(a: string, b: long) ['', 1] | evaluate pivot(a)", "names no column");
}

#[test]
fn narrow_makes_records_of_cells() {
    gives("print a = 1, b = 'x' | evaluate narrow()", "Row:long Column:string Value:string", &["0|a|1", "0|b|x"]);
}

#[test]
fn addresses_are_looked_up() {
    let networks = "let networks = datatable(network: string, country: string) [
        '111.68.128.0/17', 'JP', '5.8.0.0/19', 'RU', '2.20.183.0/24', 'GB'];
        let ips = datatable(ip: string) ['2.20.183.12', '5.8.1.2', '192.165.12.17'];";
    gives(
        &format!("{networks} ips | evaluate ipv4_lookup(networks, ip, network)"),
        "ip:string network:string country:string",
        &["2.20.183.12|2.20.183.0/24|GB", "5.8.1.2|5.8.0.0/19|RU"],
    );
    gives(
        &format!(
            "{networks} ips | evaluate ipv4_lookup(networks, ip, network, return_unmatched = true) | where isempty(country)"
        ),
        "ip:string network:string country:string",
        &["192.165.12.17||"],
    );
    gives(
        &format!("{networks} ips | extend country = 'RU' | evaluate ipv4_lookup(networks, ip, network, country)"),
        "ip:string country:string network:string",
        &["5.8.1.2|RU|5.8.0.0/19"],
    );
    gives(
        "let networks = datatable(network: string, n: long) ['2001:db8::/32', 1];
         datatable(ip: string) ['2001:db8::7', 'a5e::1'] | evaluate ipv6_lookup(networks, ip, network, true)",
        "ip:string network:string n:long",
        &["2001:db8::7|2001:db8::/32|1", "a5e::1||"],
    );
}

#[test]
fn sketches_have_values_in_common() {
    gives(
        "range x from 1 to 100 step 1
         | summarize a = hll(iff(x % 2 == 0, x, 0)), b = hll(iff(x % 3 == 0, x, 0)), c = hll(iff(x % 5 == 0, x, 0))
         | evaluate dcount_intersect(a, b, c) | project s0 - 1, s1 - 1, s2 - 1",
        "Column1:long Column2:long Column3:long",
        &["50|16|3"],
    );
}

#[test]
fn percentiles_roll_over_bins() {
    gives(
        "range i from 0 to 119 step 1 | project t = datetime(2018-01-01) + 1h * i, v = i + 1
         | evaluate rolling_percentile(v, 50, t, 1d, 3) | project rolling_3_percentile_v_50",
        "rolling_3_percentile_v_50:long",
        &["12", "24", "36", "60", "84"],
    );
}

#[test]
fn users_are_active_after_so_many_days() {
    gives(
        "datatable(user: string, t: datetime) [
            'B', datetime(2018-06-29), 'B', datetime(2018-06-30), 'A', datetime(2018-07-02), 'B', datetime(2018-07-04),
            'B', datetime(2018-07-08), 'A', datetime(2018-07-10), 'A', datetime(2018-07-14), 'A', datetime(2018-07-17),
            'A', datetime(2018-07-20), 'B', datetime(2018-07-24)]
         | evaluate active_users_count(user, t, datetime(2018-07-01), datetime(2018-07-31), 8d, 1d, 3, 7d)",
        "t:datetime dcount:long",
        &["2018-07-01T00:00:00.0000000Z|1", "2018-07-15T00:00:00.0000000Z|1"],
    );
}

#[test]
fn new_users_are_followed() {
    gives(
        "range d from 1 to 3 step 1 | mv-expand u = range(d, d + 1) to typeof(long)
         | evaluate new_activity_metrics(u, d, 1, 3, 1)
         | project from_d, to_d, dcount_new_values, retention_rate",
        "from_d:long to_d:long dcount_new_values:long retention_rate:real",
        &["1|1|2|1", "1|2|1|0.5", "1|3|2|0", "2|2|1|1", "2|3|1|1", "3|3|1|1"],
    );
}

#[test]
fn records_near_a_match_stay() {
    gives("range x from 1 to 9 step 1 | evaluate rows_near(x == 4, 1, 2)", "x:long", &["3", "4", "5", "6"]);
}

#[test]
fn sequences_are_found() {
    gives(
        "datatable(t: datetime, e: string, s: string) [
            datetime(2007-01-01), 'heat', 'CA', datetime(2007-01-02), 'fire', 'CA', datetime(2007-01-03), 'fire', 'TX',
            datetime(2007-01-09), 'fire', 'CA']
         | evaluate sequence_detect(t, 5d, 5d, heat = (e == 'heat'), fire = (e == 'fire'), s)",
        "s:string heat_t:datetime fire_t:datetime Duration:timespan",
        &["CA|2007-01-01T00:00:00.0000000Z|2007-01-02T00:00:00.0000000Z|1.00:00:00"],
    );
}

#[test]
fn a_name_given_to_records_can_be_read_again() {
    gives("range x from 1 to 2 step 1 | as T | union T | sort by x asc", "x:long", &["1", "1", "2", "2"]);
    gives(
        "union withsource = n (range x from 1 to 2 step 1 | as A), (range x from 1 to 1 step 1 | as B) | sort by n asc, x asc",
        "n:string x:long",
        &["A|1", "A|2", "B|1"],
    );
}

/// A table of any name with a column `n` of 0 to 3, each ingested that many ticks after 10, if it says so.
#[derive(Clone, Copy)]
struct Numbers {
    ingested: bool,
}

impl Catalog for Numbers {
    fn table(&self, _: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        let mut fields = vec![field("n", Type::Long)];
        let mut arrays: Vec<ArrayRef> = vec![from_cells(Type::Long, (0..4).map(Cell::Long))?];
        if self.ingested {
            fields.push(field(INGESTION_TIME, Type::DateTime));
            arrays.push(from_cells(Type::DateTime, (10..14).map(Cell::DateTime))?);
        }
        fields.push(field(ORDINAL, Type::Long).with_nullable(false));
        arrays.push(from_cells(Type::Long, (0..4).map(Cell::Long))?);
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).unwrap();
        Ok(Some(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?)))
    }

    fn names(&self) -> Vec<String> {
        vec!["T".to_owned()]
    }

    fn watchlist(&self, _: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        Ok(None)
    }

    fn external(&self, _: &str, _: &[(&str, Type)], _: &External) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        Ok(None)
    }
}

#[test]
fn the_time_of_ingestion_is_what_the_events_say() {
    let count = |query: &str| {
        let answer = answer_over(query, &Numbers { ingested: true }).unwrap_or_else(|error| panic!("{query}\n{error}"));
        let cells = Cells::new(answer.batches[0].column(0).as_ref(), Type::Long).unwrap();
        cells.get(0).as_long()
    };
    let after = "ingestion_time() > datetime(0001-01-01) + 11tick";
    assert_eq!(count(&format!("T | where {after} | count")), Some(2));
    assert_eq!(count(&format!("T | project x = 1 | extend y = x + 1 | where {after} | summarize sum(y)")), Some(4));
    assert_eq!(count(&format!("T | where {after} | join kind=inner (T | take 1) on n | count")), Some(0));
    assert_eq!(count(&format!("union (T | take 3), T | where {after} | count")), Some(3));
    for (query, tables) in [
        ("T | where ingestion_time() > ago(1h)", Numbers { ingested: false }),
        ("T | summarize count() by n | where ingestion_time() > ago(1h)", Numbers { ingested: true }),
        ("T | join kind=inner T on n | where ingestion_time() > ago(1h)", Numbers { ingested: true }),
    ] {
        let error = answer_over(query, &tables).err().unwrap_or_default();
        assert!(error.contains("`ingestion_time()`"), "{query}\n{error}");
    }
}

#[test]
fn options_of_plugins_may_be_given_by_name() {
    gives(
        &format!(
            "{BAGS} | project n, d | evaluate bag_unpack(d, ignoredProperties = dynamic(['Age', 'Height']),
             OutputColumnPrefix = 'p_')"
        ),
        "n:long p_Name:string",
        &["1|John", "2|Dave", "3|"],
    );
}

#[test]
fn getschema_and_consume_have_their_say() {
    gives(
        "print a = 1, b = 'x', c = now() | getschema",
        "ColumnName:string ColumnOrdinal:long DataType:string ColumnType:string",
        &["a|0|System.Int64|long", "b|1|System.String|string", "c|2|System.DateTime|datetime"],
    );
    assert_eq!(shown("range x from 1 to 3 step 1 | consume").1.len(), 0);
}

#[test]
fn one_branch_is_one_table() {
    gives("range x from 1 to 3 step 1 | fork (where x > 2)", "x:long", &["3"]);
    gives("datatable(a: string) ['p', 'q', 'p'] | facet by a", "a:string count_a:long", &["p|2", "q|1"]);
}

#[test]
fn what_does_not_run_is_refused_by_name() {
    for (query, words) in [
        ("range x from 1 to 3 step 1 | fork (where x > 1) (where x > 2)", "`fork` is not run here"),
        ("range x from 1 to 3 step 1 | extend y = x | facet by x, y", "`facet` is not run here"),
        ("range x from 1 to 3 step 1 | evaluate diffpatterns(x, '1', '2')", "`evaluate diffpatterns` is not run here"),
        ("evaluate http_request('https://example.org')", "network"),
        ("range x from 1 to 3 step 1 | evaluate preview(2)", "several tables"),
    ] {
        refuses(query, words);
    }
}

#[test]
fn arrays_of_a_series_are_dynamic_whatever_they_were_made_of() {
    let series =
        "datatable(t: datetime, k: string, v: long) [datetime(2024-05-01), 'a', 1, datetime(2024-05-02), 'b', 2]
         | make-series v = sum(v) on t from datetime(2024-05-01) to datetime(2024-05-03) step 1d by k | project k, v";
    gives(
        &format!("union ({series}), ({series})"),
        "k:string v:dynamic",
        &["a|[1,0]", "b|[0,2]", "a|[1,0]", "b|[0,2]"],
    );
    gives(
        &format!("{series} | project p = pack_all()"),
        "p:dynamic",
        &[r#"{"k":"a","v":[1,0]}"#, r#"{"k":"b","v":[0,2]}"#],
    );
}

#[test]
fn the_same_aggregate_may_be_asked_for_twice_beside_one_of_several_columns() {
    gives(
        "datatable(x: long, y: string) [1, 'a', 2, 'b'] | summarize arg_max(x, y), a = sum(x), b = sum(x)",
        "x:long y:string a:long b:long",
        &["2|b|3|3"],
    );
}

#[test]
fn a_negated_list_may_stand_in_the_condition_of_an_aggregate() {
    gives(
        "datatable(l: long, b: bool) [1, true, long(null), true, 0, true, 3, bool(null)]
         | summarize c = countif(iff(l !in (0, -1), b, bool(null))), s = sumif(l, iff(l !in (0, -1), b, false))",
        "c:long s:long",
        &["2|1"],
    );
}

#[test]
fn a_list_of_texts_holds_a_value_whose_text_it_holds() {
    gives(
        "datatable(x: int, b: bool) [10014, true]
         | project a = x in ('10014'), b1 = x == '10014', c = x in ('010014'), d = b in ('True'), e = b in ('true'),
             f = x !in ('10014', '1'), g = x in (strcat('100', x % 100)), h = x in (1, '10014')",
        "a:bool b1:bool c:bool d:bool e:bool f:bool g:bool h:bool",
        &["True|True|False|True|False|False|True|True"],
    );
}
