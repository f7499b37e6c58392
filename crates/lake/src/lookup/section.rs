//! One section of a lookup index: sorted entries of hash and block, in buckets that are read one at a time.
//!
//! An entry is the top [`HASH_BITS`] of a hash above the number of a block. With `n` buckets, an entry is in bucket
//! `hash · n / 2^HASH_BITS`; of how far into its bucket it lies, [`FINGERPRINT_BITS`] are kept. The fingerprints of
//! a bucket ascend and are evenly spread, so their differences are stored in Rice's code: what exceeds
//! [`REMAINDER_BITS`] as zeros closed by a one, then these bits, then the block in just enough bits. That takes about
//! two bits more than remainder and block. An absent value meets a fingerprint in one of 2^[`REMAINDER_BITS`] probes.

use super::bits::{BitReader, BitWriter};

const BLOCK_BITS: u32 = 24;
const HASH_BITS: u32 = 64 - BLOCK_BITS;
/// Entries of a bucket, on average.
const BUCKET_ENTRIES: usize = 512;
const REMAINDER_BITS: u32 = 8;
const FINGERPRINT_BITS: u32 = REMAINDER_BITS + BUCKET_ENTRIES.ilog2();

/// Most blocks of a file.
pub(super) const MOST_BLOCKS: u32 = 1 << BLOCK_BITS;

/// The entry of a hash in a block, ordered as they are stored.
pub(super) fn entry(hash: u64, block: u32) -> u64 {
    (hash >> BLOCK_BITS << BLOCK_BITS) | u64::from(block)
}

/// How many buckets so many entries take.
fn bucket_count(entries: usize) -> u64 {
    u64::try_from(entries.div_ceil(BUCKET_ENTRIES)).expect("a count fits 64 bits")
}

/// Bits of the number of a block.
fn block_bits(block_count: u32) -> u32 {
    block_count.saturating_sub(1).checked_ilog2().map_or(0, |highest| highest + 1)
}

/// The bucket of a hash and the fingerprint in it.
fn place(hash: u64, buckets: u64) -> (u64, u64) {
    // At most 40 bits times the number of buckets, which is below 2^24: a file has at most 2^32 entries a section.
    let product = (hash >> BLOCK_BITS) * buckets;
    let within = product & ((1 << HASH_BITS) - 1);
    (product >> HASH_BITS, within >> (HASH_BITS - FINGERPRINT_BITS))
}

/// The buckets of ascending entries, each at most once.
pub(super) fn encode(entries: &[u64], block_count: u32) -> impl Iterator<Item = Vec<u8>> {
    let buckets = bucket_count(entries.len());
    let block_bits = block_bits(block_count);
    let mut rest = entries;
    (0..buckets).map(move |bucket| {
        let here = rest.partition_point(|entry| place(*entry, buckets).0 <= bucket);
        let (of_bucket, others) = rest.split_at(here);
        rest = others;
        let mut bits = BitWriter::default();
        let mut last = 0;
        for entry in of_bucket {
            let (_, fingerprint) = place(*entry, buckets);
            let step = fingerprint - last;
            bits.write_unary(step >> REMAINDER_BITS);
            bits.write(step, REMAINDER_BITS);
            bits.write(*entry, block_bits);
            last = fingerprint;
        }
        bits.finish()
    })
}

/// The bucket that entries of a hash are in.
pub(super) fn bucket_of(hash: u64, buckets: u32) -> u32 {
    u32::try_from(place(hash, u64::from(buckets)).0).expect("a bucket's number is below their count")
}

/// Appends the blocks that a bucket has for a hash, those of other hashes of the same fingerprint among them.
/// `None` when the bytes are no bucket of a file of so many blocks.
pub(super) fn find(
    bucket: &[u8],
    hash: u64,
    buckets: u32,
    block_count: u32,
    blocks: &mut Vec<u32>,
) -> Option<()> {
    let (_, wanted) = place(hash, u64::from(buckets));
    let block_bits = block_bits(block_count);
    let mut bits = BitReader::new(bucket);
    let mut fingerprint = 0;
    while let Some(quotient) = bits.read_unary() {
        fingerprint += (quotient << REMAINDER_BITS) | bits.read(REMAINDER_BITS)?;
        let block = u32::try_from(bits.read(block_bits)?).ok()?;
        if block >= block_count {
            return None;
        }
        if fingerprint > wanted {
            break;
        }
        if fingerprint == wanted {
            blocks.push(block);
        }
    }
    Some(())
}
