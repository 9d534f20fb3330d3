//! Records: numbered for life, kept until the app deletes them, read with Record Access procedures.

use std::collections::VecDeque;

use lumbra_protocol::{Record, RecordEvent, RecordFilter, RecordReply, RecordRequest, RecordResult, Ticks};

/// The record memory; it survives reboots.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    records: VecDeque<Record>,
    capacity: usize,
    next: u32,
    report: Option<VecDeque<Record>>,
}

/// What a procedure sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Record(Record),
    Reply(RecordReply),
}

/// Records sent in one go; then other traffic has its turn.
const BURST: usize = 16;

impl Memory {
    pub(crate) fn new(capacity: u32) -> Self {
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX).max(1);
        Self { records: VecDeque::new(), capacity, next: 1, report: None }
    }

    pub(crate) fn keep(&mut self, boot_id: u32, ticks: Ticks, event: RecordEvent) {
        if self.records.len() >= self.capacity {
            let minute = |record: &Record| matches!(record.event, RecordEvent::PostureMinute { .. });
            let oldest = self.records.iter().position(minute).unwrap_or(0);
            self.records.remove(oldest);
        }
        self.records.push_back(Record { number: self.next, boot_id, ticks, event });
        self.next = self.next.saturating_add(1);
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn link_lost(&mut self) {
        self.report = None;
    }

    pub(crate) const fn is_reporting(&self) -> bool {
        self.report.is_some()
    }

    /// Takes a request; gives the answer that is due at once.
    pub(crate) fn request(&mut self, bytes: &[u8]) -> Option<RecordReply> {
        let request = match RecordRequest::decode(bytes) {
            Ok(request) => request,
            Err(reply) => return Some(reply),
        };
        if self.report.is_some() && request != RecordRequest::Abort {
            return Some(RecordReply::done(request, RecordResult::ProcedureNotCompleted));
        }
        match request {
            RecordRequest::Report(filter) => {
                let matching: VecDeque<Record> =
                    self.records.iter().filter(|record| fits(filter, record.number)).copied().collect();
                if matching.is_empty() {
                    return Some(RecordReply::done(request, RecordResult::NoRecordsFound));
                }
                self.report = Some(matching);
                None
            }
            RecordRequest::Delete(filter) => {
                let before = self.records.len();
                self.records.retain(|record| !fits(filter, record.number));
                let found = self.records.len() < before;
                let result = if found { RecordResult::Success } else { RecordResult::NoRecordsFound };
                Some(RecordReply::done(request, result))
            }
            RecordRequest::Abort => {
                self.report = None;
                Some(RecordReply::done(request, RecordResult::Success))
            }
            RecordRequest::Count(filter) => {
                let count = self.records.iter().filter(|record| fits(filter, record.number)).count();
                Some(RecordReply::Count(u32::try_from(count).unwrap_or(u32::MAX)))
            }
        }
    }

    /// The next part of the report that runs.
    pub(crate) fn report(&mut self) -> Vec<Sent> {
        let Some(report) = &mut self.report else { return Vec::new() };
        let count = report.len().min(BURST);
        let mut sent: Vec<Sent> = report.drain(..count).map(Sent::Record).collect();
        if report.is_empty() {
            self.report = None;
            let request = RecordRequest::Report(RecordFilter::All);
            sent.push(Sent::Reply(RecordReply::done(request, RecordResult::Success)));
        }
        sent
    }
}

const fn fits(filter: RecordFilter, number: u32) -> bool {
    match filter {
        RecordFilter::All => true,
        RecordFilter::UpTo(last) => number <= last,
        RecordFilter::From(first) => number >= first,
        RecordFilter::Within(first, last) => number >= first && number <= last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(capacity: u32) -> Memory {
        let mut memory = Memory::new(capacity);
        for index in 0..capacity {
            memory.keep(1, Ticks::from_ms(index.into()), RecordEvent::Button);
        }
        memory
    }

    #[test]
    fn records_stay_until_they_are_deleted() {
        let mut memory = full(40);
        for _ in 0..2 {
            assert_eq!(memory.request(&RecordRequest::Report(RecordFilter::All).encode()), None);
            let mut numbers = Vec::new();
            while memory.is_reporting() {
                numbers.extend(memory.report().into_iter().filter_map(|sent| match sent {
                    Sent::Record(record) => Some(record.number),
                    Sent::Reply(_) => None,
                }));
            }
            assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
        }
        let delete = RecordRequest::Delete(RecordFilter::UpTo(39));
        assert_eq!(memory.request(&delete.encode()), Some(RecordReply::done(delete, RecordResult::Success)));
        assert_eq!(memory.request(&RecordRequest::Count(RecordFilter::All).encode()), Some(RecordReply::Count(1)));
    }

    #[test]
    fn a_full_memory_gives_up_posture_minutes_first() {
        let mut memory = Memory::new(3);
        memory.keep(1, Ticks::from_ms(0), RecordEvent::Button);
        let minute = RecordEvent::PostureMinute {
            upright_s: 60,
            slouched_s: 0,
            leaning_s: 0,
            lying_s: 0,
            moving_s: 0,
            not_worn_s: 0,
            mean_pitch_ddeg: 0,
            nudges: 0,
        };
        memory.keep(1, Ticks::from_ms(1), minute);
        memory.keep(1, Ticks::from_ms(2), RecordEvent::Button);
        memory.keep(1, Ticks::from_ms(3), RecordEvent::Button);
        let numbers: Vec<u32> = memory.records.iter().map(|record| record.number).collect();
        assert_eq!(numbers, [1, 3, 4]);
    }

    #[test]
    fn one_procedure_at_a_time_and_an_abort_ends_it() {
        let mut memory = full(40);
        memory.request(&RecordRequest::Report(RecordFilter::All).encode());
        let count = RecordRequest::Count(RecordFilter::All);
        assert_eq!(
            memory.request(&count.encode()),
            Some(RecordReply::done(count, RecordResult::ProcedureNotCompleted))
        );
        let abort = RecordRequest::Abort;
        assert_eq!(memory.request(&abort.encode()), Some(RecordReply::done(abort, RecordResult::Success)));
        assert!(memory.report().is_empty());
    }
}
