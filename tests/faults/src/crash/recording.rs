//! What the shim has recorded: a process's changes to the files below one folder, and its marks, in order.

use super::Broken;
use super::writer::Mark;

/// One thing a process did. Paths are below the folder; `""` is the folder itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// It opened a file, or made it where there was none, or a folder. `emptied`: what was in it is gone.
    Open { fd: i32, path: &'a str, emptied: bool },
    /// It closed it.
    Close { fd: i32 },
    /// It wrote bytes at an offset.
    Write { fd: i32, offset: usize, bytes: &'a [u8] },
    /// It set the file's length in bytes.
    Truncate { fd: i32, len: usize },
    /// It waited until the disk had the file, or the folder's names.
    Sync { fd: i32 },
    /// It removed a name.
    Unlink { path: &'a str },
    /// It gave a file another name.
    Rename { from: &'a str, to: &'a str },
    /// It made a folder.
    Mkdir { path: &'a str },
}

/// A recording, taken apart.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    /// What was done, in order.
    pub(crate) events: Vec<Event<'a>>,
    /// The marks, each with how many of the events came before it.
    pub(crate) marks: Vec<(usize, Mark)>,
}

/// The front of a log's rest.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) =
            self.0.split_at_checked(len).ok_or_else(|| Broken::Recording("it ends too early".into()))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number<const LEN: usize>(&mut self) -> Result<[u8; LEN], Broken> {
        self.take(LEN)?.try_into().map_err(|_| Broken::Recording("a number is cut".into()))
    }

    fn text(&mut self, len: u32) -> Result<&'a str, Broken> {
        let bytes = self.take(len as usize)?;
        str::from_utf8(bytes).map_err(|_| Broken::Recording("a path is no text".into()))
    }
}

impl<'a> Recording<'a> {
    /// Takes a log apart. A log with anything the shim could not record is refused.
    pub(crate) fn parse(log: &'a [u8]) -> Result<Self, Broken> {
        let mut recording = Self { events: Vec::new(), marks: Vec::new() };
        let mut reader = Reader(log);
        let mut said = Vec::new();
        while !reader.0.is_empty() {
            let kind = u32::from_ne_bytes(reader.number()?);
            let fd = i32::from_ne_bytes(reader.number()?);
            let number = usize::try_from(u64::from_ne_bytes(reader.number()?))
                .map_err(|_| Broken::Recording("an offset is out of range".into()))?;
            let (path_len, data_len) = (u32::from_ne_bytes(reader.number()?), u32::from_ne_bytes(reader.number()?));
            let path = reader.text(path_len)?;
            let data = Reader(reader.take(data_len as usize)?);
            recording.events.push(match kind {
                1 => Event::Open { fd, path, emptied: number != 0 },
                2 => Event::Close { fd },
                3 => Event::Write { fd, offset: number, bytes: data.0 },
                4 => Event::Truncate { fd, len: number },
                5 => Event::Sync { fd },
                6 => Event::Unlink { path },
                7 => Event::Rename { from: path, to: { data }.text(data_len)? },
                8 => Event::Mkdir { path },
                9 => {
                    said.extend_from_slice(data.0);
                    recording.hear(&mut said);
                    continue;
                }
                10 => return Err(Broken::Recording(format!("{path} was used"))),
                other => return Err(Broken::Recording(format!("an unknown kind {other}"))),
            });
        }
        Ok(recording)
    }

    /// Takes the whole lines of what was said so far.
    fn hear(&mut self, said: &mut Vec<u8>) {
        while let Some(end) = said.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = said.drain(..=end).collect();
            if let Some(mark) = Mark::parse(String::from_utf8_lossy(&line).trim_end()) {
                self.marks.push((self.events.len(), mark));
            }
        }
    }

    /// The marks that were told before this many events, in order.
    pub(crate) fn marks_before(&self, events: usize) -> impl DoubleEndedIterator<Item = &Mark> {
        let marks = self.marks.partition_point(|(before, _)| *before <= events);
        self.marks.iter().take(marks).map(|(_, mark)| mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: u32, fd: i32, number: u64, path: &str, data: &[u8]) -> Vec<u8> {
        let mut log = Vec::new();
        log.extend(kind.to_ne_bytes());
        log.extend(fd.to_ne_bytes());
        log.extend(number.to_ne_bytes());
        log.extend(u32::try_from(path.len()).unwrap().to_ne_bytes());
        log.extend(u32::try_from(data.len()).unwrap().to_ne_bytes());
        assert_eq!(log.len(), 24, "as the shim writes it");
        log.extend(path.as_bytes());
        log.extend(data);
        log
    }

    #[test]
    fn a_log_is_taken_apart() {
        let log = [
            entry(9, 1, 0, "", b"running 1 test\n@lumbra ope"),
            entry(1, 5, 0, "data/file", b""),
            entry(9, 1, 0, "", b"ned\n\n@lumbra acknowledged 1\n"),
            entry(3, 5, 12, "", b"bytes"),
            entry(7, -1, 0, "data/file", b"data/other"),
        ]
        .concat();
        let recording = Recording::parse(&log).unwrap();
        let events = [
            Event::Open { fd: 5, path: "data/file", emptied: false },
            Event::Write { fd: 5, offset: 12, bytes: b"bytes" },
            Event::Rename { from: "data/file", to: "data/other" },
        ];
        assert_eq!(recording.events, events);
        assert_eq!(recording.marks, [(1, Mark::Opened), (1, Mark::Acknowledged(1))]);
        assert_eq!(recording.marks_before(0).count(), 0);
        assert_eq!(recording.marks_before(1).next_back(), Some(&Mark::Acknowledged(1)));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        let whole = entry(3, 5, 12, "", b"bytes");
        assert!(Recording::parse(&whole[..whole.len() - 1]).is_err());
        assert!(Recording::parse(&entry(10, 5, 0, "fallocate", b"")).is_err());
        assert!(Recording::parse(&entry(11, 5, 0, "", b"")).is_err());
    }
}
