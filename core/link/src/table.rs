//! From a peripheral's attribute table to the profile's endpoints: the one door for every adapter.

use std::collections::BTreeMap;

use lumbra_protocol::Access;
use lumbra_protocol::Endpoint;
use uuid::Uuid;

use crate::error::LinkError;

/// A characteristic as an adapter found it.
pub(crate) struct Row<T> {
    pub(crate) service: Uuid,
    pub(crate) characteristic: Uuid,
    pub(crate) access: Access,
    /// The adapter's own handle.
    pub(crate) handle: T,
}

/// An endpoint that is there.
#[derive(Clone, Debug)]
pub(crate) struct Found<T> {
    pub(crate) handle: T,
    pub(crate) access: Access,
}

/// The endpoints of a peripheral.
pub(crate) type Table<T> = BTreeMap<Endpoint, Found<T>>;

/// Finds every endpoint of the profile among the rows of an attribute table. Rows that the profile doesn't
/// know are ignored; one that allows less than the profile asks for counts as missing.
pub(crate) fn resolve<T>(rows: impl IntoIterator<Item = Row<T>>) -> Result<Table<T>, LinkError> {
    let mut table = Table::new();
    for row in rows {
        let Some(endpoint) = Endpoint::from_uuid(row.characteristic.as_u128()) else {
            continue;
        };
        if endpoint.service() != row.service.as_u128() || !covers(row.access, endpoint.access()) {
            continue;
        }
        let found = Found { handle: row.handle, access: row.access };
        // Two candidates for one endpoint: writing to the wrong one is not a guess to make with current
        // on a person's skin.
        if table.insert(endpoint, found).is_some() {
            return Err(LinkError::DuplicateEndpoint(endpoint.name()));
        }
    }
    match Endpoint::ALL.iter().find(|endpoint| endpoint.is_required() && !table.contains_key(endpoint)) {
        Some(missing) => Err(LinkError::MissingEndpoint(missing.name())),
        None => Ok(table),
    }
}

/// Whether `there` allows all that `asked` wants.
fn covers(there: Access, asked: Access) -> bool {
    let pairs = [
        (there.read, asked.read),
        (there.write, asked.write),
        (there.write_without_response, asked.write_without_response),
        (there.notify, asked.notify),
        (there.indicate, asked.indicate),
    ];
    pairs.iter().all(|(there, asked)| *there || !asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row<usize>> {
        Endpoint::ALL
            .iter()
            .enumerate()
            .map(|(handle, endpoint)| Row {
                service: Uuid::from_u128(endpoint.service()),
                characteristic: Uuid::from_u128(endpoint.uuid()),
                access: endpoint.access(),
                handle,
            })
            .collect()
    }

    #[test]
    fn a_whole_table_resolves_to_its_own_handles() {
        let table = resolve(rows()).unwrap();
        for (handle, endpoint) in Endpoint::ALL.iter().enumerate() {
            assert_eq!(table[endpoint].handle, handle, "{}", endpoint.name());
        }
    }

    #[test]
    fn each_required_endpoint_is_missed_and_only_those() {
        for (index, endpoint) in Endpoint::ALL.iter().enumerate() {
            let mut rows = rows();
            rows.remove(index);
            let expected = endpoint.is_required().then_some(LinkError::MissingEndpoint(endpoint.name()));
            assert_eq!(resolve(rows).err(), expected);
        }
    }

    #[test]
    fn a_second_candidate_is_refused() {
        let mut rows = rows();
        let copy = Row { handle: 99, ..rows.remove(0) };
        rows.push(Row { service: copy.service, characteristic: copy.characteristic, access: copy.access, handle: 100 });
        rows.push(copy);
        assert_eq!(resolve(rows).err(), Some(LinkError::DuplicateEndpoint(Endpoint::ALL[0].name())));
    }

    #[test]
    fn too_little_access_or_the_wrong_service_is_missing() {
        let control = Endpoint::ControlPoint;
        for spoil in [
            |row: &mut Row<usize>| row.access.notify = false,
            |row: &mut Row<usize>| row.access.write = false,
            |row: &mut Row<usize>| row.service = Uuid::from_u128(lumbra_protocol::RECORD_SERVICE),
        ] {
            let mut rows = rows();
            for row in &mut rows {
                if row.characteristic.as_u128() == control.uuid() {
                    spoil(row);
                }
            }
            assert_eq!(resolve(rows).err(), Some(LinkError::MissingEndpoint(control.name())));
        }
    }

    #[test]
    fn foreign_rows_are_ignored() {
        let mut rows = rows();
        for _ in 0..2 {
            rows.push(Row {
                service: Uuid::from_u128(1),
                characteristic: Uuid::from_u128(2),
                access: Endpoint::ControlPoint.access(),
                handle: 99,
            });
        }
        assert_eq!(resolve(rows).unwrap().len(), Endpoint::ALL.len());
    }
}
