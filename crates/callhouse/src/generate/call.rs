//! One call leg: everything that happened to it, drawn before any event of it is written.

use super::draw::Draw;
use super::numbers::{Country, Line, Number};
use super::outcome::{ANSWERED, Outcome, UNANSWERED};
use super::rating::Rating;
use super::world::{Account, App, CallIdStyle, Did, Trunk, World};

const FOUR_HOURS_MS: i64 = 4 * 3_600_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// What the source's switch measured of an answered call.
#[derive(Debug)]
pub(super) struct Quality {
    pub(super) codec: &'static str,
    pub(super) mos_milli: i64,
    pub(super) jitter_ms: i64,
    pub(super) round_trip_ms: i64,
    pub(super) packets_lost: i64,
}

/// A leg. Instants are milliseconds since the Unix epoch; `None` is what did not happen or was never told.
#[derive(Debug)]
pub(super) struct Call<'w> {
    /// Which leg of the set this is; also the stream its draws come from.
    pub(super) index: u64,
    pub(super) account: &'w Account,
    pub(super) trunk: &'w Trunk,
    pub(super) app: Option<&'w App>,
    pub(super) did: &'w Did,
    pub(super) call_id: String,
    pub(super) parent: Option<String>,
    pub(super) group: Option<String>,
    pub(super) direction: Direction,
    /// `None`: the caller withheld the number and the network did not give it.
    pub(super) from: Option<Number>,
    pub(super) from_prohibited: bool,
    pub(super) to: Number,
    pub(super) customer_field: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) release_source: &'static str,
    pub(super) started_at: i64,
    pub(super) ringing_at: Option<i64>,
    pub(super) answered_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    pub(super) quality: Option<Quality>,
    pub(super) rating: Option<Rating>,
}

impl<'w> Call<'w> {
    /// The account's number in this call, which only the first leg is told with.
    pub(super) fn told_did(&self) -> Option<&'w Did> {
        self.parent.is_none().then_some(self.did)
    }

    /// Only the switches that number their calls run answering machine detection.
    pub(super) fn answered_by(&self) -> Option<&'static str> {
        let detected = if self.index.is_multiple_of(7) { "machine" } else { "human" };
        self.index.is_multiple_of(3).then_some(detected)
    }

    /// When it was priced, which takes its end and a price.
    pub(super) fn rated_at(&self) -> Option<i64> {
        self.rating.as_ref().and(self.ended_at).map(|ended_at| ended_at + 1_000)
    }
}

/// Where a leg comes from when it is not the first of its interaction.
#[derive(Debug, Clone)]
pub(super) struct Parent<'w> {
    pub(super) call_id: String,
    pub(super) group: String,
    pub(super) account: &'w Account,
    pub(super) from: Option<Number>,
}

/// Draws the leg with an index, from its own stream. A leg with a parent goes out from the parent's account.
pub(super) fn draw_call<'w>(
    world: &'w World,
    seed: u64,
    index: u64,
    started_at: i64,
    parent: Option<&Parent<'w>>,
) -> Call<'w> {
    let mut draw = Draw::new(seed, index);
    let account = match parent {
        Some(parent) => parent.account,
        None => draw_account(world, &mut draw),
    };
    let trunk = draw.pick(&account.trunks);
    let inbound = parent.is_none() && draw.chance(account.inbound_per_million);
    let did = &account.dids[ranked(account.dids.len(), 0.9, &mut draw)];
    let rank = draw.zipf(account.parties, 0.9);
    let (country, line, party) = world.party(account, rank);
    let (from, to) = match (inbound, parent) {
        (true, _) => (Some(party), did.number),
        (false, Some(parent)) => (parent.from, party),
        (false, None) => (Some(did.number), party),
    };
    let withheld = inbound && draw.chance(20_000);
    let mut call = Call {
        index,
        account,
        trunk,
        app: draw.chance(900_000).then(|| &account.apps[ranked(account.apps.len(), 0.9, &mut draw)]),
        did,
        call_id: call_id(seed, index, account, trunk, &mut draw),
        parent: parent.map(|parent| parent.call_id.clone()),
        group: parent.map(|parent| parent.group.clone()),
        direction: if inbound { Direction::Inbound } else { Direction::Outbound },
        from: if withheld { None } else { from },
        from_prohibited: withheld || draw.chance(20_000),
        to,
        customer_field: customer_field(index, &mut draw),
        outcome: if draw.chance(trunk.answered_per_million) { ANSWERED } else { *draw.weighted(UNANSWERED) },
        release_source: draw.weighted_word(&[(55, "caller"), (42, "callee"), (3, "gateway")]),
        started_at,
        ringing_at: None,
        answered_at: None,
        ended_at: None,
        quality: None,
        rating: None,
    };
    draw_times(&mut call, country.code != account.country.code, &mut draw);
    draw_facts_of_answered(&mut call, country, line, &mut draw);
    call
}

fn draw_account<'w>(world: &'w World, draw: &mut Draw) -> &'w Account {
    &world.accounts[ranked(world.accounts.len(), 1.1, draw)]
}

fn ranked(len: usize, exponent: f64, draw: &mut Draw) -> usize {
    let len = u64::try_from(len).unwrap_or(u64::MAX);
    usize::try_from(draw.zipf(len, exponent)).unwrap_or(0)
}

/// Ids hold the index, so none comes twice, and a trace of the seed, so that two sets can share a lake.
fn call_id(seed: u64, index: u64, account: &Account, trunk: &Trunk, draw: &mut Draw) -> String {
    let trace = Draw::new(seed, u64::MAX).bits();
    match account.call_ids {
        CallIdStyle::Numeric => ((1 + trace % 800_000) * 1_000_000_000_000 + index).to_string(),
        CallIdStyle::Uuid => {
            let (high, low) = (trace >> 16, draw.bits());
            format!(
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{index:012x}",
                high & 0xffff_ffff,
                high >> 32,
                low & 0xfff,
                low >> 52
            )
        }
        CallIdStyle::Sip => format!("{index:x}-{:08x}@{}", trace & 0xffff_ffff, trunk.ip),
    }
}

fn customer_field(index: u64, draw: &mut Draw) -> Option<String> {
    if !draw.chance(200_000) {
        return None;
    }
    Some(match draw.below(4) {
        0 | 1 => format!("order-{}", 100_000 + index % 900_000),
        2 => format!(r#"{{"crm":"{}","note":"à rappeler"}}"#, draw.below(100_000)),
        _ => format!("campagne d'été {}", draw.below(12) + 1),
    })
}

/// Post-dial delay, ringing and talk, as measured traffic has them (log-normal, with a short-call share).
fn draw_times(call: &mut Call, international: bool, draw: &mut Draw) {
    let delay_ms = draw.log_normal_ms(if international { 4.0 } else { 1.8 }, 0.6).clamp(40, 30_000);
    let first_reply_at = call.started_at + delay_ms;
    if !call.outcome.rang {
        call.ended_at = Some(first_reply_at);
        return;
    }
    let ring_ms = match call.outcome.release_cause {
        _ if call.outcome.answered => draw.log_normal_ms(9.0, 0.7).clamp(200, 60_000),
        19 => draw.between(20_000, 45_000),
        21 => draw.between(1_500, 10_000),
        _ => draw.between(1_000, 30_000),
    };
    // One switch in twenty tells nothing between the attempt and the answer.
    let told_ringing = !draw.chance(50_000);
    call.ringing_at = told_ringing.then_some(first_reply_at);
    let ring_end_at = first_reply_at + ring_ms;
    if call.outcome.answered {
        call.answered_at = Some(ring_end_at);
        call.ended_at = Some(ring_end_at + talk_ms(draw));
    } else {
        call.ended_at = Some(ring_end_at);
    }
}

fn talk_ms(draw: &mut Draw) -> i64 {
    let talk_ms = match draw.below(100) {
        0..12 => draw.exponential_ms(4.0),
        12..87 => draw.log_normal_ms(75.0, 1.1),
        _ => draw.log_normal_ms(480.0, 0.9),
    };
    talk_ms.min(FOUR_HOURS_MS)
}

fn draw_facts_of_answered(call: &mut Call, country: &'static Country, line: Line, draw: &mut Draw) {
    let (Some(answered_at), Some(ended_at)) = (call.answered_at, call.ended_at) else { return };
    let talk_ms = ended_at - answered_at;
    call.rating = Some(Rating::new(call, country, line, talk_ms));
    if draw.chance(800_000) {
        call.quality = Some(Quality {
            codec: draw.weighted_word(&[(60, "PCMA"), (20, "PCMU"), (12, "opus"), (8, "G729")]),
            mos_milli: (4_400 - draw.exponential_ms(0.25)).clamp(1_000, 4_500),
            jitter_ms: draw.exponential_ms(0.004).min(400),
            round_trip_ms: draw.log_normal_ms(0.045, 0.6).min(2_000),
            packets_lost: if draw.chance(700_000) { 0 } else { draw.between(1, 200) },
        });
    }
}
