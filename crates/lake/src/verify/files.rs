//! Files against the catalog.

use std::path::Path;

use super::{Finding, Stage, VerifyProgress, VerifyReport};
use crate::catalog::{DataFile, Snapshot};
use crate::error::Error;
use crate::file::attachment::{Attachment, AttachmentBuilder};
use crate::file::statistics::column_statistics;
use crate::folder::DataFolder;
use crate::read::{FileReader, Wanted};
use crate::sorted::{SortedMerge, by_month};
use crate::table::Table;

/// Checks every live file; what is wrong becomes findings.
pub(super) fn check(
    folder: &DataFolder,
    snapshot: &Snapshot,
    report: &mut VerifyReport,
    on_progress: &dyn Fn(VerifyProgress),
) {
    let files: Vec<_> = Table::ALL.iter().flat_map(|table| snapshot.files.get(table)).flatten().collect();
    let total = u64::try_from(files.len()).unwrap_or(u64::MAX);
    for file in files {
        for what in faults(folder, file) {
            let subject = format!("{}/{}", file.table.name(), file.path);
            report.findings.push(Finding { subject, what });
        }
        report.files += 1;
        report.rows += u64::try_from(file.record_count).unwrap_or(0);
        on_progress(VerifyProgress { stage: Stage::Files, done: report.files, total });
    }
}

fn faults(folder: &DataFolder, file: &DataFile) -> Vec<String> {
    let path = folder.file_path(file.table, &file.path);
    let size_bytes = match std::fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) => return vec![format!("cannot be looked at: {error}")],
    };
    let mut faults = Vec::new();
    if u64::try_from(file.file_size_bytes) != Ok(size_bytes) {
        faults.push(format!("has {size_bytes} bytes, the catalog says {}", file.file_size_bytes));
    }
    match footer_size(&path) {
        Ok(size) if i64::from(size) == file.footer_size => {}
        Ok(size) => {
            faults.push(format!("has a footer of {size} bytes, the catalog says {}", file.footer_size))
        }
        Err(error) => faults.push(format!("cannot be read: {error}")),
    }
    match content_faults(folder, file) {
        Ok(found) => faults.extend(found),
        Err(error) => faults.push(chain(&error)),
    }
    faults
}

fn content_faults(folder: &DataFolder, file: &DataFile) -> Result<Vec<String>, Error> {
    let mut faults = Vec::new();
    let reader = FileReader::open(folder, file)?;
    let metadata = reader.metadata().metadata();
    let stated = metadata.file_metadata().num_rows();
    if stated != file.record_count {
        faults.push(format!("says it has {stated} rows, the catalog says {}", file.record_count));
    }
    let statistics = column_statistics(&file.table.schema(), metadata);
    for (column, known) in &file.columns {
        if statistics.get(column) != Some(known) {
            faults.push(format!("has other statistics of {column} than the catalog"));
        }
    }
    // The merge of one input checks its order.
    let in_order = SortedMerge::new(file.table, vec![Box::new(reader.rows(Wanted::All)?)])?;
    let mut rows = 0;
    let mut attachments = file.table.attachments();
    for batch in in_order {
        let batch = batch?;
        for attachment in &mut attachments {
            attachment.push(&batch)?;
        }
        rows += i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
        if file.table.month_column().is_some()
            && by_month(file.table, &batch)?.keys().any(|month| *month != file.month)
        {
            faults.push("has rows of another month than its partition's".to_owned());
        }
    }
    if rows != file.record_count {
        faults.push(format!("has {rows} rows, the catalog says {}", file.record_count));
    }
    for attachment in attachments {
        faults.extend(attachment_fault(folder, file, attachment)?);
    }
    Ok(faults)
}

/// What is wrong with an attachment, by what its builder made of the same rows. Older files have none.
fn attachment_fault(
    folder: &DataFolder,
    file: &DataFile,
    made: Box<dyn AttachmentBuilder>,
) -> Result<Option<String>, Error> {
    let Some((name, wanted)) = made.finish()? else { return Ok(None) };
    let Some(attachment) = Attachment::open(folder, file, name)? else { return Ok(None) };
    let same = attachment.length() == u64::try_from(wanted.len()).unwrap_or(u64::MAX)
        && attachment.read(0, wanted.len())? == wanted;
    Ok((!same).then(|| format!("has another {name} than its rows make")))
}

/// Length of the Parquet footer, from the eight bytes that end the file.
fn footer_size(path: &Path) -> std::io::Result<u32> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(path)?;
    file.seek(SeekFrom::End(-8))?;
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    Ok(u32::from_le_bytes(length))
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
