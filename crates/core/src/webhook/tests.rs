//! Which events fire what, and that ids tell facts apart.

use super::*;

fn happened<'a>(
    account: &'a AccountId,
    event_type: &'a str,
    direction: Option<Direction>,
    id: &'a str,
) -> Happened<'a> {
    Happened { event_type, direction, account, subject: "c1", source: "switch", id, at: Timestamp(7) }
}

fn account() -> AccountId {
    AccountId::new("acme").expect("valid")
}

fn fired(event_type: &str, direction: Option<Direction>) -> Vec<&'static str> {
    let account = account();
    let happened = happened(&account, event_type, direction, "1");
    TRIGGERS.iter().filter_map(|trigger| happened.fact(trigger)).map(|fact| fact.webhook_type).collect()
}

#[test]
fn types_are_in_order_of_name() {
    assert!(TRIGGERS.is_sorted_by_key(|trigger| trigger.name));
}

#[test]
fn starts_and_hangups_fire_by_direction_and_both_ways_when_it_is_not_said() {
    let (inbound, outbound) = (Some(Direction::Inbound), Some(Direction::Outbound));
    assert_eq!(fired("call.started", inbound), ["call.inbound_start"]);
    assert_eq!(fired("call.started", outbound), ["call.outbound_start"]);
    assert_eq!(fired("call.started", None), ["call.inbound_start", "call.outbound_start"]);
    assert_eq!(fired("call.ended", outbound), ["call.outbound_hangup"]);
    assert_eq!(fired("call.detail_recorded", None), ["call.inbound_hangup", "call.outbound_hangup"]);
    for other in ["call.ringing", "call.answered", "call.rated", "call.corrected", "call.erased", "x"] {
        assert_eq!(fired(other, inbound), [""; 0], "{other}");
    }
}

#[test]
fn messages_fire_when_they_come_in_and_when_their_status_changes() {
    let (inbound, outbound) = (Some(Direction::Inbound), Some(Direction::Outbound));
    for said in [None, inbound] {
        assert_eq!(fired("sms.received", said), ["sms.mo"]);
    }
    assert_eq!(fired("sms.received", outbound), [""; 0]);
    for step in ["sms.queued", "sms.sent", "sms.delivered", "sms.failed", "sms.expired"] {
        assert_eq!(fired(step, None), ["sms.mt.status_update"], "{step}");
        assert_eq!(fired(step, outbound), ["sms.mt.status_update"], "{step}");
        assert_eq!(fired(step, inbound), [""; 0], "{step}");
    }
    for other in ["sms.created", "sms.rated", "sms.redacted"] {
        assert_eq!(fired(other, outbound), [""; 0], "{other}");
    }
}

#[test]
fn every_status_update_is_announced_and_a_message_comes_in_once() {
    let account = account();
    let identity = |trigger: &'static Trigger, event_type, id| {
        happened(&account, event_type, None, id).fact(trigger).expect("fires").identity
    };
    let update = |event_type, id| identity(&sms_mt_status_update::TRIGGER, event_type, id);
    assert_ne!(update("sms.sent", "1"), update("sms.delivered", "2"));
    assert_eq!(update("sms.sent", "1"), update("sms.sent", "1"));
    let came_in = |id| identity(&sms_mo::TRIGGER, "sms.received", id);
    assert_eq!(came_in("1"), came_in("2"));
}

#[test]
fn a_call_hangs_up_once_whoever_says_so() {
    let account = account();
    let identity = |event_type, id| {
        let fact = happened(&account, event_type, None, id).fact(&call_inbound_hangup::TRIGGER);
        fact.expect("a hangup").identity
    };
    assert_eq!(identity("call.ended", "1"), identity("call.detail_recorded", "2"));
}

#[test]
fn event_ids_are_stable_and_differ_by_hook_type_account_and_fact() {
    let acme = account();
    let id = event_id("AAAAAAAA", "call.inbound_start", &acme, "x");
    assert_eq!(id, event_id("AAAAAAAA", "call.inbound_start", &acme, "x"));
    let other = AccountId::new("beta").expect("valid");
    for different in [
        event_id("BBBBBBBB", "call.inbound_start", &acme, "x"),
        event_id("AAAAAAAA", "call.inbound_hangup", &acme, "x"),
        event_id("AAAAAAAA", "call.inbound_start", &other, "x"),
        event_id("AAAAAAAA", "call.inbound_start", &acme, "y"),
    ] {
        assert_ne!(id, different);
    }
}
