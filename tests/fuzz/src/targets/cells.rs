//! A database that is encrypted under the right key, and in which somebody has changed cells, rows and the schema.
//!
//! Every reading method gives values or a typed error, no error tells a stored text, and the store stays one that can be closed
//! and opened.

use arbitrary::{Arbitrary, Unstructured};
use lumbra_store::{Store, StoreError};
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, Value};

use crate::{folder, look, pick, template};

/// What is done to the database.
#[derive(Debug, Arbitrary)]
enum Change<'a> {
    Cell { table: u8, column: u8, row: u8, value: Cell<'a> },
    Column { table: u8, column: u8, value: Cell<'a> },
    Delete { table: u8, row: u8 },
    Drop { which: u8 },
    Rename { table: u8, column: u8 },
    Schema { which: u8, at: u8, byte: u8 },
    Version(u8),
    Repeat { table: u8, times: u8 },
}

/// A value of any type; texts are such that no message has them by chance.
#[derive(Debug, Arbitrary)]
enum Cell<'a> {
    Null,
    Small(i8),
    Number(i64),
    Edge { up: bool, bits: u8 },
    Real(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

const MARK: &str = "\u{2042}marked";

/// Changes a database, then reads all of it.
pub fn run(data: &[u8]) {
    let mut unstructured = Unstructured::new(data);
    let folder = folder();
    template::unguarded(unstructured.arbitrary().unwrap_or(false)).write(folder.path());
    {
        let connection = template::unlocked(folder.path());
        for _ in 0..8 {
            let Ok(change) = Change::arbitrary(&mut unstructured) else { break };
            apply(&connection, &change);
        }
    }
    let mut failed: Vec<String> = Vec::new();
    match Store::open(folder.path(), &template::keys(folder.path())) {
        Ok((store, _)) => failed.extend(look::with_the_store(&store).iter().map(told)),
        Err(error) => failed.push(told(&error)),
    }
    failed.extend(look::with_the_core(folder.path()).iter().map(|error| format!("{error} {error:?}")));
    for text in failed {
        assert!(!text.contains(MARK), "an error tells what was stored: {text}");
    }
}

fn told(error: &StoreError) -> String {
    format!("{error} {error:?}")
}

/// What the database refuses is not changed.
fn apply(connection: &Connection, change: &Change<'_>) {
    let tables = names(connection, "table");
    let Some(count) = u8::try_from(tables.len()).ok().filter(|count| *count > 0) else { return };
    let table = |which: u8| tables[usize::from(which % count)].clone();
    let column = |table: &str, which: u8| -> Option<String> {
        let columns = columns(connection, table);
        columns.get(usize::from(which) % columns.len().max(1)).cloned()
    };
    let changed = match change {
        Change::Cell { table: which, column: at, row, value } => {
            let table = table(*which);
            let Some(column) = column(&table, *at) else { return };
            let key = columns(connection, &table).first().cloned().unwrap_or_default();
            connection
                .execute(
                    &format!(
                        "UPDATE \"{table}\" SET \"{column}\" = ?1 WHERE \"{key}\" =
                             (SELECT \"{key}\" FROM \"{table}\" LIMIT 1 OFFSET ?2)"
                    ),
                    rusqlite::params![value.sql(), row % 8],
                )
                .map(drop)
        }
        Change::Column { table: which, column: at, value } => {
            let table = table(*which);
            let Some(column) = column(&table, *at) else { return };
            connection.execute(&format!("UPDATE \"{table}\" SET \"{column}\" = ?"), [value.sql()]).map(drop)
        }
        Change::Delete { table: which, row } => {
            let table = table(*which);
            let Some(key) = columns(connection, &table).first().cloned() else { return };
            let query = format!(
                "DELETE FROM \"{table}\" WHERE \"{key}\" = (SELECT \"{key}\" FROM \"{table}\" LIMIT 1 OFFSET ?)"
            );
            connection.execute(&query, [row % 8]).map(drop)
        }
        Change::Drop { which } => {
            let kind = ["table", "view", "index"][usize::from(which % 3)];
            let all = names(connection, kind);
            let Some(name) = all.get(usize::from(which / 3) % all.len().max(1)) else { return };
            connection.execute_batch(&format!("DROP {kind} \"{name}\""))
        }
        Change::Rename { table: which, column: at } => {
            let table = table(*which);
            let Some(column) = column(&table, *at) else { return };
            connection.execute_batch(&format!("ALTER TABLE \"{table}\" RENAME COLUMN \"{column}\" TO renamed"))
        }
        Change::Schema { which, at, byte } => schema(connection, *which, *at, *byte),
        Change::Version(version) => connection.pragma_update(None, "user_version", version % 8),
        Change::Repeat { table: which, times } => {
            let table = table(*which);
            let all = columns(connection, &table);
            let Some((key, rest)) = all.split_first() else { return };
            let rest = rest.iter().fold(String::new(), |list, column| format!("{list}, \"{column}\""));
            connection
                .execute(
                    &format!(
                        "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n <= ?)
                         INSERT OR IGNORE INTO \"{table}\" SELECT \"{key}\" + n * 1000 {rest} FROM \"{table}\", many LIMIT 500"
                    ),
                    [times],
                )
                .map(drop)
        }
    };
    drop(changed);
}

/// Changes one byte of the text that defines a table, a view or an index.
fn schema(connection: &Connection, which: u8, at: u8, byte: u8) -> rusqlite::Result<()> {
    let query = "SELECT rowid, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid LIMIT 1 OFFSET ?";
    let (row, text): (i64, String) = connection.query_row(query, [which % 24], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut bytes = text.into_bytes();
    let at = usize::from(at) * bytes.len() / 256;
    if let Some(slot) = bytes.get_mut(at) {
        *slot = byte & 0x7F;
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    connection.execute_batch("PRAGMA writable_schema = ON")?;
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE rowid = ?", rusqlite::params![text, row])?;
    connection.execute_batch("PRAGMA writable_schema = OFF")
}

fn names(connection: &Connection, kind: &str) -> Vec<String> {
    texts(connection, "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%'", kind)
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    texts(connection, "SELECT name FROM pragma_table_info(?)", table)
}

/// A schema that can't be read any more has no names.
fn texts(connection: &Connection, query: &str, value: &str) -> Vec<String> {
    let Ok(mut statement) = connection.prepare(query) else { return Vec::new() };
    let Ok(rows) = statement.query_map([value], |row| row.get(0)) else { return Vec::new() };
    rows.map_while(Result::ok).collect()
}

impl Cell<'_> {
    fn sql(&self) -> ToSqlOutput<'static> {
        ToSqlOutput::Owned(match self {
            Self::Null => Value::Null,
            Self::Small(number) => Value::Integer((*number).into()),
            Self::Number(number) => Value::Integer(*number),
            Self::Edge { up, bits } => {
                let edge = 1_i64.checked_shl(u32::from(bits % 64)).unwrap_or(i64::MAX);
                Value::Integer(if *up { edge } else { edge.wrapping_sub(1) })
            }
            Self::Real(number) => Value::Real(*number),
            Self::Text(text) => Value::Text(if text.is_ascii() { (*text).to_owned() } else { format!("{MARK}{text}") }),
            Self::Bytes(bytes) => Value::Blob(bytes.to_vec()),
        })
    }
}

/// Each kind of change, over every table, with values at the edges.
pub fn seeds() -> Vec<Vec<u8>> {
    let change = |kind: u32, rest: &[u8]| [&pick(kind, 8)[..], rest].concat();
    let edge = |bits: u8| [&pick(3, 7)[..], &[0, bits]].concat();
    let mut seeds = Vec::new();
    for table in 0..16_u8 {
        for (untyped, bits) in [(0, 32), (1, 63), (0, 16)] {
            let columns = (0..5_u8).flat_map(|column| change(1, &[&[table, column * 2 + 1][..], &edge(bits)].concat()));
            seeds.push(std::iter::once(untyped).chain(columns).collect());
        }
    }
    for kind in 2..8_u32 {
        seeds.extend(
            [3_u8, 9, 14].map(|which| {
                [&[0][..], &change(kind, &[which, 2, b'x']), &change(kind, &[which + 4, 3, b' '])].concat()
            }),
        );
    }
    seeds
}
