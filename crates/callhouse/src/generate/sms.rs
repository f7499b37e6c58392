//! Text messages of a set, beside its calls: each drawn from a stream of its own, with what goes wrong with delivery
//! reports. What their events look like is in `sms/events.rs`, what is written in them in `sms/text.rs`.

mod events;
#[cfg(test)]
mod tests;
mod text;

use super::call::Direction;
use super::draw::Draw;
use super::numbers::{Line, Number};
use super::world::{Account, STREAM_SMS, STREAM_SMS_FAULTS, Trunk, World};

pub(super) use events::SmsTeller;
pub(super) use text::Text;

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600 * SECOND_MS;
/// How long a carrier goes on trying.
const VALIDITY_MS: i64 = 48 * HOUR_MS;

/// Who a message is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sender {
    Number(Number),
    /// An alphanumeric sender or a short code.
    Name(String),
}

/// What becomes of a message in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Delivered,
    Failed,
    /// The gateway could not hand it to a carrier.
    Unsendable,
    Expired,
    /// No report ever comes.
    Silence,
    /// It came in.
    Received,
}

/// A delivery report that the end overrules, or one told twice by the carrier under another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stray {
    pub(super) end: End,
    /// When it is said to have happened, in milliseconds since the Unix epoch.
    pub(super) at_ms: i64,
}

/// A text message. Instants are milliseconds since the Unix epoch; `None` is what did not happen or was never told.
#[derive(Debug)]
pub(super) struct Sms<'w> {
    /// Which message of the set this is.
    pub(super) index: u64,
    pub(super) account: &'w Account,
    pub(super) trunk: &'w Trunk,
    pub(super) sms_id: String,
    pub(super) direction: Direction,
    pub(super) from: Sender,
    pub(super) to: Sender,
    pub(super) text: Text,
    pub(super) nature: &'static str,
    pub(super) is_flash: bool,
    pub(super) user_data: Option<String>,
    pub(super) created_at: i64,
    pub(super) queued_at: Option<i64>,
    /// It waits at the carrier and not here.
    pub(super) is_queued_remotely: bool,
    pub(super) sent_at: Option<i64>,
    pub(super) end: End,
    pub(super) ended_at: Option<i64>,
    pub(super) stray: Option<Stray>,
    /// Micros of a euro.
    pub(super) debit: Option<i64>,
}

impl Sms<'_> {
    /// Half of the gateways state how many parts they billed, the others leave it to be counted.
    pub(super) fn states_parts(&self) -> bool {
        self.index.is_multiple_of(2)
    }
}

/// The stream that the faults of a message's delivery to the warehouse are drawn from.
pub(super) fn fault_stream(seed: u64, index: u64) -> Draw {
    Draw::new(seed, STREAM_SMS_FAULTS + index)
}

/// Draws the message with an index, from its own stream.
pub(super) fn draw_sms<'w>(world: &'w World, seed: u64, index: u64, created_at: i64) -> Sms<'w> {
    let mut draw = Draw::new(seed, STREAM_SMS + index);
    let accounts = u64::try_from(world.accounts.len()).unwrap_or(u64::MAX);
    let account = &world.accounts[usize::try_from(draw.zipf(accounts, 1.1)).unwrap_or(0)];
    let trunk = draw.pick(&account.trunks);
    let is_inbound = draw.chance(150_000);
    let rank = draw.zipf(account.parties, 0.9);
    let (country, _, party) = world.party(account, rank);
    let own = draw.pick(&account.dids).number;
    let (from, to, direction) = if is_inbound {
        (Sender::Number(party), own_recipient(own, &mut draw), Direction::Inbound)
    } else {
        (sender(account, own, &mut draw), Sender::Number(party), Direction::Outbound)
    };
    let mut sms = Sms {
        index,
        account,
        trunk,
        sms_id: sms_id(seed, index, account),
        direction,
        from,
        to,
        text: Text::draw(&mut draw),
        nature: draw.weighted_word(&[(7, "ALERTING"), (3, "MARKETING")]),
        is_flash: draw.chance(5_000),
        user_data: draw.chance(300_000).then(|| format!("order{}", 100_000 + index % 900_000)),
        created_at,
        queued_at: None,
        is_queued_remotely: false,
        sent_at: None,
        end: End::Received,
        ended_at: Some(created_at),
        stray: None,
        debit: None,
    };
    if !is_inbound {
        draw_steps(&mut sms, &mut draw);
        sms.stray = stray(&sms, &mut draw);
        // Nothing is charged for what no carrier took.
        let part = 20_000 + country.micros_per_minute(Line::Mobile) / 2;
        sms.debit = (sms.end != End::Unsendable).then(|| part * sms.text.parts());
    }
    sms
}

/// Alphanumeric senders have at most 11 characters, one of them a letter.
fn sender(account: &Account, own: Number, draw: &mut Draw) -> Sender {
    match draw.below(10) {
        0..4 => Sender::Number(own),
        4..9 => {
            let letters = account.name.chars().filter(char::is_ascii_alphabetic);
            Sender::Name(letters.take(11).collect::<String>().to_uppercase())
        }
        _ => Sender::Name((36_000 + account.index % 1_000).to_string()),
    }
}

fn own_recipient(own: Number, draw: &mut Draw) -> Sender {
    if draw.chance(200_000) { Sender::Name("36105".to_owned()) } else { Sender::Number(own) }
}

/// Some gateways number their messages as CALLR does, others by UUID; ids hold the index, so none comes twice.
fn sms_id(seed: u64, index: u64, account: &Account) -> String {
    let trace = Draw::new(seed, u64::MAX).bits();
    if account.index.is_multiple_of(2) {
        return format!("sms-{:08x}-{index:x}", trace & 0xffff_ffff);
    }
    format!("{:08X}", (trace & 0xf000_0000) + index % 0x1000_0000)
}

fn draw_steps(sms: &mut Sms<'_>, draw: &mut Draw) {
    let queued_at = sms.created_at + draw.between(5, 400);
    sms.queued_at = (!draw.chance(100_000)).then_some(queued_at);
    sms.is_queued_remotely = draw.chance(300_000);
    sms.end = *draw.weighted(&[
        (905, End::Delivered),
        (50, End::Failed),
        (10, End::Unsendable),
        (20, End::Expired),
        (15, End::Silence),
    ]);
    let sent_at = queued_at + draw.log_normal_ms(0.8, 0.8);
    sms.sent_at = (sms.end != End::Unsendable).then_some(sent_at);
    sms.ended_at = match sms.end {
        End::Delivered if draw.chance(30_000) => Some(sent_at + draw.between(HOUR_MS, VALIDITY_MS)),
        End::Delivered => Some(sent_at + draw.log_normal_ms(4.0, 1.2)),
        End::Failed => Some(sent_at + draw.log_normal_ms(6.0, 1.5)),
        End::Unsendable => Some(sent_at),
        End::Expired => Some(sent_at + VALIDITY_MS),
        End::Silence | End::Received => None,
    };
}

/// A report that says otherwise than the end: of an earlier try, of a carrier that took its word back, or the gateway's
/// own that nothing had come.
fn stray(sms: &Sms<'_>, draw: &mut Draw) -> Option<Stray> {
    let (Some(sent_at), Some(ended_at)) = (sms.sent_at, sms.ended_at) else { return None };
    let earlier = sent_at + draw.between(0, (ended_at - sent_at - 1).max(0));
    let stray = |end, at_ms| Some(Stray { end, at_ms });
    match (sms.end, draw.below(100)) {
        (End::Delivered, 0..3) if ended_at > sent_at => stray(End::Failed, earlier),
        (End::Delivered, 3) => stray(End::Expired, sent_at + VALIDITY_MS),
        (End::Failed, 0..5) if ended_at > sent_at => stray(End::Delivered, earlier),
        // The same word once more, under an id of its own.
        (End::Delivered | End::Failed, 10..12) => stray(sms.end, ended_at),
        _ => None,
    }
}
