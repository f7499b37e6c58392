//! Whose turn it is: lanes of deliveries served side by side, none at the expense of the others.
//!
//! Each lane has a window of attempts under way. It begins with two, doubles with every success up to the limit, and falls
//! to one with a failure: a dead endpoint takes one place of hundreds. After five failures in a row the lane's breaker
//! opens: nothing is sent for a second, then one attempt, then two seconds, and so on up to a minute between attempts,
//! until one succeeds.

use std::collections::{BTreeSet, HashMap};

use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_core::{AccountId, Timestamp};

const FIRST_WINDOW: usize = 2;
/// Failures in a row that open a lane's breaker.
const FAILURES_TO_OPEN: u32 = 5;
const FIRST_PAUSE_MICROS: i64 = MICROS_PER_SECOND;
const LONGEST_PAUSE_MICROS: i64 = 60 * MICROS_PER_SECOND;

/// What an attempt says of its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Succeeded,
    Failed,
    /// Nothing was sent.
    Unknown,
}

#[derive(Debug)]
struct Lane {
    /// When the next delivery that nobody has claimed is due.
    next_at: Option<Timestamp>,
    account: AccountId,
    window: usize,
    in_flight: usize,
    /// In a row.
    failures: u32,
    /// Nothing is sent before this.
    open_until: Timestamp,
    /// Its place among the waiting, if it is there.
    place: Option<(Timestamp, u64)>,
}

/// The lanes that have deliveries, and those under way.
#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: HashMap<i64, Lane>,
    /// Lanes with room in their window, by when they are due and then by whose turn it is.
    waiting: BTreeSet<(Timestamp, u64, i64)>,
    turns: u64,
    in_flight: usize,
    of_account: HashMap<AccountId, usize>,
    most_of_lane: usize,
    most: usize,
}

impl Lanes {
    pub(crate) fn new(most: usize, most_of_lane: usize) -> Self {
        Self {
            lanes: HashMap::new(),
            waiting: BTreeSet::new(),
            turns: 0,
            in_flight: 0,
            of_account: HashMap::new(),
            most_of_lane: most_of_lane.max(1),
            most: most.max(1),
        }
    }

    /// Deliveries under way.
    pub(crate) const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// A lane has a delivery due at an instant.
    pub(crate) fn found(&mut self, lane: i64, account: &AccountId, next_at: Timestamp) {
        let known = self.lanes.entry(lane).or_insert_with(|| Lane {
            next_at: None,
            account: account.clone(),
            window: FIRST_WINDOW.min(self.most_of_lane),
            in_flight: 0,
            failures: 0,
            open_until: Timestamp(i64::MIN),
            place: None,
        });
        known.next_at = Some(known.next_at.map_or(next_at, |known| known.min(next_at)));
        self.place(lane);
    }

    /// A lane that is known has a delivery due now.
    pub(crate) fn hasten(&mut self, lane: i64, now: Timestamp) {
        if let Some(state) = self.lanes.get_mut(&lane) {
            state.next_at = Some(now);
        }
        self.place(lane);
    }

    /// The lanes to claim from now, and how many deliveries of each at most. Every due lane that may have a place gets one
    /// before any gets a second.
    pub(crate) fn choose(&self, now: Timestamp) -> Vec<(i64, usize)> {
        let mut free = self.most.saturating_sub(self.in_flight);
        let mut rooms: HashMap<&AccountId, usize> = HashMap::new();
        let mut chosen: Vec<(i64, &Lane, usize)> = Vec::new();
        for (.., lane) in self.waiting.iter().take_while(|(wake_at, ..)| *wake_at <= now) {
            if free == 0 {
                break;
            }
            let Some(state) = self.lanes.get(lane) else { continue };
            let room = rooms.entry(&state.account).or_insert_with(|| self.room_of(&state.account));
            if *room > 0 {
                *room -= 1;
                free -= 1;
                chosen.push((*lane, state, 1));
            }
        }
        let mut more = true;
        while more && free > 0 {
            more = false;
            for (_, state, count) in &mut chosen {
                let Some(room) = rooms.get_mut(&state.account).filter(|room| **room > 0) else { continue };
                if free > 0 && state.in_flight + *count < state.window {
                    (*count, *room, free, more) = (*count + 1, *room - 1, free - 1, true);
                }
            }
        }
        chosen.into_iter().map(|(lane, _, count)| (lane, count)).collect()
    }

    /// Places an account may still take: none takes more than half of all.
    fn room_of(&self, account: &AccountId) -> usize {
        let taken = self.of_account.get(account).copied().unwrap_or(0);
        (self.most / 2).max(1).saturating_sub(taken)
    }

    /// A delivery of a lane was claimed.
    pub(crate) fn claimed(&mut self, lane: i64) {
        let Some(state) = self.lanes.get_mut(&lane) else { return };
        state.in_flight += 1;
        self.in_flight += 1;
        *self.of_account.entry(state.account.clone()).or_default() += 1;
    }

    /// All that was wanted of a lane was claimed; its next delivery is due at an instant, or there is none.
    pub(crate) fn looked_at(&mut self, lane: i64, next_at: Option<Timestamp>) {
        if let Some(state) = self.lanes.get_mut(&lane) {
            state.next_at = next_at;
        }
        self.place(lane);
    }

    /// A claimed delivery is recorded; `again_at` when it will be due again.
    pub(crate) fn released(
        &mut self,
        lane: i64,
        health: Health,
        again_at: Option<Timestamp>,
        now: Timestamp,
    ) {
        let Some(state) = self.lanes.get_mut(&lane) else { return };
        state.in_flight = state.in_flight.saturating_sub(1);
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(count) = self.of_account.get_mut(&state.account) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.of_account.remove(&state.account);
            }
        }
        match health {
            Health::Succeeded => {
                state.failures = 0;
                state.open_until = Timestamp(i64::MIN);
                state.window = (state.window * 2).min(self.most_of_lane);
            }
            Health::Failed => {
                state.failures = state.failures.saturating_add(1);
                state.window = 1;
                if let Some(beyond) = state.failures.checked_sub(FAILURES_TO_OPEN) {
                    let pause = FIRST_PAUSE_MICROS.saturating_mul(1 << beyond.min(10));
                    state.open_until = now.plus_micros(pause.min(LONGEST_PAUSE_MICROS));
                }
            }
            Health::Unknown => {}
        }
        if let Some(again_at) = again_at {
            state.next_at = Some(state.next_at.map_or(again_at, |known| known.min(again_at)));
        }
        self.place(lane);
    }

    /// When the next lane is due.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(wake_at, ..)| *wake_at)
    }

    /// Puts a lane where it belongs among the waiting; forgets it when nothing of it is left.
    fn place(&mut self, lane: i64) {
        let Some(state) = self.lanes.get_mut(&lane) else { return };
        if let Some((wake_at, turn)) = state.place.take() {
            self.waiting.remove(&(wake_at, turn, lane));
        }
        match state.next_at {
            None if state.in_flight == 0 => {
                self.lanes.remove(&lane);
            }
            Some(next_at) if state.in_flight < state.window => {
                self.turns += 1;
                let wake_at = next_at.max(state.open_until);
                state.place = Some((wake_at, self.turns));
                self.waiting.insert((wake_at, self.turns, lane));
            }
            None | Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn found(lanes: &mut Lanes, lane: i64, of: &str, at: Timestamp) {
        lanes.found(lane, &AccountId::new(of).expect("valid"), at);
    }

    /// Claims what is chosen, as if every lane had more.
    fn claim(lanes: &mut Lanes, now: Timestamp) -> Vec<(i64, usize)> {
        let chosen = lanes.choose(now);
        for (lane, count) in &chosen {
            (0..*count).for_each(|_| lanes.claimed(*lane));
            lanes.looked_at(*lane, Some(NOW));
        }
        chosen
    }

    #[test]
    fn a_lane_grows_with_success_and_shrinks_to_one_with_a_failure() {
        let mut lanes = Lanes::new(100, 8);
        found(&mut lanes, 7, "a", NOW);
        assert_eq!(claim(&mut lanes, NOW), [(7, 2)]);
        assert_eq!(lanes.choose(NOW), [], "the window is full");
        lanes.released(7, Health::Succeeded, None, NOW);
        lanes.released(7, Health::Succeeded, None, NOW);
        assert_eq!(claim(&mut lanes, NOW), [(7, 8)]);
        (0..8).for_each(|_| lanes.released(7, Health::Succeeded, None, NOW));
        assert_eq!(claim(&mut lanes, NOW), [(7, 8)]);
        lanes.released(7, Health::Failed, None, NOW);
        (0..7).for_each(|_| lanes.released(7, Health::Unknown, None, NOW));
        assert_eq!(claim(&mut lanes, NOW), [(7, 1)]);
    }

    #[test]
    fn a_dead_lane_is_asked_ever_more_rarely_until_it_answers() {
        let mut lanes = Lanes::new(100, 8);
        let (mut now, mut pauses) = (NOW, Vec::new());
        found(&mut lanes, 7, "a", now);
        for _ in 0..14 {
            lanes.claimed(7);
            lanes.looked_at(7, Some(NOW));
            lanes.released(7, Health::Failed, None, now);
            let wake_at = lanes.next_wake().expect("it has more");
            pauses.push(wake_at.micros_since(now).max(0) / MICROS_PER_SECOND);
            assert!(pauses.last() == Some(&0) || lanes.choose(now).is_empty());
            now = now.max(wake_at);
            assert_eq!(lanes.choose(now), [(7, 1)]);
        }
        assert_eq!(pauses, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        lanes.claimed(7);
        lanes.released(7, Health::Succeeded, Some(NOW), now);
        assert_eq!(lanes.choose(now), [(7, 2)]);
    }

    #[test]
    fn every_due_lane_has_a_place_before_any_has_two() {
        let mut lanes = Lanes::new(4, 8);
        (0..3).for_each(|lane| found(&mut lanes, lane, &format!("account-{lane}"), NOW));
        let mut chosen = claim(&mut lanes, NOW);
        chosen.sort_unstable();
        assert_eq!(chosen.iter().map(|(lane, _)| *lane).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(chosen.iter().map(|(_, count)| count).sum::<usize>(), 4);
        lanes.released(0, Health::Failed, None, NOW);
        found(&mut lanes, 9, "other", NOW);
        assert_eq!(claim(&mut lanes, NOW).len(), 1, "one place is free, and it is somebody's turn");
        assert_eq!(lanes.in_flight(), 4);
    }

    #[test]
    fn no_account_takes_more_than_half_and_its_lanes_stand_in_nobodys_way() {
        let mut lanes = Lanes::new(10, 8);
        (0..100).for_each(|lane| found(&mut lanes, lane, "greedy", NOW));
        let taken: usize = claim(&mut lanes, NOW).iter().map(|(_, count)| count).sum();
        assert_eq!(taken, 5);
        assert_eq!(claim(&mut lanes, NOW), []);
        found(&mut lanes, 777, "modest", NOW);
        assert_eq!(claim(&mut lanes, NOW), [(777, 2)]);
    }

    #[test]
    fn what_is_due_later_wakes_then_and_empty_lanes_are_forgotten() {
        let mut lanes = Lanes::new(10, 8);
        let later = NOW.plus_micros(5);
        found(&mut lanes, 1, "a", later);
        assert_eq!((lanes.choose(NOW), lanes.next_wake()), (vec![], Some(later)));
        assert_eq!(lanes.choose(later), [(1, 2)]);
        lanes.claimed(1);
        lanes.looked_at(1, None);
        lanes.released(1, Health::Failed, Some(later), NOW);
        assert_eq!(lanes.next_wake(), Some(later));
        lanes.claimed(1);
        lanes.looked_at(1, None);
        lanes.released(1, Health::Succeeded, None, later);
        assert!(lanes.lanes.is_empty() && lanes.waiting.is_empty() && lanes.of_account.is_empty());
    }
}
