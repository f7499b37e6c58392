//! What a commit and a snapshot cost, by how many files are live: `cargo run --example commits -- 100000`.
//! The files are three bytes each: the catalog does not look inside.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring tool")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use callhouse_lake::clock::SystemClock;
use callhouse_lake::file::ColumnStatistics;
use callhouse_lake::{Catalog, Commit, DataFolder, NewFile, Table};
use uuid::Uuid;

const FILES_A_COMMIT: usize = 1_000;

/// The data folder's one file per table, named by every row.
fn file(table: Table) -> NewFile {
    let statistics = ColumnStatistics {
        column_size_bytes: 1_000,
        value_count: 100,
        null_count: 0,
        min_value: Some("10".to_owned()),
        max_value: Some("99".to_owned()),
    };
    let columns: BTreeMap<String, ColumnStatistics> =
        table.schema().fields().iter().map(|field| (field.name().clone(), statistics.clone())).collect();
    let month = table.month_column().map(|_| 682);
    NewFile {
        table,
        path: "x.parquet".to_owned(),
        record_count: 100,
        file_size_bytes: 3,
        footer_size: 1,
        month,
        columns,
    }
}

fn commit(add: Vec<NewFile>) -> Commit {
    Commit {
        id: Uuid::now_v7(),
        add,
        remove: Vec::new(),
        positions: Vec::new(),
        holes: Vec::new(),
        message: "test",
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[tokio::main]
async fn main() {
    let files: usize = std::env::args().nth(1).map_or(10_000, |files| files.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(DataFolder::new(temporary.path()), Arc::new(SystemClock)).await.unwrap();
    for table in Table::ALL {
        std::fs::create_dir_all(catalog.folder().table_path(table)).unwrap();
        std::fs::write(catalog.folder().file_path(table, "x.parquet"), "abc").unwrap();
    }
    let started = Instant::now();
    for _ in 0..files / FILES_A_COMMIT {
        catalog.commit(&commit(vec![file(Table::Calls); FILES_A_COMMIT])).await.unwrap();
    }
    println!("{files} files committed in {:.1} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    catalog.snapshot().await.unwrap();
    println!("first snapshot read in {:.3} s", started.elapsed().as_secs_f64());
    let (mut commits, mut changed, mut unchanged) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..50 {
        let add = [Table::CallEvents, Table::CallsRecent, Table::Rejections].map(file).to_vec();
        let started = Instant::now();
        catalog.commit(&commit(add)).await.unwrap();
        commits.push(started.elapsed().as_secs_f64() * 1e3);
        let started = Instant::now();
        catalog.snapshot().await.unwrap();
        changed.push(started.elapsed().as_secs_f64() * 1e3);
        let started = Instant::now();
        catalog.snapshot().await.unwrap();
        unchanged.push(started.elapsed().as_secs_f64() * 1e3);
    }
    println!("commit of three files {:.2} ms", median(commits));
    println!("snapshot after it {:.3} ms, unchanged {:.3} ms", median(changed), median(unchanged));
}
