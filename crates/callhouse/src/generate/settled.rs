//! A set straight into settled files: no messages, no log, no archive, only what compaction would have left of them.
//!
//! Interactions are planned in order, portions of them drawn and encoded on all cores, and the portions gathered by
//! month until a month is over or has enough calls for a file. Calls for a file more than are being written, and a
//! portion a core, are in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use callhouse_core::phone::PhoneBook;
use callhouse_core::{AccountId, Timestamp};
use callhouse_lake::{CompactionReport, Compactor, WholeCalls, rows};
use futures::StreamExt;
use indicatif::ProgressBar;
use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::faults::{self, Fate};
use super::interactions::{Interaction, Interactions};
use super::record::record;
use super::world::World;
use super::{Options, Report, Totals};

/// Calls drawn, encoded and sorted at once.
const PORTION_CALLS: u64 = 64 * 1024;
/// Calls of a file, whose size is then between half the default target of compaction, which leaves it alone, and it.
const FILE_CALLS: usize = 2_000_000;
/// Numbers a thread knows country and type of; looking one up anew costs microseconds.
const PHONES_REMEMBERED: usize = 400_000;
/// No clock of the set but the broken one is further behind, and no leg starts that much later than its interaction.
const MONTH_IS_OVER_AFTER_MS: i64 = 24 * 3_600_000;

/// Makes the whole set and commits it; returns its control totals and what was written. `progress` counts calls.
///
/// # Errors
/// When the lake cannot be written.
pub(crate) async fn settle(
    options: &Options,
    compactor: &Compactor,
    calls_per_file: Option<usize>,
    progress: &ProgressBar,
) -> anyhow::Result<(Report, CompactionReport)> {
    let cores = std::thread::available_parallelism()?.get();
    let maker = Arc::new(Maker::new(options)?);
    let mut portions = futures::stream::iter(Portions(Interactions::new(options)))
        .map(|portion| {
            let maker = Arc::clone(&maker);
            tokio::task::spawn_blocking(move || maker.make(&portion))
        })
        .buffered(cores);
    let mut totals = Totals::default();
    // Files of full size take memory; many small ones take time.
    let at_once = if calls_per_file.is_some() { cores } else { cores.div_ceil(2) };
    let mut writers = Writers::new(compactor.clone(), at_once);
    let mut gathered = Gathered::new(options.start);
    while let Some(made) = portions.next().await {
        let made = made??;
        progress.inc(made.calls);
        totals.add(made.totals);
        match calls_per_file {
            Some(calls) => {
                writers.write(made.months.iter().flat_map(|month| month.pieces(calls)).collect()).await?;
            }
            None => {
                for month in gathered.add(made.months, made.started_at) {
                    writers.write(vec![month]).await?;
                }
            }
        }
    }
    writers.write(gathered.months.into_values().collect()).await?;
    Ok((totals.report(options.seed), writers.finish().await?))
}

/// Interactions in portions of about as many calls.
struct Portions(Interactions);

impl Iterator for Portions {
    type Item = Vec<Interaction>;

    fn next(&mut self) -> Option<Vec<Interaction>> {
        let mut portion = Vec::new();
        let mut calls = 0;
        while calls < PORTION_CALLS
            && let Some(interaction) = self.0.next()
        {
            calls += interaction.calls;
            portion.push(interaction);
        }
        (!portion.is_empty()).then_some(portion)
    }
}

/// Makes calls of planned interactions.
struct Maker {
    seed: u64,
    world: World,
    accounts: Vec<AccountId>,
    /// Of the threads that are making nothing now.
    phone_books: Mutex<Vec<PhoneBook>>,
}

/// The calls of a portion.
struct Made {
    calls: u64,
    /// When its first interaction started, in milliseconds since the Unix epoch.
    started_at: i64,
    months: Vec<WholeCalls>,
    totals: Totals,
}

impl Maker {
    fn new(options: &Options) -> anyhow::Result<Self> {
        let world = World::new(options);
        let accounts: Result<Vec<AccountId>, _> =
            world.accounts.iter().map(|account| AccountId::new(&account.name)).collect();
        Ok(Self { seed: options.seed, world, accounts: accounts?, phone_books: Mutex::default() })
    }

    fn make(&self, portion: &[Interaction]) -> anyhow::Result<Made> {
        let book = self.phone_books.lock().pop();
        let mut phones = book.unwrap_or_else(|| PhoneBook::with_capacity(PHONES_REMEMBERED));
        let mut totals = Totals::default();
        let mut records = Vec::new();
        for interaction in portion {
            for mut call in interaction.draw(&self.world, self.seed) {
                let mut faults = faults::stream(self.seed, call.index);
                let fate = Fate::draw(&mut call, &mut faults);
                totals.count_call(&call, &fate);
                let account = usize::try_from(call.account.index).unwrap_or(usize::MAX);
                records.push(record(&call, &fate, self.accounts[account].clone(), &mut phones));
            }
        }
        self.phone_books.lock().push(phones);
        let months = WholeCalls::by_month(&rows::encode_calls(&records)?)?;
        let started_at = portion.first().map_or(i64::MIN, |interaction| interaction.started_at);
        Ok(Made {
            calls: portion.iter().map(|interaction| interaction.calls).sum(),
            started_at,
            months,
            totals,
        })
    }
}

/// Calls waiting for the others of their month.
struct Gathered {
    first_month: i32,
    months: BTreeMap<Option<i32>, WholeCalls>,
}

impl Gathered {
    fn new(start: Timestamp) -> Self {
        Self { first_month: start.utc_month(), months: BTreeMap::new() }
    }

    /// Takes calls in; returns the months that have enough for a file or can get no more. Those before the start are
    /// of broken clocks and get more to the end.
    fn add(&mut self, calls: Vec<WholeCalls>, started_at: i64) -> Vec<WholeCalls> {
        for calls in calls {
            match self.months.get_mut(&calls.month()) {
                Some(month) => month.append(calls),
                None => drop(self.months.insert(calls.month(), calls)),
            }
        }
        let current = Timestamp::from_millis(started_at - MONTH_IS_OVER_AFTER_MS).utc_month();
        let over = self.first_month..current;
        let due = |month: &Option<i32>, calls: &mut WholeCalls| {
            calls.row_count() >= FILE_CALLS || month.is_some_and(|month| over.contains(&month))
        };
        self.months.extract_if(.., due).map(|(_, calls)| calls).collect()
    }
}

/// Writes that are under way.
struct Writers {
    compactor: Compactor,
    at_once: usize,
    running: JoinSet<Result<CompactionReport, callhouse_lake::Error>>,
    report: CompactionReport,
}

impl Writers {
    fn new(compactor: Compactor, at_once: usize) -> Self {
        Self { compactor, at_once, running: JoinSet::new(), report: CompactionReport::default() }
    }

    /// Starts a write, once fewer than allowed are under way.
    async fn write(&mut self, calls: Vec<WholeCalls>) -> anyhow::Result<()> {
        while self.running.len() >= self.at_once {
            self.join_one().await?;
        }
        let compactor = self.compactor.clone();
        self.running.spawn(async move { compactor.settle_whole(calls).await });
        Ok(())
    }

    async fn join_one(&mut self) -> anyhow::Result<()> {
        if let Some(written) = self.running.join_next().await {
            self.report.add(written??);
        }
        Ok(())
    }

    async fn finish(mut self) -> anyhow::Result<CompactionReport> {
        while !self.running.is_empty() {
            self.join_one().await?;
        }
        Ok(self.report)
    }
}
