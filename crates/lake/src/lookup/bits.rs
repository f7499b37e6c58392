//! Numbers packed bit by bit, the lowest bit first, into bytes.

/// Packs numbers.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that do not fill a byte yet.
    pending: u64,
    pending_bits: u32,
}

impl BitWriter {
    /// Appends the low `bits` of `number`, at most 32.
    pub(super) fn write(&mut self, number: u64, bits: u32) {
        self.pending |= (number & mask(bits)) << self.pending_bits;
        self.pending_bits += bits;
        while self.pending_bits >= 8 {
            self.bytes.push(self.pending.to_le_bytes()[0]);
            self.pending >>= 8;
            self.pending_bits -= 8;
        }
    }

    /// Appends `number` zeros and a one.
    pub(super) fn write_unary(&mut self, number: u64) {
        for _ in 0..number / 32 {
            self.write(0, 32);
        }
        let rest = u32::try_from(number % 32).expect("less than 32");
        self.write(0, rest);
        self.write(1, 1);
    }

    /// The bytes, the last one filled up with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.pending_bits > 0 {
            self.bytes.push(self.pending.to_le_bytes()[0]);
        }
        self.bytes
    }
}

/// Reads what [`BitWriter`] wrote.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `bits`, at most 32; `None` when there are not so many.
    pub(super) fn read(&mut self, bits: u32) -> Option<u64> {
        let end = self.at + usize::try_from(bits).ok()?;
        if end > self.bytes.len() * 8 {
            return None;
        }
        let number = self.window() & mask(bits);
        self.at = end;
        Some(number)
    }

    /// The zeros before the next one; `None` when only zeros are left.
    pub(super) fn read_unary(&mut self) -> Option<u64> {
        let mut zeros = 0;
        while self.at < self.bytes.len() * 8 {
            let run = self.window().trailing_zeros().min(WINDOW_BITS);
            zeros += u64::from(run);
            self.at += usize::try_from(run).ok()?;
            if run < WINDOW_BITS {
                self.at += 1;
                return Some(zeros);
            }
        }
        None
    }

    /// At least [`WINDOW_BITS`] bits from the next one on, zeros behind the end.
    fn window(&self) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let mut eight = [0; 8];
        match rest.first_chunk::<8>() {
            Some(whole) => eight = *whole,
            None => eight[..rest.len()].copy_from_slice(rest),
        }
        u64::from_le_bytes(eight) >> (self.at % 8)
    }
}

/// Bits of a window that are there wherever in a byte it begins.
const WINDOW_BITS: u32 = 57;

fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_survive_being_packed(numbers in prop::collection::vec((any::<u32>(), 0..=32_u32, 0..300_u64), 0..60)) {
            let mut writer = BitWriter::default();
            for (number, bits, unary) in &numbers {
                writer.write_unary(*unary);
                writer.write(u64::from(*number), *bits);
            }
            let bytes = writer.finish();
            let mut reader = BitReader::new(&bytes);
            for (number, bits, unary) in &numbers {
                prop_assert_eq!(reader.read_unary(), Some(*unary));
                prop_assert_eq!(reader.read(*bits), Some(u64::from(*number) & mask(*bits)));
            }
            prop_assert_eq!(reader.read_unary(), None);
        }
    }
}
