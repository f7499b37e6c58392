//! Which calls belong together: interactions of one or more legs, in the order they start.
//!
//! What is planned here depends on what came before; the calls of a planned interaction depend on it alone, so that
//! they can be drawn anywhere and in any order.

use super::arrivals::Arrivals;
use super::call::{Call, Parent, draw_call};
use super::draw::Draw;
use super::options::Options;
use super::world::{STREAM_MALFORMED, World};

/// The interactions of a set.
#[derive(Debug)]
pub(super) struct Interactions {
    seed: u64,
    arrivals: Arrivals,
    next_call: u64,
}

/// One or more calls: the first one and the legs it led to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interaction {
    /// Index of its first call; those of the legs follow.
    first_call: u64,
    pub(super) started_at: i64,
    pub(super) calls: u64,
}

impl Interactions {
    pub(super) fn new(options: &Options) -> Self {
        Self { seed: options.seed, arrivals: Arrivals::new(options), next_call: options.first_call }
    }

    /// When the next one starts, left where it is.
    pub(super) fn peek(&mut self) -> Option<i64> {
        self.arrivals.peek()
    }
}

impl Iterator for Interactions {
    type Item = Interaction;

    fn next(&mut self) -> Option<Interaction> {
        let started_at = self.arrivals.next()?;
        let first_call = self.next_call;
        let (legs, _) = draw_legs(self.seed, first_call);
        // A leg takes the place of an arrival, so that the set has exactly the calls asked for.
        let calls = 1 + (1..legs).map_while(|_| self.arrivals.next()).fold(0, |count, _| count + 1);
        self.next_call += calls;
        Some(Interaction { first_call, started_at, calls })
    }
}

impl Interaction {
    /// Draws its calls.
    pub(super) fn draw<'w>(&self, world: &'w World, seed: u64) -> Vec<Call<'w>> {
        let (legs, mut draw) = draw_legs(seed, self.first_call);
        let mut main = draw_call(world, seed, self.first_call, self.started_at, None);
        if legs > 1 {
            main.group = Some(main.call_id.clone());
        }
        let parent = Parent {
            call_id: main.call_id.clone(),
            group: main.call_id.clone(),
            account: main.account,
            from: main.from,
        };
        let dialled_from = main.answered_at.unwrap_or(self.started_at);
        let mut calls = vec![main];
        for leg in 1..self.calls {
            let started_at = dialled_from + draw.between(200, 20_000);
            calls.push(draw_call(world, seed, self.first_call + leg, started_at, Some(&parent)));
        }
        calls
    }
}

/// How many calls an interaction means to have, and the stream that goes on with when they start.
fn draw_legs(seed: u64, first_call: u64) -> (u64, Draw) {
    let mut draw = Draw::new(seed, STREAM_MALFORMED - 1 - first_call);
    let legs = match draw.below(100) {
        0..60 => 1,
        60..90 => 2,
        90..98 => 3,
        _ => 4 + draw.below(5),
    };
    (legs, draw)
}
