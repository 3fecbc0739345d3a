//! An append-only file that a failed write does not spoil.

use std::{
    fs::File,
    io::{self, Write},
};

/// What a log is written to.
pub(crate) trait Medium: Write {
    /// Waits until all that was written would survive a power cut.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts off what lies behind `length`; the next write goes there.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Medium for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// A file that grows by whole pieces: after a failure the half-written piece is cut off, and the
/// log can be used again.
#[derive(Debug)]
pub(crate) struct Log<M> {
    medium: M,
    /// How much of the file is known to be whole and synced.
    whole: u64,
    torn: bool,
}

impl<M: Medium> Log<M> {
    /// Starts on an empty medium that is open for appending.
    pub(crate) fn new(medium: M) -> Self {
        Self { medium, whole: 0, torn: false }
    }

    /// Appends a piece; when this returns, it would survive a power cut.
    pub(crate) fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.torn {
            self.mend()?;
        }
        let written = self.medium.write_all(piece).and_then(|()| self.medium.sync());
        if written.is_ok() {
            self.whole += piece.len() as u64;
        } else {
            self.torn = true;
            // Tried again before the next piece; the first failure is what is reported.
            let _ = self.mend();
        }
        written
    }

    fn mend(&mut self) -> io::Result<()> {
        self.medium.cut(self.whole)?;
        self.torn = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::{Log, Medium};

    /// A disk with room for some bytes.
    struct Disk {
        content: Vec<u8>,
        room: usize,
        cuts_fail: u32,
        syncs_fail: u32,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let fits = bytes.len().min(self.room.saturating_sub(self.content.len()));
            if fits == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.content.extend(&bytes[..fits]);
            Ok(fits)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Medium for Disk {
        fn sync(&mut self) -> io::Result<()> {
            if self.syncs_fail > 0 {
                self.syncs_fail -= 1;
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.cuts_fail > 0 {
                self.cuts_fail -= 1;
                return Err(io::ErrorKind::Other.into());
            }
            self.content.truncate(length as usize);
            Ok(())
        }
    }

    fn log(room: usize) -> Log<Disk> {
        Log::new(Disk { content: Vec::new(), room, cuts_fail: 0, syncs_fail: 0 })
    }

    #[test]
    fn a_full_disk_leaves_whole_pieces_and_a_usable_log() {
        let mut log = log(8);
        log.append(b"first\n").unwrap();
        let error = log.append(b"second\n").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(log.medium.content, b"first\n");
        log.medium.room = 100;
        log.append(b"second\n").unwrap();
        assert_eq!(log.medium.content, b"first\nsecond\n");
    }

    #[test]
    fn a_piece_that_was_not_synced_is_not_there() {
        let mut log = log(100);
        log.append(b"first\n").unwrap();
        log.medium.syncs_fail = 1;
        log.append(b"second\n").unwrap_err();
        log.append(b"third\n").unwrap();
        assert_eq!(log.medium.content, b"first\nthird\n");
    }

    #[test]
    fn nothing_is_appended_behind_a_torn_piece() {
        let mut log = log(8);
        log.append(b"first\n").unwrap();
        log.medium.cuts_fail = 2;
        log.append(b"second\n").unwrap_err();
        assert_eq!(log.medium.content, b"first\nse");
        log.medium.room = 100;
        assert_eq!(log.append(b"third\n").unwrap_err().kind(), io::ErrorKind::Other);
        log.append(b"third\n").unwrap();
        assert_eq!(log.medium.content, b"first\nthird\n");
    }
}
