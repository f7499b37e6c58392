//! Reads what the system has in memory already, on the thread that asks.
//!
//! Most of what questions read of files is in the page cache. Handing such a read to another thread and waiting for it
//! costs more than the read; waiting for a disk on a thread that serves others costs them. So a read is tried without
//! waiting (`RWF_NOWAIT`), and whoever is told that it would have to wait goes to a blocking task.

use std::fs::File;
use std::io;

/// Fills `bytes` from a place in a file; `false` when not all of it is in memory, or the system cannot tell.
///
/// # Errors
/// Those of reading, also when the file ends before that.
#[cfg(target_os = "linux")]
pub fn read_near(file: &File, offset: u64, bytes: &mut [u8]) -> io::Result<bool> {
    use std::io::IoSliceMut;

    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let mut at = offset;
    let mut rest = bytes;
    while !rest.is_empty() {
        match preadv2(file, &mut [IoSliceMut::new(rest)], at, ReadWriteFlags::NOWAIT) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                rest = std::mem::take(&mut rest).get_mut(count..).unwrap_or_default();
                at += u64::try_from(count).unwrap_or(0);
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Fills `bytes` from a place in a file; `false` when not all of it is in memory, or the system cannot tell.
///
/// # Errors
/// None here.
#[cfg(not(target_os = "linux"))]
pub fn read_near(_file: &File, _offset: u64, _bytes: &mut [u8]) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_was_just_written_is_near_and_right() {
        let mut file = tempfile::tempfile().expect("a file");
        let written: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        file.write_all(&written).expect("writes");
        let mut read = vec![0; 300_000];
        if read_near(&file, 40_000, &mut read).expect("reads") {
            assert!(read == written[40_000..340_000]);
        }
        let beyond = read_near(&file, 399_999, &mut read);
        assert!(!beyond.is_ok_and(|near| near), "the file ends before");
    }
}
